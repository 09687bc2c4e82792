"""Reads bodies in evidence again with today's parser: plain functions, called at once or tracked.

Staging takes no lock and can be killed: what was read lies outside the lake, and the next call goes
on from there. Several machines may each stage a share. One commit publishes it all. Evidence is
read in the order of its files; looks at equal bytes share a reading.
"""

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from flows.effects import Effects
from flows.errors import UsageError
from flows.evidence import CHUNK_BODIES, EvidenceReader
from flows.held import take_held
from flows.inputs import BadInput
from flows.parse_pool import shared_pool
from flows.settings import Settings
from parsers.engine import parser_version
from parsers.model import Source
from warehouse.encoder import installed_encoder
from warehouse.incident_desk import close_repaired
from warehouse.kept_gaps import keep_gaps
from warehouse.lock import writer_lock, writing
from warehouse.model import KeptBody, StagedLook
from warehouse.place import Place
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.staged_readings import ALL, Share, StagedReadings
from warehouse.store import Store
from warehouse.ties import settle_ties

_LOG = logging.getLogger(__name__)

_PUBLISH_LOOKS = 16_000
"""Decided at once. Where a million looks are known, a batch costs 5 s of CPU in questions however
small it is."""

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
    staged: int = 0
    """Of a share: bodies read again, which wait for somebody to publish them."""
    bad: list[BadInput] = field(default_factory=list)
    """Bodies that could not be read; what was known of them stays."""


def reread_source(
    settings: Settings, source: Source, effects: Effects, progress: Progress, share: Share = ALL
) -> Reread:
    """Read a source's evidence again and publish what today's parser reads in it.

    Of a `share` other than all, its readings are staged only: the call without one publishes them
    with all others, and reads what no share had.
    """
    place = settings.place
    with _locked(settings, effects):
        store = Store.open(place, effects.now())
    with ExitStack() as stack:
        stack.callback(store.close)
        place.staging.mkdir(parents=True, exist_ok=True)
        part = "" if share == ALL else f"-{share.number}of{share.of}"
        own = place.staging / f"reread-{source.id}{part}.lock"
        stack.enter_context(_alone(settings, effects, own))
        staging = _Staging(store, place, source, share, progress)
        while staging.read():
            pass
        done = Reread(source.id)
        if share != ALL:
            done.staged = staging.count
            done.bad += staging.bad.values()
            return done
        with _locked(settings, effects):
            staging.read()  # what was committed meanwhile
            done.bad += staging.bad.values()
            if staging.staged.count:
                _publish(store, source, effects, staging.staged, done)
        staging.staged.discard()
    return done


class _Staging:
    """Reads what is left to read and keeps it outside the lake."""

    def __init__(
        self, store: Store, place: Place, source: Source, share: Share, progress: Progress
    ) -> None:
        self._store = store
        self._source = source
        self._share = share
        self._progress = progress
        self._version = parser_version(source)
        self._reader = EvidenceReader(store, place, source, shared_pool(), brief=True)
        self.staged = StagedReadings(place, source.id, self._version, share)
        self.count = 0
        """Bodies read and staged by this one."""

    @property
    def bad(self) -> Mapping[str, BadInput]:
        """What could not be read, by the body's key."""
        return self._reader.bad

    def read(self) -> int:
        """Read what nobody has staged yet; how many bodies were."""
        self.staged.collect()
        with self._store.reading():
            left = self._store.write_bodies_to_read_again(
                self._source.id, self._version, self.staged.folder, self.staged.work,
                (self._share.number, self._share.of),
            )  # fmt: skip
        before = 0 if self._share != ALL else self.staged.count
        count = 0
        for bodies, looks in self._reader.read(self._untried()):
            keys = [body.key for body in bodies if body.key not in self.bad]
            if keys:
                self.staged.add(keys, looks)
            count += len(keys)
            self._progress(self._source.id, before + count, before + left)
        self.count += count
        return count

    def _untried(self) -> Iterator[list[KeptBody]]:
        for bodies in self.staged.to_read(CHUNK_BODIES):
            yield [body for body in bodies if body.key not in self.bad]


def _publish(
    store: Store, source: Source, effects: Effects, staged: StagedReadings, done: Reread
) -> None:
    """One commit with all that was staged, and with what was held back until it could be read."""
    started_at = effects.now()
    run_id = f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    store.begin()
    try:
        recorder = Recorder(store, Stamp(run_id, store.next_recorded_at(started_at)))
        for looks in _batches(staged.chunks()):
            recorder.record(source.id, looks)
        held = take_held(store, store.place, source, shared_pool())
        outcomes = recorder.record(source.id, held, has_layouts=bool(source.layouts))
        told = [*recorder.tally.incidents, *close_repaired(store, recorder.stamp, [source.id])]
        done.bodies = recorder.tally.reread
        if not (done.bodies or outcomes or told):
            # killed after its COMMIT, or another machine published it
            store.rollback()
            return
        settle_ties(store, recorder.begun, recorder.touched, encoder=installed_encoder())
        done.looks_changed = recorder.tally.reread_otherwise
        counts = {"reread": done.bodies, "reread_otherwise": done.looks_changed, **outcomes}
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
    keep_gaps(store, [source.id])
    store.merge_if_due()
    for sentence in told:
        effects.say(sentence)


def _batches(chunks: Iterable[list[StagedLook]]) -> Iterator[list[StagedLook]]:
    batch: list[StagedLook] = []
    for looks in chunks:
        batch += looks
        if len(batch) >= _PUBLISH_LOOKS:
            yield batch
            batch = []
    if batch:
        yield batch


def _locked(settings: Settings, effects: Effects) -> AbstractContextManager[None]:
    """The one writer of the warehouse."""
    return writing(settings.place, "reparse", settings.lock_wait_s, effects.sleep, effects.say)


def _alone(settings: Settings, effects: Effects, path: Path) -> AbstractContextManager[None]:
    """The one on this machine that reads this source again."""
    return writer_lock(path, "reparse", settings.lock_wait_s, effects.sleep, effects.say)


def share_of(said: str | None) -> Share:
    """The share that K/N names; all when nothing is said. Raises UsageError.

    >>> share_of("2/3")
    Share(number=2, of=3)
    """
    if said is None:
        return ALL
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", said)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--share {said}: say which part of how many, as in 1/3")
    return Share(int(found[1]), int(found[2]))
