"""Staged looks made by hand or by hypothesis: small worlds of releases, texts and times."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from parsers.model import Outcome, Reading, Sighting, digest_bytes
from warehouse.model import StagedLook, capture_id, reading_id, text_of

START = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    """The time of look number n: days after START."""
    return START + timedelta(days=number)


def staged(
    at: int,
    body: str = "one two three four five six seven",
    *,
    headline: str = "The Council met",
    published_on: date | None = None,
    modified_on: date | None = None,
    address: str | None = None,
    url: str = "file:a.txt",
    noise: str = "",
    language: str | None = None,
) -> StagedLook:
    """A look of day `at` that read this text; `noise` makes other bytes of it."""
    url = address or url
    digest = digest_bytes(repr((headline, published_on, modified_on, body, noise)).encode())
    paragraphs = tuple(body.split("\n"))
    sighting = Sighting(
        headline, paragraphs, published_on, modified_on=modified_on, language=language
    )
    return StagedLook(
        capture_id=capture_id("lakes", url, day(at), digest),
        source_id="lakes",
        url=url,
        captured_at=day(at),
        digest=digest,
        length_bytes=len(body),
        warc_file="2026/x.warc.gz",
        warc_offset=0,
        parser_version="v1",
        reading_id=reading_id("lakes", url, digest, None),
        reading=Reading(Outcome.READ, sighting),
        text=text_of("lakes", sighting, digest),
        address=address,
    )


BODIES = (
    "the council of lakes met in the old town hall and agreed on a plan for clean water",
    "the council of lakes met in the old town hall and agreed on a plan for clear water",
    "the council of lakes met in the old town hall and agreed on a plan for clear rivers today",
    "an entirely different statement on fishing quotas was adopted by all member lakes",
)


def looks() -> st.SearchStrategy[StagedLook]:
    """Looks that collide as often as they can: few headlines, dates, addresses, days, bodies."""
    return st.builds(
        _look,
        at=st.integers(0, 5),
        body=st.sampled_from(BODIES),
        headline=st.sampled_from(["The Council met", "A statement"]),
        published_on=st.sampled_from([None, date(2026, 2, 1), date(2026, 2, 2)]),
        modified_on=st.sampled_from([None, None, date(2026, 3, 2), date(2026, 3, 4)]),
        address=st.sampled_from([None, None, "https://lakes.example/1", "https://lakes.example/2"]),
        url=st.sampled_from(["file:a.txt", "file:b.txt"]),
        noise=st.sampled_from(["", "ticker"]),
    )


UNREAD = Sighting("", ())
"""In a parser's table: it reads nothing there."""

Parser = dict[str, Sighting]
"""What another parser reads in some bodies, by digest; the others it reads as the first did."""


def read_by(parser: Parser, version: str, look: StagedLook) -> StagedLook:
    """The look as another parser reads its bytes."""
    assert look.digest is not None
    sighting = parser.get(look.digest, look.text.sighting if look.text else UNREAD)
    if sighting == UNREAD:
        nothing = Reading(Outcome.UNREADABLE, reason="no layout fits")
        return replace(look, parser_version=version, reading=nothing, text=None)
    reading = Reading(Outcome.READ, sighting)
    text = text_of("lakes", sighting, look.digest)
    return replace(look, parser_version=version, reading=reading, text=text)


def parsers(world: list[StagedLook]) -> st.SearchStrategy[Parser]:
    """Parsers that read some bodies of a world as others of its texts, as less, or not at all."""
    texts = {look.text.sighting for look in world if look.text}
    shorter = {replace(one, paragraphs=(one.paragraphs[0][:40],)) for one in texts}
    known = sorted(texts | shorter, key=repr)
    digests = sorted({str(look.digest) for look in world})
    return st.dictionaries(st.sampled_from(digests), st.sampled_from([*known, UNREAD]))


def _look(**facts: Any) -> StagedLook:
    return staged(**facts)
