"""Why a page was read as it was: the selector or rule behind every field, for `source check`.

Only who asks pays: the reading is the engine's, and what it was read by is looked up again here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bs4 import Tag

from parsers import forms
from parsers.blocks import Block, blocks_of_text
from parsers.content import read_content
from parsers.dates import parse_date_line
from parsers.decode import decode
from parsers.engine import read, until_end
from parsers.layouts import LoginError, find_content
from parsers.markup import blocks_of_soup
from parsers.model import Capture, Kind, Layout, Outcome, Reading, Sighting, Source, Trace
from parsers.page import Page, parse_page
from parsers.signoff import cut_sign_off

NONE = "none"
"""The rule of a field that nothing was read for."""


def explain(capture: Capture, source: Source) -> Reading:
    """The engine's reading, its `trace` saying for each field by which rule it was read.

    Fields: `layout[0]`, ... (why each layout fits or not), container, headline, published_on,
    event_on, place, language, body, dropped, after the end, sign-off, not taken. Those from
    `dropped` on come once for each thing left out.
    """
    reading = read(capture, source)
    if forms.is_pdf(capture) or forms.why_no_text(capture):
        return replace(reading, trace=tuple(_field_trace(reading, source)))
    text = decode(capture.body, capture.content_type).text
    used: list[Trace] = []
    if forms.kind_of(capture, text) is Kind.TEXT:
        blocks = blocks_of_text(text)
    else:
        page = parse_page(text)
        used = [*_page_trace(page, source, reading)] if page is not None else []
        blocks = blocks_of_soup(page.soup()) if page is not None else []
    fields = _field_trace(reading, source)
    left = _not_taken(reading, used, blocks) if reading.layout == "blocks" else ()
    return replace(reading, trace=(*fields, *used, *left))


def _page_trace(page: Page, source: Source, reading: Reading) -> Iterator[Trace]:
    if reading.outcome is Outcome.NOT_FOUND:
        return
    for index, layout in enumerate(source.layouts):
        name = f"layout[{index}]"
        if name == reading.layout:
            yield Trace(name, "fits", "")
            yield from _layout_trace(page, layout, source)
            return
        yield Trace(name, _why_not(page, layout, source.timezone), "")
    for selector in dict.fromkeys(drop for layout in source.layouts for drop in layout.drop):
        yield from _dropped(page.soup(), selector)


def _layout_trace(page: Page, layout: Layout, source: Source) -> Iterator[Trace]:
    container = page.soup().select_one(layout.container)
    if container is not None:
        yield Trace("container", layout.container, _opening_tag(container))
        for selector in layout.drop:
            yield from _dropped(container, selector)
    content = find_content(page, layout, source.timezone)
    parts = read_content(content) if content is not None else None
    if parts is None:
        return
    kept = until_end(parts.body, layout.body_ends)
    if left := [block.text for block in parts.body[len(kept) :]]:
        yield Trace("after the end", f"body_ends: {' | '.join(layout.body_ends)}", _joined(left))
    body = list(cut_sign_off(kept))
    if cut := [block.text for block in kept[len(body) :]]:
        yield Trace("sign-off", "the press office's lines", _joined(cut))


def _dropped(part: Tag, selector: str) -> Iterator[Trace]:
    for tag in part.select(selector):
        yield Trace("dropped", selector, _words(tag.get_text(" ")) or _opening_tag(tag))


def _why_not(page: Page, layout: Layout, timezone: str) -> str:
    """Why a layout is not this page's."""
    container = page.soup().select_one(layout.container)
    if container is None:
        return f"container: nothing matches {layout.container}"
    for key, selector in (("headline", layout.headline or "h1"), ("body", layout.body)):
        found = container.select(selector) if selector else [container]
        if not found:
            return f"{key}: nothing in the container matches {selector}"
        if not any(_words(tag.get_text()) for tag in found):
            return f"{key}: what {selector or 'the container'} matches holds no words"
    try:
        content = find_content(page, layout, timezone)
    except LoginError:
        return "body: a form with a password field"
    if content is None or read_content(content) is None:
        return "what is left after `drop` fills no headline or no body"
    return "not tried: an earlier one fits"


_MOST_LINES = 300


def _not_taken(reading: Reading, used: Sequence[Trace], blocks: Sequence[Block]) -> Iterator[Trace]:
    """The lines of a page read by blocks that are in no field, no teaser and not dropped."""
    sighting = reading.sighting
    if sighting is None:
        return
    taken = [sighting.headline, *sighting.paragraphs, *(one.text for one in used)]
    taken += [line for one in reading.teasers for line in one.text.split("\n\n")]
    dates = {sighting.published_text, *(str(one.dated_on) for one in reading.teasers)}
    for block in blocks[:_MOST_LINES]:
        day = parse_date_line(block.text)
        known = block.text in dates or (day is not None and str(day) in dates)
        if (
            block.text
            and not known
            and not any(block.text in one or (one and one in block.text) for one in taken)
        ):
            yield Trace("not taken", "sign-off, navigation, or neither text nor teaser", block.text)


def _field_trace(reading: Reading, source: Source) -> Iterator[Trace]:
    sighting = reading.sighting
    if sighting is None:
        return
    layout = _layout_of(reading, source)
    told = {one.field: one for one in reading.trace}
    for name, value, selector in (
        ("headline", sighting.headline, (layout.headline or "h1") if layout else None),
        ("published_on", sighting.published_on, layout.published if layout else None),
    ):
        rule = told[name].rule if name in told else _rule_without_markup(sighting)
        if layout is not None and rule == "the layout's element":
            rule = f"{reading.layout}.{name.removesuffix('_on')}: {selector}"
        yield Trace(name, rule if value is not None else NONE, str(value or ""))
    for name, found in (("event_on", sighting.event_on), ("place", sighting.place)):
        rule = "the dateline or first sentence" if found else NONE
        yield Trace(name, rule, str(found or ""))
    yield Trace("language", "script, then lang attribute, then source", sighting.language or "")
    yield Trace("body", _body_rule(reading, layout), f"{len(sighting.paragraphs)} paragraphs")


def _layout_of(reading: Reading, source: Source) -> Layout | None:
    name = reading.layout or ""
    return source.layouts[int(name[7:-1])] if name.startswith("layout[") else None


def _rule_without_markup(sighting: Sighting) -> str:
    return "the link's words, else the file's name" if sighting.kind is Kind.PDF else "the fallback"


def _body_rule(reading: Reading, layout: Layout | None) -> str:
    if layout is not None:
        return f"{reading.layout}.body: {layout.body or 'the container but headline and date'}"
    return {"pdf": "no text of a PDF is read", "generic": "the fallback's article"}.get(
        reading.layout or "", "the text blocks under the headline"
    )


def _opening_tag(tag: Tag) -> str:
    named = "".join(f".{one}" for one in tag.get_attribute_list("class") if one)
    return f"<{tag.name}{'#' + str(tag['id']) if tag.get('id') else ''}{named}>"


def _words(text: str) -> str:
    return " ".join(text.split())


def _joined(texts: Sequence[str]) -> str:
    return "\n".join(texts)
