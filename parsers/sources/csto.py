"""Reads a CSTO page that no layout fits, text dump or HTML alike, from its ordered blocks.

    ticker (0 to 6 items, dated or not)   -> teasers
    headline, once or twice               -> headline
    date line, or a date glued on         -> published_on
    "Download document 39357f.docx"       -> dropped
    the rest                              -> body (its sign-off is cut by `parsers.signoff`)

`parsers.sources.headline` finds the headline; everything else follows from where it stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from parsers.blocks import Block, BlockKind
from parsers.dates import parse_date_line, split_glued
from parsers.model import Teaser, Trace
from parsers.parts import Parts
from parsers.signoff import is_attachment, without_attachment
from parsers.sources.headline import HEAD, Found, find_headline
from parsers.sources.lines import Line, is_continuation, is_twin, make_line


def read_blocks(blocks: Sequence[Block], title: str | None = None) -> Parts | None:
    """Headline, date, body and teasers of a page's blocks; None when there is no headline.

    `title` is the page's <title>, None in a dump.
    """
    kept = [block for block in blocks if _may_be_text(block)]
    # Only the first blocks are looked at closely: of the rest the text alone is wanted.
    lines = [make_line(block) for block in kept[: HEAD + 8]]
    found = find_headline(lines, title)
    if found is None:
        return None
    opening = _read_opening(lines, found.index)
    body = list(_body(kept, opening))
    ticker = lines[: found.index]
    if title is not None:
        body, below = _within_page(body)
        ticker = [line for line in (*ticker, *map(make_line, below)) if _is_of_ticker(line)]
    return Parts(
        headline=lines[found.index].headline,
        body=tuple(body),
        published_on=opening.published_on,
        published_text=opening.published_text,
        teasers=tuple(read_ticker(ticker)),
        trace=_trace(lines, found, opening),
    )


_MENU_WORDS = 7
"""A block that is one link and has fewer words is a menu's, with more a teaser's."""


def _may_be_text(block: Block) -> bool:
    if block.kind is BlockKind.NAVIGATION:
        return block.text.count(" ") >= _MENU_WORDS
    return block.kind not in (BlockKind.CAPTION, BlockKind.PASSWORD)


_OTHER_NEWS = re.compile(
    r"(?:(?:latest|other|more|related|recent|all|last|similar|popular)\s+)+"
    r"(?:news|releases|materials|articles|publications|stories|events|press\s+releases)\W*"
    r"|(?:see|read)\s+(?:also|more)\W*|news\W*|news\s+feed|последние\s+новости"
    r"|другие\s+(?:новости|материалы)|читайте\s+также|новости|лента\s+новостей"
    r"|(?:©|\(c\)|copyright\b).*",
    re.IGNORECASE,
)


def read_page_ticker(blocks: Sequence[Block]) -> tuple[Teaser, ...]:
    """The ticker among a page's blocks that stand apart from its release."""
    lines = [make_line(block) for block in blocks if _may_be_text(block)]
    return tuple(read_ticker([line for line in lines if _is_of_ticker(line)]))


def _is_of_ticker(line: Line) -> bool:
    """Whether a page's block above the headline or below the body is a ticker's, not a menu's."""
    linked = line.block.kind is BlockKind.NAVIGATION
    return line.day is not None or line.glued is not None or linked


def _within_page(body: Sequence[Block]) -> tuple[list[Block], Sequence[Block]]:
    """The body of a page up to the ticker, menus or imprint that may stand below it, and those."""
    end = len(body)
    for index, block in enumerate(body):
        dated = parse_date_line(block.text) or (block.link and split_glued(block.text))
        if index and (dated or _OTHER_NEWS.fullmatch(block.text)):
            end = index
            break
    below = body[end:]
    while end and body[end - 1].kind in (BlockKind.NAVIGATION, BlockKind.HEADING):
        end -= 1
    return list(body[:end]), below


@dataclass(frozen=True, slots=True)
class _Opening:
    """What stands between the headline and the body."""

    body_from: int
    lead: str | None = None
    """What is left of the first body block when a date or an attachment was glued before it."""
    published_on: date | None = None
    published_text: str | None = None
    rule: str = "none"


def _read_opening(lines: Sequence[Line], headline: int) -> _Opening:
    """The date and where the body begins; the headline's twin and attachments are passed over."""
    found = _stamp(lines[headline])
    index = headline + 1
    while index < len(lines):
        line = lines[index]
        if line.day is not None:
            if found is not None:
                break  # a second date line belongs to the text
            found = (line.day, line.text, "own line")
        elif is_twin(lines[headline], line):
            found = found or _stamp(line)
        elif not is_attachment(line.text):
            break
        index += 1
    lead: str | None = None
    if index < len(lines):
        text = lines[index].text
        if found is None and (glued := split_glued(text)):
            found = (glued[0], glued[1], "glued before the body")
            text = glued[2]
        text = without_attachment(text)
        lead = text if text != lines[index].text else None
    if found is None:
        return _Opening(index, lead)
    return _Opening(index, lead, *found)


def _stamp(line: Line) -> tuple[date, str, str] | None:
    return (line.trailing[1], line.trailing[2], "after the headline") if line.trailing else None


def _body(blocks: Sequence[Block], opening: _Opening) -> Iterator[Block]:
    for index in range(opening.body_from, len(blocks)):
        block = blocks[index]
        if index == opening.body_from and opening.lead is not None:
            if is_attachment(opening.lead) or not opening.lead:
                continue
            block = block._replace(text=opening.lead, lines=())
        yield block


def read_ticker(lines: Sequence[Line]) -> list[Teaser]:
    """The ticker's items in page order, each with the date line above it.

    Items are parted by date lines where there are any, else by a wider gap than the one within an
    item, else each paragraph that does not go on about the one above opens an item.
    """
    dated = any(line.day is not None for line in lines)
    parting_gap = 0 if dated else _parting_gap(lines)
    items: list[tuple[date | None, list[Line]]] = []
    for line in lines:
        if line.day is not None:
            items.append((line.day, []))
        elif line.glued is not None:
            rest = line._replace(block=line.block._replace(text=line.glued[2], lines=()))
            items.append((line.glued[0], [rest]))
        elif is_attachment(line.text):
            continue
        elif items and (dated or _goes_on(line, len(items[-1][1]), parting_gap)):
            items[-1][1].append(line)
        else:
            items.append((None, [line]))
    return [
        Teaser("\n\n".join(line.text for line in of), day, of[0].block.link)
        for day, of in items
        if of
    ]


def _parting_gap(lines: Sequence[Line]) -> int:
    """The blank lines that part items, where some gaps are wider than others; else 0."""
    gaps = {line.block.gap for line in lines[1:]}
    return max(gaps) if len(gaps) > 1 and max(gaps) > 1 else 0


def _goes_on(line: Line, paragraphs: int, parting_gap: int) -> bool:
    """Whether an undated item goes on: it may have two paragraphs."""
    if parting_gap and line.block.gap == parting_gap:
        return False
    return paragraphs < 2 and is_continuation(line.text)


def _trace(lines: Sequence[Line], found: Found, opening: _Opening) -> tuple[Trace, ...]:
    evidence = ", ".join(f"{name} {value:+.1f}" for name, value in found.evidence)
    rule = f"{found.points:.1f} points: {evidence}"
    return (
        Trace("headline", rule, lines[found.index].text),
        Trace("published_on", opening.rule, opening.published_text or ""),
    )
