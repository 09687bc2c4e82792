"""The one writer: an exclusive lock outside the lake, held from deciding to COMMIT.

The kernel drops a `flock` with the process that holds it, however it dies. The file says who
holds it, so that whoever waits can name them. A catalog in PostgreSQL has an advisory lock instead.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import WarehouseBusyError
from warehouse.place import Place

_POLL_S = 0.1


@contextmanager
def writing(
    place: Place,
    purpose: str,
    wait_s: float,
    sleep: Callable[[float], None],
    on_wait: Callable[[str], None],
) -> Iterator[None]:
    """Be the one writer of a warehouse for the block; as `writer_lock`."""
    if place.postgres is None:
        place.root.mkdir(parents=True, exist_ok=True)
        with writer_lock(place.lock, purpose, wait_s, sleep, on_wait):
            yield
        return
    from warehouse.postgres_lock import advisory_lock

    with advisory_lock(place.postgres, purpose) as lock:
        _acquire(lock.attempt, wait_s, sleep, on_wait)
        yield


@contextmanager
def writer_lock(
    path: Path,
    purpose: str,
    wait_s: float,
    sleep: Callable[[float], None],
    on_wait: Callable[[str], None],
) -> Iterator[None]:
    """Hold the writer's lock at `path` for the block.

    `on_wait` is told once, in a sentence, whom we wait for. Raises WarehouseBusyError when
    `wait_s` seconds of waiting did not get the lock.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(lambda: _attempt(handle), wait_s, sleep, on_wait)
        holder = json.dumps({"pid": os.getpid(), "purpose": purpose}).encode()
        os.ftruncate(handle, 0)
        os.pwrite(handle, holder, 0)
        yield
    finally:
        os.close(handle)


def _acquire(
    attempt: Callable[[], str | None],
    wait_s: float,
    sleep: Callable[[float], None],
    on_wait: Callable[[str], None],
) -> None:
    """Attempt until it is ours; `attempt` gives None then, else who holds it."""
    waited_s = 0.0
    while (holder := attempt()) is not None:
        if waited_s == 0:
            on_wait(f"waiting for {holder}, which is writing to this warehouse")
        if waited_s >= wait_s:
            raise WarehouseBusyError(
                f"{holder} is still writing to this warehouse after {wait_s:g} s; "
                "run the command again when it has finished"
            )
        sleep(_POLL_S)
        waited_s += _POLL_S


def _attempt(handle: int) -> str | None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(handle)
    return None


def _holder(handle: int) -> str:
    try:
        said = json.loads(os.pread(handle, 4096, 0))
    except ValueError:  # taken but not yet signed
        return "another process"
    return f"process {said['pid']} (pressdiff {said['purpose']})"
