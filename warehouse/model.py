"""What history knows, as frozen values: texts, looks, revisions and what to append."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from parsers.model import Kind, Reading, Sighting
from parsers.normalise import digest_text, normalise, normalised_body


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a source as it stood, and the digests by which it is compared."""

    text_id: str
    source_id: str
    sighting: Sighting
    text_digest: str
    """Of normalised headline, published date and body: equal digests are no edit."""
    headline_digest: str
    body_digest: str | None
    """None when there is no body to compare: an empty one, or a PDF's."""


@dataclass(frozen=True, slots=True)
class TextKey:
    """What of a text identity and time lines need; the text itself may stay on disk."""

    text_id: str
    text_digest: str
    headline_digest: str
    body_digest: str | None
    published_on: date | None


@dataclass(frozen=True, slots=True)
class StagedLook:
    """One look of a run: read, in evidence, not yet decided."""

    capture_id: str
    source_id: str
    url: str
    captured_at: datetime
    digest: str | None
    """None: there was no body."""
    length_bytes: int | None
    warc_file: str | None
    warc_offset: int | None
    parser_version: str
    reading_id: str | None
    """None: nothing was there to read."""
    reading: Reading | None
    """None: these bytes were read before; `reading_id` names what was read."""
    text: Text | None = None
    """The text of `reading`, when a release was read in it."""
    same_as: str | None = None
    """The reading whose container this one's equals, when `reading` is SAME."""
    http_status: int | None = None
    final_url: str | None = None
    address: str | None = None
    """Canonical URL of the release; None when the look states none."""
    outcome: str | None = None
    """Set when the look was settled before deciding (failed, refused); None: decide."""
    error: str | None = None
    link_text: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    held: bool = False
    """Whether the lake has this look as held back, to be decided now."""


def short_hash(*parts: object, length: int = 16) -> str:
    """The first hex digits of a hash over parts, each kept apart from the next."""
    joined = "\x1f".join("" if part is None else str(part) for part in parts)
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def capture_id(source_id: str, url: str, captured_at: datetime, digest: str | None) -> str:
    """The id of a look: the same look always has the same."""
    return short_hash(source_id, url, captured_at.isoformat(), digest, length=24)


def reading_id(source_id: str, url: str, digest: str, link_text: str | None) -> str:
    """The id of what is read in these bytes. A file states its own address, a fetched page has
    one, so the two are read apart; a PDF takes its headline from its link."""
    return short_hash(source_id, url.startswith("file:"), digest, link_text, length=24)


def text_of(source_id: str, sighting: Sighting, digest: str) -> Text:
    """The text of a sighting. A PDF's bytes are its text, so its `digest` counts."""
    headline = normalise(sighting.headline)
    headline_digest = short_hash(headline)
    body = normalised_body(sighting.paragraphs)
    if sighting.kind is Kind.PDF:
        body = digest
    own = short_hash(source_id, sighting, digest if sighting.kind is Kind.PDF else None)
    return Text(
        # Texts lie in order of their ids: those under one headline, most often the revisions of
        # one release, beside each other, where each costs what it does not share with the last.
        text_id=headline_digest[:8] + own,
        source_id=source_id,
        sighting=sighting,
        text_digest=digest_text("\n".join((headline, str(sighting.published_on or ""), body))),
        headline_digest=headline_digest,
        body_digest=None if not body or sighting.kind is Kind.PDF else short_hash(body, length=24),
    )


@dataclass(frozen=True, slots=True)
class Appearance:
    """A text at an address: the unit that identity assigns to releases.

    All looks without a canonical URL share the address None, so there the text alone is the unit.
    """

    address: str | None
    key: TextKey
    captured_at: datetime
    """The earliest look that held it there."""
    digest: str
    """Of that look's bytes; settles ties of time."""
    release_id: str | None = None
    """The release it belongs to as far as is known; None: not yet decided."""

    @property
    def unit(self) -> tuple[str | None, str]:
        """What tells it from the others of its source."""
        return (self.address, self.key.text_digest)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a release that read a text: a point on its time line."""

    capture_id: str
    captured_at: datetime
    digest: str
    url: str
    reading_id: str
    text_id: str
    text_digest: str
    parser_version: str


@dataclass(frozen=True, slots=True)
class KeptBody:
    """A body in evidence that another parser version read, and one of the looks that held it."""

    key: str
    """The reading's id; of a page once judged a listing, its look's."""
    reading_id: str | None
    """None: it was judged a listing, and no reading was kept."""
    capture_id: str
    url: str
    captured_at: datetime
    digest: str
    http_status: int | None
    final_url: str | None
    address: str | None
    is_text: bool
    """Whether a release was read in it."""
    pdf_headline: str | None
    """The words of the link that led to a PDF: nothing else keeps them."""
    warc_file: str
    warc_offset: int


@dataclass(frozen=True, slots=True)
class PlacedLook:
    """A look of the lake as it is read and placed today."""

    capture_id: str
    captured_at: datetime
    digest: str
    url: str
    reading_id: str | None
    """None: a listing, as it was judged then."""
    parser_version: str | None
    outcome: str
    address: str | None
    release_id: str | None
    """None: no release was read in it."""
    key: TextKey | None
    """The text read; None when no release was."""

    @property
    def unit(self) -> tuple[str | None, str] | None:
        """The appearance it is one of; None when no release was read."""
        return (self.address, self.key.text_digest) if self.key else None


def line_look(placed: PlacedLook) -> Look | None:
    """The look as a point on a time line; None when it read no text."""
    if placed.key is None or placed.parser_version is None or placed.reading_id is None:
        return None
    return Look(
        placed.capture_id,
        placed.captured_at,
        placed.digest,
        placed.url,
        placed.reading_id,
        placed.key.text_id,
        placed.key.text_digest,
        placed.parser_version,
    )


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of a release's text, as derived from its looks."""

    revision_id: str
    release_id: str
    source_id: str
    revision: int
    before_revision_id: str | None
    reverts_to: int | None
    text_id: str
    text_digest: str
    before_text_id: str | None
    capture_id: str
    anchor_capture_id: str
    seen_at: datetime
    changed_after: datetime | None
    parser_version: str


@dataclass(frozen=True, slots=True)
class KnownRevision:
    """A revision as it stands in the lake, with the row that says so."""

    entry_id: str
    revision: Revision
