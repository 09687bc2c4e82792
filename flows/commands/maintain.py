"""`maintain`: what was done for a warehouse, and how it grows."""

import time

from flows.commands.shared import FAILED, OK, Options, settings_of, speaker
from flows.effects import utc_now
from flows.output import print_rows
from flows.tracking import api_configured
from flows.upkeep import Maintained
from flows.upkeep import maintain as care

_COLUMNS = ["table", "rows", "files", "bytes", "rows_more", "bytes_more", "bytes_a_month"]


def maintain(options: Options, *, check: bool, remove_unnamed: bool, fmt: str) -> int:
    """Care for the warehouse, and say what it holds."""
    settings = settings_of(options)
    say = speaker(options)
    if api_configured():
        from flows.maintain import maintain as tracked

        file = str(settings.file) if settings.file else None
        done: Maintained = tracked(file, check, remove_unnamed)
    else:
        done = care(settings, utc_now, time.sleep, say, check=check, remove_unnamed=remove_unnamed)
    print_rows(
        _COLUMNS,
        [
            (
                one.holding.name, one.holding.rows, one.holding.files, one.holding.length_bytes,
                one.rows_more, one.bytes_more, one.bytes_a_month,
            )
            for one in done.growth
        ],
        fmt,
    )  # fmt: skip
    say(
        f"merged {done.files_before} Parquet files into {done.files_after}, removed "
        f"{done.files_removed} old ones, dropped {done.snapshots_dropped} snapshots"
    )
    say(
        f"packed {done.evidence_packed} evidence files into {done.packs}, removed "
        f"{done.evidence_removed} that were packed two days ago or earlier"
        + (f", and {done.unnamed_removed} that no row names" if remove_unnamed else "")
    )
    if (said := _growth(done)) is not None:
        say(said)
    for one in done.findings:
        say(f"{one.subject}: {one.sentence}")
    if done.verified is not None:
        damage = sum(one.severity == "damage" for one in done.verified.findings)
        say(f"{damage} damaged; `pressdiff verify` names them" if damage else "all as recorded")
    return FAILED if done.damaged else OK


def _growth(done: Maintained) -> str | None:
    """A sentence on what became more since the upkeep that it is compared with."""
    if done.earlier is None:
        return None
    tables, evidence = done.growth[:-1], done.growth[-1]
    rows = sum(one.rows_more or 0 for one in tables)
    parts = [
        f"since {done.earlier.recorded_at:%Y-%m-%d}: {rows:+,} rows",
        f"{_mb(sum(one.bytes_more or 0 for one in tables))} of tables",
        f"{_mb(evidence.bytes_more or 0)} of evidence",
    ]
    said = ", ".join(parts)
    if evidence.bytes_a_month is None:
        return said
    a_month = sum(one.bytes_a_month or 0 for one in done.growth)
    return f"{said}; that is {_mb(a_month)} a month"


def _mb(length_bytes: int) -> str:
    return f"{length_bytes / 1e6:+,.1f} MB"
