"""One run from inputs to commit: plain functions, called at once or as Prefect tasks.

Staging needs no lock; deciding and committing hold it. Whatever fails before COMMIT leaves the
warehouse as it was, and running again gives the same rows.
"""

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from types import TracebackType

from flows.errors import UsageError
from flows.inputs import BadInput, InputFile, Inputs, find_inputs, glob_paths, read_file
from flows.parse_pool import shared_pool
from flows.settings import Settings
from flows.staging import Stager, Taken
from parsers.model import Capture, Source, digest_bytes
from warehouse.captures import WarcFault, read_warc
from warehouse.errors import WarehouseError
from warehouse.evidence import evidence_of
from warehouse.lock import writing
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.staging import StagedLooks, remove_abandoned
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

BATCH_FILES = 500
_BATCH_BYTES = 32 * 1024 * 1024
_DECIDE_LOOKS = 4000


@dataclass(frozen=True, slots=True)
class Effects:
    """The clock, the waiting and the ears of a run."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    say: Callable[[str], None]
    """Told sentences a person should read while the run goes on."""
    progress: Callable[[str, int], None]
    """Told (source id, looks) as batches are staged."""


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """The files a run takes for one source."""

    source: Source
    inputs: Inputs


@dataclass(slots=True)
class Coverage:
    """What a run did for one source."""

    listed: int = 0
    fetched: int = 0
    untouched: int = 0
    failed_inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did."""

    run_id: str
    outcomes: Counter[str]
    untouched: int
    """Files whose bytes are those last read there, and looks the warehouse had already."""
    unknown: int
    """Files of a type that is none of ours."""
    bad: tuple[BadInput, ...]
    without_time: int
    """New looks whose time is a file's modification time."""
    committed: bool

    @property
    def looks(self) -> int:
        """How many looks were added."""
        return sum(self.outcomes.values())

    @property
    def unread(self) -> int:
        """Inputs in which nothing could be read."""
        return len(self.bad) + self.outcomes["unreadable"] + self.outcomes["failed"]


class Run:
    """One run under way: stage batches, then commit. Use as a context manager."""

    def __init__(self, settings: Settings, command: str, effects: Effects) -> None:
        self._settings = settings
        self._command = command
        self._effects = effects
        self._started_at = effects.now()
        self.run_id = f"{self._started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self._coverage: dict[str, Coverage] = {}
        self._bad: list[BadInput] = []
        self._unknown = 0
        self._exit = ExitStack()

    def __enter__(self) -> "Run":
        place = self._settings.place
        with self._locked():
            self._store = Store.open(place, self._started_at)
            remove_abandoned(place.staging)
        self._exit.callback(self._store.close)
        software = f"pressdiff/{version('pressdiff')}"
        self._evidence = evidence_of(place).writer(self.run_id, software)
        self._exit.callback(self._evidence.close)
        self._staged = StagedLooks(place.staging, self.run_id)
        self._exit.callback(self._staged.discard)
        self._stager = Stager(self._store, self._evidence, self._staged, shared_pool())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def batches(self, plan: SourcePlan) -> Iterator[list[InputFile]]:
        """The files of a plan in batches of a size that fits in memory."""
        coverage = self._coverage.setdefault(plan.source.id, Coverage())
        coverage.listed += len(plan.inputs.files) + len(plan.inputs.bad)
        coverage.failed_inputs += len(plan.inputs.bad)
        self._bad += plan.inputs.bad
        self._unknown += plan.inputs.unknown
        files = plan.inputs.files
        for start in range(0, len(files), BATCH_FILES):
            yield list(files[start : start + BATCH_FILES])

    def stage(self, source: Source, files: Sequence[InputFile]) -> int:
        """Read, keep and parse a batch of files; how many looks it made."""
        coverage = self._coverage[source.id]
        skipped = self._stager.skipped
        staged = 0
        batch: list[Taken] = []
        size = 0
        for one in self._captures(source, files):
            batch.append(one)
            size += len(one.capture.body)
            if size >= _BATCH_BYTES:
                staged += self._stage(source, batch)
                batch, size = [], 0
        staged += self._stage(source, batch)
        coverage.untouched += self._stager.skipped - skipped
        coverage.fetched += staged + self._stager.skipped - skipped
        self._effects.progress(source.id, len(files))
        return staged

    def _stage(self, source: Source, batch: Sequence[Taken]) -> int:
        if not batch:
            return 0
        staged, unresolved = self._stager.stage(source, batch)
        for capture in unresolved:
            reason = "a revisit record whose bytes are neither in evidence nor in this file"
            self._refuse(source, BadInput(capture.url, reason))
        return staged

    def _captures(self, source: Source, files: Sequence[InputFile]) -> Iterator[Taken]:
        for file in files:
            if file.is_warc:
                yield from self._warc_captures(source, file)
                continue
            body = read_file(file.path)
            if isinstance(body, BadInput):
                self._refuse(source, body)
                continue
            digest = digest_bytes(body)
            yield Taken(Capture(source.id, file.url, file.captured_at, body, digest), file.told)

    def _warc_captures(self, source: Source, file: InputFile) -> Iterator[Taken]:
        try:
            for look in read_warc(file.path):
                if isinstance(look, WarcFault):
                    reason = f"record {look.number}: {look.reason}"
                    self._refuse(source, BadInput(str(file.path), reason))
                else:
                    capture = Capture(
                        source.id, look.url, look.captured_at, look.body or b"", look.digest,
                        look.http_status, look.content_type,
                    )  # fmt: skip
                    yield Taken(capture, told=True, repeat=look.body is None)
        except WarehouseError as error:
            self._refuse(source, BadInput(str(file.path), str(error)))

    def _refuse(self, source: Source, bad: BadInput) -> None:
        self._bad.append(bad)
        self._coverage[source.id].failed_inputs += 1

    def commit(self, *, dry_run: bool = False) -> RunSummary:
        """Decide all that was staged and commit it in one transaction; see Errors of the rooms."""
        self._stager.finish()
        if not dry_run:
            self._evidence.sync()  # an upload takes long, and nobody should wait for it
        with self._locked():
            self._store.begin()
            try:
                stamp = Stamp(self.run_id, self._store.next_recorded_at(self._effects.now()))
                recorder = Recorder(self._store, stamp)
                for source_id, looks in self._staged.batches(_DECIDE_LOOKS):
                    self._coverage[source_id].outcomes += recorder.record(source_id, looks)
                self._append_run(stamp, recorder)
            except BaseException:
                self._store.rollback()
                self._evidence.discard()
                raise
            if dry_run:
                self._store.rollback()
            else:
                self._evidence.sync()
                self._store.commit()
            if dry_run or not recorder.tally.outcomes:
                self._evidence.discard()  # no row names it
            if not dry_run:
                self._store.merge_if_due()
        return self._summary(recorder, committed=not dry_run)

    def _append_run(self, stamp: Stamp, recorder: Recorder) -> None:
        counts = {**recorder.tally.outcomes, "untouched": self._untouched(recorder)}
        unread = self._summary(recorder, committed=False).unread
        self._store.append(
            "run_log",
            [
                {
                    "run_id": self.run_id,
                    "command": self._command,
                    "started_at": self._started_at,
                    "finished_at": stamp.recorded_at,
                    "status": "partial" if unread else "ok",
                    "counts": sorted(counts.items()),
                    "pressdiff_version": version("pressdiff"),
                    "recorded_at": stamp.recorded_at,
                }
            ],
        )
        self._store.append("coverage_log", [
            {
                "source_id": source_id,
                "listed": one.listed,
                "fetched": one.fetched,
                "unchanged": one.outcomes["unchanged"] + one.untouched,
                "parsed": sum(one.outcomes[name] for name in ("new", "edited", "unchanged")),
                "failed": one.failed_inputs + one.outcomes["unreadable"] + one.outcomes["failed"],
                "never_fetched": 0,
                **stamp.columns,
            }
            for source_id, one in self._coverage.items()
        ])  # fmt: skip

    def _untouched(self, recorder: Recorder) -> int:
        return self._stager.skipped + recorder.tally.replayed

    def _summary(self, recorder: Recorder, *, committed: bool) -> RunSummary:
        return RunSummary(
            run_id=self.run_id,
            outcomes=recorder.tally.outcomes,
            untouched=self._untouched(recorder),
            unknown=self._unknown,
            bad=tuple(self._bad),
            without_time=self._stager.without_time,
            committed=committed,
        )

    def _locked(self) -> ExitStack:
        stack = ExitStack()
        stack.enter_context(
            writing(
                self._settings.place,
                self._command,
                self._settings.lock_wait_s,
                self._effects.sleep,
                self._effects.say,
            )
        )
        return stack


Stage = Callable[[Run, Source, Sequence[InputFile]], int]
Commit = Callable[[Run, bool], RunSummary]


def execute(
    settings: Settings,
    command: str,
    plans: Iterable[SourcePlan],
    effects: Effects,
    *,
    dry_run: bool = False,
    stage: Stage = Run.stage,
    commit: Commit = lambda run, dry_run: run.commit(dry_run=dry_run),
) -> RunSummary:
    """Take every plan's files and commit them as one run.

    `stage` and `commit` are given when the run is tracked: tasks around the same methods.
    """
    with Run(settings, command, effects) as run:
        for plan in plans:
            for files in run.batches(plan):
                stage(run, plan.source, files)
        return commit(run, dry_run)


def plan_run(settings: Settings, source_ids: Sequence[str]) -> list[SourcePlan]:
    """The files of the watched sources with these ids, of all when none is named.

    Raises UsageError when one is not watched.
    """
    watched = {one.source.id: one.source for one in settings.watched}
    for source_id in source_ids:
        if source_id not in watched:
            known = ", ".join(watched) or "none"
            raise UsageError(f"no source {source_id!r} is configured; there are: {known}")
    chosen = [watched[one] for one in dict.fromkeys(source_ids)] or list(watched.values())
    return [
        SourcePlan(source, find_inputs(paths, settings.root, None, named=False))
        for source in chosen
        for paths in [glob_paths(source.discover.files, settings.root)]
    ]


def utc_now() -> datetime:
    """The clock a run is given outside tests."""
    return datetime.now(UTC)
