"""Runs of pressdiff that die at a chosen moment: `python -m tests.warehouse.crash_server`.

Each line of stdin is `<root> <n> <what>`: in a forked child, one `run` over the files of <root>, or
`maintain` as if it were so many days later, that sends itself SIGKILL just before its n-th effect
on storage (a statement, a sync, a renaming, a removal, an upload). The answer is a line with the
wait status; a child that lives leaves the number of its effects in `<root>/effects`. Forking from
one warm process spares each run the second of imports.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

import warehouse.duck
import warehouse.parts
from flows.inputs import find_inputs
from flows.pipeline import Effects, SourcePlan, execute, utc_now
from flows.settings import Settings, load_settings
from flows.upkeep import maintain
from warehouse.buckets import Bucket


class _Bomb:
    """Counts effects and kills the process at the n-th."""

    def __init__(self, n: int) -> None:
        self.left = n
        self.count = 0

    def tick(self) -> None:
        self.left -= 1
        self.count += 1
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


def act(root: Path, effects_until_death: int, what: str) -> None:
    """One run over `<root>/in`, or upkeep, of the warehouse that `<root>` is configured for."""
    bomb = _Bomb(effects_until_death)
    bare = warehouse.duck.connect_bare
    warehouse.duck.connect_bare = lambda: _Connection(bare(), bomb)  # type: ignore
    os.fsync = bomb.before(os.fsync)
    Bucket.put = bomb.before(Bucket.put)  # type: ignore
    Bucket.remove = bomb.before(Bucket.remove)  # type: ignore
    Path.rename = bomb.before(Path.rename)  # type: ignore
    Path.unlink = bomb.before(Path.unlink)  # type: ignore
    warehouse.parts.FEWEST_FILES = 2
    settings = load_settings(None, root)
    if what == "run":
        _run(settings, root)
    else:
        later = timedelta(days=float(what))
        maintain(settings, lambda: utc_now() + later, lambda _: None, print, check=False)
    (root / "effects").write_text(str(bomb.count))


def _run(settings: Settings, root: Path) -> None:
    source = settings.source("csto")
    assert source is not None
    inputs = find_inputs([root / "in"], root, None, named=True)
    effects = Effects(utc_now, time.sleep, lambda _: None, lambda *_: None)
    execute(settings, "run", [SourcePlan(source, inputs)], effects)


def main() -> None:
    """Serve until stdin ends."""
    for line in sys.stdin:
        root, n, what = line.split()
        child = os.fork()
        if child == 0:
            act(Path(root), int(n), what)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
