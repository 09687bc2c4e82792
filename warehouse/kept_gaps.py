"""The gaps of a large archive, kept as they were found, so that who asks need not look for them.

To find them means to look at every address, teaser and look: a second of a million releases. So
whoever commits rows of a source keeps what its gaps are then. A source of which a row is newer is
`stale`: its gaps are found when somebody asks, as if none had been kept. What is kept can be found
again at any time, and is never believed where it could be old.
"""

import logging
from collections.abc import Iterable
from contextlib import closing

import duckdb
import pyarrow as pa

from warehouse.duck import open_reader
from warehouse.errors import AFTER_COMMIT_ERRORS
from warehouse.lake import NEWEST_COMMIT
from warehouse.pinned import Pinned
from warehouse.schema import TIME
from warehouse.snapshot import Snapshot
from warehouse.stale_gaps import found_otherwise, rules, stale_sources
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

WORTH_LOOKS = 500_000
"""With fewer looks in the warehouse its gaps are found in less than a fifth of a second."""

_STAND = f"""
select
    (select max(newest) from ({NEWEST_COMMIT})),
    (select coalesce(max(kept), 0) + 1 from lake.gap_log)
"""


def keep_gaps(store: Store, sources: Iterable[str] | None = None) -> int:
    """Keep the gaps of stale sources, of these or (None) of all; how many there were of them.

    Call it after the commit, with the writer's lock. Killed before its own commit, it leaves them
    stale; so does what goes wrong then (a full disk, a store that is gone), which is only logged:
    the run that was committed is no failure.
    """
    try:
        if store.count_named("looks") < WORTH_LOOKS:
            return 0
        store.begin()  # what is read after that is what stands until it is committed
        try:
            many = _keep(store, None if sources is None else frozenset(sources))
            if many:
                store.commit()
        except BaseException:
            store.rollback()
            raise
        if not many:
            store.rollback()
    except AFTER_COMMIT_ERRORS as error:
        _LOG.warning("kept no gaps: reason=%s", str(error).partition("\n")[0])
        return 0
    return many


def _keep(store: Store, sources: frozenset[str] | None) -> int:
    connection, tables = open_reader(store.place)
    with closing(connection):
        stale = stale_sources(Snapshot(connection, tables))
        stale = stale if sources is None else stale & sources
        if stale:
            rows = _looked_for(connection, tables, stale)
            store.append_table("gap_log", rows)
            _LOG.info("kept gaps: sources=%d changed=%d", len(stale), rows.num_rows - len(stale))
    return len(stale)


def _looked_for(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, sources: frozenset[str]
) -> pa.Table:
    """The rows to append, with one for each source that says it was looked at."""
    changed = found_otherwise(connection, tables, sources)
    marks = pa.table({"source_id": sorted(sources)})
    rows = pa.concat_tables([changed, marks], promote_options="default")
    ((newest, kept),) = Snapshot(connection, tables).execute(_STAND).fetchall()
    for name, value, kind in (
        ("kept", kept, pa.int64()), ("rules", rules(), pa.string()), ("recorded_at", newest, TIME),
    ):  # fmt: skip
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, kind))
    return rows
