"""Many sites on loopback, and workers that share them over one archive in PostgreSQL and a bucket.

A worker is a process with a home of its own (configuration, staging, Prefect's files). It takes one
source after another, each a run and a commit: by itself, or as `prefect worker start` of a work
pool on a real Prefect server, which keeps the bucket's keys in a block as well.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import yaml

from flows.prefect_server import own_server, server_environment
from tests.fetch.server import Server, answer
from tests.flows.prefect_api import Api, free_port
from tests.flows.shell import ROOT, Shell
from tests.warehouse.servers import KEYS
from warehouse.place import Place

_SOURCE = """id = "{id}"
name = "Council {id}"
homepage = "{root}/"
language = "en"
timezone = "UTC"
[discover]
listings = ["/news/?page={{page}}"]
article = '^/news/[0-9]+/$'
[fetch]
delay_s = {delay_s}
hosts = ["127.0.0.1:{port}"]
allow_private_addresses = true
[[layout]]
container = "div.release"
headline = "h1"
published = "time@datetime"
date_formats = ["%Y-%m-%d"]
body = "div.text"
"""
_PAGE = """<!DOCTYPE html><html lang="en"><head><title>{0}</title></head><body><div class="release">
<h1>{0}</h1><time datetime="2026-02-27">27.02</time><div class="text"><p>The council met in {0}.</p>
<p>It agreed on {1} plans for clean water and wrote them down.</p></div></div></body></html>"""
_BLOCK = "fleet-keys"
_SAVE_BLOCK = f"""
import json, sys
from prefect.blocks.system import Secret
Secret(value=json.load(sys.stdin)).save({_BLOCK!r}, overwrite=True)
"""
_POOL = "fleet"
_ENDED = ("Completed", "Failed", "Crashed", "Cancelled")
_LONGEST_S = 3600


@dataclass(frozen=True, slots=True)
class Work:
    """The sites of a pass."""

    sites: Sequence[Server]
    delay_s: float

    @property
    def names(self) -> list[str]:
        """The ids of their sources."""
        return [f"s{number:02}" for number in range(len(self.sites))]

    def home(self, folder: Path, place: Place, block: str | None = None) -> Path:
        """A new home of a worker on this archive, whose secrets a block may hold."""
        folder.mkdir(parents=True)
        lines = [
            f'[warehouse]\ncatalog = "postgres:{place.postgres}"\ndata_path = "{place.bucket}"',
            f'secrets = "{block}"' if block else "",
            '[http]\ncontact = "https://lakes.example/why"',
        ]
        for name, site in zip(self.names, self.sites, strict=True):
            said = _SOURCE.format(id=name, root=site.root, port=site.port, delay_s=self.delay_s)
            (folder / f"{name}.toml").write_text(said)
            lines.append(f'[[source]]\nuse = "{name}.toml"')
        (folder / "pressdiff.toml").write_text("\n".join(lines))
        return folder


@contextmanager
def sites(many: int, pages: int, delay_s: float) -> Iterator[Work]:
    """So many sites with so many releases each."""
    with ExitStack() as stack:
        made = [stack.enter_context(Server()) for _ in range(many)]
        for number, site in enumerate(made):
            names = [f"/news/{page}/" for page in range(1, pages + 1)]
            links = "".join(f'<li><a href="{one}">Release {one}</a></li>' for one in names)
            for page in (1, 2):  # the second repeats the first, which ends a walk
                site.on(f"/news/?page={page}", answer(f"<ul>{links}</ul>".encode()))
            for page, name in enumerate(names):
                said = _PAGE.format(f"Council {number} meets for the {page}th time", page + 7)
                site.on(name, answer(said.encode()))
        yield Work(made, delay_s)


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass went."""

    took_s: float
    taken: Mapping[str, int]
    """How many sources each worker took."""
    said: str
    """All that workers and runs logged."""


def run_alone(
    work: Work, place: Place, folder: Path, workers: int, *, at_once: int | None = 1
) -> Pass:
    """Each worker takes so many sources after another by `pressdiff run`; None: its whole share."""
    size = at_once or -(-len(work.names) // workers)
    left: SimpleQueue[list[str]] = SimpleQueue()
    for start in range(0, len(work.names), size):
        left.put(work.names[start : start + size])
    taken = {f"w{number}": 0 for number in range(workers)}
    said: list[str] = []

    def worker(name: str, home: Path) -> None:
        while True:
            try:
                sources = left.get_nowait()
            except Empty:
                return
            ran = Shell(home).command("run", *sources, longest_s=_LONGEST_S)
            said.append(f"{sources}: exit {ran.code}\n{ran.err}")
            taken[name] += len(sources) if ran.code == 0 else 0

    homes = {name: work.home(folder / name, place) for name in taken}
    threads = [Thread(target=worker, args=one) for one in homes.items()]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Pass(time.monotonic() - started, taken, "\n".join(said))


def run_by_prefect(work: Work, place: Place, folder: Path, workers: int) -> Pass:
    """Workers of a work pool, each for one run at a time, take what all deployments ask for."""
    port = free_port()
    environment = server_environment(folder / "prefect", port)
    api = Api(environment["PREFECT_API_URL"])
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", *KEYS))}
    clean |= {"PREFECT_API_URL": api.url, "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1"}
    prefect = [str(Path(sys.executable).with_name("prefect")), "--no-prompt"]
    with ExitStack() as stack:
        stack.enter_context(own_server(folder / "prefect", port, environment))
        deployer = {**clean, "PREFECT_HOME": str(folder / "deployer")}
        _deploy(work, folder, prefect, deployer)
        homes = {f"w{n}": work.home(folder / f"w{n}", place, block=_BLOCK) for n in range(workers)}
        for name, home in homes.items():
            env = {
                **clean, "PREFECT_HOME": str(home / ".prefect"), "PRESSDIFF_HOME": str(home),
                "PREFECT_WORKER_QUERY_SECONDS": "1",  # else a free worker looks every ten
            }  # fmt: skip
            words = ["worker", "start", "--pool", _POOL, "--name", name, "--limit", "1"]
            log = stack.enter_context((home / "worker.log").open("wb"))
            process = subprocess.Popen(
                [*prefect, *words], cwd=home, env=env, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        online = {"workers": {"status": {"any_": ["ONLINE"]}}}
        pool = f"work_pools/{_POOL}/workers/filter"
        _await(lambda: len(api.ask(pool, online)) == workers)
        started = time.monotonic()
        ids = [api.trigger(f"ingest/{name}") for name in work.names]
        ended = {"flow_runs": {"id": {"any_": ids}, "state": {"name": {"any_": list(_ENDED)}}}}
        _await(lambda: len(api.ask("flow_runs/filter", ended)) == len(ids))
        took_s = time.monotonic() - started
        said = [(home / "worker.log").read_text("utf-8") for home in homes.values()]
        taken = {
            name: log.count("submitted to infrastructure")
            for name, log in zip(homes, said, strict=True)
        }
        said += [str(one) for one in api.ask("logs/filter", {"limit": 200})]
        said += [str(one) for one in api.ask("deployments/filter", {"limit": 200})]
    return Pass(took_s, taken, "\n".join(said))


def _deploy(work: Work, folder: Path, prefect: list[str], env: dict[str, str]) -> None:
    """Our `prefect.yaml` with a deployment a source, and the keys in a block."""

    def tell(*words: str, said: str | None = None) -> None:
        done = subprocess.run(
            words, cwd=folder, env=env, input=said, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    yaml_said = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    model = yaml_said["deployments"][0]
    model["work_pool"]["name"] = _POOL
    yaml_said["deployments"] = [
        {**model, "name": one, "schedules": [],
         "parameters": {**model["parameters"], "sources": [one]}}
        for one in work.names
    ]  # fmt: skip
    (folder / "prefect.yaml").write_text(yaml.safe_dump(yaml_said, sort_keys=False))
    tell(*prefect, "work-pool", "create", _POOL, "--type", "process")
    tell(*prefect, "deploy", "--all")
    tell(sys.executable, "-c", _SAVE_BLOCK, said=json.dumps(KEYS))


def _await(look: Callable[[], Any]) -> None:
    until = time.monotonic() + _LONGEST_S
    while not look():
        assert time.monotonic() < until, f"waited {_LONGEST_S} s"
        time.sleep(0.2)
