"""Which block is the headline when nothing marks it: one scored rule over a page's first blocks.

A CSTO dump is a ticker of up to six items, a headline, a body. Headlines open like ticker items
("On November 23, in Yerevan, ..."), so no single sign decides. Each candidate gets points:

| evidence | points |
| --- | --- |
| the same line follows, spaces and a date after it aside | 6 |
| a date follows: own line, after the second headline, or glued before the body | 5 |
| the same, but the ticker is dated too and the date could be its next item's | 2 |
| a heading of level 1; of level 2 or 3 | 6; 3 |
| contained in the page's <title> | 5 |
| no mark ends it; "?" or "!" ends it | 2; 0 |
| a full stop ends it; ";" ":" or "," ends it | -3; -4 |
| share of its telling words that the next four blocks repeat | 0 to 2.5 |
| the blocks after it tell of one thing, those before it of others | -1.5 to 1.5 |
| first of the page | 1 |
| a blank line parts it from its body alone, or more lines from the ticker | 0.5 |
| under three words | -3 |
| longer than 350 characters | -2 |
| a date line stands right above it, as above a ticker's item | -6; -1 when it is the only one |

The best candidate, the first of equals, is the headline if it has `LEAST` points: no mark at the
end alone (2) is not enough, since a ticker item may lack its mark too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parsers.blocks import Block, BlockKind
from parsers.dates import parse_date_line, split_glued, split_trailing
from parsers.normalise import normalise
from parsers.signoff import is_attachment, is_sign_off

LEAST = 3.4
MOST_ITEMS = 6
"""A ticker shows at most so many items (seen: 0 to 6)."""
HEAD = 3 * MOST_ITEMS + 4
"""Blocks looked at: six items of a date and two paragraphs, the headline twice, its date, a lead."""


@dataclass(frozen=True, slots=True)
class Line:
    """A block with what its text says about dates."""

    block: Block
    key: str
    """The text for comparison: normalised, without any space, trailing date off."""
    day: date | None
    """The date, when the block is a date line."""
    glued: tuple[date, str, str] | None
    trailing: tuple[str, date, str] | None

    @property
    def text(self) -> str:
        return self.block.text


@dataclass(frozen=True, slots=True)
class Found:
    """Where the headline stands and why."""

    index: int
    points: float
    evidence: tuple[str, ...]


def squash(text: str) -> str:
    """The text for comparing two spellings of one headline: normalised, no spaces, one case."""
    return normalise(text).replace(" ", "").casefold()


def make_line(block: Block) -> Line:
    """The block with its dates read."""
    text = block.text
    day = parse_date_line(text)
    if day is not None:
        return Line(block, text, day, None, None)
    trailing = split_trailing(text)
    return Line(block, squash(trailing[0] if trailing else text), None, split_glued(text), trailing)


def find_headline(lines: Sequence[Line], title: str | None = None) -> Found | None:
    """The best candidate among a page's first blocks, or None when none has enough points."""
    head = lines[:HEAD]
    title_key = squash(title) if title else ""
    page = _Page(lines, head, _dated_items(head), title_key)
    best: Found | None = None
    for index in range(len(head)):
        if not _may_be_headline(page, index):
            continue
        found = _weigh(page, index)
        if best is None or found.points > best.points:
            best = found
    return best if best is not None and best.points >= LEAST else None


@dataclass(frozen=True, slots=True)
class _Page:
    lines: Sequence[Line]
    head: Sequence[Line]
    dated_items: int
    """Date lines at the page's top that a ticker could own."""
    title_key: str


def _dated_items(head: Sequence[Line]) -> int:
    """How many date lines there are, if the first block is one: else no ticker is dated."""
    if not head or head[0].day is None:
        return 0
    return sum(line.day is not None for line in head)


def _may_be_headline(page: _Page, index: int) -> bool:
    line = page.head[index]
    if line.day is not None or line.glued is not None:
        return False
    if line.block.kind not in (BlockKind.HEADING, BlockKind.PARAGRAPH):
        return False
    opening = line.text.lstrip("\"'“«„‘(…")[:1]
    if not (
        opening.isupper() or opening.isdigit() or (opening.isalpha() and not opening.islower())
    ):
        return False
    if is_attachment(line.text) or is_sign_off(line.text):
        return False
    return line.block.kind is BlockKind.HEADING or _items_before(page.head, index) <= MOST_ITEMS


def _items_before(head: Sequence[Line], index: int) -> int:
    """How many ticker items the blocks above would make."""
    above = head[:index]
    dated = sum(line.day is not None for line in above)
    if dated:
        return dated
    return sum(not is_continuation(line.text) or place == 0 for place, line in enumerate(above))


_ANAPHORA = re.compile(
    r"(?:The\s+[a-z]|(?:He|She|They|It|This|These|Those|His|Her|Their|Its|Also|Moreover|Besides)\s"
    r"|(?:In\s+addition|In\s+particular|In\s+conclusion|During\s+the\s+[a-z]|According\s+to\s+h"
    r"|At\s+the\s+same\s+time|As\s+a\s+result|Following\s+the\s+[a-z]|Among\s+the\s+[a-z])"
    r"|(?:Главы\s+государств|Он|Она|Они|Это|Также|Кроме\s+того|Участники|Стороны)\s)"
)
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
    return _ANAPHORA.match(text) is not None and _OWN_DAY.search(text[:80]) is None


def _weigh(page: _Page, index: int) -> Found:
    points: dict[str, float] = {}
    line = page.head[index]
    following = _next_text(page.head, index)
    if following is not None and page.head[following].key == line.key and len(line.key) > 8:
        points["doubled"] = 6
    points["dated"] = _date_points(page, index, following if "doubled" in points else None)
    points["heading"] = {0: 0, 1: 6, 2: 3, 3: 3}.get(line.block.level, 1)
    if page.title_key and len(line.key) > 12 and line.key in page.title_key:
        points["in title"] = 5
    points["ending"] = _ending_points(line.text)
    points["first"] = 1 if index == 0 else 0
    points["above"] = _above_points(page, index)
    points["length"] = -3 if line.text.count(" ") < 2 else -2 if len(line.text) > 350 else 0
    after = following if following is not None and "doubled" in points else index
    points["gap"] = _gap_points(page.lines, index, after)
    points |= _word_points(page.lines, index, after)
    evidence = tuple(f"{name} {value:+.1f}" for name, value in points.items() if value)
    return Found(index, sum(points.values()), evidence)


def _next_text(head: Sequence[Line], index: int) -> int | None:
    """The next block that is neither a date line nor an attachment."""
    for place in range(index + 1, len(head)):
        if head[place].day is None and not is_attachment(head[place].text):
            return place
    return None


def _date_points(page: _Page, index: int, twin: int | None) -> float:
    head = page.head
    last = index if twin is None else twin
    if head[index].trailing or head[last].trailing:
        return 5
    nearby = head[index + 1 : last] + head[last + 1 : last + 2]
    day_line = next((line for line in nearby if line.day is not None), None)
    if day_line is None:
        after = head[last + 1] if last + 1 < len(head) else None
        return 5 if after is not None and after.glued is not None else 0
    above = [line.day for line in head[:index] if line.day is not None]
    if not above or (day_line.day is not None and day_line.day > above[-1]):
        return 5
    if any(line.day is not None for line in head[last + 2 :]):
        return 0  # a later date line: this one is the ticker's
    return 2


_TRAILING_NOTE = re.compile(r"\s*\([^()]{1,30}\)$")


def _ending_points(text: str) -> float:
    """Points for the last character; a note such as "(Video)" is not looked at."""
    ending = _TRAILING_NOTE.sub("", text).rstrip("\"'”’»)")[-1:]
    if ending in ".…":
        return -3
    if ending in ";:,":
        return -4
    return 0 if ending in "?!" else 2


def _above_points(page: _Page, index: int) -> float:
    if index == 0 or page.head[index - 1].day is None:
        return 0
    return -6 if page.dated_items > 1 or index > 1 else -1


def _gap_points(lines: Sequence[Line], index: int, after: int) -> float:
    gap = lines[index].block.gap
    below = lines[after + 1].block.gap if after + 1 < len(lines) else 0
    below_that = lines[after + 2].block.gap if after + 2 < len(lines) else 0
    above = lines[index - 1].block.gap if index else 0
    return 0.5 if below > below_that or gap > above > 0 else 0


_WORD = re.compile(r"[^\W_]{3,}")
_EVERYWHERE = set(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "that",
        "this",
        "was",
        "were",
        "been",
        "has",
        "have",
        "had",
        "its",
        "his",
        "her",
        "their",
        "which",
        "who",
        "are",
        "under",
        "during",
        "between",
        "within",
        "into",
        "about",
        "also",
        "will",
        "would",
        "held",
        "take",
        "took",
        "taken",
        "part",
        "year",
        "csto",
        "collec",
        "securi",
        "treaty",
        "organi",
        "member",
        "states",
        "state",
        "meetin",
        "counci",
        "republ",
        "secret",
        "genera",
        "partic",
        "repres",
        "organ",
        "joint",
        "deputy",
        "minist",
        "январ",
        "феврал",
        "на",
        "под",
        "для",
        "что",
        "это",
        "как",
        "так",
        "его",
        "при",
    ]
)
"""Stems that nearly every release of this source shares: they tell nothing apart."""


def stems(text: str) -> set[str]:
    """The telling words of a text, lower-case, cut to six letters.

    >>> sorted(stems("The CSTO states met on the Tajik-Afghan border"))
    ['afghan', 'border', 'met', 'tajik']
    """
    return {word[:6] for word in _WORD.findall(text.lower())} - _EVERYWHERE


def _word_points(lines: Sequence[Line], index: int, after: int) -> dict[str, float]:
    """Points for words: does the text under it repeat it, and is that one text, unlike what is above?"""
    own = stems(lines[index].text)
    below = [stems(line.text) for line in lines[after + 1 : after + 5] if line.day is None]
    if not own or not below:
        return {}
    repeated = len(own & set().union(*below)) / len(own)
    points = {"repeated": 2.5 * repeated}
    above = [stems(line.text) for line in lines[max(0, index - 3) : index] if line.day is None]
    if len(below) >= 3:
        points["one text"] = 6 * _likeness(below) - (6 * _likeness_across(above, below))
        points["one text"] = max(-1.5, min(1.5, points["one text"]))
    return points


def _likeness(sets: Sequence[set[str]]) -> float:
    """How much each set has in common with the one before it, 0 to 1."""
    pairs = list(zip(sets, sets[1:], strict=False))
    return sum(_common(first, second) for first, second in pairs) / len(pairs) if pairs else 0


def _likeness_across(above: Sequence[set[str]], below: Sequence[set[str]]) -> float:
    pairs = [(first, second) for first in above for second in below]
    return sum(_common(first, second) for first, second in pairs) / len(pairs) if pairs else 0


def _common(first: set[str], second: set[str]) -> float:
    least = min(len(first), len(second))
    return len(first & second) / least if least else 0
