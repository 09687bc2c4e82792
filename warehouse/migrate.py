"""An older warehouse brought to today's schema: one transaction, a copy of its catalog kept first.

What a newer schema adds, missing tables and columns that may be NULL, is added without being
named. Anything else needs an entry in MIGRATIONS.
"""

import os
import sqlite3
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from warehouse.disk import sync_folder
from warehouse.duck import create_table, sort_table
from warehouse.edits import EDITS_OF_HELD
from warehouse.errors import WarehouseError
from warehouse.pinned import sql_type
from warehouse.place import Place
from warehouse.postgres import copy_catalog
from warehouse.revision_readings import READINGS_OF_ENTRIES
from warehouse.schema import SCHEMA_VERSION, TABLES, Table

Migration = Callable[[duckdb.DuckDBPyConnection], None]


def _fill_look_days(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema 3: a day was learned of with its first look."""
    connection.execute(
        "insert into lake.look_days by name "
        "select source_id, captured_at::date as day, arg_min(run_id, recorded_at) as run_id, "
        "min(recorded_at) as recorded_at from lake.looks group by all"
    )


def _fill_edit_log(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema 4: the changes of the revisions that hold, as the classifier of their day saw them."""
    connection.execute(f"insert into lake.edit_log by name {EDITS_OF_HELD}")


def _fill_revision_readings(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema 5: what was read in the look that each row of `revision_log` begins with."""
    connection.execute(f"insert into lake.revision_readings by name {READINGS_OF_ENTRIES}")


MIGRATIONS: dict[int, Migration] = {
    3: _fill_look_days, 4: _fill_edit_log, 5: _fill_revision_readings,
}  # fmt: skip
"""By the version that it leads to: what has to be done beside adding tables and columns."""


def upgrade_tables(connection: duckdb.DuckDBPyConnection, written: int, now: datetime) -> None:
    """Add what tables and columns are missing and run the migrations; the caller commits."""
    for table in TABLES:
        there = _columns(connection, table)
        if there:
            _add_columns(connection, table, there)
            sort_table(connection, table)
        else:
            create_table(connection, table)
    for number in range(written + 1, SCHEMA_VERSION + 1):
        if number in MIGRATIONS:
            MIGRATIONS[number](connection)
    connection.execute(
        "insert into lake.schema_versions values (?, ?, ?)",
        [SCHEMA_VERSION, version("pressdiff"), now],
    )


def _columns(connection: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = 'lake' and table_name = $1",
        [table.name],
    ).fetchall()
    return {row[0] for row in rows}


def _add_columns(connection: duckdb.DuckDBPyConnection, table: Table, there: set[str]) -> None:
    for column in table.columns:
        if column.name in there:
            continue
        if not column.nullable:
            raise WarehouseError(
                f"{table.name}.{column.name} is new and may not be NULL: its migration is missing"
            )
        connection.execute(
            f"alter table lake.{table.name} add column {column.name} {sql_type(column.type)}"
        )


def keep_copy(place: Place, written: int, now: datetime) -> str:
    """Keep a copy of the catalog beside it; what it is called."""
    if place.postgres is None:
        return str(copy_sqlite(place.catalog, written, now))
    name = f"before_schema{written + 1}_{now:%Y%m%dt%H%M%Sz}"
    copy_catalog(place.postgres, name)
    return f"schema {name}"


def copy_sqlite(catalog: Path, written: int, now: datetime) -> Path:
    """Keep a copy of a SQLite catalog beside it, on the disk before this returns; its path."""
    copy = catalog.with_name(f"{catalog.stem}-schema{written}-{now:%Y%m%dT%H%M%SZ}.sqlite")
    unfinished = copy.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    source, target = sqlite3.connect(catalog), sqlite3.connect(unfinished)
    try:
        source.backup(target)
    finally:
        target.close()
        source.close()
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.rename(copy)
    sync_folder(copy.parent)
    return copy
