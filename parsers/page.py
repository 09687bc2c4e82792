"""A page's tree. lxml reads it; where lxml lost something, BeautifulSoup reads the whole page.

lxml stops without an error at what is nested too deeply (2,048 levels with `huge_tree`), so a
sentinel is put behind the page: when it is missing from the tree, something was lost. Then runs of
one tag nested in itself are made one, and if that does not help BeautifulSoup reads the page.
"""

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

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
    soups: list[BeautifulSoup] = field(default_factory=list, compare=False)
    """The soup of the whole page, once somebody asked for it."""

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

    def says(self, sentence: str) -> bool:
        """Whether the page's text or title holds the sentence, however its white space is run."""
        wanted = " ".join(sentence.split())
        if not self.whole:
            return wanted in " ".join(self.soup().get_text().split())
        # With what scripts hold first: that is quick, and nearly always the answer is no.
        if wanted not in " ".join(text_of(self.root).split()):
            return False
        seen = deepcopy(self.root)
        etree.strip_elements(seen, "script", "style", with_tail=False)
        return wanted in " ".join(text_of(seen).split())

    def soup(self) -> BeautifulSoup:
        """The soup of the whole page, made once; `Page.spoil` forgets it."""
        if not self.soups:
            self.soups.append(make_soup(self.html))
        return self.soups[0]

    def spoil(self) -> None:
        """Says that the soup was changed, so that the next one is made anew."""
        self.soups.clear()


_MOST_ATTRIBUTES = 15_000
_LONG_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)[^<>]{20000,}>")


def parse_page(html: str) -> Page | None:
    """The tree of a page's text, or None when there is nothing in it at all."""
    # A declaration of a charset no longer holds for a str, and lxml refuses an XML one.
    if html.count("=") > _MOST_ATTRIBUTES:  # libxml2 takes quadratic time for one tag's attributes
        html = _LONG_TAG.sub(r"<\1>", html)
    page = _parse_whole(html)
    if page is None or page.whole:
        return page
    shallow = _without_nests(html)
    return page if len(shallow) == len(html) else _parse_whole(shallow)


def _parse_whole(html: str) -> Page | None:
    start = html.find("?>") + 2 if html.lstrip()[:5] == "<?xml" else 0
    parser = etree.HTMLParser(huge_tree=True, remove_pis=True, remove_comments=True)
    try:
        root = etree.fromstring(html[start:] + _TAIL, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or not isinstance(root.tag, str):
        return None
    # Not root.iter(): what comes after </html> may stand beside the root.
    sentinels = root.xpath("//i[@id=$name]", name=_SENTINEL)
    if not isinstance(sentinels, list) or not sentinels:
        return Page(html, root, whole=False)
    for sentinel in sentinels:
        if isinstance(sentinel, etree._Element):
            detach(sentinel)
    return Page(html, root, whole=True)


_NEST = re.compile(
    r"(<(div|span|font|center|section|article|blockquote|table|big|small|strong|em|[bius])"
    r"(?:\s[^<>]{0,500})?>)(?:\s*\1){255,}",
    re.IGNORECASE,
)


def _without_nests(html: str) -> str:
    """The page with one tag for hundreds of the same tag nested in each other, in linear time.

    A run of equal opening tags says no more than the first of them. As many closing tags go where
    enough of them stand in a row.
    """
    surplus: list[tuple[str, int]] = []

    def keep_one(match: re.Match[str]) -> str:
        surplus.append((match[2], match[0].count("<") - 1))
        return match[1]

    html = _NEST.sub(keep_one, html)
    for tag, count in surplus[:16]:
        for closing in re.finditer(rf"(?:</{tag}\s*>\s*)+", html, re.IGNORECASE):
            left = closing[0].count("<") - count
            if left >= 0:
                html = html[: closing.start()] + f"</{tag}>" * left + html[closing.end() :]
                break
    return html


_ASIDE = ("nav", "footer", "aside")
_ASIDE_ROLES = ("navigation", "contentinfo", "complementary", "banner", "search")


def prune(root: Element, dropped: Sequence[str]) -> Element:
    """The part of a page that its release can stand in; takes the rest out of the tree.

    Navigation, footers, asides, headers without a heading and what `dropped` selects go. If there
    is just one `main`, or else one `article`, with a heading of level 1, that is the part.
    """
    for selector in dropped:
        for element in select(root, selector):
            _detach_unless_titled(element)
    for element in list(root.iter(*_ASIDE, "header", "div")):
        if element.tag != "div" or element.get("role") in _ASIDE_ROLES:
            _detach_unless_titled(element)
    for tag in ("main", "article"):
        found = list(root.iter(tag))
        if len(found) == 1 and next(found[0].iter("h1"), None) is not None:
            return found[0]
    return root


_NUMBER = "data-pressdiff-number"


def select(root: Element, selector: str) -> list[Element]:
    """The descendants that a selector matches, in document order, whatever soupsieve allows.

    What `css` cannot match is matched by soupsieve on a soup of the tree, in which each element
    carries its number.
    """
    try:
        return css.find(root, selector)
    except css.UnsupportedError:
        elements = list(root.iter(etree.Element))
    for number, element in enumerate(elements):
        element.set(_NUMBER, str(number))
    soup = make_soup(etree.tostring(root, encoding="unicode", method="html", with_tail=False))
    for element in elements:
        del element.attrib[_NUMBER]
    numbers = {int(str(tag.get(_NUMBER, "0"))) for tag in soup.select(selector)}
    return [elements[number] for number in sorted(numbers - {0})]  # 0 is the root itself


def prune_soup(soup: BeautifulSoup, dropped: Sequence[str]) -> BeautifulSoup:
    """The soup of a page that lxml lost something of, without what `prune` takes out of a tree."""
    aside = [*_ASIDE, "header", *(f'div[role="{role}"]' for role in _ASIDE_ROLES)]
    for selector in (*dropped, *aside):
        for tag in soup.select(selector):
            if tag.name in _ASIDE or tag.find("h1") is None:
                tag.extract()
    return soup


def _detach_unless_titled(element: Element) -> None:
    if element.tag in _ASIDE or next(element.iter("h1"), None) is None:
        detach(element)


def make_soup(html: str) -> BeautifulSoup:
    """The soup of a text, by lxml: html.parser and html5lib take minutes on hostile pages."""
    return BeautifulSoup(html, "lxml")
