"""Sitemaps to links: `urlset`, `sitemapindex`, news sitemaps, plain text; gzip within a cap.

The format is sitemaps.org's; the news extension is Google's. `lastmod` is kept as it is written: it
is a claim, and many sites write the time of the answer into it.
"""

import re
import zlib

from lxml import etree

from parsers.decode import decode
from parsers.feed import feed_day
from parsers.links import Link, Links, absolute, allows_host, is_release, once, plain_words
from parsers.model import Source
from parsers.xml import XML_CAP_BYTES, Element, Part, XmlError, XmlReader, child_text, local_name

_GZIP = b"\x1f\x8b"
_MOST_LINKS = 50_000
"""As many as the protocol allows in one file."""


_MOST_MEMBERS = 100
"""Of one gzip file: what follows each is copied."""


def parse_sitemap(body: bytes, url: str, source: Source, content_type: str | None = None) -> Links:
    """The releases that a sitemap lists, or the sitemaps that an index does, in their order.

    Never raises, whatever the bytes are. Only what lies on the source's hosts is kept.
    """
    faults: list[str] = []
    try:
        if body.startswith(_GZIP):
            body, cut = _unzip(body)
            faults += [cut] if cut else []
        if _is_plain(body):
            links = _of_text(body, url, source, content_type)
            return Links(once(links), faults=tuple(faults))
        reader = XmlReader(body, content_type)
        if reader.root not in ("urlset", "sitemapindex"):
            raise XmlError(f"The body is no sitemap: its outermost element is <{reader.root}>.")
    except XmlError as fault:
        said = str(fault).removesuffix(".")
        return Links(faults=(*faults, f"{said}, where a sitemap should be."))
    pages: list[Link] = []
    maps: list[Link] = []
    for part in reader.parts("url", "sitemap"):
        if len(pages) + len(maps) == _MOST_LINKS:
            faults.append(f"Only the first {_MOST_LINKS:,} entries were taken.")
            break
        _take(part, url, source, pages, maps)
    faults += [reader.fault] if reader.fault else []
    return Links(once(pages), once(maps), tuple(faults))


def _take(part: Part, url: str, source: Source, pages: list[Link], maps: list[Link]) -> None:
    """Adds an entry to the pages or the sitemaps, if it is the source's."""
    found = absolute(url, child_text(part.element, "loc") or "")
    if found is None:
        return
    lastmod = child_text(part.element, "lastmod")
    if part.name == "sitemap":
        if allows_host(source, found):
            maps.append(Link(found, lastmod=lastmod))
    elif is_release(source, found):
        title, dated = _news(part.element)
        day = feed_day(dated, source.timezone) if dated else None
        pages.append(Link(found, plain_words(title or ""), day, lastmod))


def _news(entry: Element) -> tuple[str | None, str | None]:
    """Title and date of a `news:news` element."""
    for one in entry.iterchildren(etree.Element):
        if local_name(one) == "news":
            return child_text(one, "title"), child_text(one, "publication_date")
    return None, None


def _unzip(body: bytes) -> tuple[bytes, str | None]:
    """What a gzip file holds, all members of it, and a sentence when its end is missing.

    Raises XmlError when it holds more than a sitemap may, or nothing that can be read.
    """
    parts: list[bytes] = []
    room = XML_CAP_BYTES + 1
    while body.startswith(_GZIP) and len(parts) < _MOST_MEMBERS:
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(body, room))
        except zlib.error as error:
            raise XmlError(f"The gzip file is broken: {error}.") from None
        room -= len(parts[-1])
        if room <= 0:
            raise XmlError(f"Unpacked, it is larger than {XML_CAP_BYTES // 1024**2} MiB.")
        if not member.eof:
            return b"".join(parts), "The gzip file is cut: its end is missing."
        body = member.unused_data
    return b"".join(parts), None


_ADDRESS = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*https?://", re.IGNORECASE)


def _is_plain(body: bytes) -> bool:
    return _ADDRESS.match(body[:200]) is not None


def _of_text(body: bytes, url: str, source: Source, content_type: str | None) -> list[Link]:
    """The links of a text sitemap: one address a line, nothing else."""
    if len(body) > XML_CAP_BYTES:
        raise XmlError(f"The body is larger than {XML_CAP_BYTES // 1024**2} MiB.")
    lines = decode(body, content_type).text.split("\n", _MOST_LINKS)[:_MOST_LINKS]
    found = (absolute(url, line) for line in lines if line.strip())
    return [Link(one) for one in found if one and is_release(source, one)]
