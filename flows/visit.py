"""One pass over one live site, up to the point where history decides.

    discover -> learn the not-found page -> fetch what is new and what is due -> look at the old
    addresses of texts that appeared at new ones

Needs no lock: everything is staged. A page that cannot be had is a look that failed, never a
release that changed or went.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from flows.fetch.answer import Answer, Fetched, Validators
from flows.fetch.discovery import Discovery, Find, discover, lost_items
from flows.fetch.fetcher import Fetcher
from flows.fetch.validators import PastLook, choose_validators
from flows.lost import LostPage, learn_lost_page, made_up_url
from flows.recheck import Looked, deep_walk_due, due, next_look_at
from flows.staging import Stager, Taken
from flows.wish import Wish
from parsers.model import Capture, Outcome, Reading, Source, digest_bytes
from warehouse.exchange import Exchange
from warehouse.history.moves import addresses
from warehouse.known_live import PageLook, SitePage
from warehouse.lists import Found, ListRead, Suspicion
from warehouse.model import StagedLook, capture_id
from warehouse.store import KnownReading, Store

BATCH_PAGES = 50
"""Pages between two hand-overs to the parsers; a Prefect task each."""
LIST_CAP_BYTES = 20 * 1024 * 1024
"""Of a listing, feed or sitemap; the sitemap protocol allows 50 MB, its files rarely reach ten."""
_DATED_LEAST = 5
"""Pages read anew, below which a share says nothing."""
_SOFT_MOST = 5
"""So many releases whose addresses show the not-found page at once are no withdrawals."""

_OUTCOMES = {
    Answer.NOT_MODIFIED: "not_modified",
    Answer.NOT_FOUND: "missing",
    Answer.GONE: "gone",
    Answer.REFUSED: "refused",
    Answer.INCOMPLETE: "incomplete",
    Answer.FAILED: "failed",
}
_LIST_OUTCOMES = {
    Answer.NOT_MODIFIED: "not_modified",
    Answer.REFUSED: "refused",
    Answer.INCOMPLETE: "incomplete",
    Answer.FAILED: "failed",
    Answer.WAITING: "failed",
}
"""Of a listing, feed or sitemap; all others are `discovery`."""


@dataclass(slots=True)
class Sights:
    """What a visit found and did, for coverage and for the next visit."""

    listed: int = 0
    fetched: int = 0
    waiting: int = 0
    """Pages that were to be looked at and were not reached."""
    refused: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    """What could not be had or read of listings, feeds, sitemaps and robots.txt."""
    suspicions: list[Suspicion] = field(default_factory=list)
    discovery: Discovery | None = None
    found: tuple[Found, ...] = ()
    """Releases that no list named before."""
    lists: tuple[ListRead, ...] = ()
    deep: bool = False
    bytes_received: int = 0
    to_fetch: int = 0
    """Pages that are new or due."""

    def __str__(self) -> str:
        """For a person who watches."""
        same = self.answers[Answer.NOT_MODIFIED.value]
        lost = self.answers[Answer.NOT_FOUND.value] + self.answers[Answer.GONE.value]
        return (
            f"{self.fetched} fetched, {same} not modified, {lost} missing, {self.waiting} waiting"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A page to look at."""

    url: str
    release_id: str | None
    link_text: str | None


class Visit:
    """One pass over one source's site: `discover`, `fetch` each of `batches`, `finish`."""

    def __init__(
        self, source: Source, run_id: str, store: Store, stager: Stager, fetcher: Fetcher,
        now: Callable[[], datetime], wish: Wish, watch: Callable[["Visit"], None],
    ) -> None:  # fmt: skip
        self.source, self._run_id, self._wish = source, run_id, wish
        self._store, self._stager, self.fetcher, self._now = store, stager, fetcher, now
        self._watch = watch
        self.sights = Sights()
        with store.reading():
            self._pages = {one.url: one for one in store.site_pages(source.id)}
            self._found = store.addresses_found(source.id)
            self._known = self._found | store.addresses_named(source.id)
            self._last_deep = store.last_deep_walk(source.id)
            self._items_before = store.listing_items(source.id)
            self._moved = addresses(store.moves(source.id))
        self._newest: dict[str, str | None] = {}
        """The digest of the body that a 304 would confirm."""
        self._looked: set[str] = set()
        self._lost: LostPage | None = None
        self._lost_digests: set[str] = set()
        self._absent: list[StagedLook] = []
        """Looks that found nothing: one of them may turn out to be a move."""
        self._soft: dict[str, StagedLook] = {}
        """As they would be, were the not-found page not known; by capture id."""
        self._appeared: dict[str, StagedLook] = {}
        """Looks at addresses that were no release's before."""
        self._read = self._dated = 0

    # What there is

    def discover(self) -> None:
        """Walk the source's lists; learn its not-found page."""
        self._stager.sieve = self._sieve
        self.sights.deep = self._wish.full or deep_walk_due(self._last_deep, self._now())
        found = discover(
            self.source, self._get_list, self._known.__contains__, deep=self.sights.deep,
            robots_sitemaps=self.fetcher.sitemaps(self.source.homepage or ""),
        )  # fmt: skip
        self.sights.discovery = found
        self.sights.listed = len(found.finds)
        self.sights.found = tuple(
            Found(one.url, one.text, one.dated_on, one.ways[0].value)
            for one in found.finds
            if one.url not in self._found
        )
        self.sights.lists = tuple(
            ListRead(one.address, one.items, self.sights.deep, one.complete)
            for one in found.walked
            if one.items is not None
        )
        self.sights.faults += found.faults
        self._suspect(found)
        if found.finds:  # else the whole site may be down behind a friendly page
            self._learn_lost_page(found)

    def _get_list(self, url: str) -> Fetched:
        """A listing, feed or sitemap, staged; for one that did not change, its bytes of last
        time."""
        past = self._page_looks([url]).get(url, [])
        fetched = self._get(url, past, LIST_CAP_BYTES)
        last = fetched.last
        body = None
        if fetched.answer is Answer.NOT_MODIFIED:
            body = self._body(self._newest[url])
            if body is None:  # the evidence is gone; what the server has will do
                self._stage_list(fetched)
                fetched = self._get(url, [], LIST_CAP_BYTES)
        self._stage_list(fetched)
        if body is None or last is None:
            return fetched
        whole = (*fetched.exchanges[:-1], replace(last, body=body))
        return replace(fetched, answer=Answer.BODY, exchanges=whole)

    def _get(self, url: str, past: Sequence[PageLook], cap_bytes: int | None = None) -> Fetched:
        newest = max(past, key=lambda one: one.captured_at, default=None)
        self._newest[url] = newest.digest if newest else None
        return self.fetcher.get(url, self._validators(url, past), cap_bytes=cap_bytes)

    def _body(self, digest: str | None) -> bytes | None:
        """A body out of the evidence."""
        if digest is None:
            return None
        with self._store.reading():
            where = self._store.bodies(self.source.id, [digest]).get(digest)
        return self._stager.body_at(*where) if where else None

    def _stage_list(self, fetched: Fetched) -> None:
        outcome = _LIST_OUTCOMES.get(fetched.answer, "discovery")
        if fetched.answer is Answer.WAITING:
            self.sights.waiting += 1
        self._stage_exchanges(fetched, None, outcome)

    def _suspect(self, found: Discovery) -> None:
        for address, (before, now) in lost_items(self._items_before, found.items).items():
            detail = f"{address} names {now} releases, where it named {before} when last read"
            self.sights.suspicions.append(Suspicion("listing", address, detail, (address,)))
        least = self.source.expect.min_items
        read = list(found.items.values())
        if least is not None and read and max(read) < least:
            detail = f"the lists name {max(read)} releases, where the source file expects {least}"
            self.sights.suspicions.append(Suspicion("min_items", "", detail, tuple(found.items)))

    def _learn_lost_page(self, found: Discovery) -> None:
        url = made_up_url(found.finds[0].url, self._run_id)
        fetched = self.fetcher.get(url)
        self._stage_exchanges(fetched, None, "discovery")
        last = fetched.last
        if fetched.answer is not Answer.BODY or last is None:
            return
        capture = self._capture(last, None)
        reading = self._stager.read_now(self.source, capture)
        self._lost = learn_lost_page(capture, reading, self._ordinary(found))

    def _ordinary(self, found: Discovery) -> frozenset[str]:
        """What the first list that is a page shows."""
        for fetched in found.fetched:
            last = fetched.last
            if fetched.answer is Answer.BODY and last is not None:
                reading = self._stager.read_now(self.source, self._capture(last, None))
                if reading.shown:
                    return frozenset(reading.shown)
        return frozenset()

    # What is looked at

    def batches(self) -> Iterator[list[Target]]:
        """What is new and what is due, most urgent first."""
        wanted = self._targets()
        self.sights.to_fetch = len(wanted)
        targets = iter(wanted)
        while batch := list(islice(targets, BATCH_PAGES)):
            yield batch

    def _targets(self) -> list[Target]:
        found = self.sights.discovery
        finds = {one.url: one for one in found.finds} if found else {}
        now = self._now()
        pages = dict(self._pages)
        for url, find in finds.items():
            if url not in pages and (url not in self._known or self._is_left_for(url)):
                pages[url] = _as_page(find, now)
        looked = {url: _looked(one) for url, one in pages.items()}
        by_name = {one.release_id: url for url, one in looked.items()}
        wanted = due(looked.values(), now)
        if self._wish.recheck == "all":
            wanted = sorted(looked.values(), key=lambda one: (next_look_at(one), one.release_id))
        elif self._wish.recheck == "none":
            wanted = [one for one in wanted if one.last_look_at is None]
        urls = [by_name[one.release_id] for one in wanted]
        return [
            Target(
                url, pages[url].release_id,
                (finds[url].text if url in finds else None) or pages[url].link_text,
            )
            for url in urls
        ]  # fmt: skip

    def _is_left_for(self, url: str) -> bool:
        """Whether a listed address is one that a release moved away from, and is not found where
        it moved to: it may have come back."""
        standing = self._pages.get(self._moved.canonical(url))
        return standing is not None and standing.status != "live"

    def fetch(self, batch: Sequence[Target]) -> int:
        """Look at a batch of pages; how many were reached."""
        past = self._page_looks([one.url for one in batch])
        taken: list[Taken] = []
        reached = 0
        for one in batch:
            self._watch(self)
            fetched = self._get(one.url, past.get(one.url, []))
            self.sights.answers[fetched.answer.value] += 1
            if fetched.answer is Answer.WAITING:
                self.sights.waiting += 1
                if fetched.exchanges:
                    self._stage_exchanges(fetched, one.link_text, "failed")
                continue
            self.sights.fetched += 1
            reached += 1
            taken += self._take(fetched, one.link_text)
        if taken:
            self._stager.stage(self.source, taken)
        return reached

    def _take(self, fetched: Fetched, link_text: str | None) -> list[Taken]:
        """Stage what an attempt came to; what has to be read is returned."""
        self._looked.add(fetched.url)
        last = fetched.last
        if fetched.answer is not Answer.BODY or last is None:
            self._stage_exchanges(fetched, link_text, _OUTCOMES[fetched.answer])
            return []
        self._stage_hops(fetched)
        permanent = all(hop.permanent for hop in fetched.hops)
        self._looked.add(fetched.final_url)
        address = fetched.final_url if permanent else fetched.url
        return [Taken(self._capture(last, link_text), told=True, exchange=last, address=address)]

    # Looks

    def _stage_exchanges(self, fetched: Fetched, link_text: str | None, outcome: str) -> None:
        """Keep every exchange of an attempt; its last one is a look with this outcome."""
        last = fetched.last
        self._stage_hops(fetched, but_the_last=outcome == "missing")
        at_hop = bool(fetched.hops) and last is not None and 300 <= last.status < 400
        look = self._look(fetched, last, outcome, link_text)
        if outcome == "missing" and at_hop:
            look = replace(look, final_url=fetched.final_url)
        if outcome in ("missing", "gone"):
            self._absent.append(look)
        else:
            self._stager.add([look])

    def _stage_hops(self, fetched: Fetched, *, but_the_last: bool = False) -> None:
        """Keep the redirects on the way, each a look, and what failed before it went well."""
        hops = fetched.hops[:-1] if but_the_last else fetched.hops
        targets = {(hop.url, hop.status): hop for hop in hops}
        arrives = fetched.answer is Answer.BODY
        permanent = True
        for exchange in fetched.exchanges[:-1]:
            hop = targets.get((exchange.url, exchange.status))
            if hop is None:
                self._keep(exchange)
                continue
            permanent = permanent and hop.permanent
            outcome = "moved" if permanent and arrives else "redirected"
            look = self._look_of(exchange, outcome, fetched.url)
            self._stager.add([replace(look, final_url=hop.target)])

    def _look(
        self, fetched: Fetched, exchange: Exchange | None, outcome: str, link_text: str | None
    ) -> StagedLook:
        if exchange is None:
            return self._bare(fetched.url, self._now(), outcome, fetched.error)
        look = self._look_of(exchange, outcome, fetched.url)
        return replace(look, error=fetched.error, link_text=link_text)

    def _look_of(self, exchange: Exchange, outcome: str, address: str) -> StagedLook:
        digest, location = self._keep(exchange)
        has_body = bool(exchange.body) and exchange.status != 304
        look = self._bare(
            exchange.url, exchange.requested_at, outcome, None, digest if has_body else None
        )
        return replace(
            look,
            length_bytes=len(exchange.body) if has_body else None,
            warc_file=location[0],
            warc_offset=location[1],
            http_status=exchange.status,
            address=address,
            etag=exchange.header("ETag"),
            last_modified=exchange.header("Last-Modified"),
        )

    def _bare(
        self, url: str, at: datetime, outcome: str, error: str | None, digest: str | None = None
    ) -> StagedLook:
        return StagedLook(
            capture_id=capture_id(self.source.id, url, at, digest),
            source_id=self.source.id,
            url=url,
            captured_at=at,
            digest=digest,
            length_bytes=None,
            warc_file=None,
            warc_offset=None,
            parser_version="",
            reading_id=None,
            reading=None,
            address=url,
            outcome=outcome,
            error=error,
        )

    def _keep(self, exchange: Exchange) -> tuple[str, tuple[str, int]]:
        self.sights.bytes_received += len(exchange.response_head) + len(exchange.payload)
        claimed = self._newest.get(exchange.url) if exchange.status == 304 else None
        digest, location = self._stager.keep(self.source.id, exchange, claimed)
        return digest, (location.warc_file, location.offset)

    def _capture(self, exchange: Exchange, link_text: str | None) -> Capture:
        return Capture(
            self.source.id, exchange.url, exchange.requested_at, exchange.body,
            digest_bytes(exchange.body), exchange.status, exchange.header("Content-Type"),
            link_text=link_text,
        )  # fmt: skip

    def _page_looks(self, urls: Iterable[str]) -> dict[str, list[PageLook]]:
        with self._store.reading():
            return self._store.page_looks(self.source.id, urls)

    def _validators(self, url: str, past: Sequence[PageLook]) -> Validators:
        looks = [
            PastLook(
                one.captured_at, one.http_status, one.text_digest or one.digest, one.etag,
                one.last_modified,
            )
            for one in past
        ]  # fmt: skip
        return choose_validators(url, looks, self._now(), full=self._wish.full)

    def _sieve(
        self, capture: Capture, reading: Reading | None, look: StagedLook
    ) -> StagedLook | None:
        """Take out what shows the not-found page; mark what appeared at a new address."""
        self.sights.bytes_received += len(capture.body)
        soft = capture.digest in self._lost_digests or (
            self._lost is not None and look.outcome is None and self._lost.fits(capture, reading)
        )
        if reading is not None and reading.sighting is not None and not soft:
            self._read += 1
            self._dated += reading.sighting.published_on is not None
        if soft:
            self._lost_digests.add(capture.digest)
            self._soft[look.capture_id] = look
            self._absent.append(
                replace(
                    look, outcome="missing", reading=None, reading_id=None, text=None,
                    same_as=None, error="it shows what the site shows for unknown addresses",
                )
            )  # fmt: skip
            return None
        if reading is not None and reading.outcome is Outcome.NOT_FOUND:
            self._absent.append(replace(look, outcome="missing", error=reading.reason))
            return None
        at = look.address
        if look.outcome is None and at and (at not in self._known or self._is_left_for(at)):
            self._appeared[at] = look
        return look

    # What appeared elsewhere

    def finish(self) -> None:
        """Wait for the readings; look where texts at new addresses stood before; stage the rest."""
        self._stager.finish()
        before = self._stood_before()
        old = [url for urls in before.values() for url in urls if url not in self._looked]
        targets = [Target(url, None, None) for url in dict.fromkeys(old)]
        for start in range(0, len(targets), BATCH_PAGES):
            self.fetch(targets[start : start + BATCH_PAGES])
        self._stager.finish()
        self._stager.add(self._settle_absent(before))
        self._stager.sieve = lambda _capture, _reading, look: look
        self._expect_dates()
        for origin, fault in self.fetcher.robots_faults.items():
            self.sights.faults.append(f"{origin}/robots.txt: {fault}")
        for fetched in self.fetcher.robots_looks:
            self._stage_exchanges(fetched, None, "discovery")

    def _expect_dates(self) -> None:
        least = self.source.expect.min_dated_share
        if least is None or self._read < _DATED_LEAST or self._dated >= least * self._read:
            return
        detail = (
            f"{self._dated} of {self._read} pages state a date, where the source file expects "
            f"{least:.0%}"
        )
        self.sights.suspicions.append(Suspicion("min_dated_share", "", detail, ()))

    def _stood_before(self) -> dict[str, list[str]]:
        """Of each new address, where its very text stands or stood as far as we know."""
        if not self._appeared:
            return {}
        with self._store.reading():
            ids = [one.reading_id for one in self._appeared.values() if one.reading_id]
            read = self._store.readings(ids)
            bodies = {url: _body_digest(one, read) for url, one in self._appeared.items()}
            known = self._store.appearances(
                self.source.id, "body_digest", {one for one in bodies.values() if one}
            )
        at: dict[str | None, list[str]] = {}
        for one in known:
            stood = one.address and self._moved.canonical(one.address)
            if stood in self._pages:
                at.setdefault(one.key.body_digest, []).append(stood)
        return {url: sorted(set(at[body]) - {url}) for url, body in bodies.items() if body in at}

    def _settle_absent(self, before: dict[str, list[str]]) -> list[StagedLook]:
        """The looks that found nothing, one whose text is at a new address turned into a move."""
        read = self.sights.answers[Answer.BODY.value]
        if len(self._soft) >= _SOFT_MOST and len(self._soft) * 2 > read:
            return [self._soft.get(one.capture_id, one) for one in self._absent]
        target: dict[str, str] = {}
        gone = {one.address for one in self._absent if one.url == one.address}
        for url, stood in before.items():
            left = [old for old in stood if old in gone and old not in target]
            if len(left) == 1:
                target[left[0]] = url
        return [
            replace(one, outcome="moved", final_url=target[one.address], error=None)
            if one.address in target and one.url == one.address
            else one
            for one in self._absent
        ]


def _as_page(find: Find, now: datetime) -> SitePage:
    return SitePage(find.url, None, now, find.dated_on, None, 0, "live", None, 0, find.text)


def _looked(page: SitePage) -> Looked:
    return Looked(
        release_id=page.release_id or page.url,
        first_seen_at=page.first_known_at,
        published_on=page.published_on,
        last_look_at=page.last_look_at,
        looks=page.looks,
        last_edit_at=page.last_edit_at,
        edits=page.edits,
        missing=page.status == "missing",
    )


def _body_digest(look: StagedLook, read: Mapping[str, KnownReading]) -> str | None:
    if look.text is not None:
        return look.text.body_digest
    reading = read.get(look.reading_id or "")
    return reading.key.body_digest if reading is not None and reading.key is not None else None
