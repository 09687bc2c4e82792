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
from warehouse.pinned import Pinned
from warehouse.schema import TIME
from warehouse.snapshot import Snapshot
from warehouse.stale_gaps import found_otherwise, rules, stale_sources
from warehouse.store import Store

_LOG = logging.getLogger(__name__)

WORTH_LOOKS = 500_000
"""With fewer looks in the warehouse its gaps are found in less than a fifth of a second."""

_NEWEST = """
select max(recorded_at) from (
    select recorded_at from lake.run_log union all select recorded_at from lake.chain_log
)
"""
"""The newest commit: whatever comes later is later than that (`Lake.next_recorded_at`)."""


def keep_gaps(store: Store, sources: Iterable[str] | None = None) -> int:
    """Keep the gaps of stale sources, of these or (None) of all; how many there were of them.

    Call it after the commit, with the writer's lock. Killed before its own commit, it leaves them
    stale; so does what DuckDB refuses (a full disk, a store that is gone), which is only logged:
    the run that was committed is no failure.
    """
    if store.count("looks") < WORTH_LOOKS:
        return 0
    try:
        return _keep(store, None if sources is None else frozenset(sources))
    except duckdb.Error as error:
        _LOG.warning("kept no gaps: reason=%s", str(error).partition("\n")[0])
        return 0


def _keep(store: Store, sources: frozenset[str] | None) -> int:
    connection, tables = open_reader(store.place)
    with closing(connection):
        stale = stale_sources(Snapshot(connection, tables))
        stale = stale if sources is None else stale & sources
        if not stale:
            return 0
        rows = _looked_for(connection, tables, stale)
    store.begin()
    try:
        store.append_table("gap_log", rows)
        store.commit()
    except BaseException:
        store.rollback()
        raise
    _LOG.info("kept gaps: sources=%d changed=%d", len(stale), rows.num_rows - len(stale))
    return len(stale)


def _looked_for(
    connection: duckdb.DuckDBPyConnection, tables: Pinned, sources: frozenset[str]
) -> pa.Table:
    """The rows to append, with one for each source that says it was looked at."""
    changed = found_otherwise(connection, tables, sources)
    marks = pa.table({"source_id": sorted(sources), "detail": [rules()] * len(sources)})
    rows = pa.concat_tables([changed, marks], promote_options="default")
    (newest,) = Snapshot(connection, tables).execute(_NEWEST).fetchall()
    return rows.append_column("recorded_at", pa.array([newest[0]] * rows.num_rows, TIME))
