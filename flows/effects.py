"""The clock, the waiting and the ears that a run is given: the only way to what is outside it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """The clock, the waiting and the ears of a run."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    """Told sentences a person should read while the run goes on."""
    progress: Callable[[str, int], None]
    """Told (source id, looks) as batches are staged."""
    watch: Callable[[str, int, int], None] = lambda _words, _done, _total: None
    """Told what a person sees of a site's visit: words, pages looked at, pages to look at."""
    monotonic: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
    """In [0, 1): spreads what would come at once."""
    deadline_s: float = 30.0
    """Of one exchange with a server."""


def utc_now() -> datetime:
    """The clock a run is given outside tests."""
    return datetime.now(UTC)
