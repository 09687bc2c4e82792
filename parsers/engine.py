"""One capture to one reading: which reader a body gets, and what its parts become.

    bytes -> form (PDF, page, text) -> text -> blocks -> parts -> sighting

Nothing here raises on any bytes: what cannot be read is Outcome.UNREADABLE with a sentence.
"""

from dataclasses import asdict, replace
from functools import lru_cache
from hashlib import sha256
from json import dumps

from parsers.blocks import blocks_of_text
from parsers.decode import Decoded, decode
from parsers.language import language_of
from parsers.model import Capture, Kind, Outcome, Reading, Sighting, Source
from parsers.normalise import NORMALISER_VERSION
from parsers.occasion import read_occasion
from parsers.parts import Parts
from parsers.signoff import cut_sign_off
from parsers.sources.csto import read_blocks

READER_VERSION = "1"
"""Bump it when any rule of this room changes what is read."""


@lru_cache(maxsize=64)
def parser_version(source: Source) -> str:
    """12 hex digits that name everything a reading hangs on but the capture.

    The rules of this room and what the source declares about its pages; how it is fetched and what
    a sane run looks like do not count. Equal in every process.
    """
    declared = asdict(replace(source, fetch=type(source.fetch)(hosts=source.fetch.hosts)))
    del declared["expect"]
    declared["discover"] = source.discover.article
    known = dumps([READER_VERSION, NORMALISER_VERSION, declared], sort_keys=True)
    return sha256(known.encode()).hexdigest()[:12]


def read(capture: Capture, source: Source, known_container: str | None = None) -> Reading:
    """What this version of the room reads in a capture.

    `known_container` is the `container_digest` of the last reading by the same parser version; when
    the capture's is equal the outcome is SAME and no sighting is made.
    """
    decoded = decode(capture.body, capture.content_type)
    if not decoded.text.strip():
        return Reading(Outcome.UNREADABLE, reason="The body is empty.")
    if "\x00" in decoded.text:
        return Reading(Outcome.UNREADABLE, reason="The body holds NUL bytes: it is no text.")
    return _read_text(decoded, source, known_container)


def _read_text(decoded: Decoded, source: Source, known_container: str | None) -> Reading:
    parts = read_blocks(blocks_of_text(decoded.text))
    if parts is None:
        return Reading(
            Outcome.UNREADABLE,
            reason="There is no headline in the text.",
            charset=decoded.charset,
            charset_rule=decoded.rule,
        )
    sighting = make_sighting(parts, source, Kind.TEXT, None)
    digest = sha256(repr(sighting).encode("utf-8", "surrogatepass")).hexdigest()
    return Reading(
        Outcome.SAME if digest == known_container else Outcome.READ,
        None if digest == known_container else sighting,
        parts.teasers,
        layout="blocks",
        charset=decoded.charset,
        charset_rule=decoded.rule,
        container_digest=digest,
        trace=parts.trace,
    )


def make_sighting(parts: Parts, source: Source, kind: Kind, lang: str | None) -> Sighting:
    """The parts with their sign-off cut, their occasion and their language read."""
    paragraphs = tuple(block.text for block in cut_sign_off(parts.body))
    occasion = read_occasion(paragraphs, parts.published_on)
    return Sighting(
        headline=parts.headline,
        paragraphs=paragraphs,
        published_on=parts.published_on,
        published_text=parts.published_text,
        event_on=occasion.event_on,
        place=occasion.place,
        language=language_of(paragraphs or (parts.headline,), lang, source.language),
        kind=kind,
    )
