"""The process in which untrusted bytes are parsed: `python -m flows.parse_worker`.

Reads requests from stdin, writes one reading for each to stdout, in order, until stdin ends. A
page may use CPU_LIMIT_S of CPU time: then the kernel ends the process, in C code too, and the
parent knows which page it was.
"""

import pickle
import resource
import signal
import sys
from dataclasses import dataclass
from typing import IO

from parsers.engine import read
from parsers.model import Capture, Outcome, Reading, Source

CPU_LIMIT_S = 2.0
_MEMORY_LIMIT_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Request:
    """One capture to read; a source is sent with the first capture of it."""

    capture: Capture
    known_container: str | None
    source: Source | None = None


def main() -> None:
    """Serve until stdin ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT_BYTES, _MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _serve(sys.stdin.buffer, sys.stdout.buffer)


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    sources: dict[str, Source] = {}
    while True:
        try:
            request: Request = pickle.load(requests)
        except EOFError:
            return
        if request.source is not None:
            sources[request.source.id] = request.source
        signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
        reply = _read(request, sources)
        signal.setitimer(signal.ITIMER_PROF, 0)
        pickle.dump(reply, replies, 5)
        replies.flush()


def _read(request: Request, sources: dict[str, Source]) -> Reading:
    try:
        return read(request.capture, sources[request.capture.source_id], request.known_container)
    except (MemoryError, RecursionError) as error:
        return Reading(Outcome.UNREADABLE, reason=f"reading it ran out of {_resource(error)}")


def ran_out(reading: Reading) -> bool:
    """Whether the machine, not the page, is why nothing was read."""
    said = reading.reason or ""
    return reading.outcome is Outcome.UNREADABLE and said.startswith(
        ("reading it ", "the reader died ")
    )


def _resource(error: Exception) -> str:
    return "memory" if isinstance(error, MemoryError) else "stack"


if __name__ == "__main__":
    main()
