"""Trees to ordered typed blocks: what a reader sees, cut where a reader sees a break.

Both kinds of tree become one stream of events (`events_of_soup`, `events_of_lxml`), and one
builder makes blocks of it, so that a block is the same whichever library found it.

    paragraph   any run of inline content; parted by block edges and by two <br>s with only
                white space between; a single <br> is a space (the lines stay in `Block.lines`)
    table row   one block, cells joined by " | "; but a table whose cell holds a heading, another
                table or many blocks only lays the page out, and its blocks stand for themselves
    not visible script, style, template, noscript, comments, hidden elements, form controls: none
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString
from lxml import etree

from parsers.blocks import Block, BlockKind, without_bullet

START, TEXT, END = "start", "text", "end"
Event = tuple[str, str, str, str]
"""(START, tag, href, "hidden" | "password" | ""), (TEXT, text, "", "") or (END, tag, "", "")."""

_SKIPPED_TAGS = """
script style template noscript head title meta link iframe object embed svg math canvas audio video
map select option button textarea datalist progress meter dialog
"""
SKIPPED = frozenset(_SKIPPED_TAGS.split())
"""Elements whose content nobody reads as text of the page."""

_BLOCK_TAG_NAMES = """
address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption
figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre
search section summary table tbody td tfoot th thead tr ul
"""
_BLOCK_TAGS = frozenset(_BLOCK_TAG_NAMES.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPACE = re.compile(r"[ \t\n\r\f]+")
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LAYOUT_CELL_BLOCKS = 3
"""A cell with more blocks than this is a column of the page, not a datum."""


def _state(tag: str, hidden: bool, style: str | None, input_type: str | None) -> str:
    if tag in SKIPPED or hidden or (style and HIDDEN_STYLE.search(style)):
        return "hidden"
    return "password" if tag == "input" and (input_type or "").lower() == "password" else ""


def events_of_soup(top: Tag) -> Iterator[Event]:
    """The events of a soup's element, without recursion; hidden elements are passed over."""
    node: Tag | NavigableString | None = top
    open_tags: list[Tag] = []
    while node is not None:
        descend = False
        if isinstance(node, Tag):
            state = _state(
                node.name,
                node.has_attr("hidden"),
                _attribute(node, "style"),
                _attribute(node, "type"),
            )
            if state != "hidden" or node is top:
                yield START, node.name, _attribute(node, "href") or "", state
                if node.contents:
                    open_tags.append(node)
                    descend = True
                else:
                    yield END, node.name, "", ""
        elif not isinstance(node, PreformattedString):  # comments, declarations, CDATA
            yield TEXT, str(node), "", ""
        if descend and isinstance(node, Tag):
            node = node.contents[0]  # type: ignore[assignment]
            continue
        while node is not None and node is not top and node.next_sibling is None:
            node = open_tags.pop()
            yield END, node.name, "", ""
        node = None if node is top else node.next_sibling  # type: ignore[assignment]


def _attribute(tag: Tag, name: str) -> str | None:
    value = tag.get(name)
    return " ".join(value) if isinstance(value, list) else value


def events_of_lxml(top: etree._Element) -> Iterator[Event]:
    """The events of an lxml element, without recursion; hidden elements are passed over."""
    skip: etree._Element | None = None
    for action, node in etree.iterwalk(top, events=("start", "end", "comment", "pi")):
        tag = node.tag
        if not isinstance(tag, str):  # a comment: only the text after it is of the page
            if skip is None and node.tail:
                yield TEXT, node.tail, "", ""
            continue
        if action == "start":
            if skip is not None:
                continue
            state = _state(tag, node.get("hidden") is not None, node.get("style"), node.get("type"))
            if state == "hidden" and node is not top:
                skip = node
                continue
            yield START, tag, node.get("href") or "", state
            if node.text:
                yield TEXT, node.text, "", ""
            continue
        if skip is None:
            yield END, tag, "", ""
        elif skip is node:
            skip = None
        if skip is None and node is not top and node.tail:
            yield TEXT, node.tail, "", ""


def blocks_of_soup(top: BeautifulSoup | Tag) -> list[Block]:
    """The blocks of a soup's element in page order."""
    return build_blocks(events_of_soup(top))


def blocks_of_lxml(top: etree._Element) -> list[Block]:
    """The blocks of an lxml element in page order."""
    return build_blocks(events_of_lxml(top))


@dataclass(slots=True)
class _Row:
    """A table row being read: the blocks of each cell so far."""

    cells: list[list[Block]] = field(default_factory=lambda: [[]])
    layout: bool = False


def build_blocks(events: Iterable[Event]) -> list[Block]:
    """The blocks of a stream of events."""
    builder = _Builder()
    for kind, value, href, state in events:
        if kind is TEXT:
            builder.text(value)
        elif kind is START:
            builder.start(value, href, state)
        else:
            builder.end(value)
    return builder.finish()


class _Builder:
    """The line and block being read, and what is open around them."""

    def __init__(self) -> None:
        self.done: list[Block] = []
        self.rows: list[_Row] = []
        self.lines: list[list[str]] = [[]]
        """The block's lines so far; a new one begins at each <br>."""
        self.linked = self.unlinked = 0
        """Characters inside and outside of links in the block so far."""
        self.link: str | None = None
        self.open_links = self.open_pre = 0
        self.kinds: list[tuple[str, BlockKind, int]] = []
        """Open elements that give their blocks a kind: (tag, kind, level)."""
        self.groups = 0
        self.group = 0

    def text(self, text: str) -> None:
        if self.open_pre:
            first, *rest = text.split("\n")
            self._add(first)
            for line in rest:
                self._break()
                self._add(line)
        else:
            self._add(text)

    def _add(self, text: str) -> None:
        if not text:
            return
        visible = len(text) if not text.isspace() else 0
        if self.open_links:
            self.linked += visible
        else:
            self.unlinked += visible
        if visible or self.lines[-1]:
            self.lines[-1].append(text)

    def _break(self) -> None:
        if len(self.lines) > 1 and not any(map(str.strip, self.lines[-1])):
            self.close()  # the second <br> with nothing but white space between
        elif any(map(str.strip, self.lines[-1])):
            self.lines.append([])

    def start(self, tag: str, href: str, state: str) -> None:
        if tag == "br":
            self._break()
            return
        if tag in _BLOCK_TAGS or (tag == "cite" and self._inside("blockquote", "figure")):
            self.close()
            self._open_block(tag)
        if tag == "a":
            self.open_links += 1
            self.link = self.link or href or None
        if state == "password":
            self.close()
            self._emit(Block("", BlockKind.PASSWORD))

    def _open_block(self, tag: str) -> None:
        kind = {
            "li": BlockKind.LIST_ITEM, "dd": BlockKind.LIST_ITEM, "blockquote": BlockKind.QUOTE,
            "cite": BlockKind.CITE, "figcaption": BlockKind.CAPTION, "caption": BlockKind.CAPTION,
        }.get(tag)  # fmt: skip
        if tag in _HEADINGS:
            self.kinds.append((tag, BlockKind.HEADING, _HEADINGS[tag]))
        elif kind is not None:
            self.kinds.append((tag, kind, 0))
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
        lines = [_SPACE.sub(" ", "".join(parts)).strip() for parts in self.lines]
        lines = [line for line in lines if line]
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
        self.linked = self.unlinked = 0
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
