"""What a reader is shown of a snapshot is what DuckLake would show of it."""

import shutil
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.conftest import SECOND_RUN, URL_A
from tests.warehouse.conftest import look as looked
from warehouse.duck import Place, connect_reader, open_reader
from warehouse.pinned import create_tables_of
from warehouse.recorder import Recorder
from warehouse.rows import Stamp
from warehouse.schema import BY_NAME, TABLES
from warehouse.store import Store

NAMES = [table.name for table in TABLES]


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    found = connection.execute(f"from {table}").fetchall()
    return sorted(found, key=repr)


@pytest.fixture
def place(tmp_path: Path, lake: Place) -> Place:
    shutil.copytree(lake.root, tmp_path / "data")
    return Place(tmp_path / "data")


def types(described: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row[:2] for row in described]


def test_every_table_is_what_ducklake_says(place: Place) -> None:
    connection, tables = open_reader(place)
    with closing(connection):
        create_tables_of(connection, tables, NAMES)
        for name in NAMES:
            assert rows(connection, f"pinned.{name}") == rows(connection, f"lake.{name}")
            mine, lakes = (
                types(connection.execute(f"describe {schema}.{name}").fetchall())
                for schema in ("pinned", "lake")
            )
            assert mine == lakes


@pytest.mark.parametrize(
    "change",
    [
        "delete from lake.looks where outcome = 'new'",
        "alter table lake.looks add column added varchar",
        "update lake.texts set headline = 'another' where kind = 'html'",
    ],
)
def test_what_ducklake_alone_can_tell_it_tells(place: Place, change: str) -> None:
    store = Store.open(place, SECOND_RUN)
    store.connection.execute(change)
    store.close()
    connection, tables = open_reader(place)
    with closing(connection):
        create_tables_of(connection, tables, NAMES)
        for name in ("looks", "texts"):
            columns = ", ".join(one.name for one in BY_NAME[name].columns)
            mine, lakes = (
                sorted(connection.execute(f"select {columns} from {schema}.{name}").fetchall(),
                       key=repr)
                for schema in ("pinned", "lake")
            )  # fmt: skip
            assert mine == lakes
        assert any(tables[name].by_ducklake for name in ("looks", "texts"))


def test_a_reader_sees_the_state_in_which_it_was_opened(place: Place) -> None:
    with closing(connect_reader(place)) as connection:
        before = rows(connection, "captures")
        at = datetime(2026, 3, 3, 12, tzinfo=UTC)
        store = Store.open(place, at)
        store.begin()
        Recorder(store, Stamp("r3", at)).record("lakes", [looked(URL_A, at, None)])
        store.commit()
        store.merge()
        store.close()
        assert rows(connection, "captures") == before
    with closing(connect_reader(place)) as connection:
        assert len(rows(connection, "captures")) == len(before) + 1


def test_only_what_is_named_is_made(place: Place) -> None:
    with closing(connect_reader(place, "select 1 from Duplicates limit 1")) as connection:
        made = {
            row[0]
            for row in connection.execute(
                "select view_name from duckdb_views() where schema_name = 'main' and not internal"
            ).fetchall()
        }
        assert made == {"duplicates", "neighbours"}
