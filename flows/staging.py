"""Looks at captures before deciding: bytes into evidence, readings into staging.

Nothing here needs the writer's lock. The skip ladder: bytes seen before are a revisit and are not
read; a container seen before at this address is not read past; all else is parsed, in a process
of its own, while this one hashes and compresses the next.
"""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from flows.parse_pool import ParsePool
from parsers.engine import parser_version
from parsers.model import Capture, Outcome, Reading, Source
from warehouse.captures import EvidenceWriter, FirstSeen, Location
from warehouse.model import StagedLook, capture_id, reading_id
from warehouse.staging import StagedLooks
from warehouse.store import Store

_REMEMBERED = 50_000
"""Bodies of this run kept in mind; a repeat after more than that is stored and read again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A capture ready to be looked at."""

    capture: Capture
    told: bool
    """Whether its time is known, or only a file's modification time. A file that was not touched
    since it was last read is not a new look."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A capture in evidence whose look is not yet staged."""

    capture: Capture
    location: Location
    reading_id: str
    to_read: bool
    """False: these bytes were read before."""
    known_reading: str | None
    """The reading whose container the parser is told."""
    known_container: str | None


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
        self._waiting: tuple[str, list[_Pending], Future[list[Reading]]] | None = None
        self.skipped = 0
        """Files whose bytes are those last read there."""
        self.without_time = 0
        """Looks whose time is a file's modification time."""

    def stage(self, source: Source, batch: Sequence[Taken]) -> int:
        """Stage one batch of a source; how many looks it made."""
        version = parser_version(source)
        known = self._known(source, version, [one.capture for one in batch])
        new = [one for one in batch if not self._untouched(one, known)]
        self.skipped += len(batch) - len(new)
        self.without_time += sum(not one.told for one in new)
        pending = [self._take(one.capture, known) for one in new]
        self.finish()
        to_read = [(one.capture, one.known_container) for one in pending if one.to_read]
        self._waiting = (version, pending, self._pool.submit(source, to_read))
        return len(pending)

    def finish(self) -> None:
        """Wait for the readings under way and stage their looks."""
        if self._waiting is None:
            return
        version, pending, future = self._waiting
        self._waiting = None
        readings = iter(future.result())
        self._staged.add(
            [_look(one, version, next(readings) if one.to_read else None) for one in pending]
        )

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

    def _take(self, capture: Capture, known: _Known) -> _Pending:
        name = _reading_id(capture)
        in_run = self._seen.get(name)
        first = known.first.get(capture.digest) or in_run
        location = (
            self._evidence.add(capture)
            if first is None
            else self._evidence.add_revisit(capture, first)
        )
        if in_run is None:
            self._seen[name] = first or FirstSeen(capture.url, capture.captured_at)
            if len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        to_read = in_run is None and name not in known.read
        reading, container = known.containers.get(capture.url, (None, None))
        return _Pending(capture, location, name, to_read, reading, container)


def _reading_id(capture: Capture) -> str:
    return reading_id(capture.source_id, capture.url, capture.digest, capture.link_text)


def _look(one: _Pending, version: str, reading: Reading | None) -> StagedLook:
    capture = one.capture
    same = reading is not None and reading.outcome is Outcome.SAME
    return StagedLook(
        capture_id=capture_id(capture.source_id, capture.url, capture.captured_at, capture.digest),
        source_id=capture.source_id,
        url=capture.url,
        captured_at=capture.captured_at,
        digest=capture.digest,
        length_bytes=len(capture.body),
        warc_file=one.location.warc_file,
        warc_offset=one.location.offset,
        parser_version=version,
        reading_id=one.reading_id,
        reading=reading,
        same_as=one.known_reading if same else None,
        http_status=capture.http_status,
        final_url=capture.final_url,
        address=_address(capture),
    )


def _address(capture: Capture) -> str | None:
    """The release's URL; a file has none but what its page states."""
    return None if capture.url.startswith("file:") else capture.final_url or capture.url
