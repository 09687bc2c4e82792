"""One layout applied to one page: the container's kept content, and the parts in it.

    page --CSS--> container --drop--> headline, date, body --cleaned--> Content --soup--> Parts

`Content` is three strings of bare markup: what was dropped, what is hidden and every attribute are
gone. Its digest names the sighting, because the parts are read from those strings and nothing else;
whatever else moves on the page moves nothing here. lxml does all that; BeautifulSoup reads the
strings, and only when their digest is new. Selectors that only soupsieve understands, and pages
that lxml lost something of, are selected from a soup instead.
"""

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

from bs4 import BeautifulSoup, Tag
from lxml import etree

from parsers import css
from parsers.blocks import Block, BlockKind, at_lines
from parsers.dates import parse_date_line, parse_published, split_glued
from parsers.markup import blocks_of_soup, strip_unseen
from parsers.model import Layout, Trace
from parsers.page import Page, make_soup, soup_of
from parsers.parts import Parts
from parsers.signoff import is_attachment, is_mark, without_attachment
from parsers.text import squash
from parsers.tree import detach, text_of

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Content:
    """What a layout keeps of a page: all that a sighting may hang on."""

    headline: str
    """Bare markup, as `body`."""
    published_on: date | None
    published_text: str | None
    date_in_body: str | None
    """The visible text of the date's element where that stands in the body."""
    body: str

    def digest(self, *more: str | None) -> str:
        """sha-256 hex of it, white-space runs counted as one, and of whatever else is given."""
        parts = (self.headline, str(self.published_on), self.published_text, self.date_in_body,
                 self.body, *more)  # fmt: skip
        kept = "\x00".join("\x01" if part is None else part for part in parts)
        return sha256(kept.encode("utf-8", "surrogatepass")).hexdigest()


class LoginError(Exception):
    """The body that a layout finds is a form with a password field; a retry does not help."""


def find_content(page: Page, layout: Layout, timezone: str) -> Content | None:
    """What the layout keeps of the page, or None when it does not fill headline and body."""
    if not page.whole:
        return _content_of_soup(make_soup(page.html), layout, timezone)
    try:
        container = next(css.iterate_page(page.root, layout.container), None)
    except css.UnsupportedError:
        return _content_of_soup(make_soup(page.html), layout, timezone)
    if container is None:
        return None
    try:
        return _content_of_lxml(container, layout, timezone)
    except css.UnsupportedError:
        return _content_of_soup(
            soup_of(container), replace(layout, container=container.tag), timezone
        )


def _content_of_lxml(container: Element, layout: Layout, timezone: str) -> Content | None:
    for wanted in (layout.body, layout.headline):
        if wanted is not None and css.first(container, wanted) is None:
            return None
    # Nothing is taken out of the tree: another layout may have to read it.
    dropped = {one for selector in layout.drop for one in css.iterate(container, selector)}
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
    bodies = [container]
    if layout.body is not None:
        found = css.iterate(container, layout.body)
        bodies = _outermost([one for one in found if not _is_inside(one, dropped)])
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


def _content_of_soup(soup: BeautifulSoup, layout: Layout, timezone: str) -> Content | None:
    container = soup.select_one(layout.container)
    if container is None:
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
    return markup if "<pre" in markup else _SPACE.sub(" ", markup)


_SPACE = re.compile(r"[ \t\n\r\f]+")


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
    if bare.tag in ("html", "body", "tr", "td", "th", "tbody", "table", "a"):
        bare.tag = "div"
    return str(etree.tostring(bare, encoding="unicode", method="html"))


def read_content(content: Content) -> Parts | None:
    """The parts in a content, read by BeautifulSoup; None when headline or body is empty."""
    headline = " ".join(block.text for block in blocks_of_soup(make_soup(content.headline)))
    blocks = at_lines(blocks_of_soup(make_soup(content.body)), is_mark)
    if not headline or not blocks:
        return None
    day, text, rule = content.published_on, content.published_text, "the layout's element"
    blocks = list(_without_date(_without_headline(blocks, headline), content.date_in_body))
    if day is None and (glued := _leading_date(blocks)):
        day, text, rule, blocks = glued
    return Parts(
        headline=headline,
        body=tuple(_without_attachment_prefix(blocks)),
        published_on=day,
        published_text=text,
        trace=(
            Trace("headline", "the layout's element", headline),
            Trace("published_on", rule if day else "none", text or ""),
        ),
    )


def _without_headline(blocks: list[Block], headline: str) -> list[Block]:
    """The blocks without the headline where it stands among them, and without its repetition."""
    key = squash(headline)
    for index, block in enumerate(blocks):
        if squash(block.text) == key:
            rest = blocks[:index] + blocks[index + 1 :]
            again = index < len(rest) and squash(rest[index].text) == key
            return rest[:index] + rest[index + 1 :] if again else rest
        if block.kind is not BlockKind.HEADING and index > 2:
            break
    return blocks


def _without_date(blocks: Sequence[Block], visible: str | None) -> Iterator[Block]:
    """The blocks without the date's own element, whether it had a block or opened one."""
    wanted = visible
    for block in blocks:
        if wanted and block.text.startswith(wanted):
            rest = block.text[len(wanted) :].lstrip(" \u00a0|,.-–—")
            lines = block.lines[1:] if block.lines[:1] == (wanted,) else ()
            wanted = None
            if rest:
                yield block._replace(text=rest, lines=lines if len(lines) > 1 else ())
            continue
        yield block


def _leading_date(blocks: list[Block]) -> tuple[date, str, str, list[Block]] | None:
    """A date on a line of its own above the body, or glued before it, and the blocks after it."""
    index = next((i for i, block in enumerate(blocks) if not is_attachment(block.text)), None)
    if index is None:
        return None
    block = blocks[index]
    if day := parse_date_line(block.text):
        return day, block.text, "own line", blocks[:index] + blocks[index + 1 :]
    if glued := split_glued(block.text):
        rest = block._replace(text=glued[2], lines=())
        return (
            glued[0],
            glued[1],
            "glued before the body",
            [*blocks[:index], rest, *blocks[index + 1 :]],
        )
    return None


def _without_attachment_prefix(blocks: Sequence[Block]) -> Iterator[Block]:
    for index, block in enumerate(blocks):
        text = without_attachment(block.text) if index < 3 else block.text
        if text:
            yield block if text == block.text else block._replace(text=text, lines=())
