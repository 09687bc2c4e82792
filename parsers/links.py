"""Links to releases: what feeds, sitemaps and listings have in common, and which links count.

An address is made absolute and is otherwise left as the site wrote it: a slug is never cleaned, for
a trailing `-` or a cut at 100 characters makes another release. Only what names no resource goes:
the fragment, the scheme's own port, letter case of scheme and host, and counters of visitors.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import unescape
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from parsers.model import Source


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a release, as one page showed it."""

    url: str
    """Absolute, without fragment."""
    text: str | None = None
    """Its words: `Capture.link_text` of what it leads to, and a PDF's headline. May be cut."""
    dated_on: date | None = None
    """The date beside it, of the source's time zone; not a release's own `published_on`."""
    lastmod: str | None = None
    """What a sitemap says of its last change, as written: a claim, often the time of the answer."""


@dataclass(frozen=True, slots=True)
class Links:
    """What one feed, sitemap or listing page holds."""

    links: tuple[Link, ...] = ()
    """In page order, each URL once."""
    sitemaps: tuple[Link, ...] = ()
    """The sitemaps that a sitemap index names, on the source's hosts."""
    faults: tuple[str, ...] = ()
    """Sentences for a person; there may be links all the same."""


_SPACE = re.compile(r"[\t\n\r]+")
_EDGES = "".join(map(chr, range(0x21)))
_LONGEST_URL = 4096
_COUNTERS = re.compile(r"(?:utm_\w+|fbclid|gclid|yclid|_openstat|bxajaxid|PHPSESSID)(?:=|$)", re.I)
"""Parameters that say who came from where: one release under several addresses. `bxajaxid` asks
1C-Bitrix for a fragment of the page."""
_PORTS = {"http": 80, "https": 443}


def absolute(base: str, href: str) -> str | None:
    """The http(s) address a link leads to, or None when it leads to none that can be asked for.

    >>> absolute("https://example.org/news/", "HTTPS://Example.org:443/news/a-/?utm_source=x&p=2#top")
    'https://example.org/news/a-/?p=2'
    >>> absolute("https://example.org/news/", "mailto:press@example.org") is None
    True
    """
    href = _SPACE.sub("", href.strip(_EDGES))
    if not href or len(href) > _LONGEST_URL or "\\" in href:
        return None
    try:
        parts = urlsplit(urljoin(base, href))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not host or "@" in parts.netloc:
        return None
    plain = _host(host)
    if plain is None:
        return None
    netloc = plain if port in (None, _PORTS[scheme]) else f"{plain}:{port}"
    path = quote(parts.path or "/", safe=_KEPT, errors="replace")
    query = "&".join(one for one in parts.query.split("&") if not _COUNTERS.match(one))
    return urlunsplit((scheme, netloc, path, quote(query, safe=_KEPT, errors="replace"), ""))


_KEPT = "!#$%&'()*+,/:;=?@[]~|^"
"""What stays as it is written beside letters and digits; the rest, as browsers do, in UTF-8."""


@lru_cache(maxsize=4096)
def _host(host: str) -> str | None:
    """The host in ASCII; None when no name can be written so."""
    if host.isascii():
        return f"[{host}]" if ":" in host else host.lower() if _NAME.fullmatch(host) else None
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


_NAME = re.compile(r"[a-z0-9._-]+", re.IGNORECASE)


def allows_host(source: Source, url: str) -> bool:
    """Whether an absolute address lies on a host that the source may contact.

    An allowed host without a port stands for ports 80 and 443; with one, for that port alone.

    >>> allows_host(Source("a", "A", "http://127.0.0.1:8765/"), "http://127.0.0.1/x")
    False
    """
    allowed = _allowed(source.fetch.hosts, source.homepage)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    own = _PORTS.get(parts.scheme)
    if own is None or not host:
        return False
    written = f"[{host}]" if ":" in host else host
    if port in (None, own) and written in allowed:
        return True
    return f"{written}:{port or own}" in allowed


@lru_cache(maxsize=256)
def _allowed(hosts: tuple[str, ...], homepage: str | None) -> frozenset[str]:
    return frozenset(host.lower() for host in hosts or (urlsplit(homepage or "").netloc,))


def is_release(source: Source, url: str) -> bool:
    """Whether a release may stand at an absolute address: host allowed, path as declared."""
    if not allows_host(source, url):
        return False
    path = urlsplit(url).path or "/"
    if source.discover.article is not None:
        return re.search(source.discover.article, path) is not None
    return not _NO_DOCUMENT.search(path)


_NO_DOCUMENT = re.compile(
    r"\.(?:css|js|json|xml|rss|gz|zip|rar|7z|jpe?g|png|gif|svg|webp|ico|mp[34]|avi|mov|wmv|woff2?)$",
    re.IGNORECASE,
)
"""Where a source declares no `article`, every path counts but these."""


def is_pdf_link(url: str) -> bool:
    """Whether an address ends like a PDF's."""
    return urlsplit(url).path.lower().endswith(".pdf")


def twin(url: str) -> str | None:
    """The same address under the other of http and https; None where a port tells them apart.

    >>> twin("http://example.org/a/")
    'https://example.org/a/'
    """
    parts = urlsplit(url)
    if parts.port is not None:
        return None
    other = {"http": "https", "https": "http"}.get(parts.scheme)
    return urlunsplit(parts._replace(scheme=other)) if other else None


def once(links: Iterable[Link]) -> tuple[Link, ...]:
    """The links in order, each URL once, with the first text, date and claim given for it."""
    kept: dict[str, Link] = {}
    for link in links:
        old = kept.get(link.url)
        kept[link.url] = link if old is None else complete(old, link)
    return tuple(kept.values())


def complete(first: Link, second: Link) -> Link:
    """The first link with what it lacks taken from the second."""
    return Link(
        first.url,
        first.text or second.text,
        first.dated_on or second.dated_on,
        first.lastmod or second.lastmod,
    )


_TAG = re.compile(r"<[^<>]{0,1000}>")


def plain_words(text: str) -> str | None:
    """A feed's title without the HTML that some put in it, on one line; None when empty.

    >>> plain_words("The <b>lake</b>  rose &amp; fell, 3 < 4")
    'The lake rose & fell, 3 < 4'
    """
    return words(unescape(_TAG.sub("", text)))


def words(text: str | None) -> str | None:
    """Text on one line; None when nothing is left."""
    return " ".join((text or "").split()) or None
