"""How long a host is left in peace: one request at a time, and a gap between their starts.

gap = max(Crawl-delay, `delay_s`, k x latency). An error only ever makes the wait longer.
"""

import random as _random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock

from warehouse.exchange import Exchange

RETRY_AFTER_CAP_S = 6 * 3600.0
LATENCY_FACTOR = 2.0
"""k: a server that takes 3 s a page rests for 3 s before the next."""
BACKOFF_S = 2.0
ERROR_BACKOFF_CAP_S = 60.0
"""For errors that do not tell us to wait: one broken page must not stop the host for hours."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, so that tests bring their own."""

    now: Callable[[], datetime] = _utc_now
    """Aware, UTC."""
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = _random.random
    """In [0, 1)."""


SYSTEM_CLOCK = Clock()


class Pacer:
    """The waiting of one host. May be shared by threads: they take turns."""

    def __init__(self, delay_s: float, clock: Clock) -> None:
        self._clock = clock
        self._gap_s = delay_s
        self._latency_s = 0.0
        self._started: float | None = None
        self._not_before = 0.0
        self._errors = 0
        self._in_flight = Lock()

    @property
    def gap_s(self) -> float:
        """Between the starts of two requests, when nothing goes wrong."""
        return max(self._gap_s, LATENCY_FACTOR * self._latency_s)

    def slow_down(self, delay_s: float) -> None:
        """Take another wish into account: a Crawl-delay, or another source's `delay_s`."""
        self._gap_s = max(self._gap_s, delay_s)

    @contextmanager
    def turn(self, ends_at: float | None) -> Iterator[bool]:
        """Wait for the host's next turn and hold it. False, at once, when it would come after
        `ends_at` (monotonic; None: no end)."""
        with self._in_flight:
            may_go = self._wait(ends_at)
            if may_go:
                self._started = self._clock.monotonic()
            yield may_go

    def _wait(self, ends_at: float | None) -> bool:
        while True:
            at = self._clock.monotonic()
            due = max(at, self._not_before)
            if self._started is not None:
                due = max(due, self._started + self.gap_s)
            if ends_at is not None and due >= ends_at:
                return False
            if due <= at:
                return True
            self._clock.sleep(due - at)

    def answered(self, latency_s: float, *, is_error: bool = False) -> None:
        """The host answered: forget earlier failures. A 404 comes fast, and proves no speed."""
        self._latency_s = max(self._latency_s, latency_s) if is_error else latency_s
        self._errors = 0

    def failed(self, latency_s: float) -> None:
        """An error: wait longer than the gap, by exponential backoff with full jitter."""
        self._latency_s = max(self._latency_s, latency_s)
        self._hold(self._backoff_s(ERROR_BACKOFF_CAP_S))

    def told_to_wait(self, wait_s: float | None) -> None:
        """429 or 503; None: it did not say how long."""
        backoff_s = self._backoff_s(RETRY_AFTER_CAP_S)
        self._hold(backoff_s if wait_s is None else min(wait_s, RETRY_AFTER_CAP_S))

    def _backoff_s(self, cap_s: float) -> float:
        self._errors += 1
        return self._clock.random() * min(cap_s, BACKOFF_S * 2.0 ** min(self._errors, 30))

    def _hold(self, wait_s: float) -> None:
        self._not_before = max(self._not_before, self._clock.monotonic() + wait_s)


class Pacing:
    """The pacers of a process: sources that share a host share its pacer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pacers: dict[str, Pacer] = {}
        self._lock = Lock()

    def of(self, host: str, delay_s: float) -> Pacer:
        """The pacer of a host, at least as slow as `delay_s`."""
        with self._lock:
            pacer = self._pacers.setdefault(host, Pacer(delay_s, self._clock))
        pacer.slow_down(delay_s)
        return pacer


def retry_after_s(exchange: Exchange, now: datetime) -> float | None:
    """How long an answer's Retry-After asks us to wait; None when it does not say, readably.

    A date is measured against the answer's own Date, so that a server's wrong clock does no harm;
    `now` stands in for a missing one.
    """
    said = (exchange.header("Retry-After") or "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), RETRY_AFTER_CAP_S)
    until = _http_date(said)
    if until is None:
        return None
    start = _http_date(exchange.header("Date") or "") or now
    return min(max(0.0, (until - start).total_seconds()), RETRY_AFTER_CAP_S)


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
