"""What asking for a URL came to: values that the rest of a run decides upon."""

from dataclasses import dataclass
from enum import StrEnum

from warehouse.exchange import Exchange


class Answer(StrEnum):
    """How an attempt to get a URL ended, after redirects and retries."""

    BODY = "body"
    """A complete 2xx answer."""
    NOT_MODIFIED = "not_modified"
    """304: the server's claim."""
    NOT_FOUND = "not_found"
    """404, or a permanent redirect to the home page or a listing."""
    GONE = "gone"
    """410."""
    REFUSED = "refused"
    """By us: robots.txt, another host, a private address, a scheme that is not http(s), a loop of
    redirects. Nothing was asked, or nothing further."""
    INCOMPLETE = "incomplete"
    """Cut, or longer or shorter than it said, after every retry."""
    FAILED = "failed"
    """5xx, a network error, the deadline, too large, another 4xx."""
    WAITING = "waiting"
    """The host told us to wait, or the run's time is used up: not asked, first in the next run."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes a request conditional; both None: send none."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One redirect that was followed."""

    url: str
    status: int
    target: str
    """Absolute."""

    @property
    def permanent(self) -> bool:
        """Whether the publisher says that the target is the address from now on."""
        return self.status in (301, 308)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The end of one attempt to get a URL."""

    url: str
    """As asked for."""
    answer: Answer
    hops: tuple[Hop, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    """Every answer on the way, retries included, in order; the last one is what `answer` tells
    of. Empty when nobody answered."""
    error: str | None = None
    """One sentence, unless `answer` is BODY or NOT_MODIFIED."""

    @property
    def final_url(self) -> str:
        """Where the redirects led."""
        return self.hops[-1].target if self.hops else self.url

    @property
    def last(self) -> Exchange | None:
        """The exchange that settled it."""
        return self.exchanges[-1] if self.exchanges else None
