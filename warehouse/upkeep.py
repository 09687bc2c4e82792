"""Care of a lake that runs for years: few files, sorted, and nothing kept that nobody reads.

Hold the writer's lock. Clean-up removes only what an earlier call put aside at least a day ago: it
unlinks before its own commit, even when that is rolled back, and a reader may still be at an older
snapshot. Rows are never touched; revisions and what was known when stay for ever.
"""

import logging
from datetime import UTC, datetime, timedelta

from warehouse.growth import Holding, holdings, upkeep_row
from warehouse.place import Place
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

_KEEP_FILES = timedelta(hours=48)
"""At least a day, longer than any reader reads. A SQLite catalog compares the two times as text,
`2026-11-22 05:03` with `2026-11-22T...`, so that all of the last day counts as older: asked for 24
hours just after midnight it removed what had been put aside minutes before."""


def remove_old_files(store: Store, now: datetime) -> int:
    """Remove the files put aside one to two days ago or earlier; how many there were."""
    removed = store.connection.execute(
        "call ducklake_cleanup_old_files('lake', older_than => $1::timestamptz)",
        [(now - _KEEP_FILES).astimezone(UTC)],
    ).fetchall()
    _LOG.info("removed old files: count=%d", len(removed))
    return len(removed)


def forget_snapshots(store: Store, now: datetime, keep_days: float) -> int:
    """Drop the lake's own snapshots older than that, never the newest; how many there were.

    The files that only they needed are put aside for a later `remove_old_files`.
    """
    dropped = store.connection.execute(
        "call ducklake_expire_snapshots('lake', older_than => $1::timestamptz)",
        [(now - timedelta(days=keep_days)).astimezone(UTC)],
    ).fetchall()
    _LOG.info("dropped snapshots: count=%d", len(dropped))
    return len(dropped)


def merge_files(store: Store) -> tuple[int, int]:
    """Merge each table's small files, kept sorted; the number of files before and after."""
    before = _file_count(store)
    store.merge()
    after = _file_count(store)
    _LOG.info("merged files: before=%d after=%d", before, after)
    return before, after


def leave_figures(store: Store, place: Place, run_id: str, now: datetime) -> list[Holding]:
    """Count what there is, and append that for later upkeeps to compare with."""
    held = holdings(store, place)
    store.begin()
    try:
        store.append("upkeep_log", [upkeep_row(run_id, held, store.next_recorded_at(now))])
    except BaseException:
        store.rollback()
        raise
    store.commit()
    return held


def _file_count(store: Store) -> int:
    row = store.connection.execute(
        "select sum(file_count)::bigint from ducklake_table_info('lake')"
    ).fetchone()
    return int(row[0]) if row else 0
