"""Reads any page or text file of a source that declares nothing about its pages.

trafilatura says which text of a page is the article; the blocks are ours, so that paragraphs, rows
and characters are what they are everywhere else. Headline and date follow our own rules. Readings
made here are flagged `generic`.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise

from lxml import etree

from parsers.blocks import Block, BlockKind, at_lines
from parsers.dates import parse_date_line, parse_published, split_glued
from parsers.json_ld import json_ld_items
from parsers.markup import blocks_of_lxml, blocks_of_soup
from parsers.model import Trace
from parsers.page import Page
from parsers.parts import Parts
from parsers.signoff import is_attachment, is_mark, is_sign_off
from parsers.text import squash
from parsers.tree import text_of

Element = etree._Element

_NOT_BODY = (BlockKind.CAPTION, BlockKind.PASSWORD, BlockKind.NAVIGATION)


def read_text(text: str) -> Parts | None:
    """A text file: its first heading or line is the headline; None when it holds no line.

    >>> read_text("# Report\\n\\n04.03.2026\\n\\nThe lake rose.").headline
    'Report'
    """
    blocks = _text_blocks(text)
    start = next((i for i, b in enumerate(blocks) if b.kind is BlockKind.HEADING), 0)
    if not blocks or parse_date_line(blocks[start].text) or is_sign_off(blocks[start].text):
        return None
    body = blocks[start + 1 :]
    day, written, body = _leading_date(body)
    return Parts(blocks[start].text, tuple(body), day, written)


_HASHES = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*$")
_UNDERLINE = re.compile(r"[=]{3,}$|[-]{3,}$")


def _text_blocks(text: str) -> list[Block]:
    """Blank lines part blocks; lines within one are paragraphs, unless they were wrapped."""
    blocks: list[Block] = []
    for group in _groups(text):
        if len(group) > 1 and _UNDERLINE.match(group[1]):
            blocks.append(Block(group[0], BlockKind.HEADING, 1))
            group = group[2:]
        for line in [" ".join(group)] if _is_wrapped(group) else group:
            if match := _HASHES.match(line):
                blocks.append(Block(match[2], BlockKind.HEADING, len(match[1])))
            else:
                blocks.append(Block(line))
    return blocks


def _groups(text: str) -> Iterator[list[str]]:
    group: list[str] = []
    for line in (*text.splitlines(), ""):
        if stripped := line.strip():
            group.append(stripped)
        elif group:
            yield group
            group = []


def _is_wrapped(group: Sequence[str]) -> bool:
    """Whether each line but the last was broken at a margin: full, and the next goes on."""
    if len(group) < 2:
        return False
    margin = max(map(len, group))
    return 50 <= margin <= 100 and all(
        len(line) + 1 + len(following.partition(" ")[0]) > margin - 12
        and not following.startswith(("-", "*", "•"))
        for line, following in pairwise(group)
    )


def read_page(page: Page, captured_at: datetime, timezone: str) -> Parts | None:
    """A page: None when it shows no headline or no article."""
    seen = blocks_of_lxml(page.root) if page.whole else blocks_of_soup(page.soup())
    blocks = at_lines(seen, is_mark)
    headline, rule = _headline(page, blocks)
    if headline is None:
        return None
    wanted = _article_text(page.html)
    key = squash(headline)
    start = next((i for i, b in enumerate(blocks) if squash(b.text) == key), -1)
    body = [
        block
        for block in blocks[start + 1 :]
        if block.kind not in _NOT_BODY and squash(block.text) != key and _is_in(block, wanted)
    ]
    if not body:
        return None
    day, written, body_blocks = _leading_date(body)
    date_rule = "own line or glued"
    if day is None:
        day, written, date_rule = _stated_date(
            page, blocks[start + 1 :], body, captured_at, timezone
        )
    return Parts(
        headline, tuple(body_blocks), day, written,
        trace=(Trace("headline", rule, headline), Trace("published_on", date_rule, written or "")),
    )  # fmt: skip


def _is_in(block: Block, wanted: str) -> bool:
    """Whether the article's text holds the block, a table row cell by cell."""
    cells = block.text.split(" | ") if block.kind is BlockKind.TABLE_ROW else [block.text]
    return all(squash(cell) in wanted for cell in cells)


def _article_text(html: str) -> str:
    """The text that trafilatura takes for the article, for comparison; "" when it takes none."""
    import trafilatura  # slow to import, and most sources never need it

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it lacks is our reading's
    document = trafilatura.bare_extraction(
        html, include_comments=False, include_tables=True, deduplicate=False, with_metadata=False
    )
    body = getattr(document, "body", None)
    return squash("".join(body.itertext())) if body is not None else ""


def _headline(page: Page, blocks: Sequence[Block]) -> tuple[str | None, str]:
    """The h1 that <title> contains, else the block that og:title names, else the only h1."""
    title = squash(page.title)
    headings = [block for block in blocks if block.kind is BlockKind.HEADING]
    first_level = [block.text for block in headings if block.level == 1]
    for heading in first_level:
        if len(squash(heading)) > 3 and squash(heading) in title:
            return heading, "the h1 in <title>"
    stated = page.meta("og:title")
    if stated:
        key = squash(stated)
        named = next((b.text for b in blocks if len(b.text) > 12 and squash(b.text) in key), None)
        return (named or stated), "og:title"
    for heading in (block.text for block in headings if block.level in (2, 3)):
        if len(squash(heading)) > 12 and squash(heading) in title:
            return heading, "the heading in <title>"
    return (first_level[0], "the h1") if first_level else (None, "none")


def _leading_date(body: list[Block]) -> tuple[date | None, str | None, list[Block]]:
    """A date line above the body or a date glued before it, and the body without it."""
    for index, block in enumerate(body[:3]):
        if day := parse_date_line(block.text):
            return day, block.text, body[:index] + body[index + 1 :]
        if glued := split_glued(block.text):
            rest = block._replace(text=glued[2], lines=())
            return glued[0], glued[1], [*body[:index], rest, *body[index + 1 :]]
        if not is_attachment(block.text):
            break
    return None, None, body


def _stated_date(
    page: Page, near: Sequence[Block], body: Sequence[Block], captured_at: datetime, timezone: str
) -> tuple[date | None, str | None, str]:
    """The page's own date: JSON-LD, meta, a date line between headline and body, its container."""
    for rule, stated in (
        *(("JSON-LD", value) for value in _json_ld_dates(page.html)),
        ("meta", page.meta("article:published_time") or page.meta("datePublished")),
    ):
        if stated and (day := parse_published(stated, (), timezone)):
            return day, stated, rule
    for block in near:
        if block == body[0]:
            break
        if day := parse_date_line(block.text):
            return day, block.text, "own line"
    container = _container(page.root, body)
    for element in container.iter("time"):
        stated = element.get("datetime") or ""
        if stated and (day := parse_published(stated, (), timezone)):
            return day, stated, "time element"
    return _htmldate(container, captured_at)


def _json_ld_dates(html: str) -> Iterator[str]:
    stated = (item.get("datePublished") for item in json_ld_items(html))
    return (value for value in stated if isinstance(value, str))


def _container(root: Element, body: Sequence[Block]) -> Element:
    """The innermost element that holds the body's first and last block."""
    ends = (squash(body[0].text), squash(body[-1].text))
    node = root
    for _ in range(60):
        inner = next(
            (child for child in node.iterchildren(etree.Element)
             if all(end in squash(text_of(child)) for end in ends)),
            None,
        )  # fmt: skip
        if inner is None:
            return node
        node = inner
    return node


def _htmldate(container: Element, captured_at: datetime) -> tuple[date | None, str | None, str]:
    """What htmldate finds in the container's markup, never in running text, never by the clock."""
    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    markup = etree.tostring(container, encoding="unicode", method="html", with_tail=False)
    found = find_date(
        f"<html><body>{markup}</body></html>", extensive_search=False, original_date=True,
        min_date="1990-01-01", max_date=captured_at.date().isoformat(),
    )  # fmt: skip
    return (date.fromisoformat(found), found, "htmldate") if found else (None, None, "none")
