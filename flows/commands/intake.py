"""`run` and `ingest`: captures into the warehouse, and what a person is told of it."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from flows.commands.shared import (
    FAILED,
    OK,
    PARTIAL,
    Options,
    as_utc,
    effects_of,
    settings_of,
    speaker,
)
from flows.errors import UsageError
from flows.inputs import BadInput, find_inputs
from flows.output import print_rows
from flows.pipeline import execute
from flows.plan import SourcePlan, plan_run
from flows.progress import progress_bar, step_bar
from flows.run_summary import RunSummary, SiteSummary
from flows.settings import Settings, load_source
from flows.tracking import api_configured
from flows.wish import Wish
from parsers.model import Source

_BAD_SHOWN = 20
_STILL = ("unchanged", "live_again", "not_modified")


def run(
    options: Options,
    source_ids: Sequence[str],
    *,
    recheck: str,
    full: bool,
    dry_run: bool,
    fmt: str,
) -> int:
    """One pass over the watched sources."""
    settings = settings_of(options)
    say = speaker(options)
    plans = plan_run(settings, source_ids, Wish(recheck, full))
    if settings.contact is None:
        say("the network is off until [http] contact is set; reading files only")
    for plan in plans:
        if plan.wish is None and not plan.inputs.files and not plan.inputs.bad:
            globs = ", ".join(plan.source.discover.files) or "none is declared"
            say(f"{plan.source.id}: there are no files to read ({globs})")
    if api_configured() and not dry_run:
        from flows.ingest import ingest as tracked_run

        file = str(settings.file) if settings.file else None
        summary = tracked_run(file, list(source_ids), recheck, full)
    else:
        summary = _execute(options, settings, "run", plans, dry_run=dry_run)
    return _report(options, summary, fmt)


def ingest(
    options: Options,
    paths: Sequence[Path],
    source_id: str,
    captured_at: datetime | None,
    *,
    dry_run: bool,
    fmt: str,
) -> int:
    """Captures that lie on disk."""
    if not paths:
        raise UsageError("name at least one file or folder to ingest")
    settings = settings_of(options)
    source = _source(settings, source_id)
    inputs = find_inputs(paths, settings.root, as_utc(captured_at), named=True)
    plans = [SourcePlan(source, inputs)]
    if inputs.bad and not inputs.files:
        _tell_bad(options, inputs.bad)
        return FAILED
    summary = _execute(options, settings, "ingest", plans, dry_run=dry_run)
    code = _report(options, summary, fmt)
    read_nothing = summary.unread and summary.unread >= summary.looks + len(summary.bad)
    return FAILED if read_nothing and not summary.untouched else code


def _source(settings: Settings, said: str) -> Source:
    found = settings.source(said)
    return found or load_source(said, Path.cwd(), "--source")


def _execute(
    options: Options,
    settings: Settings,
    command: str,
    plans: Sequence[SourcePlan],
    *,
    dry_run: bool,
) -> RunSummary:
    total = sum(len(plan.inputs.files) for plan in plans)
    with ExitStack() as stack:
        advance = stack.enter_context(progress_bar(total, quiet=options.quiet))
        watch = None
        if not total and any(plan.wish for plan in plans):  # one bar at a time
            watch = stack.enter_context(step_bar(quiet=options.quiet))
        effects = effects_of(options, lambda _, looks: advance(looks))
        if watch is not None:
            effects = replace(effects, watch=watch)
        return execute(settings, command, plans, effects, dry_run=dry_run)


def _report(options: Options, summary: RunSummary, fmt: str) -> int:
    say = speaker(options)
    _tell_bad(options, summary.bad)
    for site in summary.sites:
        _tell_site(say, site)
    for sentence in summary.incidents:
        say(f"held back: {sentence} (`pressdiff incidents`)")
    if summary.without_time:
        say(
            f"{summary.without_time} files carry no capture time; their modification times were "
            "taken (`pressdiff ingest --captured-at` says better)"
        )
    if summary.unknown:
        say(f"{summary.unknown} files of unknown type were passed over")
    if not options.quiet:
        row = {
            "run_id": summary.run_id if summary.committed else None,
            "new": summary.outcomes["new"],
            "edited": summary.outcomes["edited"],
            "unchanged": sum(summary.outcomes[name] for name in _STILL) + summary.untouched,
            "unread": summary.unread,
            "releases_read": sum(
                summary.outcomes[name] for name in ("new", "edited", "unchanged", "live_again")
            ),
        }
        print_rows(list(row), [tuple(row.values())], fmt)
    if not summary.committed:
        say("dry run: nothing was committed")
    return PARTIAL if summary.unread else OK


_SITE_OUTCOMES = (
    "new", "edited", "live_again", "moved", "missing", "gone", "held", "unreadable", "incomplete",
    "failed", "refused",
)  # fmt: skip


def _tell_site(say: Callable[[str], None], site: SiteSummary) -> None:
    """One sentence on what a visit came to, and one for each thing that went wrong."""
    unchanged = site.outcomes["unchanged"] + site.outcomes["not_modified"]
    parts = [
        f"{site.listed} listed",
        f"{site.fetched} fetched",
        f"{unchanged} unchanged",
        *(
            f"{many} {name.replace('_', ' ')}"
            for name in _SITE_OUTCOMES
            if (many := site.outcomes[name]) or name in ("new", "edited", "missing")
        ),
        f"{site.waiting} waiting",
    ]
    say(f"{site.source_id}: {', '.join(parts)}; {site.bytes_received / 1024:,.0f} KiB received")
    for fault in site.faults[:_BAD_SHOWN]:
        say(f"{site.source_id}: {fault}")


def _tell_bad(options: Options, bad: Sequence[BadInput]) -> None:
    say = speaker(options)
    for one in bad[:_BAD_SHOWN]:
        say(f"{one.path}: {one.reason}")
    if len(bad) > _BAD_SHOWN:
        say(f"and {len(bad) - _BAD_SHOWN} more that could not be read")
