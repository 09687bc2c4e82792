"""What a run did: for each source, for its site, and as a whole."""

from collections import Counter
from dataclasses import dataclass, field

from flows.inputs import BadInput


@dataclass(slots=True)
class Coverage:
    """What a run did for one source."""

    listed: int = 0
    fetched: int = 0
    untouched: int = 0
    failed_inputs: int = 0
    never_fetched: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def unchanged(self) -> int:
        """Looks that found what was known."""
        still = ("unchanged", "live_again", "not_modified")
        return sum(self.outcomes[name] for name in still) + self.untouched

    @property
    def failed(self) -> int:
        """Looks and inputs that brought nothing to read."""
        names = ("unreadable", "failed", "incomplete", "refused")
        return self.failed_inputs + sum(self.outcomes[name] for name in names)


@dataclass(frozen=True, slots=True)
class SiteSummary:
    """What a run did on one source's site."""

    source_id: str
    listed: int
    fetched: int
    waiting: int
    outcomes: Counter[str]
    bytes_received: int
    faults: tuple[str, ...]
    """What could not be had or read of lists and robots.txt, a sentence each."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did."""

    run_id: str
    outcomes: Counter[str]
    untouched: int
    """Files whose bytes are those last read there, and looks the warehouse had already."""
    unknown: int
    """Files of a type that is none of ours."""
    bad: tuple[BadInput, ...]
    without_time: int
    """New looks whose time is a file's modification time."""
    committed: bool
    sites: tuple[SiteSummary, ...] = ()
    incidents: tuple[str, ...] = ()
    """What was held back or is odd, a sentence each."""

    @property
    def looks(self) -> int:
        """How many looks were added."""
        return sum(self.outcomes.values())

    @property
    def unread(self) -> int:
        """Inputs in which nothing could be read."""
        names = ("unreadable", "failed", "incomplete", "held")
        faults = sum(len(site.faults) for site in self.sites)
        return len(self.bad) + faults + sum(self.outcomes[name] for name in names)
