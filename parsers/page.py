"""A page's tree. lxml reads it; where lxml lost something, BeautifulSoup reads the whole page.

lxml stops without an error at what is nested too deeply (2,048 levels with `huge_tree`), so a
sentinel is put behind the page: when it is missing from the tree, something was lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bs4 import BeautifulSoup
from lxml import etree

from parsers import css
from parsers.tree import detach, text_of

Element = etree._Element

_SENTINEL = "pressdiff-end-of-page"
_TAIL = f'<i id="{_SENTINEL}"></i>'


@dataclass(frozen=True, slots=True)
class Page:
    """A page as lxml sees it; `whole` is False when lxml lost some of it."""

    html: str
    root: Element
    whole: bool

    @property
    def title(self) -> str:
        """The words of <title>; "" without one."""
        found = next(self.root.iter("title"), None)
        return " ".join(text_of(found).split()) if found is not None else ""

    @property
    def lang(self) -> str | None:
        """The page's own `lang`, or None."""
        return self.root.get("lang") or self.root.get("xml:lang") or None

    def meta(self, name: str) -> str | None:
        """The content of the first meta tag with that property, name or itemprop."""
        for tag in self.root.iter("meta"):
            if name in (tag.get("property"), tag.get("name"), tag.get("itemprop")):
                return " ".join((tag.get("content") or "").split()) or None
        return None

    def canonical(self) -> str | None:
        """The address in `<link rel=canonical>`, as written."""
        for tag in self.root.iter("link"):
            if "canonical" in (tag.get("rel") or "").lower().split():
                return (tag.get("href") or "").strip() or None
        return None

    def has_password(self) -> bool:
        """Whether a password is asked for anywhere on the page."""
        return any((tag.get("type") or "").lower() == "password" for tag in self.root.iter("input"))

    def text(self) -> str:
        """All the page's text with its title, white-space runs as one space."""
        if not self.whole:
            return " ".join(make_soup(self.html).get_text(" ").split())
        parts = self.root.xpath("//text()[not(parent::script or parent::style)]")
        return " ".join("".join(map(str, parts)).split()) if isinstance(parts, list) else ""


def parse_page(html: str) -> Page | None:
    """The tree of a page's text, or None when there is nothing in it at all."""
    # A declaration of a charset no longer holds for a str, and lxml refuses an XML one.
    start = html.find("?>") + 2 if html.lstrip()[:5] == "<?xml" else 0
    parser = etree.HTMLParser(huge_tree=True, remove_pis=True, remove_comments=True)
    try:
        root = etree.fromstring(html[start:] + _TAIL, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or not isinstance(root.tag, str):
        return None
    sentinels = root.xpath("//i[@id=$name]", name=_SENTINEL)
    if not isinstance(sentinels, list) or not sentinels:
        return Page(html, root, whole=False)
    for sentinel in sentinels:
        if isinstance(sentinel, etree._Element):
            detach(sentinel)
    return Page(html, root, whole=True)


_ASIDE = ("nav", "footer", "aside")
_ASIDE_ROLES = ("navigation", "contentinfo", "complementary", "banner", "search")


def prune(root: Element, dropped: Sequence[str]) -> Element:
    """The part of a page that its release can stand in; takes the rest out of the tree.

    Navigation, footers, asides, headers without a heading and what `dropped` selects go. If there
    is just one `main`, or else one `article`, with a heading of level 1, that is the part.
    """
    for selector in dropped:
        try:
            unwanted = css.find(root, selector)
        except css.UnsupportedError:
            continue
        for element in unwanted:
            _detach_unless_titled(element)
    for element in list(root.iter(*_ASIDE, "header", "div")):
        if element.tag != "div" or element.get("role") in _ASIDE_ROLES:
            _detach_unless_titled(element)
    for tag in ("main", "article"):
        found = list(root.iter(tag))
        if len(found) == 1 and next(found[0].iter("h1"), None) is not None:
            return found[0]
    return root


def _detach_unless_titled(element: Element) -> None:
    if element.tag in _ASIDE or next(element.iter("h1"), None) is None:
        detach(element)


def make_soup(html: str) -> BeautifulSoup:
    """The soup of a text, by lxml: html.parser and html5lib take minutes on hostile pages."""
    return BeautifulSoup(html, "lxml")


def soup_of(element: Element) -> BeautifulSoup:
    """The soup of one element and all in it."""
    return make_soup(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
