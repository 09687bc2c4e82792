"""What a visit to a live site looks at, and what it found: values between its steps."""

from collections import Counter
from dataclasses import dataclass, field

from flows.fetch.answer import Answer
from flows.fetch.discovery import Discovery
from warehouse.lists import Found, ListRead, Suspicion


@dataclass(slots=True)
class Sights:
    """What a visit found and did, for coverage and for the next visit."""

    listed: int = 0
    fetched: int = 0
    waiting: int = 0
    """Pages that were to be looked at and were not reached."""
    refused: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What could not be had or read of listings, feeds, sitemaps and robots.txt."""
    suspicions: list[Suspicion] = field(default_factory=list)
    discovery: Discovery | None = None
    found: tuple[Found, ...] = ()
    """Releases that no list named before."""
    lists: tuple[ListRead, ...] = ()
    deep: bool = False
    bytes_received: int = 0
    to_fetch: int = 0
    """Pages that are new or due."""

    def __str__(self) -> str:
        """For a person who watches."""
        same = self.answers[Answer.NOT_MODIFIED.value]
        lost = self.answers[Answer.NOT_FOUND.value] + self.answers[Answer.GONE.value]
        return (
            f"{self.fetched} fetched, {same} not modified, {lost} missing, {self.waiting} waiting"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A page to look at."""

    url: str
    release_id: str | None
    link_text: str | None
