"""`maintain`: what was done for a warehouse, and how it grows."""

import time

from flows.commands.shared import FAILED, OK, Options, settings_of, speaker
from flows.effects import utc_now
from flows.output import print_rows
from flows.tracking import api_configured
from flows.upkeep import Maintained
from flows.upkeep import maintain as care


def maintain(options: Options, *, check: bool, fmt: str) -> int:
    """Care for the warehouse, and say what it holds."""
    settings = settings_of(options)
    say = speaker(options)
    if api_configured():
        from flows.maintain import maintain as tracked

        done: Maintained = tracked(str(settings.file) if settings.file else None, check)
    else:
        done = care(settings, utc_now, time.sleep, say, check=check)
    print_rows(
        ["table", "rows", "files", "bytes"],
        [(one.name, one.rows, one.files, one.length_bytes) for one in done.holdings],
        fmt,
    )
    say(
        f"merged {done.files_before} Parquet files into {done.files_after}, removed "
        f"{done.files_removed} old ones, dropped {done.snapshots_dropped} snapshots"
    )
    if done.verified is None:
        return OK
    damage = sum(one.severity == "damage" for one in done.verified.findings)
    say(f"{damage} damaged; `pressdiff verify` names them" if damage else "all as recorded")
    return FAILED if damage else OK
