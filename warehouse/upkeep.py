"""Care of a lake that runs for years: few files, sorted, and nothing kept that nobody reads.

Hold the writer's lock. Clean-up removes only what an earlier call put aside at least a day ago: it
unlinks before its own commit, even when that is rolled back, and a reader may still be at an older
snapshot. Rows are never touched; revisions and what was known when stay for ever.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warehouse.evidence import evidence_of
from warehouse.place import Place
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

_KEEP_FILES = timedelta(hours=48)
"""At least a day, longer than any reader reads. A SQLite catalog compares the two times as text,
`2026-11-22 05:03` with `2026-11-22T...`, so that all of the last day counts as older: asked for 24
hours just after midnight it removed what had been put aside minutes before."""


@dataclass(frozen=True, slots=True)
class Holding:
    """How much there is of one table, or of evidence."""

    name: str
    rows: int | None
    """None: of evidence, whose records are not counted."""
    files: int
    length_bytes: int


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


def holdings(store: Store, place: Place) -> Iterator[Holding]:
    """What each table holds, by name, and last the evidence."""
    rows = store.connection.execute(
        "select table_name, file_count, file_size_bytes from ducklake_table_info('lake') "
        "order by table_name"
    ).fetchall()
    with store.reading():
        for name, files, length_bytes in rows:
            yield Holding(name, store.count(name), files, length_bytes)
    sizes = [size for _, size in evidence_of(place).sizes()]
    yield Holding("evidence", None, len(sizes), sum(sizes))


def _file_count(store: Store) -> int:
    row = store.connection.execute(
        "select sum(file_count)::bigint from ducklake_table_info('lake')"
    ).fetchone()
    return int(row[0]) if row else 0
