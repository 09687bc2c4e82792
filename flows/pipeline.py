"""One run from inputs to commit: plain functions, called at once or as Prefect tasks.

Staging needs no lock; deciding and committing hold it. Whatever fails before COMMIT leaves the
warehouse as it was, and running again gives the same rows.
"""

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from types import TracebackType
from typing import TYPE_CHECKING

from flows.effects import Effects
from flows.held import take_held
from flows.inputs import BadInput, InputFile
from flows.parse_pool import shared_pool
from flows.plan import SourcePlan
from flows.predecessors import read_predecessors_again
from flows.run_summary import Coverage, RunSummary, SiteSummary
from flows.settings import Settings
from flows.staging import Stager, Taken
from flows.taking import taken_from
from parsers.engine import parser_version
from parsers.model import Source
from warehouse.encoder import installed_encoder
from warehouse.evidence import evidence_of
from warehouse.incident_desk import close_repaired
from warehouse.kept_gaps import keep_gaps
from warehouse.lists import keep_lists
from warehouse.lock import writing
from warehouse.recorder import Recorder
from warehouse.robots_copies import load_robots_copies, save_robots_copies
from warehouse.rows import Stamp
from warehouse.staging import StagedLooks, remove_abandoned
from warehouse.store import Store
from warehouse.ties import settle_ties

if TYPE_CHECKING:  # what talks to a network takes a fifth of a second to import
    from flows.fetch.pacing import Pacing
    from flows.sights import Target
    from flows.visit import Visit

_LOG = logging.getLogger(__name__)

BATCH_FILES = 500
_BATCH_BYTES = 32 * 1024 * 1024
_DECIDE_LOOKS = 4000
_PARSED = ("new", "edited", "unchanged", "live_again")


class Run:
    """One run under way: stage batches, then commit. Use as a context manager."""

    def __init__(self, settings: Settings, command: str, effects: Effects) -> None:
        self._settings = settings
        self._command = command
        self._effects = effects
        self._started_at = effects.now()
        self.run_id = f"{self._started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self._coverage: dict[str, Coverage] = {}
        self._sources: dict[str, Source] = {}
        self._bad: list[BadInput] = []
        self._unknown = 0
        self._visits: list[Visit] = []
        self._opened: list[str] = []
        self._repaired: list[str] = []
        self._pacing: Pacing | None = None
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
        self._again = StagedLooks(place.staging, f"{self.run_id}-again")
        self._exit.callback(self._again.discard)
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
        self._sources[plan.source.id] = plan.source
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
        for one in taken_from(source, files, partial(self._refuse, source)):
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

    def _refuse(self, source: Source, bad: BadInput) -> None:
        self._bad.append(bad)
        self._coverage[source.id].failed_inputs += 1

    def visit(self, plan: SourcePlan) -> "Visit":
        """A visit to a source's site; `discover`, `fetch` its batches, then `leave` it."""
        from flows.fetch.fetcher import Fetcher
        from flows.fetch.pacing import Clock, Pacing
        from flows.fetch.session import USUAL_LIMITS
        from flows.visit import Visit

        assert plan.wish is not None
        assert self._settings.contact is not None
        effects = self._effects
        clock = Clock(effects.now, effects.monotonic, effects.sleep, effects.random)
        if self._pacing is None:
            self._pacing = Pacing(clock)
        fetcher = self._exit.enter_context(
            Fetcher(
                plan.source, self._settings.contact, version("pressdiff"), clock=clock,
                robots=load_robots_copies(self._settings.place.root), budget_s=plan.budget_s,
                pacing=self._pacing, limits=replace(USUAL_LIMITS, deadline_s=effects.deadline_s),
            )
        )  # fmt: skip
        visit = Visit(
            plan.source, self.run_id, self._store, self._stager, fetcher, effects.now, plan.wish,
            self._show,
        )  # fmt: skip
        self._visits.append(visit)
        self._coverage.setdefault(plan.source.id, Coverage())
        return visit

    def _show(self, visit: "Visit") -> None:
        sights = visit.sights
        self._effects.watch(f"{visit.source.id}: {sights}", sights.fetched, sights.to_fetch)

    def fetch(self, visit: "Visit", batch: Sequence["Target"]) -> int:
        """Look at a batch of a site's pages; how many were reached."""
        reached = visit.fetch(batch)
        self._effects.progress(visit.source.id, reached)
        return reached

    def leave(self, visit: "Visit") -> None:
        """End a visit; what it learned is committed with the run."""
        visit.finish()
        save_robots_copies(self._settings.place.root, visit.fetcher.robots_copies)
        coverage, sights = self._coverage[visit.source.id], visit.sights
        coverage.listed += sights.listed
        coverage.fetched += sights.fetched
        coverage.never_fetched += sights.waiting

    def commit(self, *, dry_run: bool = False) -> RunSummary:
        """Decide all that was staged and commit it in one transaction; see Errors of the rooms."""
        self._stager.finish()
        read_predecessors_again(
            self._store, self._settings.place, self._sources, self._staged, self._again,
            shared_pool(),
        )  # fmt: skip
        if not dry_run:
            self._evidence.sync()  # an upload takes long, and nobody should wait for it
        with self._locked():
            self._store.begin()
            try:
                stamp = Stamp(self.run_id, self._store.next_recorded_at(self._effects.now()))
                recorder = Recorder(self._store, stamp)
                for source_id, looks in self._again.batches(_DECIDE_LOOKS):
                    recorder.record(source_id, looks)
                self._decide_held(recorder)
                for source_id, looks in self._staged.batches(_DECIDE_LOOKS):
                    self._coverage[source_id].outcomes += recorder.record(
                        source_id, looks, has_layouts=bool(self._sources[source_id].layouts)
                    )
                self._repaired = close_repaired(self._store, recorder.stamp, self._sources)
                settle_ties(
                    self._store, recorder.begun, recorder.touched, encoder=installed_encoder(),
                    watch=self._effects.watch,
                )  # fmt: skip
                self._append_lists(recorder.stamp)
                self._append_run(recorder.stamp, recorder)
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
                keep_gaps(self._store, self._sources)
                self._store.merge_if_due()
        for sentence in self._repaired:
            self._effects.say(sentence)
        self._tell_of_parsers()
        return self._summary(recorder, committed=not dry_run)

    def _decide_held(self, recorder: Recorder) -> None:
        """Look again at what was held back, if the parser has changed since."""
        for name, source in self._sources.items():
            looks = take_held(self._store, self._settings.place, source, shared_pool())
            if looks:
                recorder.record(name, looks, has_layouts=bool(source.layouts))

    def _append_lists(self, stamp: Stamp) -> None:
        for visit in self._visits:
            sights = visit.sights
            opened = keep_lists(
                self._store, stamp, visit.source.id, sights.found, sights.lists, sights.suspicions
            )
            self._opened += [f"{visit.source.id}: {one.detail}" for one in opened]

    def _tell_of_parsers(self) -> None:
        for name, source in self._sources.items():
            if self._store.has_other_parser(name, parser_version(source)):
                self._effects.say(
                    f"{name}: part of the archive was read by an earlier parser; "
                    f"`pressdiff reparse {name}` brings the archive up to date"
                )

    def _append_run(self, stamp: Stamp, recorder: Recorder) -> None:
        counts = {**recorder.tally.outcomes, "untouched": self._untouched(recorder)}
        unread = self._summary(recorder, committed=False).unread
        written = (
            self._evidence.written if recorder.tally.outcomes else None
        )  # else it is discarded
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
                    "warc_file": written and written.warc_file,
                    "warc_bytes": written and written.length_bytes,
                    "warc_digest": written and written.digest,
                    "recorded_at": stamp.recorded_at,
                }
            ],
        )
        self._store.append("coverage_log", [
            {
                "source_id": source_id,
                "listed": one.listed,
                "fetched": one.fetched,
                "unchanged": one.unchanged,
                "parsed": sum(one.outcomes[name] for name in _PARSED),
                "failed": one.failed,
                "never_fetched": one.never_fetched,
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
            sites=tuple(self._site(visit) for visit in self._visits),
            incidents=(*recorder.tally.incidents, *self._opened),
        )

    def _site(self, visit: "Visit") -> SiteSummary:
        sights = visit.sights
        return SiteSummary(
            visit.source.id, sights.listed, sights.fetched, sights.waiting,
            self._coverage[visit.source.id].outcomes, sights.bytes_received, tuple(sights.faults),
        )  # fmt: skip

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
Fetch = Callable[[Run, "Visit", Sequence["Target"]], int]
Commit = Callable[[Run, bool], RunSummary]


def execute(
    settings: Settings,
    command: str,
    plans: Iterable[SourcePlan],
    effects: Effects,
    *,
    dry_run: bool = False,
    stage: Stage = Run.stage,
    fetch: Fetch = Run.fetch,
    commit: Commit = lambda run, dry_run: run.commit(dry_run=dry_run),
) -> RunSummary:
    """Take every plan's files and commit them as one run.

    `stage`, `fetch` and `commit` are given when the run is tracked: tasks around the same methods.
    """
    with Run(settings, command, effects) as run:
        for plan in plans:
            for files in run.batches(plan):
                stage(run, plan.source, files)
            if plan.wish is not None:
                visit = run.visit(plan)
                visit.discover()
                for batch in visit.batches():
                    fetch(run, visit, batch)
                run.leave(visit)
        return commit(run, dry_run)
