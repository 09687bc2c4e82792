"""The clock of a site and of the tracker that visits it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
STEP = timedelta(hours=25)
"""From one step to the next: over a day, so that a copy of robots.txt is out of date."""


class Clock:
    """Runs as time does, but waiting takes none: `sleep` moves the hands on.

    So a delay of five seconds between requests is seen in the server's log, and a test does not
    wait for it. Given to both sides; safe to use from several threads.
    """

    def __init__(self, start: datetime = START) -> None:
        self._lock = threading.Lock()
        self._start = start
        self._origin = time.monotonic()
        self._ahead_s = 0.0
        self.slept_s = 0.0
        """All waiting that was asked for."""

    def monotonic(self) -> float:
        """Seconds since the clock was made, waiting included."""
        with self._lock:
            return time.monotonic() - self._origin + self._ahead_s

    def now(self) -> datetime:
        """The time of day, aware, UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        """Let the time pass without waiting for it."""
        with self._lock:
            self._ahead_s += max(0.0, seconds)
            self.slept_s += max(0.0, seconds)

    def reach(self, at: datetime) -> None:
        """Move the hands to a time; nothing if it is past."""
        self.sleep((at - self.now()).total_seconds())


class RealClock(Clock):
    """The machine's own time and real waiting, for trackers that run as a process."""

    def __init__(self, wait: Callable[[float], None] = time.sleep) -> None:
        super().__init__(datetime.now(UTC))
        self._wait = wait

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._wait(max(0.0, seconds))

    def reach(self, at: datetime) -> None:
        """Steps follow each other at once: nobody waits a day."""
