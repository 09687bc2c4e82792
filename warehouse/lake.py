"""The writing side of the lake: one run, one transaction, rows only appended.

Hold the writer's lock around everything here. Parquet files are fsynced before COMMIT, because
DuckLake syncs its catalog only: what the catalog names must already be on the disk.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from warehouse.chain import Appended, link_row
from warehouse.disk import sync_folder
from warehouse.duck import (
    Place,
    attach_writer,
    create_tables,
    has_tables,
    let_go,
    needs_upgrade,
    roll_back,
    schema_version,
    set_layouts,
    use_all_cores,
)
from warehouse.errors import AFTER_COMMIT_ERRORS, WarehouseBusyError
from warehouse.migrate import keep_copy, upgrade_tables
from warehouse.pinned import Pinned, PinnedTable, pin
from warehouse.postgres_lock import fence
from warehouse.rows import Row
from warehouse.schema import BY_NAME, SCHEMA_VERSION

_LOG = logging.getLogger(__name__)

MERGE_AFTER_FILES = 100
"""A query over 12,001 files took 102 ms, over 7 took 13 to 30."""

FEW_KEYS = 12
"""So many keys or fewer are looked for in the scan itself, which then reads the other columns only
where one fits: 4 bodies of 100,000 in 0.12 s of CPU against 0.9. More cost more than they spare."""

_MANY_ROWS = 50_000
"""Appended by one connection: from then on questions gain by a second thread."""

NEWEST_COMMIT = (
    "select max(recorded_at) as newest from lake.run_log "
    "union all select max(recorded_at) from lake.chain_log"
)
"""The time of the newest commit (`newest`, of two rows the later); all that follow are later."""

_LAKE_TABLE = re.compile(r"\blake\.(\w+)( as \w+)?")

_SMALL_FILE_BYTES = 32 * 1024 * 1024


class Lake:
    """An open lake. Use `begin`, `append`..., then `commit` or `rollback`; ask at any time."""

    def __init__(self, place: Place, connection: duckdb.DuckDBPyConnection) -> None:
        self.place = place
        self._connection = connection
        self._files_before: set[Path] = set()
        self._appended = Appended()
        self._pinned: Pinned | None = None
        """The tables as they were when the open transaction began; None: not looked up."""
        self._written: set[str] = set()
        """The tables that it has appended to."""
        self._rows_appended = 0
        self._is_open = False

    @classmethod
    def open(cls, place: Place, now: datetime) -> Self:
        """The lake at a place, made if there is none, upgraded if it is of an older schema."""
        store = cls(place, attach_writer(place))
        if not has_tables(store._connection):
            store.begin()
            create_tables(store._connection, now)
            store.commit()
            store._set_layouts()
        store._upgrade(now)
        return store

    def _upgrade(self, now: datetime) -> None:
        written = schema_version(self._connection)
        if not needs_upgrade(written, self.place.said):
            return
        copy = keep_copy(self.place, written, now)
        self.begin()
        upgrade_tables(self._connection, written, now)
        self.commit()
        self._set_layouts()
        _LOG.info("upgraded schema: from=%d to=%d copy=%s", written, SCHEMA_VERSION, copy)

    def _set_layouts(self) -> None:
        self.begin()
        set_layouts(self._connection)
        self.commit()

    def close(self) -> None:
        """Let go of the connection; an open transaction is rolled back."""
        let_go(self._connection)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Answer the questions of a block from one snapshot: each by itself would load the catalog
        anew, which takes longer than the question."""
        self._start()
        try:
            yield
        finally:
            self._is_open = False
            self._connection.execute("rollback")

    def _start(self) -> None:
        self._connection.execute("begin")
        self._is_open, self._pinned, self._written = True, None, set()

    def begin(self) -> None:
        """Start the run's one transaction."""
        self._files_before = self._parquet_files()
        self._appended = Appended()
        self._start()
        if self.place.scaled and not fence(self._connection):
            self.rollback()
            raise WarehouseBusyError("another process is writing to this warehouse; run again")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        self._is_open = False
        roll_back(self._connection)

    def commit(self) -> None:
        """Link the rows to those before, sync the new Parquet files and folders, then COMMIT."""
        self._append_links()
        self._sync_new_files()
        self._is_open = False
        self._connection.execute("commit")

    def append(self, table: str, rows: Sequence[Row]) -> None:
        """Append rows to a table; each must have the table's columns."""
        if rows:
            self.append_table(table, pa.Table.from_pylist(list(rows), BY_NAME[table].arrow))
            self._appended.add(table, rows)

    def append_table(self, table: str, appended: pa.Table) -> None:
        """Append many rows at once, of a table that no link of the chain covers."""
        # Named in the query, not registered: a registered table is held until the transaction ends.
        self._connection.execute(f"insert into lake.{table} by name select * from appended")
        self._count_appended(table, appended.num_rows)
        del appended

    def adopt(self, table: str, batches: "pa.RecordBatchReader") -> int:
        """Append rows of another warehouse with the links they have there; how many."""
        use_all_cores(self._connection)  # they may be millions
        self._connection.register("adopted", batches)
        self._written.add(table)
        try:
            row = self._connection.execute(
                f"insert into lake.{table} by name select * from adopted"
            ).fetchone()
        finally:
            self._connection.unregister("adopted")
        return int(row[0]) if row else 0

    def _count_appended(self, table: str, rows: int) -> None:
        self._written.add(table)
        if self._rows_appended < _MANY_ROWS <= self._rows_appended + rows:
            use_all_cores(self._connection)
        self._rows_appended += rows

    def _append_links(self) -> None:
        appended, self._appended = self._appended, Appended()
        if appended:
            links = appended.links(self._last_link())
            rows = [link_row(one, appended.marks(one.recorded_at)) for one in links]
            self.append("chain_log", rows)

    def _last_link(self) -> tuple[int, str | None, datetime | None]:
        rows = self.ask(
            "select position, link, recorded_at from lake.chain_log order by position desc limit 1"
        )
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else (0, None, None)

    def next_recorded_at(self, now: datetime) -> datetime:
        """Now, or just after the newest commit's time when the clock stands behind it."""
        ((newest,),) = self.ask(f"select max(newest) from ({NEWEST_COMMIT})")
        return now if newest is None or newest < now else newest + timedelta(microseconds=1)

    def merge_if_due(self) -> None:
        """Merge small Parquet files once a table has gathered MERGE_AFTER_FILES of them, after a
        commit: what goes wrong is only logged."""
        try:
            self._merge_if_due()
        except AFTER_COMMIT_ERRORS as error:
            _LOG.warning("merged no files: reason=%s", str(error).partition("\n")[0])

    def _merge_if_due(self) -> None:
        most = self._scalar(
            "select max(files) from (select count(*) as files "
            "from __ducklake_metadata_lake.ducklake_data_file "
            "where end_snapshot is null group by table_id)"
        )
        if most is not None and most >= MERGE_AFTER_FILES:
            # large files wait for `maintain`: else every hundredth run would write all anew
            self.merge(_SMALL_FILE_BYTES)
            _LOG.info("merged small files: most_in_a_table=%d", most)

    def merge(self, max_file_bytes: int | None = None) -> None:
        """Merge every table's Parquet files, those smaller than that alone, in one commit."""
        only = f", max_file_size => {max_file_bytes}" if max_file_bytes else ""
        self.begin()
        try:
            self._connection.execute(f"call ducklake_merge_adjacent_files('lake'{only})")
        except BaseException:
            self.rollback()
            raise
        self.commit()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection itself, for upkeep."""
        return self._connection

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self._scalar(f"select count(*) from lake.{table}"))

    def count_named(self, table: str) -> int:
        """How many rows the files of a table have, as its catalog says without reading them: asked
        after every commit."""
        rows = self._scalar(
            "select sum(f.record_count) from __ducklake_metadata_lake.ducklake_data_file as f "
            "join __ducklake_metadata_lake.ducklake_table as t on t.table_id = f.table_id "
            f"where t.table_name = '{table}' and f.end_snapshot is null and t.end_snapshot is null"
        )
        return int(rows or 0)

    def ask(
        self, query: str, parameters: dict[str, Any] | None = None, **tables: pa.Table
    ) -> list[tuple[Any, ...]]:
        """The rows of a query, which may name the given tables besides the lake's."""
        with ExitStack() as stack:
            for name, table in tables.items():
                stack.enter_context(self._registered(name, table))
            return self._connection.execute(self._spared(query), parameters).fetchall()

    def ask_table(
        self, query: str, parameters: dict[str, Any] | None = None, **tables: pa.Table
    ) -> pa.Table:
        """The same for many rows."""
        with ExitStack() as stack:
            for name, table in tables.items():
                stack.enter_context(self._registered(name, table))
            return self._connection.execute(self._spared(query), parameters).to_arrow_table()

    def has_rows(self, table: str) -> bool:
        """Whether a table holds any row. In a transaction that is looked up once for all: DuckLake
        takes 20 to 60 ms to find that an empty table has nothing, and many stay empty for years."""
        if not self._is_open:
            return self._scalar(f"select 1 from lake.{table} limit 1") is not None
        return table in self._written or self._as_begun(table).may_have_rows

    def _spared(self, query: str) -> str:
        """The question without the tables that hold nothing, see `has_rows`, and without asking
        DuckLake of those that are as they were."""
        if not self._is_open:
            return query
        return _LAKE_TABLE.sub(self._spared_table, query)

    def _spared_table(self, found: re.Match[str]) -> str:
        name = found[1]
        if name not in BY_NAME or (self.place.scaled and self.has_rows(name)):
            return found[0]  # DuckLake knows without a request which objects cannot fit
        rows = None if name in self._written else self._as_begun(name).rows_sql(BY_NAME[name])
        return found[0] if rows is None else f"({rows})" + (found[2] or f" as {name}")

    def _as_begun(self, table: str) -> PinnedTable:
        if self._pinned is None:
            self._pinned = self._pin()
        return self._pinned[table]

    def _pin(self) -> Pinned:
        # What another process commits meanwhile is looked for and, in this snapshot, not found.
        return pin(self._connection, self.place)

    def ask_keys(
        self,
        query: str,
        column: str,
        keys: Iterable[str],
        few: int = FEW_KEYS,
        **parameters: object,
    ) -> list[tuple[Any, ...]]:
        """The rows of a query whose `{among}` stands for: this column is one of these keys."""
        wanted = sorted(set(keys))
        if not wanted:
            return []
        among = f"{column} in (select key from wanted)"
        if len(wanted) <= few:
            # one value: DuckDB looks for a pandas to import at every element of a list
            among += f" and list_contains(string_split($wanted, chr(31)), {column})"
            parameters["wanted"] = "\x1f".join(wanted)
        table = pa.table({"key": pa.array(wanted, pa.string())})
        return self.ask(query.format(among=among), parameters or None, wanted=table)

    def match(
        self,
        table: str,
        column: str,
        keys: Iterable[str],
        select: str,
        where: str = "true",
        join: str = "",
        **parameters: object,
    ) -> list[tuple[Any, ...]]:
        """Rows of a table (`t`) whose column is one of keys."""
        wanted = pa.array(sorted(set(keys)), pa.string())
        if not len(wanted) or not self.has_rows(table):
            return []
        query = (
            f"select {select} from lake.{table} as t {join} "
            # `in` is planned in a third of the time that a semi join takes
            f"where t.{column} in (select key from wanted) and {where}"
        )
        return self.ask(query, parameters or None, wanted=pa.table({"key": wanted}))

    def _registered(self, name: str, table: pa.Table) -> "_Registered":
        return _Registered(self._connection, name, table)

    def _scalar(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def _parquet_files(self) -> set[Path]:
        """What must be synced is among them; a bucket's objects are safe once they are written."""
        return set() if self.place.scaled else set(self.place.files.rglob("*.parquet"))

    def _sync_new_files(self) -> None:
        new = self._parquet_files() - self._files_before
        for path in new:
            with path.open("rb") as file:
                os.fsync(file.fileno())
        for folder in {parent for path in new for parent in (path.parent, *path.parents)}:
            if folder.is_relative_to(self.place.root):
                sync_folder(folder)


class _Registered:
    """An Arrow table under a name for the length of a block."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
        self._connection, self._name, self._table = connection, name, table

    def __enter__(self) -> None:
        self._connection.register(self._name, self._table)

    def __exit__(self, *_: object) -> None:
        self._connection.unregister(self._name)
