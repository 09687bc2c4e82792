"""Which block is the headline when nothing marks it: one scored rule over a page's first blocks.

A CSTO dump is a ticker of up to six items, a headline, a body. Headlines open like ticker items
("On November 23, in Yerevan, ..."), so no single sign decides. Each candidate gets points:

| evidence | points |
| --- | --- |
| the same line follows, spaces and a date after it aside | 6 |
| the same, but it may be a ticker's item and the lead under it (`_is_lead`) | 3 |
| a dateline follows the second of them | 2 |
| a date follows: own line, after the second headline, or glued before the body | 5 |
| the same, but the ticker is dated too and the date could be its next item's | 2 |
| a heading of level 1; of level 2 or 3 | 6; 3 |
| contained in the page's <title> | 5 |
| no mark ends it; "?" or "!" ends it | 2; 1 |
| a full stop ends it; ";" ":" or "," ends it | -3; -4 |
| a date line stands right above it, as above a ticker's item | -6; -1 when it is the only one |
| opens like a document's title ("Statement ...", "Congratulations ...") | 1.5 |
| under three words | -3 |
| longer than 350 characters | -2 |
| more than six items would stand above, for each of the next six | -0.2 |
| first of the page | 1 |
| a blank line parts it from its body, and none parts what stands above | 0.5 |
| share of its telling words in the next four blocks, half being enough | 0 to 2.5 |
| the next block is in another script (a Russian body under an English headline) | 2 |
| the blocks after it tell of one thing, those before it of others | -0.75 to 0.5 |

The best candidate, the first of equals, is the headline if it has `LEAST` points: no mark at the
end alone (2) is not enough, since a ticker item may lack its mark too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from parsers.blocks import BlockKind
from parsers.occasion import is_dateline, opening_day
from parsers.signoff import is_attachment, is_sign_off
from parsers.sources.lines import Line, is_continuation, is_twin
from parsers.text import squash

LEAST = 3.4
_LEAST_FOR_WORDS, _MOST_FOR_WORDS = -0.75, 3.0
"""What the three last rows of the table can change. They cost most, and are asked for only where
they could change the outcome."""
MOST_ITEMS = 6
"""A ticker shows at most so many items (seen: 0 to 6); each may have two paragraphs."""
HEAD = 3 * MOST_ITEMS + 4
"""Blocks looked at: six items of a date and two paragraphs, then the headline twice, its date and
a lead."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the headline stands and why."""

    index: int
    last: int
    """Where its repetition stands; `index` when there is none."""
    points: float
    evidence: tuple[tuple[str, float], ...]


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


def find_headline(lines: Sequence[Line], title: str | None = None) -> Found | None:
    """The best candidate among a page's first blocks, or None when none has enough points.

    `lines` are the first `HEAD` blocks or somewhat more; `title` is the page's <title>.
    """
    dated = sum(line.day is not None for line in lines[:HEAD])
    opens_dated = bool(lines) and lines[0].day is not None
    page = _Page(lines, dated if opens_dated else 0, squash(title) if title else "")
    candidates = [
        found
        for index, items in _candidates(page)
        if (found := _weigh(page, index, items)).points + _MOST_FOR_WORDS >= LEAST
        and not _is_furniture(lines[index].text)
    ]
    candidates.sort(key=lambda found: (-found.points, found.index))
    if not candidates or not _is_settled(candidates):
        candidates = [_weigh_words(page, found) for found in candidates]
        candidates.sort(key=lambda found: (-found.points, found.index))
    return candidates[0] if candidates and candidates[0].points >= LEAST else None


def _is_settled(candidates: Sequence[Found]) -> bool:
    """Whether no words can change which candidate is best, nor that it has enough points."""
    least = candidates[0].points + _LEAST_FOR_WORDS
    return least >= LEAST and all(least > c.points + _MOST_FOR_WORDS for c in candidates[1:])


def _candidates(page: _Page) -> Iterator[tuple[int, int]]:
    """Where a headline may stand, with the number of ticker items that would stand above it."""
    items = 0
    for index, line in enumerate(page.lines[:HEAD]):
        if _may_be_headline(line, items) and not _is_plain_sentence(page, index):
            yield index, items
        if line.day is not None or (
            not page.date_lines and not (index and is_continuation(line.text))
        ):
            items += 1


def _may_be_headline(line: Line, items_above: int) -> bool:
    heading = line.block.kind is BlockKind.HEADING
    if line.day is not None or not (heading or line.block.kind is BlockKind.PARAGRAPH):
        return False
    if (line.glued is not None or items_above > 2 * MOST_ITEMS) and not heading:
        return False
    if line.text[0].isupper():
        return True
    opening = line.text.lstrip("\"'“«„‘(…")[:1]
    return opening.isdigit() or (opening.isalpha() and not opening.islower())


def _weigh(page: _Page, index: int, items_above: int) -> Found:
    """The candidate with all its points but those for words."""
    line = page.lines[index]
    following = _next_text(page.lines, index)
    twin = following if following and is_twin(line, page.lines[following]) else None
    dated = _date_points(page, index, twin)
    ending = _ending_points(line.headline)
    points: dict[str, float] = {
        "doubled": 0 if twin is None else 6,
        "dated": dated,
        "heading": {0: 0, 1: 6, 2: 3, 3: 3}.get(line.block.level, 1),
        "ending": ending,
        "first": 1 if index == 0 else 0,
        "items": 0 if line.block.level else -0.2 * max(0, items_above - MOST_ITEMS),
        "above": _above_points(page, index),
        "title": 1.5 if _TITLE.match(line.text) else 0,
        "length": -3 if line.text.count(" ") < 2 else -2 if len(line.text) > 350 else 0,
    }
    if twin and ending < 0 and not dated and _is_lead(page.lines, index, twin):
        points |= {"doubled": 3, "first": 0}
    if twin and twin + 1 < len(page.lines) and is_dateline(page.lines[twin + 1].text):
        points["dateline"] = 2
    if page.title_key and len(line.text) > 12 and squash(line.headline) in page.title_key:
        points["in title"] = 5
    after = index if twin is None else twin
    points["gap"] = _gap_points(page.lines, index, after)
    evidence = tuple((name, value) for name, value in points.items() if value)
    return Found(index, after, sum(points.values()), evidence)


def _weigh_words(page: _Page, found: Found) -> Found:
    points = _word_points(page, found.index, found.last)
    total = found.points + sum(points.values())
    return replace(found, points=total, evidence=(*found.evidence, *points.items()))


def _is_plain_sentence(page: _Page, index: int) -> bool:
    """Whether a full stop ends the line and nothing after it could outweigh that: most lines."""
    line = page.lines[index]
    if line.text[-1] != "." or line.block.level or page.title_key or index + 1 >= len(page.lines):
        return False
    after = page.lines[index + 1]
    plain = after.day is None and after.glued is None and after.trailing is None
    return plain and not is_twin(line, after) and not is_attachment(after.text)


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
    return 1 if ending in "?!" else 2


def _is_lead(lines: Sequence[Line], index: int, twin: int) -> bool:
    """Whether a sentence said twice may be a ticker's last item and, under it, the same lead.

    A headline is followed by its dateline, or by a lead that tells the day; a lead is not.
    """
    below = _next_text(lines, twin)
    if below is None or is_dateline(lines[below].text):
        return below is None
    day = opening_day(lines[below].text)
    return day is None or opening_day(lines[index].text) not in (None, day)


def _above_points(page: _Page, index: int) -> float:
    if index == 0 or page.lines[index - 1].day is None:
        return 0
    return -6 if page.date_lines > 1 or index > 1 else -1


def _gap_points(lines: Sequence[Line], index: int, after: int) -> float:
    below, below_that = (
        lines[place].block.gap if place < len(lines) else 0 for place in (after + 1, after + 2)
    )
    parts_items = any(line.block.gap >= below for line in lines[1 : index + 1])
    return 0.5 if below > below_that and not parts_items else 0


_TITLE = re.compile(
    r"(?:joint\s+|press\s+)?(?:statement|declaration|communiqu[eé]|congratulations?|greetings?|address"
    r"|message|condolences|interview|announcement|speech|comment(?:ary)?|remarks|briefing|article"
    r"|release|decision|protocol|resolution|information|agenda|appeal|заявление|поздравление"
    r"|интервью|обращение)\b(?!\s+(?:was|were|is|has)\b)",
    re.IGNORECASE,
)


_PUNCTUATION = str.maketrans(dict.fromkeys(",.;:\"()[]-–—“”„‘’'?!«»/…", " "))
_EVERYWHERE_WORDS = """
the and for with from that this was were been has have had its his her their which who are under
during between within into about also will would held take took taken part year csto collec securi
treaty organi member states state meetin counci republ secret genera partic repres organ joint
deputy minist на под для что это как так его при
"""
_EVERYWHERE = frozenset(_EVERYWHERE_WORDS.split())
"""Stems that nearly every release of this source shares: they tell nothing apart."""


_OPENING = 600
"""Characters of a block whose words are compared; a headline repeats what a lead opens with."""


def stems(text: str) -> set[str]:
    """The telling words of a text, lower-case, cut to six letters.

    >>> sorted(stems("The CSTO states met on the Tajik-Afghan border"))
    ['afghan', 'border', 'met', 'tajik']
    """
    words = text[:_OPENING].lower().translate(_PUNCTUATION).split()
    return {word[:6] for word in words if len(word) > 2} - _EVERYWHERE


def _word_points(page: _Page, index: int, after: int) -> dict[str, float]:
    """Points for words: is the candidate repeated under it, and is that text of one piece?"""
    lines = page.lines
    own = page.stems_at(index)
    following = _texts(lines, after + 1, after + 5)
    if not own or not following:
        return {}
    below = [page.stems_at(i) for i in following]
    repeated = len(own & set().union(*below)) / len(own)
    points = {"repeated": 2.5 * min(1.0, 2 * repeated)}
    if _is_latin(lines[index].text) != _is_latin(lines[following[0]].text):
        points = {"other script": 2.0}
    if len(below) >= 3:
        above = [page.stems_at(i) for i in _texts(lines, max(0, index - 3), index)]
        across = [(one, other) for one in above for other in below]
        likeness = 6 * (_likeness(list(pairwise(below))) - _likeness(across))
        points["one text"] = max(-0.75, min(0.5, likeness))
    return points


def _is_latin(text: str) -> bool:
    return text.isascii() or len(_CYRILLIC.findall(text)) * 3 < len(text)


_CYRILLIC = re.compile("[\u0400-\u04ff]")


def _texts(lines: Sequence[Line], start: int, stop: int) -> list[int]:
    return [i for i in range(start, min(stop, len(lines))) if lines[i].day is None]


def _likeness(pairs: Sequence[tuple[set[str], set[str]]]) -> float:
    """The mean share of the smaller set that the other holds, 0 to 1."""
    shares = [len(one & other) / (min(len(one), len(other)) or 1) for one, other in pairs]
    return sum(shares) / len(shares) if shares else 0.0
