"""Runs of pressdiff that die at a chosen moment: `python -m tests.warehouse.crash_server`.

Each line of stdin is `<root> <n> <what> <delay>`: in a forked child, one `run` over the files of
<root>, or `maintain` as if it were so many days later, that sends itself SIGKILL just before its
n-th effect on storage (a statement, a sync, a renaming, a removal, an upload). With a delay in
microseconds it goes on, and is killed from outside so much later, wherever it is by then. The
answer is a line: the wait status, and the number of the last effect it began. A child that lives
leaves its effects in `<root>/effects`, one a line: microseconds since its start, and a name.
Forking from one warm process spares each run the second of imports.
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
from flows.effects import Effects, utc_now
from flows.inputs import find_inputs
from flows.pipeline import execute
from flows.plan import SourcePlan
from flows.settings import Settings, load_settings
from flows.upkeep import maintain
from warehouse.buckets import Bucket


class _Bomb:
    """Tells of effects as they begin; kills the process at the n-th unless somebody else shall."""

    def __init__(self, n: int, tell: int, *, alone: bool) -> None:
        self._n, self._tell, self._alone = n, tell, alone
        self.seen: list[str] = []
        self._started_ns = time.monotonic_ns()

    def tick(self, name: str) -> None:
        self.seen.append(f"{(time.monotonic_ns() - self._started_ns) // 1000} {name}")
        os.write(self._tell, b"%d\n" % len(self.seen))
        if self._alone and len(self.seen) == self._n:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, effect: Callable[..., Any], name: Callable[..., str]) -> Callable[..., Any]:
        def ticking(*args: Any, **kwargs: Any) -> Any:
            self.tick(name(*args))
            return effect(*args, **kwargs)

        return ticking


class _Connection:
    """A DuckDB connection whose statements are effects."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, bomb: _Bomb) -> None:
        self._connection = connection
        self.execute = bomb.before(
            connection.execute, lambda sql, *_: str(sql).split(maxsplit=1)[0]
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def act(root: Path, bomb: _Bomb, what: str) -> None:
    """One run over `<root>/in`, or upkeep, of the warehouse that `<root>` is configured for."""
    bare = warehouse.duck.connect_bare
    warehouse.duck.connect_bare = lambda: _Connection(bare(), bomb)  # type: ignore
    os.fsync = bomb.before(os.fsync, lambda *_: "fsync")
    Bucket.put = bomb.before(Bucket.put, lambda *_: "put")  # type: ignore
    Bucket.remove = bomb.before(Bucket.remove, lambda *_: "remove")  # type: ignore
    Path.rename = bomb.before(Path.rename, lambda *_: "rename")  # type: ignore
    Path.unlink = bomb.before(Path.unlink, lambda *_: "unlink")  # type: ignore
    warehouse.parts.FEWEST_FILES = 2
    settings = load_settings(None, root)
    if what == "run":
        _run(settings, root)
    else:
        later = timedelta(days=float(what))
        maintain(settings, lambda: utc_now() + later, lambda _: None, print, check=False)
    bomb.tick("end")
    (root / "effects").write_text("\n".join(bomb.seen))


def _run(settings: Settings, root: Path) -> None:
    source = settings.source("csto")
    assert source is not None
    inputs = find_inputs([root / "in"], root, None, named=True)
    effects = Effects(utc_now, time.sleep, lambda _: None, lambda *_: None)
    execute(settings, "run", [SourcePlan(source, inputs)], effects)


def _forked(root: Path, n: int, what: str, delay_us: int) -> tuple[int, int]:
    """The wait status of a child that acts, and the last effect it began."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        act(root, _Bomb(n, tell, alone=not delay_us), what)
        os._exit(0)
    os.close(tell)
    last = 0
    with os.fdopen(told) as effects:
        if delay_us:
            last = next((one for one in map(int, effects) if one == n), 0)
            time.sleep(delay_us / 1e6)
            os.kill(child, signal.SIGKILL)  # not yet waited for, so the number is still its own
        last = max([last, *map(int, effects)])
    return os.waitpid(child, 0)[1], last


def main() -> None:
    """Serve until stdin ends."""
    for line in sys.stdin:
        root, n, what, delay_us = line.split()
        print(*_forked(Path(root), int(n), what, int(delay_us)), flush=True)


if __name__ == "__main__":
    main()
