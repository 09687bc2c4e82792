"""The Prefect flow of one run: one task a source and batch, one task that decides and commits.

The tasks are thin around `flows.pipeline`; nothing is decided here. No result is persisted and
nothing is cached: what a task made lies in evidence and staging, and correctness rests on the
writer's lock and on runs that can be repeated.
"""

from collections.abc import Sequence
from pathlib import Path
from time import sleep
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import PrefectHTTPStatusError
from prefect.utilities.annotations import quote

from flows.artifacts import artifacts
from flows.blocks import take_secrets
from flows.effects import Effects, utc_now
from flows.inputs import InputFile
from flows.pipeline import Run, execute
from flows.plan import plan_run
from flows.run_summary import RunSummary
from flows.settings import load_settings
from flows.sights import Target
from flows.telling import told_in_a_sentence
from flows.visit import Visit
from flows.wish import Wish
from parsers.model import Source
from warehouse.duck import Place
from warehouse.run_report import run_report


@task(name="stage", task_run_name="stage-{source_id}", cache_policy=NO_CACHE)
def stage_batch(run: Run, source: Source, files: Sequence[InputFile], source_id: str) -> int:  # noqa: ARG001 - names the task run
    """Read, keep and parse one batch of a source; how many looks it made."""
    return run.stage(source, files)


@task(name="fetch", task_run_name="fetch-{source_id}", cache_policy=NO_CACHE)
def fetch_batch(run: Run, visit: Visit, batch: Sequence[Target], source_id: str) -> int:  # noqa: ARG001 - names the task run
    """Look at one batch of a site's pages; how many were reached."""
    return run.fetch(visit, batch)


@task(name="commit", cache_policy=NO_CACHE)
def commit_run(run: Run) -> RunSummary:
    """Decide all that was staged and commit it."""
    return run.commit()


def _stage(run: Run, source: Source, files: Sequence[InputFile]) -> int:
    staged: int = _untyped(stage_batch)(quote(run), quote(source), quote(files), source.id)
    return staged


def _fetch(run: Run, visit: Visit, batch: Sequence[Target]) -> int:
    reached: int = _untyped(fetch_batch)(quote(run), quote(visit), quote(batch), visit.source.id)
    return reached


def _commit(run: Run, _: bool) -> RunSummary:
    summary: RunSummary = _untyped(commit_run)(quote(run))
    return summary


def _untyped(task: Any) -> Any:
    """A task that takes its arguments quoted, so that Prefect does not search them for futures."""
    return task


@flow(name="ingest")
@told_in_a_sentence()
def ingest(
    config: str | None = None,
    sources: list[str] | None = None,
    recheck: str = "due",
    full: bool = False,
) -> RunSummary:
    """One pass over the watched sources of a configuration file, tracked.

    `config` is its path; without one the flow's working folder counts, as on the command line.
    `recheck` and `full` are those of `pressdiff run`.
    """
    log = get_run_logger()
    settings = load_settings(Path(config) if config else None, Path.cwd())
    take_secrets(settings.secrets_block)
    effects = Effects(
        now=utc_now,
        sleep=sleep,
        say=log.warning,
        progress=lambda source_id, files: log.info("staged: source=%s files=%d", source_id, files),
    )
    plans = plan_run(settings, sources or (), Wish(recheck, full))
    summary = execute(settings, "run", plans, effects, stage=_stage, fetch=_fetch, commit=_commit)
    for bad in summary.bad:
        log.warning("unreadable: %s: %s", bad.path, bad.reason)
    log.info("committed: run=%s outcomes=%s", summary.run_id, dict(summary.outcomes))
    _show(settings.place, summary, [plan.source.id for plan in plans])
    return summary


def _show(place: Place, summary: RunSummary, source_ids: list[str]) -> None:
    """Put what the run brought on Prefect's pages; the archive has it even if that fails."""
    try:
        for page in artifacts(summary, run_report(place, summary.run_id), source_ids):
            create_markdown_artifact(page.markdown, key=page.key, description=page.title)
    except PrefectHTTPStatusError as error:
        get_run_logger().warning("the run is committed, but cannot be shown: %s", error)
