"""What a generator knows about the capture it made: the fields a reading must show."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

PublishedForm = Literal[
    "own_line", "after_headline", "after_headline_tight", "glued", "glued_digit",
    "download_same_line", "download_next_line", "none",
]  # fmt: skip
"""Where the page prints its date: a line of its own, behind the repeated headline (with or
without a space), glued before the body's first letter or digit, with the name of an attachment
behind or below it, or nowhere."""


@dataclass(frozen=True, slots=True)
class ReleaseTruth:
    """One release as the publisher meant it, whatever page it stands on."""

    seed: int
    headline: str
    paragraphs: tuple[str, ...]
    published_on: date | None
    """None exactly when `published_form` is "none"."""
    published_form: PublishedForm
    event_on: date | None
    place: str | None
    language: str
    opening: str
    """Which form of `openings` states day and place."""
    lenient: frozenset[str] = frozenset()
    """Fields of "event_on", "place" in which None is right as well: the text tells them, but
    no ruling says that a reader must see it. Another value is still wrong."""

    @property
    def published_text(self) -> str | None:
        """The characters the date is printed in."""
        return None if self.published_on is None else f"{self.published_on:%d.%m.%Y}"


@dataclass(frozen=True, slots=True)
class TeaserTruth:
    """One item of the ticker."""

    paragraphs: tuple[str, ...]
    dated_on: date | None


@dataclass(frozen=True, slots=True)
class CaptureTruth:
    """What must be read in one capture, and which variants were used to make it."""

    seed: int
    release: ReleaseTruth | None
    """None: the capture holds no headline and is unreadable (or a mere list of teasers)."""
    teasers: tuple[TeaserTruth, ...]
    teasers_split: bool
    """False where undated items cannot be told from paragraphs of one item: then only the
    sequence of paragraphs is judged, not where an item ends."""
    variants: tuple[str, ...]
    """As "headline:twice"; by these the agreement is reported."""
    teasers_judged: bool = True
    layout: str = "dump"
    """"dump", or the layout of `pages` that was used."""
    content_type: str | None = None
    """The header a server would send; None for a dump."""
