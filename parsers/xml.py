"""XML from strangers: no DOCTYPE, hence no entities; nothing is loaded; depth and size capped.

What is not well-formed is read as far as it goes, with a sentence that says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from lxml import etree

from parsers.decode import decode

Element = etree._Element

XML_CAP_BYTES = 50 * 1024 * 1024
"""The size the sitemap protocol allows (sitemaps.org, "Sitemap index files")."""
_MOST_ATTRIBUTES = 200
"""Of one tag: libxml2 compares each attribute with all before it."""
_LONG_TAG = re.compile(r"<[A-Za-z][\w:.-]{0,80}\s[^<>]{10000,}>")


class XmlError(Exception):
    """A body that is not read as XML, for the reason it carries; a retry does not help."""


@dataclass(frozen=True, slots=True)
class Part:
    """An element with all below it; it is forgotten when the next one is asked for."""

    name: str
    """Local, lower-case."""
    element: Element


class XmlReader:
    """The elements of some names, one after the other, so that memory follows the largest."""

    def __init__(self, body: bytes, content_type: str | None = None) -> None:
        if len(body) > XML_CAP_BYTES:
            raise XmlError(f"The body is larger than {XML_CAP_BYTES // 1024**2} MiB.")
        text = decode(body, content_type).text.lstrip("\ufeff \t\r\n")
        if not text:
            raise XmlError("The body is empty.")
        self._text = text[_start_of_root(text) :]
        if any(tag[0].count("=") > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(self._text)):
            raise XmlError("A tag holds hundreds of attributes.")
        self.fault: str | None = None
        """Set when the parts are through: why there may be more than were read."""
        self.root: str = _root_name(self._text)

    def parts(self, *names: str) -> Iterator[Part]:
        """The elements of these local names, in document order; none within another."""
        wanted = frozenset(names)
        # Encoded here, so that a declared encoding plays no part: `decode` has settled it.
        stream = BytesIO(self._text.encode("utf-8", "replace"))
        events = etree.iterparse(
            stream, events=("start", "end"), recover=True, resolve_entities=False, load_dtd=False,
            no_network=True, huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        inside = 0
        try:
            for event, element in events:
                if not isinstance(element.tag, str):
                    continue  # an entity that nobody declared
                name = local_name(element)
                if event == "start":
                    inside += name in wanted
                    continue
                inside -= name in wanted
                if not inside:
                    if name in wanted:
                        yield Part(name, element)
                    _forget(element)
        except etree.XMLSyntaxError as error:
            self.fault = _sentence(str(error))
        if self.fault is None and len(events.error_log):
            self.fault = _sentence(str(events.error_log[0].message))


def xml_root(body: bytes, content_type: str | None = None) -> str | None:
    """The local name of the outermost element, lower-case; None when the body is no XML of ours.

    >>> xml_root(b"<?xml version='1.0'?><rss/>"), xml_root(b"<!doctype html><html>")
    ('rss', None)
    """
    try:
        return XmlReader(body, content_type).root or None
    except XmlError:
        return None


def _forget(element: Element) -> None:
    """Empties an element and lets go of those before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def local_name(element: Element) -> str:
    """The tag without namespace or prefix, lower-case; a prefix nobody declared counts as one."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def child(element: Element, *names: str) -> Element | None:
    """The first child of one of these local names, tried in the order of the names."""
    for name in names:
        for one in element.iterchildren(etree.Element):
            if local_name(one) == name:
                return one
    return None


def child_text(element: Element, *names: str) -> str | None:
    """The text of the first child of these names that has any, on one line."""
    for name in names:
        for one in element.iterchildren(etree.Element):
            if local_name(one) == name and (said := " ".join("".join(_texts(one)).split())):
                return said
    return None


def _texts(element: Element) -> Iterator[str]:
    return (str(text) for text in element.itertext())


def _start_of_root(text: str) -> int:
    """Where the root element begins. Raises XmlError at a DOCTYPE, and where no markup stands.

    Only what stands before the root is looked at: a DOCTYPE within an item's text is text.
    """
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        for opening, closing in (("<?", "?>"), ("<!--", "-->")):
            if text.startswith(opening, at):
                end = text.find(closing, at + len(opening))
                if end < 0:
                    raise XmlError("The body is not XML: nothing follows its first lines.")
                at = end + len(closing)
                break
        else:
            break
    opening = text[at : at + 15].lower()
    if opening.startswith(("<!doctype html", "<html")):
        raise XmlError("The answer is an HTML page.")
    if opening.startswith("<!"):
        raise XmlError("The body has a DOCTYPE, which is refused: it can define entities.")
    if not opening.startswith("<"):
        raise XmlError("The body is not XML.")
    return at


def _root_name(text: str) -> str:
    match = re.match(r"<(?:[\w.-]+:)?([\w.-]+)", text)
    return match[1].lower() if match else ""


def _sentence(error: str) -> str:
    """One sentence of what libxml2 says, without its line and column.

    >>> _sentence("Premature end of data in tag rss line 1, line 1, column 6")[-35:]
    ': Premature end of data in tag rss.'
    """
    said = re.sub(r"(?:,? line \d+)?,? (?:line \d+, )?column \d+.*", "", " ".join(error.split()))
    said = re.sub(r" line \d+$", "", said)
    return f"The XML is broken, and what stands after the fault may be lost: {said[:200]}."
