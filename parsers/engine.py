"""One capture to one reading: which reader a body gets, and what its parts become.

    bytes -> form (PDF, page, text) -> text -> not found? -> layouts -> reader or fallback

Nothing here raises on any bytes: what cannot be read is Outcome.UNREADABLE with a sentence.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from hashlib import sha256
from json import dumps
from urllib.parse import urlsplit

from parsers import css, forms, generic
from parsers.blocks import Block, BlockKind, at_lines, blocks_of_text
from parsers.content import read_content
from parsers.decode import Decoded, decode
from parsers.language import language_of
from parsers.layouts import LoginError, find_content
from parsers.markup import blocks_of_lxml, blocks_of_soup
from parsers.model import Capture, Kind, Layout, Outcome, Reading, Sighting, Source, Teaser
from parsers.modified import modified_on
from parsers.normalise import NORMALISER_VERSION
from parsers.page import Page, parse_page, prune, prune_soup
from parsers.parts import Parts
from parsers.sighting import ReadContent, Remembered, digest_sighting, make_sighting
from parsers.signature import shown_blocks
from parsers.signoff import is_attachment, is_mark
from parsers.sources import csto
from parsers.teasers import read_teasers
from parsers.text import squash
from parsers.tree import detach

READER_VERSION = "2"
"""Bump it when any rule of this room changes what is read."""

_READERS: dict[str, Callable[[Sequence[Block], str | None], Parts | None]] = {
    "csto": csto.read_blocks
}
_LEAST_WORDS_BESIDE_LOGIN = 60
"""A page with a password field and fewer words than this is a login page, not a release."""


@lru_cache(maxsize=64)
def parser_version(source: Source) -> str:
    """12 hex digits that name everything a reading hangs on but the capture.

    The rules of this room and what the source declares about its pages; how it is scheduled and
    fetched, and what a sane run looks like, do not count. Equal in every process.
    """
    declared = {
        "layouts": [asdict(layout) for layout in source.layouts],
        "reads": [source.id, source.language, source.timezone, source.reader],
        "canonical": [source.homepage, source.discover.article, sorted(source.fetch.hosts)],
    }
    known = dumps([READER_VERSION, NORMALISER_VERSION, declared], sort_keys=True)
    return sha256(known.encode()).hexdigest()[:12]


class _Unreadable(Exception):  # noqa: N818
    """Nothing can be read, for the reason it carries; no retry helps."""


remembered = Remembered()
"""What layouts read in this process; `forget` it to weigh a first reading."""


def read(capture: Capture, source: Source, known_container: str | None = None) -> Reading:
    """What this version of the room reads in a capture; never raises, whatever the bytes are.

    `known_container` is the `container_digest` of an earlier reading by the same parser version;
    when the capture's is equal the outcome is SAME and no sighting is made.
    """
    if forms.is_pdf(capture):
        return _finish(_read_pdf(capture, source), known_container)
    if reason := forms.why_no_text(capture):
        return Reading(Outcome.UNREADABLE, reason=reason)
    decoded = decode(capture.body, capture.content_type)
    reason = forms.why_no_release(capture.body, decoded.text)
    try:
        if reason:
            raise _Unreadable(reason)
        if forms.kind_of(capture, decoded.text) is Kind.TEXT:
            reading = _read_text(decoded.text, source)
        else:
            reading = _read_page(decoded.text, capture, source, known_container)
    except _Unreadable as fault:
        reading = Reading(Outcome.UNREADABLE, reason=str(fault))
    if reading.outcome not in (Outcome.READ, Outcome.SAME) and capture.http_status is not None:
        reading = replace(reading, shown=_shown(decoded.text))
    return _with_claim(_finish(reading, known_container, decoded), decoded.text, source)


def _with_claim(reading: Reading, html: str, source: Source) -> Reading:
    """With the page's `dateModified`, which is no part of what its content digest says."""
    sighting = reading.sighting
    if sighting is None or sighting.kind is not Kind.HTML:
        return reading
    day = modified_on(html, sighting.headline, source.timezone)
    return replace(reading, sighting=replace(sighting, modified_on=day)) if day else reading


def _shown(html: str) -> tuple[str, ...]:
    page = parse_page(html)
    return shown_blocks(page) if page is not None else ()


def _finish(reading: Reading, known: str | None, decoded: Decoded | None = None) -> Reading:
    """The reading with its charset, and a digest of its own where no layout gave one."""
    if decoded is not None:
        reading = replace(reading, charset=decoded.charset, charset_rule=decoded.rule)
    if reading.outcome is not Outcome.READ:
        return reading
    digest = reading.container_digest or digest_sighting(reading.sighting)
    if digest == known:
        reading = replace(reading, outcome=Outcome.SAME, sighting=None)
    return replace(reading, container_digest=digest)


def _read_pdf(capture: Capture, source: Source) -> Reading:
    name = forms.file_name(capture.final_url or capture.url) or forms.file_name(capture.url)
    headline = " ".join((capture.link_text or "").split()) or name or "PDF"
    sighting = Sighting(
        headline, (), kind=Kind.PDF, language=language_of([headline], None, source.language)
    )
    # No text of a PDF is read, so only equal bytes say that nothing in it changed.
    return Reading(Outcome.READ, sighting, layout="pdf", container_digest=_digest_of_pdf(capture))


def _digest_of_pdf(capture: Capture) -> str:
    said = f"{capture.digest}\x00{capture.link_text}\x00{capture.final_url or capture.url}"
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _read_text(text: str, source: Source) -> Reading:
    if source.reader:
        parts = _READERS[source.reader](blocks_of_text(text), None)
        layout = "blocks"
    elif source.layouts:
        raise _Unreadable("The body is plain text, which no layout of the source can fit.")
    else:
        parts, layout = generic.read_text(text), "generic"
    if parts is None:
        raise _Unreadable("There is no headline in the text.")
    return _reading(parts, make_sighting(parts, source, Kind.TEXT, None, None), layout)


def _reading(parts: Parts, sighting: Sighting, layout: str) -> Reading:
    return Reading(Outcome.READ, sighting, parts.teasers, layout=layout, trace=parts.trace)


def _read_page(html: str, capture: Capture, source: Source, known: str | None) -> Reading:
    page = parse_page(html)
    if page is None:
        raise _Unreadable("There is no markup in the page.")
    if reason := _why_not_found(page, source.layouts):
        return Reading(Outcome.NOT_FOUND, reason=reason)
    canonical = _canonical(page, capture, source)
    for index in range(len(source.layouts)):
        reading = _read_layout(page, index, source, canonical, known)
        if reading is not None:
            return reading
    if source.reader:
        return _read_blocks(page, source, canonical)
    if source.layouts:
        count = len(source.layouts)
        raise _Unreadable(f"No layout of the source (it has {count}) fills headline and body.")
    return _read_generic(page, capture, source, canonical)


def _why_not_found(page: Page, layouts: Sequence[Layout]) -> str | None:
    for layout in layouts:
        if layout.not_found and page.says(layout.not_found):
            return f"The page says: {layout.not_found}"
        if layout.not_found_css and _has(page, layout.not_found_css):
            return f"The page holds {layout.not_found_css}."
    return None


def _has(page: Page, selector: str) -> bool:
    if page.whole:
        try:
            return next(css.iterate_page(page.root, selector), None) is not None
        except css.UnsupportedError:
            pass
    return page.soup().select_one(selector) is not None


def _read_layout(
    page: Page, index: int, source: Source, canonical: str | None, known: str | None
) -> Reading | None:
    """The reading by one layout, or None when the layout is not this page's."""
    layout = source.layouts[index]
    try:
        content = find_content(page, layout, source.timezone)
    except LoginError:
        raise _Unreadable("The page is a form with a password field.") from None
    if content is None:
        return None
    digest = content.digest(str(index), page.lang, canonical)

    def read_it() -> ReadContent | None:
        parts = read_content(content)
        if parts is None:
            return None
        ended = replace(parts, body=until_end(parts.body, layout.body_ends))
        return make_sighting(ended, source, Kind.HTML, page.lang, canonical), parts.trace

    teasers, name = _teasers(page, layout, source), f"layout[{index}]"
    if digest == known:
        return Reading(Outcome.SAME, None, teasers, layout=name, container_digest=digest)
    found = remembered.get((parser_version(source), digest), read_it)
    if found is None:
        return None
    sighting, trace = found
    return Reading(
        Outcome.READ, sighting, teasers, layout=name, container_digest=digest, trace=trace
    )


def _teasers(page: Page, layout: Layout, source: Source) -> tuple[Teaser, ...]:
    return read_teasers(page, layout.teasers, source.timezone) if layout.teasers else ()


def until_end(blocks: Sequence[Block], body_ends: Sequence[str]) -> tuple[Block, ...]:
    """The blocks before the first line that a `body_ends` regex finds itself in."""
    if not body_ends:
        return tuple(blocks)
    pattern = re.compile("|".join(f"(?:{regex})" for regex in body_ends))
    kept: list[Block] = []
    for block in blocks:
        for index, line in enumerate(block.lines or (block.text,)):
            if pattern.search(line):
                if before := " ".join(block.lines[:index]):
                    kept.append(block._replace(text=before, lines=()))
                return tuple(kept)
        kept.append(block)
    return tuple(kept)


def _read_blocks(page: Page, source: Source, canonical: str | None) -> Reading:
    """The reading by the source's own reader, from the page's blocks."""
    teasers: tuple[Teaser, ...] = ()
    for layout in source.layouts:
        teasers = teasers or _teasers(page, layout, source)
    title, lang = page.title, page.lang
    title_key = squash(title)
    around: list[Block] = []
    drops = list(dict.fromkeys(drop for layout in source.layouts for drop in layout.drop))
    if page.whole:
        part = prune(page.root, drops)
        blocks = blocks_of_lxml(part)
        if part is not page.root and not teasers:
            detach(part)
            around = blocks_of_lxml(page.root)
    else:
        blocks = blocks_of_soup(prune_soup(page.soup(), drops))
        page.spoil()

    def parts_block(line: str) -> bool:
        return is_mark(line) or (len(line) > 12 and squash(line) in title_key)

    parts = _READERS[source.reader or ""](at_lines(blocks, parts_block), title)
    if parts is None:
        raise _Unreadable("There is no headline on the page.")
    if any(block.kind is BlockKind.PASSWORD for block in blocks):
        words = sum(block.text.count(" ") + 1 for block in parts.body)
        if words < _LEAST_WORDS_BESIDE_LOGIN:
            raise _Unreadable("The page is a form with a password field.")
    if not parts.body and not _ends_with_date(blocks, parts.published_text):
        raise _Unreadable("There is no text under the page's headline.")
    sighting = make_sighting(parts, source, Kind.HTML, lang, canonical)
    teasers = teasers or parts.teasers or csto.read_page_ticker(around)
    return _reading(replace(parts, teasers=teasers), sighting, "blocks")


def _ends_with_date(blocks: Sequence[Block], stated: str | None) -> bool:
    """Whether a headline's date is the last text of a page: then the release has no body.

    On a listing its items follow the date.
    """
    texts = [block.text for block in blocks if block.text and not is_attachment(block.text)]
    return bool(stated and texts and texts[-1].endswith(stated))


def _read_generic(page: Page, capture: Capture, source: Source, canonical: str | None) -> Reading:
    parts = generic.read_page(page, capture.captured_at, source.timezone)
    if parts is None:
        raise _Unreadable("The page shows no headline, or no article under it.")
    words = sum(block.text.count(" ") + 1 for block in parts.body)
    if words < _LEAST_WORDS_BESIDE_LOGIN and page.has_password():
        raise _Unreadable("The page is a form with a password field.")
    sighting = make_sighting(parts, source, Kind.HTML, page.lang, canonical)
    return _reading(parts, sighting, "generic")


def _canonical(page: Page, capture: Capture, source: Source) -> str | None:
    """The page's canonical address, for a file whose own address is none, if the source has it."""
    if not capture.url.startswith("file:") or source.discover.article is None:
        return None
    stated = page.canonical()
    if stated is None:
        return None
    try:
        parts = urlsplit(stated)
        hosts = set(source.fetch.hosts) or {urlsplit(source.homepage or "").netloc}
        known = parts.scheme in ("http", "https") and parts.netloc.lower() in hosts - {""}
    except ValueError:
        return None
    if not known or re.search(source.discover.article, parts.path) is None:
        return None
    return stated
