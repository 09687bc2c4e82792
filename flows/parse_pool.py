"""Reads captures in processes of their own, so that a hostile page costs one page and 2 seconds."""

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
from queue import SimpleQueue
from typing import IO

from flows.parse_worker import CPU_LIMIT_S, Request
from parsers.model import Capture, Outcome, Reading, Source

_LOG = logging.getLogger(__name__)


_WORTH_A_PROCESS = 16
"""Captures for which it pays to start one more parser (0.4 s)."""


@cache
def shared_pool() -> "ParsePool":
    """This process's pool: runs that follow each other share one start of the parsers."""
    pool = ParsePool(os.cpu_count() or 1)
    atexit.register(pool.close)
    return pool


class ParsePool:
    """Up to so many parsing processes, each started with its first page."""

    def __init__(self, processes: int = 1) -> None:
        self._parsers = [_Parser() for _ in range(processes)]
        self._free: SimpleQueue[_Parser] = SimpleQueue()
        for parser in self._parsers:
            self._free.put(parser)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="parse")

    def close(self) -> None:
        """Finish what is under way and end the processes; a second time it does nothing."""
        self._threads.shutdown(cancel_futures=True)
        for parser in self._parsers:
            parser.stop()

    def submit(
        self, source: Source, captures: Sequence[tuple[Capture, str | None]]
    ) -> "list[Future[list[Reading]]]":
        """Read captures, each with the container digest known for it, while the caller goes on.

        The futures' readings, one after the other, are in the order of the captures.
        """
        parts = min(len(self._parsers), max(1, len(captures) // _WORTH_A_PROCESS))
        size = -(-len(captures) // parts)
        return [
            self._threads.submit(self._read_all, source, captures[start : start + size])
            for start in range(0, len(captures), size or 1)
        ]

    def _read_all(
        self, source: Source, captures: Sequence[tuple[Capture, str | None]]
    ) -> list[Reading]:
        parser = self._free.get()
        try:
            return [parser.read(source, capture, known) for capture, known in captures]
        finally:
            self._free.put(parser)


class _Parser:
    """One parsing process, started again after each page that killed it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._sent: dict[str, Source] = {}
        """By id, the form of a source that the process has."""

    def read(self, source: Source, capture: Capture, known: str | None) -> Reading:
        process = self._process or self._start()
        new_source = None if self._sent.get(source.id) == source else source
        try:
            pickle.dump(Request(capture, known, new_source), _pipe(process.stdin), 5)
            _pipe(process.stdin).flush()
            reply: Reading = pickle.load(_pipe(process.stdout))
        except (EOFError, BrokenPipeError):
            return self._died(process, capture)
        self._sent[source.id] = source
        return reply

    def _died(self, process: subprocess.Popen[bytes], capture: Capture) -> Reading:
        code = process.wait()
        self.stop()
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

    def stop(self) -> None:
        """End the process, if there is one."""
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
