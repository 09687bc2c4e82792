"""The real `Store`, its SQL and its views, over tables of plain DuckDB in memory.

What DuckLake adds (files, commits, snapshots) is left out, and with it most of the time: so laws of
time may be tried on many histories.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.warehouse.histories import START
from warehouse.duck import Place, connect_bare
from warehouse.model import StagedLook
from warehouse.pinned import Pinned, PinnedTable, sql_type
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.schema import TABLES
from warehouse.store import Store
from warehouse.views import create_views

RECORDED = START + timedelta(days=100)
"""When the first run is recorded."""


class _PlainStore(Store):
    """There is no catalog that tells which tables hold rows."""

    def _pin(self) -> Pinned:
        return {table.name: PinnedTable((), True, 0, 0) for table in TABLES}


class SqlLake:
    """A store in memory; each `run` is a run of its own, an hour after the one before."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runs = 0

    def run(self, looks: Sequence[StagedLook], *, hold: bool = False) -> datetime:
        """Record looks; the time from which it is known."""
        self.store.begin()
        stamp = Stamp(f"run-{self.runs}", RECORDED + timedelta(hours=self.runs))
        self.runs += 1
        recorder = Recorder(self.store, stamp)
        recorder.record("lakes", list(looks), hold=hold)
        self.store.append("run_log", [_run_row(recorder.stamp)])
        self.store.commit()
        return recorder.stamp.recorded_at

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query over views and macros."""
        return self.store.connection.execute(query, list(values)).fetchall()

    def sizes(self) -> dict[str, int]:
        """How many rows each table has, those that tell of runs left out."""
        return {
            table.name: self.store.count(table.name)
            for table in TABLES
            if table.name not in ("run_log", "chain_log", "schema_versions")
        }


_FREE: list[duckdb.DuckDBPyConnection] = []
"""Connections to empty lakes: the views take longer to make than an example to try."""


@contextmanager
def sql_lake() -> Iterator[SqlLake]:
    """An empty one."""
    connection = _FREE.pop() if _FREE else empty_tables()
    yield SqlLake(_PlainStore(Place(Path("/nowhere")), connection))
    for table in TABLES:  # after a failure it is left as it is
        connection.execute(f"delete from lake.{table.name}")
    _FREE.append(connection)


def empty_tables() -> duckdb.DuckDBPyConnection:
    """A lake in memory without a row, and the views over it."""
    connection = connect_bare()
    connection.execute("set threads = 1")  # as for every small lake
    connection.execute("set python_scan_all_frames = true")
    connection.execute("attach ':memory:' as lake")
    for table in TABLES:
        columns = ", ".join(f"{c.name} {sql_type(c.type)}" for c in table.columns)
        connection.execute(f"create table lake.{table.name} ({columns})")
    create_views(connection)
    return connection


def _run_row(stamp: Stamp) -> dict[str, Any]:
    return {
        "run_id": stamp.run_id, "command": "run", "started_at": stamp.recorded_at,
        "finished_at": stamp.recorded_at, "status": "ok", "counts": [],
        "pressdiff_version": "0", "recorded_at": stamp.recorded_at,
    }  # fmt: skip
