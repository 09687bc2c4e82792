"""Reads bodies in evidence again with today's parser: plain functions, called at once or tracked.

Staging takes no lock and can be killed: what was read lies outside the lake, and the next call goes
on from there. One commit publishes it all. Evidence is read in the order of its files; looks at
equal bytes share a reading.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from flows.inputs import BadInput
from flows.parse_pool import ParsePool, shared_pool
from flows.parse_worker import ran_out
from flows.pipeline import Effects
from flows.settings import Settings
from flows.staging import is_listing
from parsers.engine import parser_version
from parsers.model import Capture, Outcome, Reading, Source
from warehouse.captures import Location, RecordReader, WarcLook
from warehouse.duck import Place
from warehouse.errors import WarcError
from warehouse.lock import writer_lock
from warehouse.model import KeptBody, StagedLook, reading_id, text_of
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.staged_readings import StagedReadings
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

CHUNK_BODIES = 400
_PUBLISH_LOOKS = 4000

Progress = Callable[[str, int, int], None]
"""Told (source id, bodies read, bodies to read)."""


@dataclass(slots=True)
class Reread:
    """What reading a source again came to."""

    source_id: str
    bodies: int = 0
    """Read again and published."""
    looks_changed: int = 0
    """Looks that say something else since."""
    bad: list[BadInput] = field(default_factory=list)
    """Bodies that could not be read; what was known of them stays."""


_Read = tuple[KeptBody, Capture]
_Under_way = tuple[list[_Read], list[Future[list[Reading]]]]


class EvidenceReader:
    """Bodies of evidence and what today's parser reads in them."""

    def __init__(self, store: Store, place: Place, source: Source, pool: ParsePool) -> None:
        self._store = store
        self._place = place
        self._source = source
        self._pool = pool
        self._version = parser_version(source)
        self.bad: dict[str, BadInput] = {}
        """What could not be read, by the body's key."""

    def read(
        self, batches: Iterator[list[KeptBody]]
    ) -> Iterator[tuple[list[KeptBody], list[StagedLook]]]:
        """For each batch what was read in it; while the parsers work, the next one is fetched."""
        before: tuple[list[KeptBody], _Under_way] | None = None
        for batch in batches:
            taken = list(self._captures(batch))
            futures = self._pool.submit(self._source, [(capture, None) for _, capture in taken])
            if before is not None:
                yield before[0], self._finish(before[1])
            before = batch, (taken, futures)
        if before is not None:
            yield before[0], self._finish(before[1])

    def _finish(self, under_way: _Under_way) -> list[StagedLook]:
        taken, futures = under_way
        readings = (reading for future in futures for reading in future.result())
        looks = []
        for (body, capture), reading in zip(taken, readings, strict=True):
            if ran_out(reading) and body.is_text:
                self._refuse(body, str(reading.reason))
            else:
                looks.append(self._look(body, capture, reading))
        return looks

    def _look(self, body: KeptBody, capture: Capture, reading: Reading) -> StagedLook:
        if is_listing(capture, self._source, reading):
            reading = Reading(Outcome.LISTING, reason="The source has no releases at this address.")
        sighting = reading.sighting
        return StagedLook(
            capture_id=body.capture_id,
            source_id=self._source.id,
            url=body.url,
            captured_at=body.captured_at,
            digest=body.digest,
            length_bytes=len(capture.body),
            warc_file=body.warc_file,
            warc_offset=body.warc_offset,
            parser_version=self._version,
            reading_id=body.reading_id
            or reading_id(self._source.id, body.url, body.digest, capture.link_text),
            reading=reading,
            text=text_of(self._source.id, sighting, body.digest) if sighting else None,
            http_status=body.http_status,
            final_url=body.final_url,
            address=body.address,
        )

    def _captures(self, batch: Sequence[KeptBody]) -> Iterator[_Read]:
        with ExitStack() as stack:
            readers: dict[str, RecordReader] = {}
            for body in batch:
                if body.reading_id is None and not self._may_be_release(body.url):
                    continue
                try:
                    found = self._record(stack, readers, body)
                except WarcError as error:
                    self._refuse(body, str(error))
                    continue
                yield body, Capture(
                    self._source.id, body.url, body.captured_at, found.body or b"", body.digest,
                    body.http_status, None if body.url.startswith("file:") else found.content_type,
                    body.final_url, body.pdf_headline,
                )  # fmt: skip

    def _may_be_release(self, url: str) -> bool:
        """Whether a page once judged a listing stands where the source has releases now."""
        article = self._source.discover.article
        return article is not None and re.search(article, urlsplit(url).path or "/") is not None

    def _record(
        self, stack: ExitStack, readers: dict[str, RecordReader], body: KeptBody
    ) -> WarcLook:
        def at(location: Location) -> WarcLook:
            name = location.warc_file
            if name not in readers:
                readers[name] = stack.enter_context(RecordReader(self._place.evidence / name))
            return readers[name].read(location)

        first = Location(body.warc_file, body.warc_offset)
        found = at(first)
        if found.body is None:  # a revisit: two runs at once may commit in the other order
            places = self._store.records_of(self._source.id, body.digest)
            looks = (at(place) for place in places if place != first)
            found = next((look for look in looks if look.body is not None), found)
        if found.body is None or found.digest != body.digest:
            where = f"{body.warc_file}: at offset {body.warc_offset}"
            raise WarcError(f"{where} there are other bytes than recorded")
        return found

    def _refuse(self, body: KeptBody, reason: str) -> None:
        self.bad[body.key] = BadInput(body.url, reason)


def reread_source(
    settings: Settings, source: Source, effects: Effects, progress: Progress
) -> Reread:
    """Read a source's evidence again and publish what today's parser reads in it."""
    place = settings.place
    with _locked(settings, effects, place.lock):
        store = Store.open(place, effects.now())
    with ExitStack() as stack:
        stack.callback(store.close)
        own = place.staging / f"reread-{source.id}.lock"
        stack.enter_context(_locked(settings, effects, own))
        staged = StagedReadings(place.staging, source.id, parser_version(source))
        reader = EvidenceReader(store, place, source, shared_pool())
        while _stage(store, source, staged, reader, progress):
            pass
        done = Reread(source.id)
        with _locked(settings, effects, place.lock):
            _stage(store, source, staged, reader, progress)  # what was committed meanwhile
            done.bad += reader.bad.values()
            if staged.count:
                _publish(store, effects, staged, done)
        staged.discard()
    return done


def _stage(
    store: Store, source: Source, staged: StagedReadings, reader: EvidenceReader, progress: Progress
) -> int:
    """Read what is left to read; how many bodies were staged."""
    version = parser_version(source)
    left = store.write_bodies_to_read_again(source.id, version, staged.folder, staged.work)
    before = staged.count
    count = 0
    reader.bad.clear()
    for bodies, looks in reader.read(staged.to_read(CHUNK_BODIES)):
        keys = [body.key for body in bodies if body.key not in reader.bad]
        if keys:
            staged.add(keys, looks)
        count += len(keys)
        progress(source.id, before + count, before + left)
    return count


def _publish(store: Store, effects: Effects, staged: StagedReadings, done: Reread) -> None:
    """One commit with all that was staged."""
    started_at = effects.now()
    run_id = f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    store.begin()
    try:
        recorder = Recorder(store, Stamp(run_id, store.next_recorded_at(started_at)))
        batch: list[StagedLook] = []
        for looks in staged.chunks():
            batch += looks
            if len(batch) >= _PUBLISH_LOOKS:
                recorder.record(done.source_id, batch)
                batch = []
        recorder.record(done.source_id, batch)
        done.bodies = recorder.tally.reread
        done.looks_changed = recorder.tally.reread_otherwise
        counts = {"reread": done.bodies, "reread_otherwise": done.looks_changed}
        store.append("run_log", [{
            "run_id": run_id,
            "command": "reparse",
            "started_at": started_at,
            "finished_at": recorder.stamp.recorded_at,
            "status": "partial" if done.bad else "ok",
            "counts": sorted(counts.items()),
            "pressdiff_version": version("pressdiff"),
            "recorded_at": recorder.stamp.recorded_at,
        }])  # fmt: skip
    except BaseException:
        store.rollback()
        raise
    store.commit()
    store.merge_if_due()


def _locked(settings: Settings, effects: Effects, path: Path) -> ExitStack:
    stack = ExitStack()
    settings.place.root.mkdir(parents=True, exist_ok=True)
    stack.enter_context(
        writer_lock(path, "reparse", settings.lock_wait_s, effects.sleep, effects.say)
    )
    return stack
