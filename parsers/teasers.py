"""The blurbs of a page's ticker or listing, found by a layout's `teasers` selector."""

import re

from lxml import etree

from parsers import css
from parsers.blocks import Block, BlockKind
from parsers.dates import DOTTED, make_date, parse_date_line, parse_published
from parsers.markup import blocks_of_lxml, blocks_of_soup
from parsers.model import Teaser
from parsers.page import Page
from parsers.tree import text_of

Element = etree._Element


def read_teasers(page: Page, selector: str, timezone: str) -> tuple[Teaser, ...]:
    """Each element that the selector finds on the page, in page order, dated by its own date."""
    if page.whole:
        try:
            found = css.find(page.root, selector)
        except css.UnsupportedError:
            pass
        else:
            items = (_read(blocks_of_lxml(item), _stamp_of(item, timezone)) for item in found)
            return tuple(item for item in items if item)
    tags = page.soup().select(selector)
    return tuple(item for tag in tags if (item := _read(blocks_of_soup(tag), None)))


def _stamp_of(item: Element, timezone: str) -> str | None:
    """The text of the inner element that holds nothing but a date."""
    for inner in item.iterdescendants(etree.Element):
        text = " ".join(text_of(inner).split())
        if 8 <= len(text) <= 40 and parse_date_line(text):
            return text
        if inner.tag == "time" and parse_published(inner.get("datetime") or "", (), timezone):
            return text
    return None


_LEADING = re.compile(rf"{DOTTED}\s*[|,.:–—-]?\s*")


def _read(blocks: list[Block], stamp: str | None) -> Teaser | None:
    texts: list[str] = []
    day = parse_date_line(stamp) if stamp else None
    for block in blocks:
        text = block.text
        if stamp and text.startswith(stamp):
            text = text[len(stamp) :].lstrip(" |,.:–—-\u00a0")
            stamp = None
        elif day is None and (line_day := parse_date_line(text)):
            day, text = line_day, ""
        elif day is None and (match := _LEADING.match(text)):
            day = make_date(match[3], match[2], match[1])
            text = text[match.end() :] if day else text
        if text and block.kind is not BlockKind.PASSWORD:
            texts.append(text)
    link = next((block.link for block in blocks if block.link), None)
    return Teaser("\n\n".join(texts), day, link) if texts else None
