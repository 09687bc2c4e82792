"""Reads captures in a process of its own, so that a hostile page costs one page and two seconds."""

import atexit
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO

from flows.parse_worker import CPU_LIMIT_S, Request
from parsers.model import Capture, Outcome, Reading, Source

_LOG = logging.getLogger(__name__)


@cache
def shared_pool() -> "ParsePool":
    """This process's pool: runs that follow each other share one start of the parser (0.4 s)."""
    pool = ParsePool()
    atexit.register(pool.close)
    return pool


class ParsePool:
    """One parsing process, started with the first page and again after each that killed it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._sent: set[Source] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parse")

    def close(self) -> None:
        """Finish what is under way and end the process."""
        self._thread.shutdown(cancel_futures=True)
        self._stop()

    def submit(
        self, source: Source, captures: Sequence[tuple[Capture, str | None]]
    ) -> "Future[list[Reading]]":
        """Read captures, each with the container digest known for it, while the caller goes on.

        The readings come in the order of the captures, one for each.
        """
        return self._thread.submit(self._read_all, source, captures)

    def _read_all(
        self, source: Source, captures: Sequence[tuple[Capture, str | None]]
    ) -> list[Reading]:
        return [self._read(source, capture, known) for capture, known in captures]

    def _read(self, source: Source, capture: Capture, known: str | None) -> Reading:
        process = self._process or self._start()
        new_source = None if source in self._sent else source
        try:
            pickle.dump(Request(capture, known, new_source), _pipe(process.stdin), 5)
            _pipe(process.stdin).flush()
            reply: Reading = pickle.load(_pipe(process.stdout))
        except (EOFError, BrokenPipeError):
            return self._died(process, capture)
        self._sent.add(source)
        return reply

    def _died(self, process: subprocess.Popen[bytes], capture: Capture) -> Reading:
        code = process.wait()
        self._stop()
        if code == -signal.SIGPROF:
            reason = f"reading it took more than {CPU_LIMIT_S:g} s of CPU"
        else:
            reason = f"the reader died on it (exit {code}); please report this page"
            _LOG.error("parser died: exit=%d url=%s", code, capture.url)
        return Reading(Outcome.UNREADABLE, reason=reason)

    def _start(self) -> subprocess.Popen[bytes]:
        # our own rooms, whatever folders named alike the user stands among
        home = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.parse_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._sent.clear()
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            try:
                _pipe(pipe).close()
            except BrokenPipeError:
                _LOG.debug("parser was gone before its last request")
        process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
