"""One pass over one live site, up to the point where history decides.

    discover -> learn the not-found page -> fetch what is new and what is due -> look at the old
    addresses of texts that appeared at new ones

Needs no lock: everything is staged. A page that cannot be had is a look that failed, never a
release that changed or went.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from flows.absence import Absence
from flows.exchanges import LIST_OUTCOMES, OUTCOMES, Exchanges
from flows.fetch.answer import Answer, Fetched, Validators
from flows.fetch.discovery import Discovery, discover, lost_items
from flows.fetch.fetcher import Fetcher
from flows.fetch.validators import PastLook, choose_validators
from flows.lost import learn_lost_page, made_up_url
from flows.recheck import deep_walk_due
from flows.sights import Sights, Target
from flows.staging import Stager, Taken
from flows.targets import choose_targets
from flows.wish import Wish
from parsers.model import Capture, Reading, Source
from warehouse.history.moves import addresses
from warehouse.known_live import PageLook
from warehouse.lists import Found, ListRead, Suspicion
from warehouse.model import StagedLook
from warehouse.store import KnownReading, Store

BATCH_PAGES = 50
"""Pages between two hand-overs to the parsers; a Prefect task each."""
LIST_CAP_BYTES = 20 * 1024 * 1024
"""Of a listing, feed or sitemap; the sitemap protocol allows 50 MB, its files rarely reach ten."""
_DATED_LEAST = 5
"""Pages read anew, below which a share says nothing."""


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
        self._exchanges = Exchanges(source, stager, self.sights, now)
        self._absence = Absence()
        self._looked: set[str] = set()
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
            body = self._body(self._exchanges.confirmed[url])
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
        self._exchanges.confirmed[url] = newest.digest if newest else None
        return self.fetcher.get(url, self._validators(url, past), cap_bytes=cap_bytes)

    def _body(self, digest: str | None) -> bytes | None:
        """A body out of the evidence."""
        if digest is None:
            return None
        with self._store.reading():
            where = self._store.bodies(self.source.id, [digest]).get(digest)
        return self._stager.body_at(*where) if where else None

    def _stage_list(self, fetched: Fetched) -> None:
        outcome = LIST_OUTCOMES.get(fetched.answer, "discovery")
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
        capture = self._exchanges.capture(last, None)
        reading = self._stager.read_now(self.source, capture)
        self._absence.lost_page = learn_lost_page(capture, reading, self._ordinary(found))

    def _ordinary(self, found: Discovery) -> frozenset[str]:
        """What the first list that is a page shows."""
        for fetched in found.fetched:
            last = fetched.last
            if fetched.answer is Answer.BODY and last is not None:
                capture = self._exchanges.capture(last, None)
                reading = self._stager.read_now(self.source, capture)
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
        return choose_targets(
            self._pages, found.finds if found else (), self._is_new, self._wish.recheck, self._now()
        )

    def _is_new(self, url: str) -> bool:
        """Whether a listed address is to be looked at for the first time, or again for itself."""
        return url not in self._known or self._is_left_for(url)

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
            self._stage_exchanges(fetched, link_text, OUTCOMES[fetched.answer])
            return []
        self._stager.add(self._exchanges.hops(fetched))
        permanent = all(hop.permanent for hop in fetched.hops)
        self._looked.add(fetched.final_url)
        address = fetched.final_url if permanent else fetched.url
        capture = self._exchanges.capture(last, link_text)
        return [Taken(capture, told=True, exchange=last, address=address)]

    def _stage_exchanges(self, fetched: Fetched, link_text: str | None, outcome: str) -> None:
        """Keep every exchange of an attempt; its last one is a look with this outcome."""
        hops, look = self._exchanges.looks(fetched, outcome, link_text)
        self._stager.add(hops)
        if outcome in ("missing", "gone"):
            self._absence.add(look)
        else:
            self._stager.add([look])

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
        if self._absence.take(capture, reading, look):
            return None
        if reading is not None and reading.sighting is not None:
            self._read += 1
            self._dated += reading.sighting.published_on is not None
        at = look.address
        if look.outcome is None and at and self._is_new(at):
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
        self._stager.add(self._absence.settle(before, self.sights.answers[Answer.BODY.value]))
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


def _body_digest(look: StagedLook, read: Mapping[str, KnownReading]) -> str | None:
    if look.text is not None:
        return look.text.body_digest
    reading = read.get(look.reading_id or "")
    return reading.key.body_digest if reading is not None and reading.key is not None else None
