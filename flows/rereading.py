"""Reads bodies in evidence again with today's parser: plain functions, called at once or tracked.

Staging takes no lock and can be killed: what was read lies outside the lake, and the next call goes
on from there. One commit publishes it all. Evidence is read in the order of its files; looks at
equal bytes share a reading.
"""

import logging
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from flows.evidence import CHUNK_BODIES, EvidenceReader
from flows.inputs import BadInput
from flows.parse_pool import shared_pool
from flows.pipeline import Effects
from flows.settings import Settings
from parsers.engine import parser_version
from parsers.model import Source
from warehouse.encoder import installed_encoder
from warehouse.lock import writer_lock, writing
from warehouse.model import StagedLook
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.staged_readings import StagedReadings
from warehouse.store import Store
from warehouse.ties import settle_ties

_LOG = logging.getLogger(__name__)

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


def reread_source(
    settings: Settings, source: Source, effects: Effects, progress: Progress
) -> Reread:
    """Read a source's evidence again and publish what today's parser reads in it."""
    place = settings.place
    with _locked(settings, effects):
        store = Store.open(place, effects.now())
    with ExitStack() as stack:
        stack.callback(store.close)
        own = place.staging / f"reread-{source.id}.lock"
        stack.enter_context(_alone(settings, effects, own))
        staged = StagedReadings(place.staging, source.id, parser_version(source))
        reader = EvidenceReader(store, place, source, shared_pool())
        while _stage(store, source, staged, reader, progress):
            pass
        done = Reread(source.id)
        with _locked(settings, effects):
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
        settle_ties(store, recorder.begun, recorder.touched, encoder=installed_encoder())
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


def _locked(settings: Settings, effects: Effects) -> AbstractContextManager[None]:
    """The one writer of the warehouse."""
    return writing(settings.place, "reparse", settings.lock_wait_s, effects.sleep, effects.say)


def _alone(settings: Settings, effects: Effects, path: Path) -> AbstractContextManager[None]:
    """The one on this machine that reads this source again."""
    return writer_lock(path, "reparse", settings.lock_wait_s, effects.sleep, effects.say)
