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
| a date line stands right above it, as above a ticker's item | -6; -1 when it is the only one |
| under three words | -3 |
| longer than 350 characters | -2 |
| first of the page | 1 |
| a blank line parts it from its body alone, or more lines from the ticker | 0.5 |
| share of its telling words that the next four blocks repeat | 0 to 2.5 |
| the blocks after it tell of one thing, those before it of others | -1.5 to 1.5 |

The best candidate, the first of equals, is the headline if it has `LEAST` points: no mark at the
end alone (2) is not enough, since a ticker item may lack its mark too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from parsers.blocks import Block, BlockKind
from parsers.dates import parse_date_line, split_glued, split_trailing
from parsers.signoff import is_attachment, is_sign_off
from parsers.text import squash

LEAST = 3.4
_MOST_FOR_WORDS = 4.0
"""What the two last rows of the table can add; they cost most, and only a candidate that they
could lift to `LEAST` is asked for them."""
MOST_ITEMS = 6
"""A ticker shows at most so many items (seen: 0 to 6)."""
HEAD = 3 * MOST_ITEMS + 4
"""Blocks looked at: six items of a date and two paragraphs, then the headline twice, its date and
a lead."""


@dataclass(frozen=True, slots=True)
class Line:
    """A block with what its text says about dates."""

    block: Block
    day: date | None
    """The date, when the block is a date line."""
    glued: tuple[date, str, str] | None
    trailing: tuple[str, date, str] | None

    @property
    def text(self) -> str:
        return self.block.text

    @property
    def headline(self) -> str:
        """The text without a date after it."""
        return self.trailing[0] if self.trailing else self.block.text


@dataclass(frozen=True, slots=True)
class Found:
    """Where the headline stands and why."""

    index: int
    points: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Page:
    lines: Sequence[Line]
    date_lines: int
    """Date lines among them if the first is one, else 0: only then a ticker can be dated."""
    title_key: str
    stems: dict[int, set[str]] = field(default_factory=dict)
    """Filled as they are asked for."""

    def stems_at(self, index: int) -> set[str]:
        if index not in self.stems:
            self.stems[index] = stems(self.lines[index].text)
        return self.stems[index]


def make_line(block: Block) -> Line:
    """The block with its dates read."""
    text = block.text
    day = parse_date_line(text)
    if day is not None:
        return Line(block, day, None, None)
    return Line(block, None, split_glued(text), split_trailing(text))


def is_twin(first: Line, second: Line) -> bool:
    """Whether two lines spell one headline; spaces, case and a date after it do not count."""
    one, other = first.headline, second.headline
    if one[:2].casefold() != other[:2].casefold() or abs(len(one) - len(other)) > 40:
        return False
    if one[-1].isalnum() and other[-1].isalnum() and one[-1].casefold() != other[-1].casefold():
        return False
    return squash(one) == squash(other)


def find_headline(lines: Sequence[Line], title: str | None = None) -> Found | None:
    """The best candidate among a page's first blocks, or None when none has enough points.

    `lines` are the first `HEAD` blocks or somewhat more; `title` is the page's <title>.
    """
    dated = sum(line.day is not None for line in lines[:HEAD])
    opens_dated = bool(lines) and lines[0].day is not None
    page = _Page(lines, dated if opens_dated else 0, squash(title) if title else "")
    best: Found | None = None
    items = 0
    for index, line in enumerate(lines[:HEAD]):
        if _may_be_headline(line, items):
            found = _weigh(page, index)
            if found is not None and (best is None or found.points > best.points):
                best = found
        if line.day is not None or not (page.date_lines or (index and is_continuation(line.text))):
            items += 1
    return best if best is not None and best.points >= LEAST else None


def _may_be_headline(line: Line, items_above: int) -> bool:
    heading = line.block.kind is BlockKind.HEADING
    if line.day is not None or not (heading or line.block.kind is BlockKind.PARAGRAPH):
        return False
    if (line.glued is not None or items_above > MOST_ITEMS) and not heading:
        return False
    opening = line.text.lstrip("\"'“«„‘(…")[:1]
    return opening.isdigit() or (opening.isalpha() and not opening.islower())


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


def _weigh(page: _Page, index: int) -> Found | None:
    """The candidate with its points, or None when they cannot be enough."""
    line = page.lines[index]
    following = _next_text(page.lines, index)
    twin = following if following and is_twin(line, page.lines[following]) else None
    dated = _date_points(page, index, twin)
    ending = _ending_points(line.headline)
    if ending < 0 and not (twin or dated or line.block.level or page.title_key):
        return None
    points: dict[str, float] = {
        "doubled": 6 if twin and len(line.text) > 8 else 0,
        "dated": dated,
        "heading": {0: 0, 1: 6, 2: 3, 3: 3}.get(line.block.level, 1),
        "ending": ending,
        "first": 1 if index == 0 else 0,
        "above": _above_points(page, index),
        "length": -3 if line.text.count(" ") < 2 else -2 if len(line.text) > 350 else 0,
    }
    if page.title_key and len(line.text) > 12 and squash(line.headline) in page.title_key:
        points["in title"] = 5
    after = index if twin is None else twin
    points["gap"] = _gap_points(page.lines, index, after)
    if sum(points.values()) + _MOST_FOR_WORDS < LEAST or _is_furniture(line.text):
        return None
    points |= _word_points(page, index, after)
    evidence = tuple(f"{name} {value:+.1f}" for name, value in points.items() if value)
    return Found(index, sum(points.values()), evidence)


def _is_furniture(text: str) -> bool:
    return is_attachment(text) or is_sign_off(text)


def _next_text(lines: Sequence[Line], index: int) -> int | None:
    """The next block that is neither a date line nor an attachment."""
    for place in range(index + 1, min(index + 5, len(lines))):
        if lines[place].day is None and not is_attachment(lines[place].text):
            return place
    return None


def _date_points(page: _Page, index: int, twin: int | None) -> float:
    lines = page.lines
    last = index if twin is None else twin
    if lines[index].trailing or lines[last].trailing:
        return 5
    day_line = next((line for line in lines[index + 1 : last + 2] if line.day is not None), None)
    if day_line is None or day_line.day is None:
        after = lines[last + 1] if last + 1 < len(lines) else None
        return 5 if after is not None and after.glued is not None else 0
    above = [line.day for line in lines[:index] if line.day is not None]
    if not above or day_line.day > above[-1]:
        return 5
    if any(line.day is not None for line in lines[last + 2 : HEAD]):
        return 0  # a later date line: this one is the ticker's
    return 2


_TRAILING_NOTE = re.compile(r"\s*\([^()]{1,30}\)$")


def _ending_points(text: str) -> float:
    """Points for the last character; a note such as "(Video)" is not looked at."""
    bare = _TRAILING_NOTE.sub("", text) if text[-1] == ")" else text
    ending = bare.rstrip("\"'”’»)")[-1:]
    if ending in ".…":
        return -3
    if ending in ";:,":
        return -4
    return 0 if ending in "?!" else 2


def _above_points(page: _Page, index: int) -> float:
    if index == 0 or page.lines[index - 1].day is None:
        return 0
    return -6 if page.date_lines > 1 or index > 1 else -1


def _gap_points(lines: Sequence[Line], index: int, after: int) -> float:
    gap = lines[index].block.gap
    below = lines[after + 1].block.gap if after + 1 < len(lines) else 0
    below_that = lines[after + 2].block.gap if after + 2 < len(lines) else 0
    above = lines[index - 1].block.gap if index else 0
    return 0.5 if below > below_that or gap > above > 0 else 0


_WORD = re.compile(r"[^\W_]{3,}")
_EVERYWHERE_WORDS = """
the and for with from that this was were been has have had its his her their which who are under
during between within into about also will would held take took taken part year csto collec securi
treaty organi member states state meetin counci republ secret genera partic repres organ joint
deputy minist на под для что это как так его при
"""
_EVERYWHERE = frozenset(_EVERYWHERE_WORDS.split())
"""Stems that nearly every release of this source shares: they tell nothing apart."""


def stems(text: str) -> set[str]:
    """The telling words of a text, lower-case, cut to six letters.

    >>> sorted(stems("The CSTO states met on the Tajik-Afghan border"))
    ['afghan', 'border', 'met', 'tajik']
    """
    return {word[:6] for word in _WORD.findall(text[:1500].lower())} - _EVERYWHERE


def _word_points(page: _Page, index: int, after: int) -> dict[str, float]:
    """Points for words: is the candidate repeated under it, and is that text of one piece?"""
    lines = page.lines
    own = page.stems_at(index)
    below = [page.stems_at(i) for i in _texts(lines, after + 1, after + 5)]
    if not own or not below:
        return {}
    points = {"repeated": 2.5 * len(own & set().union(*below)) / len(own)}
    if len(below) >= 3:
        above = [page.stems_at(i) for i in _texts(lines, max(0, index - 3), index)]
        across = [(one, other) for one in above for other in below]
        likeness = 6 * (_likeness(list(pairwise(below))) - _likeness(across))
        points["one text"] = max(-1.5, min(1.5, likeness))
    return points


def _texts(lines: Sequence[Line], start: int, stop: int) -> list[int]:
    return [i for i in range(start, min(stop, len(lines))) if lines[i].day is None]


def _likeness(pairs: Sequence[tuple[set[str], set[str]]]) -> float:
    """The mean share of the smaller set that the other holds, 0 to 1."""
    shares = [len(one & other) / (min(len(one), len(other)) or 1) for one, other in pairs]
    return sum(shares) / len(shares) if shares else 0.0
