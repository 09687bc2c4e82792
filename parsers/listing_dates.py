"""The date beside a link on a listing page. None where it could be another's."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from lxml import etree

from parsers.dates import DOTTED, make_date, parse_date_line, parse_published

Element = etree._Element

_LONGEST_LINE = 60
_MOST_ELEMENTS = 200
"""An item with more elements is none: a column, or a whole page."""
_EDGES = " \t\r\n\u00a0|/•·,.:;–—-()[]"


def day_of(item: Element, links: Collection[Element], timezone: str) -> date | None:
    """The date in an item: of a `time` element, else of the first line that is only a date, else
    the only dd.mm.yyyy outside of its links' own words."""
    inner = list(_limited(item))
    if len(inner) > _MOST_ELEMENTS:
        return None
    for one in inner:
        if one.tag == "time" and (day := _of_time(one, timezone)):
            return day
    for one in inner:
        if one not in links and (day := _of_line(one)):
            return day
    lines = [line for one in inner for line in _own_lines(one, item, links)]
    for line in lines:
        if day := parse_date_line(line):
            return day
    dotted = [found for line in lines for found in re.finditer(DOTTED, line)]
    if len(dotted) == 1:
        return make_date(dotted[0][3], dotted[0][2], dotted[0][1])
    return None


def days_before(
    items: Iterable[Element], links: Collection[Element], timezone: str
) -> dict[Element, date]:
    """The dates that stand before items which are not wrapped: `12.05.2024 <a>...</a><br>`.

    Only where each of several items has one: else dates stand after their items, or the date is
    the page's.
    """
    items = list(items)
    known = set(items)
    parents = {id(parent): parent for one in items if (parent := one.getparent()) is not None}
    found: dict[Element, date] = {}
    for parent in parents.values():
        pending = _line_day(parent.text)
        days: list[tuple[Element, date | None]] = []
        for one in parent.iterchildren(etree.Element):
            if one in known or one in links:
                days.append((one, pending))
                pending = None
            elif one.tag == "time":
                pending = _of_time(one, timezone) or pending
            else:
                pending = _of_line(one) or pending
            pending = _line_day(one.tail) or pending
        stated = {one: day for one, day in days if day is not None}
        if len(stated) == len(days) > 1:
            found |= stated
    return found


def _limited(item: Element) -> Iterator[Element]:
    for count, one in enumerate(item.iter(etree.Element)):
        yield one
        if count > _MOST_ELEMENTS:
            return


def _of_time(element: Element, timezone: str) -> date | None:
    stated = element.get("datetime") or ""
    if stated and (day := parse_published(stated, (), timezone)):
        return day
    return _of_line(element)


def _of_line(element: Element) -> date | None:
    """The date of an element that holds nothing else."""
    text = ""
    for piece in element.itertext():
        text += str(piece)
        if len(text) > 4 * _LONGEST_LINE:
            return None
    return _line_day(text)


def _line_day(text: str | None) -> date | None:
    line = " ".join((text or "")[: 4 * _LONGEST_LINE].split()).strip(_EDGES)
    return parse_date_line(line) if 8 <= len(line) <= _LONGEST_LINE else None


def _own_lines(element: Element, item: Element, links: Collection[Element]) -> Iterator[str]:
    """The short texts directly in an element and after it, but for a link's own words."""
    texts = [] if element in links else [element.text]
    texts += [] if element is item else [element.tail]
    for text in texts:
        line = " ".join((text or "")[: 4 * _LONGEST_LINE].split()).strip(_EDGES)
        if 8 <= len(line) <= _LONGEST_LINE:
            yield line
