"""A listing page to links: those of releases, with their words and the date beside them.

One walk says of each element whether the links below it lead to one release or to several. The
item of a release is the largest element all of whose links lead there; its date is looked for in
it, and where items are not wrapped, in what stands before it. All of it takes linear time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from lxml import etree

from parsers.decode import decode
from parsers.links import Link, Links, absolute, allows_host, is_pdf_link, is_release, once, words
from parsers.listing_dates import day_of, days_before
from parsers.model import Source
from parsers.page import Page, parse_page
from parsers.tree import text_of

Element = etree._Element
_Resolve = Callable[[str], str | None]

_SEVERAL = ""
"""The mark of an element below which links lead to more than one release."""
_ITEMS = ("li", "tr", "article", "p", "dd")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_MOST_PDFS = 1000
"""Each is looked at with all that is around it."""
_LONGEST_TEXT = 400
"""Characters of a link's words that are kept: a headline, not a blurb."""


def parse_listing(body: bytes, url: str, source: Source, content_type: str | None = None) -> Links:
    """The releases that a page links to, in page order; never raises, whatever the bytes are.

    A link counts when its host is the source's and its path what `discover.article` says; so does
    one to a PDF that stands among such links as an item of its own.
    """
    page = parse_page(decode(body, content_type).text) if body.strip() else None
    if page is None:
        return Links(faults=("There is no markup where a listing should be.",))
    base = _base(page, url)

    @cache
    def resolved(href: str) -> str | None:
        found = absolute(base, href)
        return None if found == absolute(url, url) else found

    if not page.whole:
        fault = "Part of the page is nested too deeply or never closed: no dates were read."
        return Links(once(_of_soup(page, resolved, source)), faults=(fault,))
    return Links(once(_Walk(page.root, resolved, source).links()))


def _base(page: Page, url: str) -> str:
    stated = next((tag.get("href") for tag in page.root.iter("base") if tag.get("href")), None)
    return (absolute(url, stated) if stated else None) or url


def _of_soup(page: Page, resolved: _Resolve, source: Source) -> Iterator[Link]:
    for tag in page.soup().find_all(["a", "area"], href=True):
        found = resolved(str(tag["href"]))
        if found and is_release(source, found):
            yield Link(found, words(tag.get_text()[:_LONGEST_TEXT]))


@dataclass(slots=True)
class _Item:
    """One release's place on the page, and the links in it."""

    url: str
    element: Element
    anchors: list[Element]


class _Walk:
    """A page's elements with what the links below each lead to."""

    def __init__(self, root: Element, resolved: _Resolve, source: Source) -> None:
        self._source = source
        self._elements = list(root.iter(etree.Element))
        """In document order; held, so that lxml gives each the same object again."""
        self._led: dict[Element, str] = {}
        """Where each link to a release leads."""
        self._pdfs: list[tuple[Element, str]] = []
        """Links to PDFs whose path says nothing."""
        for one in self._elements:
            href = one.get("href") if one.tag in ("a", "area") else None
            found = resolved(href) if href else None
            if found is None:
                continue
            if is_release(source, found):
                self._led[one] = found
            elif is_pdf_link(found) and allows_host(source, found):
                self._pdfs.append((one, found))
        self._marks = self._mark()
        self._kinds: dict[Element, set[tuple[str, str]]] = {}

    def _mark(self) -> dict[Element, str]:
        """For each element with links below: the one release they lead to, or `_SEVERAL`."""
        marks: dict[Element, str] = {}
        for one in reversed(self._elements):  # what is below comes first
            if one in self._led:
                marks[one] = self._led[one] if marks.get(one, self._led[one]) else _SEVERAL
            parent = one.getparent()
            if one in marks and parent is not None:
                same = marks.get(parent, marks[one]) == marks[one]
                marks[parent] = marks[one] if same else _SEVERAL
        return marks

    def links(self) -> Iterator[Link]:
        """The links in page order; a URL that stands twice comes twice."""
        taken = [(one, url) for one, url in self._pdfs[:_MOST_PDFS] if self._is_item(one)]
        if taken:
            self._led |= dict(taken)
            self._marks = self._mark()
        items = list(self._items())
        before = days_before([one.element for one in items], set(self._led), self._zone)
        for item in items:
            day = day_of(item.element, set(item.anchors), self._zone)
            text = _text(item.anchors)
            yield Link(item.url, text, day or before.get(item.element))

    @property
    def _zone(self) -> str:
        return self._source.timezone

    def _items(self) -> Iterator[_Item]:
        open_items: dict[str, _Item] = {}
        for one in self._elements:
            url = self._marks.get(one)
            if not url:
                continue
            parent = one.getparent()
            if parent is None:
                open_items[url] = _Item(url, self._alone(url), [])
                yield open_items[url]
            elif self._marks.get(parent) != url:
                open_items[url] = _Item(url, one, [])
                yield open_items[url]
            if one in self._led:
                open_items[url].anchors.append(one)

    def _alone(self, url: str) -> Element:
        """The item of a page's only release: not the whole page, which has other dates."""
        element = next(one for one in self._elements if self._led.get(one) == url)
        for _ in range(3):
            parent = element.getparent()
            if parent is None or element.tag in _ITEMS or parent.tag in ("body", "html", "main"):
                break
            element = parent
        return element

    def _is_item(self, anchor: Element) -> bool:
        """Whether a link to a PDF is an item of a list of releases, and no attachment to one.

        The largest element around it without a link to a release has a sibling of its kind with
        one; within a release's own item only list items, rows and articles are such.
        """
        if not words(text_of(anchor)):
            return False
        element, parent = anchor, anchor.getparent()
        while parent is not None and parent not in self._marks:
            element, parent = parent, parent.getparent()
        if parent is None or element is anchor:
            return False
        if self._marks[parent] != _SEVERAL and element.tag not in ("li", "tr", "article"):
            return False
        return _kind(element) in self._kinds_below(parent)

    def _kinds_below(self, parent: Element) -> set[tuple[str, str]]:
        if parent not in self._kinds:
            self._kinds[parent] = {
                _kind(one) for one in parent.iterchildren(etree.Element) if one in self._marks
            }
        return self._kinds[parent]


def _kind(element: Element) -> tuple[str, str]:
    return str(element.tag), " ".join(sorted((element.get("class") or "").split()))


def _text(anchors: list[Element]) -> str | None:
    """The words of a release's links: of the one that is or holds a heading, else the longest."""
    said = [(text, _heading(one) is not None) for one in anchors if (text := _words(one))]
    best = max(said, key=lambda one: (one[1], len(one[0])), default=None)
    return best[0] if best else None


def _words(anchor: Element) -> str | None:
    heading = _heading(anchor)
    inner = heading if heading is not None and anchor in heading.iterancestors() else anchor
    if found := words(text_of(inner)[: 4 * _LONGEST_TEXT]):
        return found[:_LONGEST_TEXT]
    image = next(anchor.iter("img"), None)
    return words(anchor.get("title") or (image.get("alt") if image is not None else None))


def _heading(anchor: Element) -> Element | None:
    """The heading in a link, or around it."""
    inner = next(anchor.iter(*_HEADINGS), None)
    if inner is not None:
        return inner
    parent = anchor.getparent()
    for _ in range(2):
        if parent is None or parent.tag in _HEADINGS:
            return parent
        parent = parent.getparent()
    return None
