"""One layout applied to one page: what it keeps of the page.

    page --CSS--> container --drop--> headline, date, body --cleaned--> Content

lxml does it, on the page's tree. Selectors that only soupsieve understands, and pages that lxml
lost something of, are selected from a soup instead. `parsers.content` reads what is kept.
"""

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date

from bs4 import Tag
from lxml import etree

from parsers import css
from parsers.content import Content
from parsers.dates import parse_published
from parsers.model import Layout
from parsers.page import Page, make_soup
from parsers.tree import detach, text_of
from parsers.walk import strip_unseen

Element = etree._Element


class LoginError(Exception):
    """The body that a layout finds is a form with a password field; a retry does not help."""


def find_content(page: Page, layout: Layout, timezone: str) -> Content | None:
    """What the layout keeps of the page, or None when it does not fill headline and body."""
    if page.whole:
        try:
            container = next(css.iterate_page(page.root, layout.container), None)
        except css.UnsupportedError:
            pass
        else:
            return _content_in(container, layout, timezone) if container is not None else None
    content = _content_of_soup(page.soup().select_one(layout.container), layout, timezone)
    if content is not None:
        page.spoil()
    return content


def _content_in(container: Element, layout: Layout, timezone: str) -> Content | None:
    """The content of a container that lxml found; soupsieve selects in it what css cannot."""
    try:
        return _content_of_lxml(container, layout, timezone)
    except css.UnsupportedError:
        markup = etree.tostring(container, encoding="unicode", method="html", with_tail=False)
        return _content_of_soup(make_soup(markup).find(str(container.tag)), layout, timezone)


def _content_of_lxml(container: Element, layout: Layout, timezone: str) -> Content | None:
    bodies = [container] if layout.body is None else css.find(container, layout.body)
    if not bodies or (layout.headline and css.first(container, layout.headline) is None):
        return None
    # Nothing is taken out of the tree: another layout may have to read it.
    dropped = set(css.iterate(container, ", ".join(layout.drop))) if layout.drop else set()
    headline = next(
        (
            element
            for element in css.iterate(container, layout.headline or "h1")
            if text_of(element).strip() and not _is_inside(element, dropped)
        ),
        None,
    )
    if headline is None:
        return None
    if layout.body is not None:
        bodies = _outermost([one for one in bodies if not _is_inside(one, dropped)])
    selector, _, attribute = _split_attribute(layout.published)
    stamp = None
    if selector:
        stamp = _read_stamp(
            [
                (text_of(element), element.get(attribute) if attribute else None, element)
                for element in css.iterate(container, selector)
                if not _is_inside(element, dropped)
            ],
            layout, timezone,
        )  # fmt: skip
    if any(_has_password(body) for body in bodies):
        raise LoginError
    inside = stamp is not None and _is_inside(stamp.element, set(bodies))
    markup = "".join(bare_markup(body, dropped) for body in bodies)
    return _content(bare_markup(headline, dropped), stamp, inside, markup)


def _content_of_soup(container: Tag | None, layout: Layout, timezone: str) -> Content | None:
    wanted = [one for one in (layout.headline or "h1", layout.body) if one is not None]
    if container is None or any(container.select_one(one) is None for one in wanted):
        return None
    for selector in layout.drop:
        for tag in container.select(selector):
            tag.extract()
    headline = next(
        (tag for tag in container.select(layout.headline or "h1") if tag.get_text().strip()), None
    )
    if headline is None:
        return None
    bodies = [container] if layout.body is None else _outermost_tags(container.select(layout.body))
    selector, _, attribute = _split_attribute(layout.published)
    stamp = None
    if selector:
        stamp = _read_stamp(
            [
                (tag.get_text(), str(tag.get(attribute) or "") if attribute else None, tag)
                for tag in container.select(selector)
            ],
            layout, timezone,
        )  # fmt: skip
    if any(body.select_one('input[type="password"]') for body in bodies):
        raise LoginError
    inside = stamp is not None and any(
        parent is body
        for body in bodies
        if isinstance(stamp.element, Tag)
        for parent in (stamp.element, *stamp.element.parents)
    )
    return _content(str(headline), stamp, inside, "".join(map(str, bodies)))


def _content(headline: str, stamp: "_Stamp | None", inside: bool, body: str) -> Content | None:
    if not body.strip():
        return None
    return Content(
        headline=_collapse(headline),
        published_on=stamp.day if stamp else None,
        published_text=stamp.text if stamp else None,
        date_in_body=stamp.visible if stamp and inside else None,
        body=_collapse(body),
    )


def _collapse(markup: str) -> str:
    """The markup with white-space runs as one space, and none where a block begins or ends."""
    return markup if "<pre" in markup else _BLOCK_EDGE.sub(r"\1", _SPACE.sub(" ", markup))


_SPACE = re.compile(r"[ \t\n\r\f]+")
_BLOCK_EDGE = re.compile(
    r" ?(</?(?:p|div|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|td|th|blockquote|section|article"
    r"|figure|figcaption|header|main|br|hr)>) ?"
)
_INLINE = (
    "span", "b", "i", "em", "strong", "font", "u", "small", "big", "tt", "s", "ins", "mark", "abbr",
    "acronym", "time", "label", "nobr", "wbr", "bdi", "bdo", "dfn", "kbd", "samp", "var", "code",
)  # fmt: skip
"""Elements that change no word and no break: re-wrapping text in them is no change."""


@dataclass(frozen=True, slots=True)
class _Stamp:
    """The element a date was looked for in."""

    day: date | None
    text: str | None
    visible: str
    element: "Element | Tag"


def _split_attribute(published: str | None) -> tuple[str, str, str]:
    """("time", "@", "datetime") of `time@datetime`; the attribute is "" when there is none."""
    selector, at, attribute = (published or "").rpartition("@")
    if at and re.fullmatch(r"[\w:.-]+", attribute):
        return selector, at, attribute.lower()
    return published or "", "", ""


def _read_stamp(
    found: "Sequence[tuple[str, str | None, Element | Tag]]", layout: Layout, timezone: str
) -> _Stamp | None:
    """The first of (visible text, attribute, element) that a date can be read in."""
    for visible, attribute, element in found:
        text = " ".join((visible if attribute is None else attribute).split())
        day = parse_published(text, layout.date_formats, timezone) if text else None
        if day is not None:
            return _Stamp(day, text, " ".join(visible.split()), element)
    return None


def _is_inside(element: "Element | Tag", those: set[Element]) -> bool:
    """Whether the element is one of those or lies in one."""
    if not those or not isinstance(element, etree._Element):
        return False
    return element in those or any(parent in those for parent in element.iterancestors())


def _outermost(elements: Sequence[Element]) -> list[Element]:
    """The elements without those that lie inside one before them."""
    chosen: list[Element] = []
    for element in elements:
        if not chosen or not _is_inside(element, {chosen[-1]}):
            chosen.append(element)
    return chosen


def _outermost_tags(tags: Sequence[Tag]) -> list[Tag]:
    chosen: list[Tag] = []
    for tag in tags:
        if not chosen or not any(parent is chosen[-1] for parent in tag.parents):
            chosen.append(tag)
    return chosen


def _has_password(body: Element) -> bool:
    return any((field.get("type") or "").lower() == "password" for field in body.iter("input"))


_DROP = "data-pressdiff-drop"


def bare_markup(element: Element, dropped: set[Element]) -> str:
    """The element's visible content as markup without attributes, in a tag BeautifulSoup keeps."""
    marked = [one for one in dropped if element in one.iterancestors()]
    for inner in marked:
        inner.set(_DROP, "")
    bare = deepcopy(element)
    for inner in marked:
        del inner.attrib[_DROP]
    bare.tail = None
    for inner in list(bare.iterdescendants(etree.Element)):
        if _DROP in inner.attrib:
            detach(inner)
    strip_unseen(bare)
    for inner in bare.iter(etree.Element):
        if inner.attrib:
            inner.attrib.clear()
    etree.strip_tags(bare, *_INLINE)
    if bare.tag in _INLINE or bare.tag in ("html", "body", "tr", "td", "th", "tbody", "table", "a"):
        bare.tag = "div"
    return str(etree.tostring(bare, encoding="unicode", method="html"))
