"""Trees to ordered typed blocks: what a reader sees, cut where a reader sees a break.

`walk_soup` and `walk_lxml` tell one builder what they pass, so that a block is the same whichever
library found it.

    paragraph   any run of inline content; parted by block edges and by two <br>s with only
                white space between; a single <br> is a space (the lines stay in `Block.lines`)
    table row   one block, cells joined by " | "; but a table whose cell holds a heading, another
                table or many blocks only lays the page out, and its blocks stand for themselves
    not visible script, style, template, noscript, comments, hidden elements, form controls: none
"""

import re
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from lxml import etree

from parsers.blocks import EDGES, Block, BlockKind, without_bullet
from parsers.walk import strip_unseen, walk_lxml, walk_soup

_BLOCK_TAG_NAMES = """
address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption
figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre
search section summary table tbody td tfoot th thead tr ul
"""
_BLOCK_TAGS = frozenset(_BLOCK_TAG_NAMES.split())
_KINDS: dict[str, tuple[BlockKind, int]] = {
    **{f"h{level}": (BlockKind.HEADING, level) for level in range(1, 7)},
    "li": (BlockKind.LIST_ITEM, 0), "dd": (BlockKind.LIST_ITEM, 0),
    "blockquote": (BlockKind.QUOTE, 0), "cite": (BlockKind.CITE, 0),
    "figcaption": (BlockKind.CAPTION, 0), "caption": (BlockKind.CAPTION, 0),
}  # fmt: skip
"""Elements that give their blocks a kind, and the level of a heading."""
_SPACE = re.compile(r"[ \t\n\r\f]+")
_SEPARATORS = " \t\n\r\f\u00a0|/•·»«›‹>-–—,;:."
"""What parts the links of a menu."""
_LAYOUT_CELL_BLOCKS = 3
"""A cell with more blocks than this is a column of the page, not a datum."""


def blocks_of_soup(top: BeautifulSoup | Tag) -> list[Block]:
    """The blocks of a soup's element in page order."""
    builder = Builder()
    walk_soup(top, builder)
    return builder.finish()


def blocks_of_lxml(top: etree._Element) -> list[Block]:
    """The blocks of an lxml element in page order; what nobody sees is taken out of the tree."""
    strip_unseen(top)
    builder = Builder()
    walk_lxml(top, builder)
    return builder.finish()


@dataclass(slots=True)
class _Row:
    """A table row being read: the blocks of each cell so far."""

    cells: list[list[Block]] = field(default_factory=lambda: [[]])
    layout: bool = False


def _collapse(text: str) -> str:
    if "\n" in text or "  " in text or "\t" in text or "\r" in text or "\f" in text:
        text = _SPACE.sub(" ", text)
    return text.strip(EDGES)


class Builder:
    """The line and block being read, and what is open around them."""

    def __init__(self) -> None:
        self.done: list[Block] = []
        self.rows: list[_Row] = []
        self.lines: list[list[str]] = [[]]
        """The block's lines so far; a new one begins at each <br>."""
        self.linked = self.unlinked = False
        """Whether there are words inside, and outside, of links in the block so far."""
        self.link: str | None = None
        self.open_links = self.open_pre = 0
        self.kinds: list[tuple[str, BlockKind, int]] = []
        """Open elements that give their blocks a kind: (tag, kind, level)."""
        self.groups = 0
        self.group = 0

    def text(self, text: str) -> None:
        """Text stood here."""
        if self.open_pre and "\n" in text:
            first, *rest = text.split("\n")
            self._add(first)
            for line in rest:
                self._break()
                self._add(line)
        else:
            self._add(text)

    def _add(self, text: str) -> None:
        if not text or text.isspace():
            if text and self.lines[-1]:
                self.lines[-1].append(" ")
            return
        if self.open_links:
            self.linked = True
        elif not self.unlinked:
            self.unlinked = text.strip(_SEPARATORS) != ""
        self.lines[-1].append(text)

    def _break(self) -> None:
        if any(map(str.strip, self.lines[-1])):
            self.lines.append([])
        elif len(self.lines) > 1:
            self.close()  # the second <br> with nothing but white space between

    def start(self, tag: str, href: str | None) -> None:
        """An element began here."""
        if tag == "br":
            self._break()
        elif tag == "a":
            self.open_links += 1
            self.link = self.link or href or None
        elif tag in _BLOCK_TAGS or (tag == "cite" and self._inside("blockquote", "figure")):
            self.close()
            self._open_block(tag)

    def password(self) -> None:
        """A form asks for a password here."""
        self.close()
        self._emit(Block("", BlockKind.PASSWORD))

    def _open_block(self, tag: str) -> None:
        if tag in _KINDS:
            self.kinds.append((tag, *_KINDS[tag]))
        if tag == "li":
            self.groups += 1
            self.group = self.groups
        elif tag == "pre":
            self.open_pre += 1
        elif tag == "tr":
            self.rows.append(_Row())
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].cells.append([])

    def end(self, tag: str) -> None:
        """The element ended here."""
        if tag in _BLOCK_TAGS or tag == "cite":
            if tag != "cite" or self._inside("cite"):
                self.close()
            if self.kinds and self.kinds[-1][0] == tag:
                self.kinds.pop()
            if tag == "li":
                self.group = 0
            elif tag == "pre" and self.open_pre:
                self.open_pre -= 1
            elif tag == "tr" and self.rows:
                self._close_row(self.rows.pop())
        elif tag == "a" and self.open_links:
            self.open_links -= 1

    def _inside(self, *tags: str) -> bool:
        return any(tag in tags for tag, _, _ in self.kinds)

    def close(self) -> None:
        """Ends the block being read, if anything visible is in it."""
        if len(self.lines) == 1 and not self.lines[0]:
            self.link = None
            return
        lines = [line for parts in self.lines if (line := _collapse("".join(parts)))]
        if lines:
            _, kind, level = self.kinds[-1] if self.kinds else ("", BlockKind.PARAGRAPH, 0)
            text = " ".join(lines)
            if self.linked and not self.unlinked and kind is not BlockKind.HEADING:
                kind = BlockKind.NAVIGATION
            if kind in (BlockKind.LIST_ITEM, BlockKind.PARAGRAPH) and (
                (bare := without_bullet(text)) != text
            ):
                text, kind = bare, BlockKind.LIST_ITEM
                lines[0] = without_bullet(lines[0])
            several = tuple(lines) if len(lines) > 1 else ()
            self._emit(Block(text, kind, level, 0, several, self.link, self.group))
        self.lines = [[]]
        self.linked = self.unlinked = False
        self.link = None

    def _emit(self, block: Block) -> None:
        if self.rows:
            self.rows[-1].cells[-1].append(block)
        else:
            self.done.append(block)

    def _close_row(self, row: _Row) -> None:
        cells = [cell for cell in row.cells if cell]
        alone = (BlockKind.HEADING, BlockKind.TABLE_ROW, BlockKind.PASSWORD, BlockKind.CAPTION)
        layout = len(cells) < 2 or any(
            len(cell) > _LAYOUT_CELL_BLOCKS or any(block.kind in alone for block in cell)
            for cell in cells
        )
        if layout:
            for block in (block for cell in cells for block in cell):
                self._emit(block)
            return
        texts = [" ".join(block.text for block in cell) for cell in cells]
        link = next((block.link for cell in cells for block in cell if block.link), None)
        self._emit(Block(" | ".join(texts), BlockKind.TABLE_ROW, link=link))

    def finish(self) -> list[Block]:
        """The blocks; rows the page never closed are closed."""
        self.close()
        while self.rows:
            self._close_row(self.rows.pop())
        return self.done
