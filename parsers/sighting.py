"""Parts to a sighting, a sighting's digest, and the sightings remembered by content."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from threading import Lock

from parsers.language import language_of
from parsers.model import Kind, Sighting, Source, Trace
from parsers.occasion import read_occasion
from parsers.parts import Parts
from parsers.signoff import cut_sign_off

_REMEMBERED = 4096
"""Sightings kept by content; at some 5 KB each at most 20 MB."""


def make_sighting(
    parts: Parts, source: Source, kind: Kind, lang: str | None, canonical_url: str | None
) -> Sighting:
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
        canonical_url=canonical_url,
    )


def digest_sighting(sighting: Sighting | None) -> str:
    """sha-256 hex of all that a sighting says."""
    if sighting is None:
        return ""
    others = [str(getattr(sighting, name)) for name in _SIGHTING_FIELDS]
    said = "\x00".join(["\x01".join(sighting.paragraphs), *others])
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


_SIGHTING_FIELDS = tuple(field.name for field in fields(Sighting) if field.name != "paragraphs")


ReadContent = tuple[Sighting, tuple[Trace, ...]]


class Remembered:
    """The sightings of contents read lately in this process, the least used forgotten first."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[str, str], ReadContent | None] = OrderedDict()
        self.lock = Lock()

    def get(
        self, key: tuple[str, str], read_it: Callable[[], ReadContent | None]
    ) -> ReadContent | None:
        """What is kept for the key, else what `read_it` gives."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        found = read_it()
        with self.lock:
            self.kept[key] = found
            if len(self.kept) > _REMEMBERED:
                self.kept.popitem(last=False)
        return found

    def forget(self) -> None:
        """Keeps nothing any more, as in a new process."""
        with self.lock:
            self.kept.clear()
