"""Feeds to links: RSS 2.0 and its forerunners, RSS 1.0 (RDF), Atom.

RSS 2.0 (rssboard.org/rss-specification): `link`, else a `guid` that is a permalink. RSS 1.0:
`link`, else `rdf:about`. Atom (RFC 4287): the `link` whose `rel` is "alternate", or that has none.
"""

from collections.abc import Iterator
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from lxml import etree

from parsers.dates import parse_published
from parsers.links import (
    Link,
    Links,
    absolute,
    allows_host,
    is_pdf_link,
    is_release,
    once,
    plain_words,
)
from parsers.model import Source
from parsers.xml import Element, XmlError, XmlReader, child_text, local_name

_ROOTS = ("rss", "rdf", "feed", "channel")
_DATES = ("pubdate", "published", "date", "issued", "created", "updated", "modified")
"""Tried in this order: when it came out before when it was last touched."""


_MOST_ITEMS = 5_000
"""Half a second of CPU; feeds hold 10 to 500."""


def parse_feed(body: bytes, url: str, source: Source, content_type: str | None = None) -> Links:
    """The releases a feed names, in its order; never raises, whatever the bytes are.

    A link to a PDF on the source's hosts counts whatever its path: an item of a feed is a release.
    """
    try:
        reader = XmlReader(body, content_type)
        if reader.root not in _ROOTS:
            raise XmlError(f"The body is not a feed: its outermost element is <{reader.root}>.")
    except XmlError as fault:
        return Links(faults=(f"{str(fault).removesuffix('.')}, where a feed should be.",))
    links: list[Link] = []
    strangers = 0
    for count, part in enumerate(reader.parts("item", "entry")):
        if count == _MOST_ITEMS:
            return Links(once(links), faults=(f"Only the first {count:,} items were taken.",))
        found = _link(part.element, url, source)
        if found is None:
            strangers += 1
        else:
            links.append(found)
    faults = [reader.fault] if reader.fault else []
    if strangers and not links:
        faults.append(f"None of the feed's {strangers} items links to a release of the source.")
    return Links(once(links), faults=tuple(faults))


def _link(item: Element, url: str, source: Source) -> Link | None:
    base = _base(item, url)
    for href in _addresses(item):
        found = absolute(base, href)
        if found is None or not allows_host(source, found):
            continue
        if is_release(source, found) or is_pdf_link(found):
            title = plain_words(child_text(item, "title") or "")
            return Link(found, title, _day(item, source.timezone))
    return None


def _base(item: Element, url: str) -> str:
    """The address that relative links start from: the feed's, or what `xml:base` makes of it."""
    bases = [one.get(_XML_BASE) for one in (item, *item.iterancestors())]
    for base in reversed(bases):
        url = (absolute(url, str(base)) if base else None) or url
    return url


_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"


def _addresses(item: Element) -> Iterator[str]:
    """The item's own addresses, likeliest first: a feed may link through a counting service and
    keep the true address in `origLink` or `guid`."""
    rest: list[str] = []
    for one in item.iterchildren(etree.Element):
        name, said = local_name(one), " ".join((one.text or "").split())
        href = one.get("href")
        if name == "link" and href:
            if (one.get("rel") or "alternate").lower() == "alternate":
                yield href
        elif name == "link" and said:
            yield said
        elif name == "origlink":
            rest.append(said)
        elif name == "guid" and (one.get("isPermaLink") or "true").lower() != "false":
            rest.append(said if said.lower().startswith(("http:", "https:", "/")) else "")
    yield from filter(None, rest)
    for key, value in item.attrib.items():
        if str(key).endswith("}about"):
            yield str(value)


def _day(item: Element, timezone: str) -> date | None:
    for name in _DATES:
        if (said := child_text(item, name)) and (day := feed_day(said, timezone)):
            return day
    return None


def feed_day(said: str, timezone: str) -> date | None:
    """The day of an RFC 822 or ISO 8601 time in a time zone; None when it is neither.

    >>> feed_day("Wed, 04 Mar 2026 23:30:00 +0000", "Europe/Moscow")
    datetime.date(2026, 3, 5)
    >>> feed_day("yesterday", "UTC") is None
    True
    """
    if day := parse_published(said, ("%Y-%m-%d",) if said[4:5] == "-" else (), timezone):
        return day
    try:
        moment: datetime = parsedate_to_datetime(said)
        # No offset, or "-0000": the local time of somewhere; its day is taken as it stands.
        return (moment.astimezone(ZoneInfo(timezone)) if moment.tzinfo else moment).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
