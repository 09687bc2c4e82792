"""Looks at captures before deciding: bytes into evidence, readings into staging.

Nothing here needs the writer's lock. The skip ladder: bytes seen before are a revisit and are not
read; a container seen before at this address is not read past; all else is parsed, in a process
of its own, while this one hashes and compresses the next.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import urlsplit

from flows.parse_pool import ParsePool
from parsers.engine import parser_version
from parsers.model import Capture, Outcome, Reading, Source, digest_bytes
from warehouse.captures import EvidenceWriter, FirstSeen, Location
from warehouse.errors import WarcError
from warehouse.evidence import read_evidence
from warehouse.exchange import Exchange
from warehouse.model import StagedLook, capture_id, reading_id, text_of
from warehouse.staging import StagedLooks
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

_REMEMBERED = 50_000
"""Bodies of this run kept in mind; a repeat after more than that is stored and read again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A capture ready to be looked at."""

    capture: Capture
    told: bool
    """Whether its time is known, or only a file's modification time. A file that was not touched
    since it was last read is not a new look."""
    repeat: bool = False
    """Whether it only says that earlier bytes were seen again: the body is not at hand."""
    exchange: Exchange | None = None
    """How it came over the wire; None for a file."""
    address: str | None = None
    """The address of the release it is a look at; None: what the capture says itself."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A capture in evidence whose look is not yet staged."""

    taken: Taken
    location: Location
    reading_id: str
    to_read: bool
    """False: these bytes were read before, or there is nothing to read."""
    outcome: str | None
    """Set when the answer itself settles the look (404, a picture); None: read it."""
    known_reading: str | None
    """The reading whose container the parser is told."""
    known_container: str | None

    @property
    def capture(self) -> Capture:
        """What was taken."""
        return self.taken.capture


Sieve = Callable[[Capture, Reading | None, StagedLook], StagedLook | None]
"""Changes a look of a live site, or takes it out, once it is read."""

_Waiting = tuple[Source, str, list[_Pending], list[Future[list[Reading]]]]
"""A batch under way: its source, parser version, captures, and the readings to come."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the lake knows about a batch of captures."""

    newest: dict[str, str]
    first: dict[str, FirstSeen]
    read: frozenset[str]
    containers: dict[str, tuple[str, str]]


class Stager:
    """Stages the captures of one run, batch by batch."""

    def __init__(
        self, store: Store, evidence: EvidenceWriter, staged: StagedLooks, pool: ParsePool
    ) -> None:
        self._store = store
        self._evidence = evidence
        self._staged = staged
        self._pool = pool
        self._seen: OrderedDict[str, FirstSeen] = OrderedDict()
        self._waiting: _Waiting | None = None
        self.sieve: Sieve = lambda _capture, _reading, look: look
        """What a look on a live site passes before it is staged."""
        self.skipped = 0
        """Files whose bytes are those last read there."""
        self.without_time = 0
        """Looks whose time is a file's modification time."""

    def stage(self, source: Source, batch: Sequence[Taken]) -> tuple[int, list[Capture]]:
        """Stage one batch of a source: how many looks it made, and what repeats unknown bytes."""
        version = parser_version(source)
        known = self._known(source, version, [one.capture for one in batch])
        new = [one for one in batch if not self._untouched(one, known)]
        self.skipped += len(batch) - len(new)
        self.without_time += sum(not one.told for one in new)
        taken = [(one.capture, self._take(one, known)) for one in new]
        pending = [item for _, item in taken if item is not None]
        unresolved = [capture for capture, item in taken if item is None]
        to_read = [(one.capture, one.known_container) for one in pending if one.to_read]
        before, self._waiting = (
            self._waiting,
            (source, version, pending, self._pool.submit(source, to_read)),
        )
        self._finish(before)  # while the parser has the next batch to read
        return len(pending), unresolved

    def finish(self) -> None:
        """Wait for the readings under way and stage their looks."""
        waiting, self._waiting = self._waiting, None
        self._finish(waiting)

    def _finish(self, waiting: _Waiting | None) -> None:
        if waiting is None:
            return
        source, version, pending, futures = waiting
        readings = (reading for future in futures for reading in future.result())
        looks: list[StagedLook] = []
        for one in pending:
            reading = next(readings) if one.to_read else None
            look = _look(one, source, version, reading)
            if one.taken.exchange is not None:
                sieved = self.sieve(one.capture, reading, look)
                looks += [sieved] if sieved is not None else []
            else:
                looks.append(look)
        self._staged.add(looks)

    def add(self, looks: Sequence[StagedLook]) -> None:
        """Stage looks that need no reading."""
        if looks:
            self._staged.add(list(looks))

    def read_now(self, source: Source, capture: Capture) -> Reading:
        """What is read in a capture that is to be no look at a release."""
        (future,) = self._pool.submit(source, [(capture, None)])
        return future.result()[0]

    def body_at(self, warc_file: str, offset: int) -> bytes | None:
        """The body of a record of an earlier run; None when it is no longer there."""
        try:
            return read_evidence(self._store.place, Location(warc_file, offset)).body
        except WarcError as error:
            _LOG.warning("evidence is missing: %s", error)
            return None

    def keep(
        self, source_id: str, exchange: Exchange, claimed: str | None = None
    ) -> tuple[str, Location]:
        """Keep an exchange in evidence; the digest of its body, and where it lies.

        `claimed`: the digest of the body that a 304 confirms.
        """
        digest = claimed or digest_bytes(exchange.body)
        seen = self._seen.get(digest)
        if seen is None:
            with self._store.reading():
                known = self._store.first_looks(source_id, [digest])
            seen = FirstSeen(*known[digest]) if digest in known else None
        return digest, self._keep_exchange(exchange, digest, seen)

    def _keep_exchange(self, exchange: Exchange, digest: str, first: FirstSeen | None) -> Location:
        repeats = exchange.status == 304 or exchange.body
        if first is not None and repeats and exchange.truncated is None:
            return self._evidence.add_exchange_revisit(exchange, digest, first)
        if exchange.truncated is None and exchange.body:
            self._remember(digest, FirstSeen(exchange.url, exchange.requested_at))
        return self._evidence.add_exchange(exchange, digest)

    def _remember(self, name: str, first: FirstSeen) -> None:
        self._seen[name] = first
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def _known(self, source: Source, version: str, captures: Sequence[Capture]) -> _Known:
        """What the lake knows; of what was never seen nothing more is asked."""
        with self._store.reading():
            return self._ask(source, version, captures)

    def _ask(self, source: Source, version: str, captures: Sequence[Capture]) -> _Known:
        newest = self._store.newest_digests(source.id, {capture.url for capture in captures})
        first = self._store.first_looks(source.id, {capture.digest for capture in captures})
        seen = (_reading_id(one) for one in captures if one.digest in first)
        return _Known(
            newest=newest,
            first={digest: FirstSeen(*where) for digest, where in first.items()},
            read=frozenset(self._store.readings(seen)),
            containers=self._store.newest_containers(source.id, version, newest),
        )

    @staticmethod
    def _untouched(one: Taken, known: _Known) -> bool:
        return not one.told and known.newest.get(one.capture.url) == one.capture.digest

    def _take(self, one: Taken, known: _Known) -> _Pending | None:
        """Keep a capture; None when it repeats bytes that nobody has."""
        capture = one.capture
        name = _reading_id(capture)
        in_run = self._seen.get(name)
        first = known.first.get(capture.digest) or in_run
        if one.repeat and first is None:
            return None
        if one.exchange is not None:
            location = self._keep_exchange(one.exchange, capture.digest, first)
        elif first is None:
            location = self._evidence.add(capture)
        else:
            location = self._evidence.add_revisit(capture, first)
        if in_run is None:
            self._remember(name, first or FirstSeen(capture.url, capture.captured_at))
        outcome = _settled(capture)
        to_read = outcome is None and in_run is None and name not in known.read and not one.repeat
        reading, container = known.containers.get(capture.url, (None, None))
        return _Pending(one, location, name, to_read, outcome, reading, container)


def _reading_id(capture: Capture) -> str:
    return reading_id(capture.source_id, capture.url, capture.digest, capture.link_text)


_BY_STATUS = {
    301: "moved", 308: "moved", 302: "redirected", 303: "redirected", 307: "redirected",
    304: "not_modified", 404: "missing", 410: "gone",
}  # fmt: skip
_READ_TYPES = re.compile(r"text/(html|plain|xml)|application/(xhtml\+xml|xml|pdf|octet-stream)")


def _settled(capture: Capture) -> str | None:
    """The outcome of a look that holds no release whatever its bytes; None: it has to be read."""
    if capture.http_status is not None and not 200 <= capture.http_status < 300:
        return _BY_STATUS.get(capture.http_status, "failed")
    if capture.http_status is not None and capture.content_type:
        return None if _READ_TYPES.match(capture.content_type.strip().lower()) else "discovery"
    return None


def is_listing(capture: Capture, source: Source, reading: Reading | None) -> bool:
    """Whether a page stands where the source has no releases, and no layout of it says otherwise.

    (Text blocks alone would read a list of teasers as a release.)
    """
    if capture.url.startswith("file:") or source.discover.article is None or reading is None:
        return False
    path = urlsplit(capture.url).path or "/"
    if reading.layout == "pdf" and capture.link_text is not None:
        return False  # found as a release: where files lie, the path says nothing
    by_layout = (reading.layout or "").startswith("layout")
    return not by_layout and re.search(source.discover.article, path) is None


def _look(one: _Pending, source: Source, version: str, reading: Reading | None) -> StagedLook:
    capture = one.capture
    outcome = one.outcome
    if outcome is None and is_listing(capture, source, reading):
        outcome, reading = "discovery", None
    same = reading is not None and reading.outcome is Outcome.SAME
    return StagedLook(
        capture_id=capture_id(capture.source_id, capture.url, capture.captured_at, capture.digest),
        source_id=capture.source_id,
        url=capture.url,
        captured_at=capture.captured_at,
        digest=capture.digest,
        length_bytes=len(capture.body) or None,
        warc_file=one.location.warc_file,
        warc_offset=one.location.offset,
        parser_version=version,
        reading_id=one.reading_id if outcome is None else None,
        reading=reading,
        same_as=one.known_reading if same else None,
        http_status=capture.http_status,
        final_url=capture.final_url,
        address=one.taken.address or _address(capture),
        link_text=capture.link_text,
        etag=one.taken.exchange.header("ETag") if one.taken.exchange else None,
        last_modified=one.taken.exchange.header("Last-Modified") if one.taken.exchange else None,
        text=text_of(source.id, reading.sighting, capture.digest)
        if reading is not None and reading.sighting is not None
        else None,
        outcome=outcome,
        error=f"the server answered {capture.http_status}" if outcome == "failed" else None,
    )


def _address(capture: Capture) -> str | None:
    """The release's URL; a file has none but what its page states."""
    return None if capture.url.startswith("file:") else capture.final_url or capture.url
