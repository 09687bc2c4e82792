"""Runs of pressdiff that die at a chosen moment: `python -m tests.warehouse.crash_server`.

Each line of stdin is `<root> <n>`: in a forked child, one run over the files of <root> that sends
itself SIGKILL just before its n-th effect on storage (a statement, a sync). The answer is a line
with the wait status. Forking from one warm process spares each run the second of imports.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

import warehouse.duck
from flows.inputs import find_inputs
from flows.pipeline import Effects, SourcePlan, execute, utc_now
from flows.settings import load_settings


class _Bomb:
    """Counts effects and kills the process at the n-th."""

    def __init__(self, n: int) -> None:
        self.left = n

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def ticking(*args: Any, **kwargs: Any) -> Any:
            self.tick()
            return effect(*args, **kwargs)

        return ticking


class _Connection:
    """A DuckDB connection whose statements are effects."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, bomb: _Bomb) -> None:
        self._connection = connection
        self.execute = bomb.before(connection.execute)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def run(root: Path, effects_until_death: int) -> None:
    """One run over `<root>/in` into `<root>/data`."""
    bomb = _Bomb(effects_until_death)
    bare = warehouse.duck.connect_bare
    warehouse.duck.connect_bare = lambda: _Connection(bare(), bomb)  # type: ignore
    os.fsync = bomb.before(os.fsync)
    settings = load_settings(None, root)
    source = settings.source("csto")
    assert source is not None
    inputs = find_inputs([root / "in"], root, None, named=True)
    effects = Effects(utc_now, lambda _: None, lambda _: None, lambda *_: None)
    execute(settings, "run", [SourcePlan(source, inputs)], effects)


def main() -> None:
    """Serve until stdin ends."""
    for line in sys.stdin:
        root, n = line.split()
        child = os.fork()
        if child == 0:
            run(Path(root), int(n))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
