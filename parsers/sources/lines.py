"""A page's blocks with what their text alone says: its dates, and whether it repeats or goes on."""

import re
from datetime import date
from typing import NamedTuple

from parsers.blocks import Block
from parsers.dates import parse_date_line, split_glued, split_trailing
from parsers.text import squash


class Line(NamedTuple):
    """A block with what its text says about dates."""

    block: Block
    text: str
    """The block's."""
    day: date | None
    """The date, when the block is a date line."""
    glued: tuple[date, str, str] | None
    trailing: tuple[str, date, str] | None

    @property
    def headline(self) -> str:
        """The text without a date after it."""
        return self.trailing[0] if self.trailing else self.text


def make_line(block: Block) -> Line:
    """The block with its dates read."""
    text = block.text
    if not text[:1].isdigit() and not text[-1:].isdigit() and len(text) > 60:
        return Line(block, text, None, None, None)  # most lines
    day = parse_date_line(text)
    if day is not None:
        return Line(block, text, day, None, None)
    return Line(block, text, None, split_glued(text), split_trailing(text))


def is_twin(first: Line, second: Line) -> bool:
    """Whether two lines spell one headline; spaces, case and a date after it do not count."""
    one, other = first.headline, second.headline
    if abs(len(one) - len(other)) > 40:
        return False
    if one[:1].isalnum() and one[:1].isascii() and one[:1].lower() != other[:1].lower():
        return False
    opening, other_opening = (text[:24].replace(" ", "")[:10] for text in (one, other))
    ascii_only = opening.isascii() and other_opening.isascii()
    if ascii_only and opening.casefold() != other_opening.casefold():
        return False  # most lines: not worth normalising
    return squash(one) == squash(other)


_ANAPHORA = re.compile(
    r"(?:The\s+[a-z]|(?:He|She|They|It|This|These|Those|His|Her|Their|Its|Also|Moreover|Besides)\s"
    r"|(?:In\s+addition|In\s+particular|In\s+conclusion|During\s+the\s+[a-z]|According\s+to\s+h"
    r"|At\s+the\s+same\s+time|As\s+a\s+result|Following\s+the\s+[a-z]|Among\s+the\s+[a-z])"
    r"|(?:Главы\s+государств|Он|Она|Они|Это|Также|Кроме\s+того|Участники|Стороны)\s)"
)
_ANAPHORA_OPENS = frozenset("THSIDABMFГОЭТКУС")
_OWN_DAY = re.compile(
    r"\b\d{1,2}\s+(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b|\b(?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December)\s+\d"
)


def is_continuation(text: str) -> bool:
    """Whether a ticker's paragraph goes on about the one above it.

    It does when it opens with a pronoun or with "The" and a common noun ("The heads of states have
    discussed ...", seeds 000 and 001) and names no day of its own. "The CSTO Secretary General ..."
    opens another item.

    >>> is_continuation("The heads of states have discussed current problems.")
    True
    >>> is_continuation("The CSTO Secretary General met the Minister.")
    False
    """
    if text[:1] not in _ANAPHORA_OPENS:
        return False
    return _ANAPHORA.match(text) is not None and _OWN_DAY.search(text[:80]) is None
