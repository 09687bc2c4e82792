"""The ordered, typed blocks that every page is cut into, whatever it was published as.

A dump's lines and a page's paragraphs end up as the same `Block`s, so that one reader serves both.
`blocks_of_text` makes them from a dump; `parsers.markup` makes them from a tree.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class BlockKind(StrEnum):
    """What a block is on the page; only the first five can be body."""

    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    QUOTE = "quote"
    CITE = "cite"
    HEADING = "heading"
    CAPTION = "caption"
    """A picture's or a table's: never body."""
    NAVIGATION = "navigation"
    """Nothing but links: a menu, a pager, or a list item that is one link."""
    PASSWORD = "password"
    """A form's password field stood here; its text is empty."""


class Block(NamedTuple):
    """One block of visible text, stripped; inside a page's block white-space runs are one space.

    A named tuple, because a page has thousands and a frozen dataclass takes four times as long.
    """

    text: str
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    """1 to 6 for a heading, else 0."""
    gap: int = 0
    """Blank lines above it in a dump; 0 in a page."""
    lines: tuple[str, ...] = ()
    """The parts between single `<br>`s, when there are several; joined by spaces, `text`."""
    link: str | None = None
    """The first link inside, as written."""
    group: int = 0
    """Equal for blocks of one list item or one table row; 0 outside."""


EDGES = (
    " \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    + "".join(map(chr, range(0x2000, 0x2010)))  # spaces of any width, joiners, direction marks
    + "\ufeff\u2060\u00ad\u180e\u034f"
)
"""White space and invisible characters: nothing a block begins or ends with."""

_BULLET = re.compile(r"[•▪◦‣⁃∙●■□·]\s*(?=\S)")
"""Signs a browser or an editor draws before a list item. A dash is the publisher's and stays."""


def without_bullet(text: str) -> str:
    """The text without a bullet sign before it.

    >>> without_bullet("• to agree on the plan"), without_bullet("- to agree")
    ('to agree on the plan', '- to agree')
    """
    match = _BULLET.match(text)
    return text[match.end() :] if match else text


def blocks_of_text(text: str) -> list[Block]:
    """One block a line of a dump, stripped, blank lines counted in `gap`.

    >>> [(b.text, b.gap) for b in blocks_of_text("One\\n\\n\\n  Two\\u00a0\\n")]
    [('One', 0), ('Two', 2)]
    """
    blocks: list[Block] = []
    gap = 0
    for line in text.splitlines():
        stripped = line.strip(EDGES)
        if not stripped:
            gap += 1
            continue
        kind = BlockKind.PARAGRAPH
        if _BULLET.match(stripped):
            stripped, kind = without_bullet(stripped), BlockKind.LIST_ITEM
        blocks.append(Block(stripped, kind, gap=gap))
        gap = 0
    return blocks


def at_lines(blocks: list[Block], is_mark: Callable[[str], object]) -> list[Block]:
    """The blocks, with those of several lines parted before and after each line that is a mark.

    A footer whose lines are parted by single `<br>`s, or a date on a line of its own, is found
    only line by line; the lines between two marks stay one paragraph.
    """
    parted: list[Block] = []
    for block in blocks:
        if block.lines and any(map(is_mark, block.lines)):
            parted += _part(block, is_mark)
        else:
            parted.append(block)
    return parted


def _part(block: Block, is_mark: Callable[[str], object]) -> list[Block]:
    parts: list[list[str]] = [[]]
    for line in block.lines:
        if is_mark(line):
            parts += [[line], []]
        else:
            parts[-1].append(line)
    return [
        block._replace(text=" ".join(lines), lines=tuple(lines) if len(lines) > 1 else ())
        for lines in parts
        if lines
    ]
