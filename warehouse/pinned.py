"""A reader's tables: the Parquet files of the newest snapshot, named once when it connects.

DuckLake asks its catalog three or four questions for each table of each query, 4 to 8 ms of CPU
together, and a release is joined from a dozen tables. What a snapshot holds never changes, so one
question can answer for all of them; then a table is a view over its files. What DuckLake would
have to do besides reading (rows deleted, columns a file does not have) is left to DuckLake.

A connection sees the state in which it was opened. Files that upkeep has merged away lie where
they are for two days more; do not keep a reader longer.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import duckdb
import pyarrow as pa

from warehouse.place import Place
from warehouse.schema import BY_NAME, TIME, Table

SCHEMA = "pinned"

_CATALOG = "__ducklake_metadata_lake"
_FILES = f"""
with edited as (
    select table_id from {_CATALOG}.ducklake_delete_file where end_snapshot is null
    union select table_id from {_CATALOG}.ducklake_inlined_data_tables
),
shaped as (
    select table_id, max(begin_snapshot) as since from {_CATALOG}.ducklake_column
    where end_snapshot is null group by table_id
)
select
    t.table_name,
    f.path,
    if(t.path_is_relative, if(s.path_is_relative, '', '/') || s.path || t.path, t.path) as folder,
    f.path_is_relative,
    f.record_count,
    f.mapping_id is not null or f.encryption_key is not null as is_foreign,
    e.table_id is not null as is_edited,
    f.begin_snapshot < c.since as is_older
from {_CATALOG}.ducklake_table as t
join {_CATALOG}.ducklake_schema as s on s.schema_id = t.schema_id
join shaped as c on c.table_id = t.table_id
left join edited as e on e.table_id = t.table_id
left join {_CATALOG}.ducklake_data_file as f on f.table_id = t.table_id and f.end_snapshot is null
where t.end_snapshot is null and s.end_snapshot is null
order by t.table_name, f.record_count desc, f.data_file_id
"""
"""The largest file first: DuckDB estimates a table by it."""

_NEWEST = f"select max(snapshot_id) from {_CATALOG}.ducklake_snapshot"

_LAKE_TABLE = re.compile(r"\blake\.(\w+)")

_SQL_TYPES = {
    pa.string(): "varchar", pa.binary(): "blob", TIME: "timestamptz", pa.date32(): "date",
    pa.bool_(): "boolean", pa.int32(): "integer", pa.int64(): "bigint", pa.uint32(): "uinteger",
    pa.float64(): "double",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PinnedTable:
    """Where the rows of one table are."""

    files: tuple[str, ...]
    by_ducklake: bool
    """Whether only DuckLake can tell which rows hold, or fill in what a file does not have."""
    snapshot_id: int
    """The lake's newest when they were named."""
    rows: int
    """How many the files have."""

    @property
    def may_have_rows(self) -> bool:
        """Whether there is a file, or DuckLake has to be asked."""
        return bool(self.files) or self.by_ducklake

    def rows_sql(self, table: Table) -> str | None:
        """A SELECT of the rows that asks DuckLake nothing; None when only it can tell."""
        if self.by_ducklake:
            return None
        if not self.files:
            return no_rows(table)
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in self.files)
        return f"select {_columns(table)} from read_parquet([{listed}])"


Pinned = Mapping[str, PinnedTable]


def pin(connection: duckdb.DuckDBPyConnection, place: Place) -> Pinned:
    """Every table of the newest snapshot; empty where none was made yet."""
    snapshot_id, rows = _newest(connection), connection.execute(_FILES).fetchall()
    while (newest := _newest(connection)) != snapshot_id:  # the files may be of either
        snapshot_id, rows = newest, connection.execute(_FILES).fetchall()
    files: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    by_ducklake: set[str] = set()
    for name, path, folder, is_relative, count, is_foreign, is_edited, is_older in rows:
        found = files.setdefault(name, [])
        if path is not None:
            counts[name] += count
            found.append(f"{place.data_path}{folder}{path}" if is_relative else path)
        if is_foreign or is_edited or is_older:
            by_ducklake.add(name)
    return {
        name: PinnedTable(tuple(found), name in by_ducklake, snapshot_id, counts[name])
        for name, found in files.items()
    }


def _newest(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(_NEWEST).fetchone()
    return int(row[0]) if row else 0


def create_tables_of(
    connection: duckdb.DuckDBPyConnection, pinned: Pinned, names: Iterable[str]
) -> None:
    """Put tables of these names into the schema `pinned`, those that are not there yet."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for name in names:
        table, found = BY_NAME[name], pinned[name]
        rows = found.rows_sql(table)
        if rows is None:
            rows = f"select {_columns(table)} from lake.{name} at (version => {found.snapshot_id})"
        connection.execute(f"create view if not exists {SCHEMA}.{name} as {rows}")


def tables_in(text: str) -> tuple[str, ...]:
    """The tables of the lake that an SQL text names.

    >>> tables_in("select * from lake.texts as t join lake.looks using (text_id), lake.texts")
    ('looks', 'texts')
    """
    return tuple(sorted(set(_LAKE_TABLE.findall(text))))


def over_pinned(text: str) -> str:
    """The same SQL over pinned tables.

    >>> over_pinned("select text_id from lake.texts as t")
    'select text_id from pinned.texts as t'
    """
    return _LAKE_TABLE.sub(rf"{SCHEMA}.\1", text)


@cache
def no_rows(table: Table) -> str:
    """A SELECT that has the table's columns and no row."""
    nulls = ", ".join(f"null::{sql_type(c.type)} as {c.name}" for c in table.columns)
    return f"select {nulls} where false"


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def sql_type(found: pa.DataType) -> str:
    """DuckDB's name of a type that the schema uses.

    >>> sql_type(pa.map_(pa.string(), pa.int64())), sql_type(pa.list_(pa.string()))
    ('map(varchar, bigint)', 'varchar[]')
    """
    if isinstance(found, pa.MapType):
        return f"map({sql_type(found.key_type)}, {sql_type(found.item_type)})"
    if isinstance(found, pa.ListType):
        return f"{sql_type(found.value_type)}[]"
    return _SQL_TYPES[found]
