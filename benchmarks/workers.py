"""One worker against two over the same sources: `python -m benchmarks.workers [--prefect]`.

Every source is a site of its own on loopback, asked every `delay_s` seconds; the archive lies in
PostgreSQL and a bucket, empty at the start of each pass. A worker is a process with a home of its
own (configuration, staging, Prefect's files) that takes one source after another, each a run and a
commit: by itself, or as `prefect worker start` of a work pool on a real Prefect server. Most of the
time is waiting, so wall clock tells, if the machine does little else.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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
from tests.warehouse.servers import Servers, missing, running_servers
from warehouse.duck import connect_reader
from warehouse.place import Place
from warehouse.verify import verify

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
_ENDED = ("Completed", "Failed", "Crashed", "Cancelled")
_POOL = "bench"


@dataclass(frozen=True, slots=True)
class Work:
    """The sites of a pass."""

    sites: Sequence[Server]
    delay_s: float
    pages: int

    @property
    def names(self) -> list[str]:
        """The ids of their sources."""
        return [f"s{number:02}" for number in range(len(self.sites))]

    def home(self, folder: Path, place: Place) -> Path:
        """A new home of a worker on this archive."""
        folder.mkdir(parents=True)
        lines = [
            f'[warehouse]\ncatalog = "postgres:{place.postgres}"\ndata_path = "{place.bucket}"'
        ]
        lines.append('[http]\ncontact = "https://lakes.example/why"')
        for name, site in zip(self.names, self.sites, strict=True):
            said = _SOURCE.format(id=name, root=site.root, port=site.port, delay_s=self.delay_s)
            (folder / f"{name}.toml").write_text(said)
            lines.append(f'[[source]]\nuse = "{name}.toml"\nschedule = "0 3 * * *"')
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
        yield Work(made, delay_s, pages)


def run_alone(work: Work, homes: Sequence[Path], _: Path) -> float:
    """Seconds of a pass in which each worker takes one source after another by `pressdiff run`."""
    left: SimpleQueue[str] = SimpleQueue()
    for name in work.names:
        left.put(name)
    faults: list[str] = []

    def worker(home: Path) -> None:
        while True:
            try:
                name = left.get_nowait()
            except Empty:
                return
            done = Shell(home).command("run", name)
            if done.code:
                faults.append(done.err)

    threads = [Thread(target=worker, args=(home,)) for home in homes]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults
    return time.monotonic() - started


def run_by_prefect(work: Work, homes: Sequence[Path], folder: Path) -> float:
    """Seconds from the trigger of every deployment to the end of the last run."""
    port = free_port()
    environment = server_environment(folder / "prefect", port)
    with ExitStack() as stack:
        stack.enter_context(own_server(folder / "prefect", port, environment))
        api = Api(environment["PREFECT_API_URL"])
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        clean |= {
            "PREFECT_API_URL": api.url, "PYTHONPATH": str(ROOT), "DO_NOT_TRACK": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "1",  # else a free worker looks every ten
        }  # fmt: skip
        prefect = [str(Path(sys.executable).with_name("prefect")), "--no-prompt"]
        _write_deployments(work, folder)

        def tell(*words: str) -> None:
            env = {**clean, "PREFECT_HOME": str(folder / "deployer")}
            subprocess.run([*prefect, *words], cwd=folder, env=env, check=True, capture_output=True)

        tell("work-pool", "create", _POOL, "--type", "process")
        tell("deploy", "--all")
        for number, home in enumerate(homes):
            own = {"PREFECT_HOME": str(home / ".prefect"), "PRESSDIFF_HOME": str(home)}
            words = ["worker", "start", "--pool", _POOL, "--name", f"w{number}", "--limit", "1"]
            log = stack.enter_context((home / "worker.log").open("wb"))
            process = subprocess.Popen(
                [*prefect, *words], cwd=home, env={**clean, **own}, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        _await(lambda: len(_workers(api)) == len(homes))
        started = time.monotonic()
        ids = [api.trigger(f"ingest/{name}") for name in work.names]
        any_of = {"flow_runs": {"id": {"any_": ids}, "state": {"name": {"any_": list(_ENDED)}}}}
        _await(lambda: len(api.ask("flow_runs/filter", any_of)) == len(ids))
        took_s = time.monotonic() - started
        ended = {run["state_name"] for run in api.ask("flow_runs/filter", any_of)}
        assert ended == {"Completed"}, ended
    return took_s


def _workers(api: Api) -> list[Any]:
    online = {"workers": {"status": {"any_": ["ONLINE"]}}}
    found: list[Any] = api.ask(f"work_pools/{_POOL}/workers/filter", online)
    return found


def _await(look: Callable[[], bool], longest_s: float = 3600) -> None:
    until = time.monotonic() + longest_s
    while not look():
        assert time.monotonic() < until, f"waited {longest_s} s"
        time.sleep(0.2)


def _write_deployments(work: Work, folder: Path) -> None:
    """`prefect.yaml` as ours, with a deployment a source."""
    said = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    model = said["deployments"][0]
    model["work_pool"]["name"] = _POOL
    said.pop("definitions")
    said["deployments"] = [
        {**model, "name": one, "parameters": {**model["parameters"], "sources": [one]},
         "schedules": [{**model["schedules"][0], "active": False}]}
        for one in work.names
    ]  # fmt: skip
    (folder / "prefect.yaml").write_text(yaml.safe_dump(said, sort_keys=False))


def one_pass(work: Work, servers: Servers, workers: int, run: Callable[..., float]) -> float:
    """Seconds that so many workers take on a new archive; what they left is checked."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        place = servers.place(folder / "seen")
        homes = [work.home(folder / f"home{number}", place) for number in range(workers)]
        took_s = run(work, homes, folder)
        connection = connect_reader(place)
        wanted = len(work.sites) * work.pages
        found = connection.execute(
            "select (select count(*) from releases), (select count(*) from revisions), "
            "(select count(*) from runs)"
        ).fetchall()
        connection.close()
        assert found == [(wanted, wanted, len(work.sites))], found
        assert not verify(place, lambda *_: None).damaged
    return took_s


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, default=40)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--delay-s", type=float, default=0.2)
    parser.add_argument("--prefect", action="store_true", help="workers of a Prefect work pool")
    asked = parser.parse_args()
    if reason := missing():
        print(reason)
        return
    run = run_by_prefect if asked.prefect else run_alone
    with running_servers() as servers, sites(asked.sources, asked.pages, asked.delay_s) as work:
        one, two = (one_pass(work, servers, workers, run) for workers in (1, 2))
    print(f"{asked.sources} sources of {asked.pages} pages, {asked.delay_s:g} s between requests")
    print(f"one worker {one:.0f} s, two {two:.0f} s: {one / two:.2f} times as fast")


if __name__ == "__main__":
    main()
