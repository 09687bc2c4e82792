"""What a reader of one page form finds, before the body is cut and the sighting is made."""

from dataclasses import dataclass
from datetime import date

from parsers.blocks import Block
from parsers.model import Teaser, Trace


@dataclass(frozen=True, slots=True)
class Parts:
    """A headline, its date and the blocks under it; the sign-off still stands among them."""

    headline: str
    body: tuple[Block, ...]
    published_on: date | None = None
    published_text: str | None = None
    teasers: tuple[Teaser, ...] = ()
    trace: tuple[Trace, ...] = ()
