"""Prefect as tests ask it: a real server, polled with a deadline, and `pressdiff schedule`."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any, TypeVar
from uuid import uuid4

from tests.flows.shell import ROOT

_DEADLINE_S = 150
_POLL_S = 0.4

Json = Any
Value = TypeVar("Value")


def wait_for(look: Callable[[], Value | None], what: str) -> Value:
    """What `look` finds, asked again until it finds something."""
    deadline = time.monotonic() + _DEADLINE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(_POLL_S)
    raise AssertionError(f"waited {_DEADLINE_S} s for {what}")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Api:
    """A Prefect server's API."""

    url: str

    def ask(self, path: str, body: Json = None) -> Json:
        """The answer to a question; a POST when there is a body.

        Asked again after a 503 (its SQLite was locked) or half a minute of silence, as Prefect's
        clients do.
        """
        request = urllib.request.Request(
            f"{self.url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )

        def look() -> list[Json] | None:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return [json.loads(answer.read() or b"null")]
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                return None
            except TimeoutError:
                return None

        return wait_for(look, "Prefect's database")[0]

    def deployment(self, name: str) -> Json:
        """A deployment by flow and name."""
        return self.ask(f"deployments/name/{name}")

    def trigger(self, name: str) -> str:
        """Ask for a run of a deployment now; its id."""
        body = {"state": {"type": "SCHEDULED"}, "idempotency_key": uuid4().hex}
        made = self.ask(f"deployments/{self.deployment(name)['id']}/create_flow_run", body)
        return str(made["id"])

    def pause(self, name: str) -> None:
        """Pause a deployment, which drops its scheduled runs."""
        self.ask(f"deployments/{self.deployment(name)['id']}/pause_deployment", {})

    def run(self, run_id: str) -> Json:
        """A flow run."""
        return self.ask(f"flow_runs/{run_id}")

    def runs(self, name: str) -> list[Json]:
        """Every flow run of a deployment."""
        one = {"deployments": {"id": {"any_": [self.deployment(name)["id"]]}}}
        found: list[Json] = self.ask("flow_runs/filter", one)
        return found

    def wait_state(self, run_id: str, *names: str) -> Json:
        """The run once its state has one of these names."""

        def look() -> Json | None:
            run = self.run(run_id)
            return run if run["state_name"] in names else None

        return wait_for(look, f"a run to be {' or '.join(names)}")


class Scheduler:
    """`pressdiff schedule` as a process of its own, with all it starts in one group."""

    def __init__(self, folder: Path, *words: str, **env: str) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        self._said = folder / "schedule.txt"
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows.cli", "schedule", *words], cwd=folder,
                env={**clean, "PYTHONPATH": str(ROOT), **env}, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        """All it told so far."""
        return self._said.read_text("utf-8")

    def await_running(self) -> None:
        """Wait until it serves."""

        def look() -> bool:
            assert self.process.poll() is None, self.said()
            return "running; Ctrl-C stops" in self.said()

        wait_for(look, "pressdiff schedule to run")

    def kill(self) -> None:
        """Kill it and every run it started, as a machine that dies does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def has_children(self) -> bool:
        """Whether a process that it started for a run is left; it has ended."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def interrupt(self) -> int:
        """Press Ctrl-C; its exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)
