"""Which releases a source shows today: its feeds, sitemaps and listings, walked and merged.

    declared addresses --get--> pages --parsers--> links --merge--> Discovery

`get` does all that touches the network, and is told nothing but URLs on the source's hosts. Nothing
here decides what became of a release that is not found: a listing forgets, and a page that cannot
be had is a fault, never an empty page. Reordering and pinning change no set of URLs, so they are
no events.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from flows.fetch.answer import Answer, Fetched
from parsers.feed import parse_feed
from parsers.links import Link, Links, absolute, allows_host, complete, twin
from parsers.listing import parse_listing
from parsers.model import Source
from parsers.sitemap import parse_sitemap

Get = Callable[[str], Fetched]


class Way(StrEnum):
    """How a release was found; in this order the ways are walked, and their words count."""

    LISTING = "listing"
    FEED = "feed"
    SITEMAP = "sitemap"


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a walk goes."""

    listing_pages: int = 100
    """Of one listing."""
    sitemaps: int = 50
    """Read for one source, indexes included; the newest by `lastmod` first."""
    sitemap_depth: int = 3
    """An index, what it names, and once more: the protocol has no index of indexes."""


@dataclass(frozen=True, slots=True)
class Find:
    """A release that is shown somewhere."""

    url: str
    text: str | None
    """The words of the link: of a listing before a feed before a sitemap. May be cut. To be
    handed on as `Capture.link_text`."""
    dated_on: date | None
    lastmod: str | None
    """A sitemap's claim, as written."""
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """One declared listing, feed or sitemap, and what came of it."""

    way: Way
    address: str
    """As declared; of a listing with its `{page}`."""
    items: int | None
    """Distinct releases on its first page, which is comparable from run to run, however far the
    walk went; None when that page was not read."""
    pages: int
    """How many were asked for."""
    complete: bool
    """Whether it was read as far as this walk wanted: to its end, or to what is known."""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a source shows today."""

    finds: tuple[Find, ...]
    """Each URL once: listings in page order, then feeds, then sitemaps."""
    walked: tuple[Walked, ...]
    fetched: tuple[Fetched, ...] = field(repr=False)
    """Every page that was asked for, in order: evidence, and looks with the outcome `discovery`."""

    @property
    def complete(self) -> bool:
        """Whether every way was walked as far as was wanted."""
        return all(one.complete for one in self.walked)

    @property
    def faults(self) -> tuple[str, ...]:
        """What went wrong, one sentence each, with its address."""
        return tuple(f"{one.address}: {fault}" for one in self.walked for fault in one.faults)

    @property
    def items(self) -> dict[str, int]:
        """Releases on the first page of each listing, feed and sitemap that was read."""
        return {one.address: one.items for one in self.walked if one.items is not None}


@dataclass(frozen=True, slots=True)
class Shown:
    """The links of one page of one way; `place` says where among all pages it stands."""

    way: Way
    place: tuple[int, int]
    """(Position of the way's declaration, page)."""
    links: tuple[Link, ...]


def discover(
    source: Source,
    get: Get,
    known: Callable[[str], bool],
    *,
    deep: bool = False,
    robots_sitemaps: Sequence[str] = (),
    reach: Reach = Reach(),
) -> Discovery:
    """What a source shows today.

    `known` says whether a URL is a release's already: a listing is walked until a page brings
    nothing that is not, or, when `deep`, to its end whatever is known. Walk deep from time to time,
    since releases are dated back, and after a walk that was not complete: what lies behind the page
    where it broke off is beyond pages on which all is known. `robots_sitemaps` are those that the
    site's robots.txt names; those on other hosts are left.
    """
    walk = _Walk(source, get, known, deep, reach)
    walked: list[Walked | None] = []
    walked += [walk.listing(index, one) for index, one in enumerate(source.discover.listings)]
    walked += [walk.feed(index, one) for index, one in enumerate(source.discover.feeds)]
    addresses = [*source.discover.sitemaps, *robots_sitemaps]
    walked += [walk.sitemap(index, one) for index, one in enumerate(addresses)]
    finds = merge(walk.shown, source.homepage)
    return Discovery(finds, tuple(one for one in walked if one is not None), tuple(walk.fetched))


def merge(shown: Iterable[Shown], homepage: str | None = None) -> tuple[Find, ...]:
    """The releases on all pages, each once; the order in which the pages are given is nothing.

    Of one address under both http and https, the one with the scheme of the home page is kept.
    """
    pages = sorted(shown, key=lambda one: (list(Way).index(one.way), one.place))
    urls = {link.url for page in pages for link in page.links}
    scheme = urlsplit(homepage or "").scheme or "https"
    found: dict[str, Link] = {}
    ways: dict[str, list[Way]] = {}
    for page in pages:
        for link in page.links:
            url = _one_of_twins(link.url, urls, scheme)
            mine = Link(url, link.text, link.dated_on, link.lastmod)
            found[url] = complete(found[url], mine) if url in found else mine
            told = ways.setdefault(url, [])
            if page.way not in told:
                told.append(page.way)
    return tuple(
        Find(url, link.text, link.dated_on, link.lastmod, tuple(ways[url]))
        for url, link in found.items()
    )


def _one_of_twins(url: str, urls: Collection[str], scheme: str) -> str:
    other = twin(url)
    if other is None or other not in urls:
        return url
    return url if url.startswith(f"{scheme}:") else other


def lost_items(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The listings, feeds and sitemaps that show under half of what they showed last time, each
    with both counts. One that could not be read is a fault and not among them.

    >>> lost_items({"/news/": 20, "/rss/": 10, "/x/": 9}, {"/news/": 9, "/rss/": 5})
    {'/news/': (20, 9)}
    """
    both = {address: (before[address], now[address]) for address in now if address in before}
    return {address: pair for address, pair in both.items() if pair[1] * 2 < pair[0]}


class _Walk:
    """A walk under way: pages asked for, links seen."""

    def __init__(
        self, source: Source, get: Get, known: Callable[[str], bool], deep: bool, reach: Reach
    ) -> None:
        self._source = source
        self._get = get
        self._known = known
        self._deep = deep
        self._reach = reach
        self.shown: list[Shown] = []
        self.fetched: list[Fetched] = []
        self._sitemaps: set[str] = set()
        """Asked for already: robots.txt names what the source declares."""

    def listing(self, index: int, address: str) -> Walked:
        """Walk a listing page by page."""
        seen: set[str] = set()
        faults: list[str] = []
        items: int | None = None
        last = self._reach.listing_pages if "{page}" in address else 1
        for page in range(1, last + 1):
            url = self._resolve(address.replace("{page}", str(page)))
            if url is None:
                return Walked(Way.LISTING, address, None, 0, False, (self._no_address(),))
            fetched = self._ask(url)
            if page > 1 and fetched.answer in (Answer.NOT_FOUND, Answer.GONE):
                return Walked(Way.LISTING, address, items, page, True, tuple(faults))
            links, fault = self._read(fetched, parse_listing)
            faults += [*([fault] if fault else []), *links.faults]
            if fault:
                return Walked(Way.LISTING, address, items, page, False, tuple(faults))
            self.shown.append(Shown(Way.LISTING, (index, page), links.links))
            urls = {link.url for link in links.links}
            if page == 1:
                items = len(urls)
                faults += [] if urls else ["It links to no release of the source."]
            if self._ends(urls, seen):
                return Walked(Way.LISTING, address, items, page, not faults, tuple(faults))
            seen |= urls
        whole = "{page}" not in address
        return Walked(Way.LISTING, address, items, last, whole, tuple(faults))

    def _ends(self, urls: set[str], seen: set[str]) -> bool:
        """Whether a page ends the walk: it repeats what was seen, as sites do beyond the end of a
        list, or all of it is known, which only a deep walk goes beyond."""
        if urls <= seen:
            return True
        return not self._deep and all(self._is_known(url) for url in urls)

    def _is_known(self, url: str) -> bool:
        other = twin(url)
        return self._known(url) or (other is not None and self._known(other))

    def feed(self, index: int, address: str) -> Walked:
        """Read a feed."""
        url = self._resolve(address)
        if url is None:
            return Walked(Way.FEED, address, None, 0, False, (self._no_address(),))
        links, fault = self._read(self._ask(url), parse_feed)
        faults = (*([fault] if fault else []), *links.faults)
        self.shown.append(Shown(Way.FEED, (index, 1), links.links))
        read = not fault and (links.links or not faults)
        items = len(links.links) if read else None
        return Walked(Way.FEED, address, items, 1, not faults, faults)

    def sitemap(self, index: int, address: str) -> Walked | None:
        """Read a sitemap and those it names; None when it was read, or lies on another host."""
        first = self._resolve(address)
        if first is None:
            return Walked(Way.SITEMAP, address, None, 0, False, (self._no_address(),))
        if first in self._sitemaps or not allows_host(self._source, first):
            return None
        faults: list[str] = []
        waiting = deque([(first, 1)])
        pages = items = 0
        complete = True
        while waiting:
            url, depth = waiting.popleft()
            if url in self._sitemaps:
                continue
            if len(self._sitemaps) >= self._reach.sitemaps:
                complete = False
                break
            if depth > self._reach.sitemap_depth:
                complete = False
                continue
            self._sitemaps.add(url)
            pages += 1
            links, fault = self._read(self._ask(url), parse_sitemap)
            said = [*([fault] if fault else []), *links.faults]
            faults += said if url == first else [f"{url}: {one}" for one in said]
            items += len(links.links)
            self.shown.append(Shown(Way.SITEMAP, (index, pages), links.links))
            waiting += [(one.url, depth + 1) for one in _newest_first(links.sitemaps)]
        read = None if faults else items
        return Walked(Way.SITEMAP, address, read, pages, complete and not faults, tuple(faults))

    def _resolve(self, address: str) -> str | None:
        return absolute(self._source.homepage or "", address)

    def _no_address(self) -> str:
        return "It is no address, and the source has no homepage that would make it one."

    def _ask(self, url: str) -> Fetched:
        fetched = self._get(url)
        self.fetched.append(fetched)
        return fetched

    def _read(
        self, fetched: Fetched, parse: Callable[[bytes, str, Source, str | None], Links]
    ) -> tuple[Links, str | None]:
        """The links in an answer; without a body none, and why."""
        exchange = fetched.last
        if fetched.answer is not Answer.BODY or exchange is None:
            return Links(), fetched.error or _WHY[fetched.answer]
        content_type = exchange.header("Content-Type")
        return parse(exchange.body, fetched.final_url, self._source, content_type), None


_WHY = {
    Answer.BODY: "The answer has no body.",
    Answer.NOT_MODIFIED: "The server says it is unchanged, and its body is not at hand.",
    Answer.NOT_FOUND: "The server does not know it.",
    Answer.GONE: "It is gone.",
    Answer.REFUSED: "It may not be asked for.",
    Answer.INCOMPLETE: "The answer was cut.",
    Answer.FAILED: "It could not be had.",
    Answer.WAITING: "It was not asked for: the server wants us to wait, or the time is used up.",
}


def _newest_first(sitemaps: Sequence[Link]) -> list[Link]:
    """Those that claim a change, the newest claim first, then the others in their order.

    ISO 8601 sorts as text, but for time zones; of two claims within a day either may be first.
    """
    claimed = sorted((one for one in sitemaps if one.lastmod), key=lambda one: one.lastmod or "")
    return [*reversed(claimed), *(one for one in sitemaps if not one.lastmod)]
