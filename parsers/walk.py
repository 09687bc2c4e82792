"""What a reader sees in a tree, told piece by piece to whoever builds blocks of it.

Two walks, one for each library's tree, neither of them recursive. Not seen: scripts, styles,
templates, comments, hidden elements, form controls.
"""

import re
from typing import Protocol

from bs4 import Tag
from bs4.element import NavigableString, PageElement, PreformattedString
from lxml import etree

from parsers.tree import detach

_SKIPPED_TAGS = """
script style template noscript head title meta link iframe object embed svg math canvas audio video
map select option button textarea datalist progress meter dialog
"""
SKIPPED = frozenset(_SKIPPED_TAGS.split())
"""Elements whose content nobody reads as text of the page."""

HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class Sink(Protocol):
    """Who is told."""

    def start(self, tag: str, href: str | None) -> None:
        """An element began here."""

    def text(self, text: str) -> None:
        """Text stood here."""

    def end(self, tag: str) -> None:
        """The element ended here."""

    def password(self) -> None:
        """A form asks for a password here."""


def walk_soup(top: Tag, sink: Sink) -> None:
    """Tells the sink what is seen in a soup's element, without recursion."""
    node: PageElement | None = top
    while node is not None:
        if isinstance(node, Tag):
            if node is not top and _is_unseen(node):
                node = _after(node, top, sink)
                continue
            sink.start(node.name, _attribute(node, "href"))
            if node.name == "input" and _attribute(node, "type").lower() == "password":
                sink.password()
            if node.contents:
                node = node.contents[0]
                continue
            sink.end(node.name)
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            sink.text(node)  # PreformattedString: comments, declarations, CDATA
        node = _after(node, top, sink)


def _after(node: PageElement, top: Tag, sink: Sink) -> PageElement | None:
    """The next node that is not inside `node`; the elements that are left are ended."""
    while node is not top:
        if node.next_sibling is not None:
            return node.next_sibling
        parent = node.parent
        if parent is None:
            return None
        sink.end(parent.name)
        node = parent
    return None


def _is_unseen(tag: Tag) -> bool:
    return (
        tag.name in SKIPPED
        or tag.has_attr("hidden")
        or HIDDEN_STYLE.search(_attribute(tag, "style")) is not None
    )


def _attribute(tag: Tag, name: str) -> str:
    value = tag.get(name) or ""
    return " ".join(value) if isinstance(value, list) else value


_MAYBE_HIDDEN = etree.XPath(
    "descendant::*[@hidden or contains(@style, 'display') or contains(@style, 'visibility')"
    " or contains(@style, 'DISPLAY') or contains(@style, 'Display')]"
)


# What the head says is still asked for after the body was read.
_STRIPPED = sorted(SKIPPED - {"head", "title", "meta", "link"})


def strip_unseen(top: etree._Element) -> None:
    """Takes out of the tree what nobody sees on the page; the text behind it stays."""
    etree.strip_elements(top, *_STRIPPED, with_tail=False)
    found = _MAYBE_HIDDEN(top)
    for element in found if isinstance(found, list) else []:
        if isinstance(element, etree._Element) and (
            "hidden" in element.attrib or HIDDEN_STYLE.search(element.get("style") or "")
        ):
            detach(element)


def walk_lxml(top: etree._Element, sink: Sink) -> None:
    """Tells the sink what is seen in an lxml element that `strip_unseen` went over."""
    walker = etree.iterwalk(top, events=("start", "end"))
    start, text, end = sink.start, sink.text, sink.end
    for action, node in walker:
        tag = str(node.tag)
        if action == "start":
            if tag == "head":
                walker.skip_subtree()
            start(tag, node.get("href") if tag == "a" else None)
            if node.text and tag != "head":
                text(node.text)
            if tag == "input" and (node.get("type") or "").lower() == "password":
                sink.password()
            continue
        end(tag)
        if node.tail and node is not top:
            text(node.tail)
