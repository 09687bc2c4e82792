"""What passes between this room and the others: captures in, readings out. All frozen.

A `Capture` is bytes and is never changed. A `Reading` is what one parser version saw in it: at
most one `Sighting` of a release, and the `Teaser`s that stood around it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any


def _reduce(self: Any) -> tuple[Any, tuple[Any, ...]]:
    """How what crosses a process border is pickled: as its class and its values, in half the time
    that dataclasses take with theirs."""
    return type(self), tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class Capture:
    """One look at a URL or a file: the exact bytes, where from and when."""

    source_id: str
    url: str
    """The address looked at; for a file a `file:` URI relative to the configuration's folder."""
    captured_at: datetime
    """Aware, UTC."""
    body: bytes
    """Content-Encoding undone, charset not yet decoded."""
    digest: str
    """sha-256 hex of `body`."""
    http_status: int | None = None
    """None for a file."""
    content_type: str | None = None
    """The Content-Type header as sent; None for a file."""
    final_url: str | None = None
    """Where redirects led; None when that is `url` or there was no network."""
    link_text: str | None = None
    """The words of the link that led here; a PDF's headline, since no text of it is read."""

    __reduce__ = _reduce


class Kind(StrEnum):
    """The form in which a release was published."""

    HTML = "html"
    PDF = "pdf"
    TEXT = "text"


class Outcome(StrEnum):
    """What a reading amounts to."""

    READ = "read"
    SAME = "same"
    """The container equals the one the caller knows: same sighting, left unread."""
    UNREADABLE = "unreadable"
    """No headline, a login form, empty, binary, or no layout of the source fits."""
    NOT_FOUND = "not_found"
    """The site's own not-found page under a 200."""
    LISTING = "listing"
    """A page of links or teasers without a release of its own."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One release as it stood in one capture. Text is kept as the publisher typed it."""

    headline: str
    paragraphs: tuple[str, ...]
    """Body only, one block each, in page order; may be empty."""
    published_on: date | None = None
    """What the page states as its own date; None when it states none. Never the event's day."""
    published_text: str | None = None
    """The characters `published_on` was read from."""
    event_on: date | None = None
    """The day of the event where the text is certain of day, month and year."""
    place: str | None = None
    language: str | None = None
    """ISO 639-1; None when neither script, page nor source tells."""
    kind: Kind = Kind.HTML
    canonical_url: str | None = None
    """The release's own address if the page states one that the source's rules accept."""
    modified_on: date | None = None
    """The page's own `dateModified`; None when it states none. It claims a change and is none."""

    __reduce__ = _reduce


@dataclass(frozen=True, slots=True)
class Teaser:
    """One blurb of a ticker or listing: about another release, never part of this one."""

    text: str
    """Paragraphs of the blurb joined by a blank line."""
    dated_on: date | None = None
    """The ticker's own date line above it."""
    url: str | None = None
    """The link it carries, as written; None in text dumps."""

    __reduce__ = _reduce


@dataclass(frozen=True, slots=True)
class Trace:
    """Which rule read a field, for `source check`: never stored."""

    field: str
    rule: str
    text: str

    __reduce__ = _reduce


@dataclass(frozen=True, slots=True)
class Reading:
    """What one parser version read in one capture."""

    outcome: Outcome
    sighting: Sighting | None = None
    """Set exactly when `outcome` is READ."""
    teasers: tuple[Teaser, ...] = ()
    reason: str | None = None
    """One sentence for a person, when nothing was read."""
    layout: str | None = None
    """`layout[0]`, `layout[1]`, ..., `blocks` or `generic`; None when nothing was read."""
    charset: str | None = None
    charset_rule: str | None = None
    """bom, utf-8, header, meta or detected: which rule decided the charset."""
    container_digest: str | None = None
    """sha-256 hex of what the layout's container held; None when there is no container. Equal
    digests under one parser version mean equal sightings, whatever else the page changed."""
    shown: tuple[str, ...] = field(default=(), compare=False)
    """`shown_blocks` of a page in which no release was read; empty otherwise."""
    trace: tuple[Trace, ...] = field(default=(), compare=False)

    __reduce__ = _reduce


@dataclass(frozen=True, slots=True)
class Layout:
    """One markup of a source. Selectors are CSS relative to the container."""

    container: str
    headline: str | None = None
    published: str | None = None
    """CSS, optionally `@attribute`."""
    date_formats: tuple[str, ...] = ()
    body: str | None = None
    """None: all of the container but headline and date."""
    drop: tuple[str, ...] = ()
    teasers: str | None = None
    """Relative to the page, not to the container."""
    body_ends: tuple[str, ...] = ()
    """Regexes; the first block that matches, and all after it, is footer."""
    not_found: str | None = None
    not_found_css: str | None = None


@dataclass(frozen=True, slots=True)
class Discover:
    """Where a source's releases are found."""

    listings: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    article: str | None = None
    """Regex on the path of a release; None accepts every path."""
    files: tuple[str, ...] = ()
    """Globs of captures that lie on disk."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """How politely a source is fetched."""

    delay_s: float = 1.0
    hosts: tuple[str, ...] = ()
    """Empty: the homepage's host alone."""
    allow_private_addresses: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """What a sane run looks like; None: not checked."""

    min_items: int | None = None
    min_dated_share: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One publisher site and how to read it; the frozen form of a source file."""

    id: str
    name: str
    homepage: str | None = None
    language: str | None = None
    timezone: str = "UTC"
    verified: bool = False
    """Whether the layouts were ever checked against the live site."""
    reader: str | None = None
    """The shipped reader in `parsers.sources` that serves what no layout declares (`csto`);
    None: a page that no layout fits is unreadable, or read by the fallback without layouts."""
    discover: Discover = Discover()
    fetch: Fetch = Fetch()
    expect: Expect = Expect()
    layouts: tuple[Layout, ...] = ()


def digest_bytes(body: bytes) -> str:
    """The sha-256 hex digest by which a capture's body is known."""
    return sha256(body).hexdigest()
