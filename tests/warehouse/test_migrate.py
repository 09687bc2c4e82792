"""A warehouse of an older schema opens and is brought up to date, once, and loses nothing.

`old/schema-<n>.tar.xz` was written by pressdiff 0.1.0 with that schema: two runs, one release, one
edit.
"""

import signal
import sqlite3
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tests.flows.shell import Shell
from tests.warehouse.test_crash import CrashServer, crashes
from warehouse import migrate
from warehouse.duck import Place, connect_reader, schema_version
from warehouse.errors import SchemaTooOldError, WarehouseError
from warehouse.schema import SCHEMA_VERSION, TABLES, Column, Table
from warehouse.store import Store
from warehouse.verify import verify

__all__ = ["crashes"]

OLD = Path(__file__).with_name("old") / "schema-1.tar.xz"
OLDER = sorted(OLD.parent.glob("schema-*.tar.xz"))
NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
_ORDERS = """
select t.table_name, list(
    replace(e.expression, '"', '') || if(e.sort_direction = 'DESC', ' desc', '')
    order by e.sort_key_index
)
from __ducklake_metadata_lake.ducklake_sort_info as s
join __ducklake_metadata_lake.ducklake_sort_expression as e on e.sort_id = s.sort_id
join __ducklake_metadata_lake.ducklake_table as t
    on t.table_id = s.table_id and t.end_snapshot is null
where s.end_snapshot is null group by t.table_name
"""
EDIT = "On May 13, 2024, in Minsk, 14 observers took part in the exercise."
HEADLINE = "Observers of the Council took part in the exercise near Minsk"


def unpacked(archive: Path, folder: Path) -> Shell:
    """A command line where a warehouse of an archive lies."""
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return Shell(folder)


@pytest.fixture
def old(tmp_path: Path) -> Shell:
    """A command line where a version-1 warehouse lies."""
    return unpacked(OLD, tmp_path)


def place_of(shell: Shell) -> Place:
    return Place(shell.folder / "data")


@pytest.mark.parametrize(
    "words", [("sql", "select 1 from releases"), ("changes",), ("show", "0"), ("export", "out")]
)
def test_commands_that_only_ask_name_the_one_that_upgrades(
    old: Shell, words: tuple[str, ...]
) -> None:
    ran = old(*words)
    assert ran.code == 1
    assert ran.out == ""
    assert "`pressdiff maintain`" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("archive", OLDER, ids=lambda path: path.name.partition(".")[0])
def test_the_next_run_upgrades_and_goes_on(archive: Path, tmp_path: Path) -> None:
    old = unpacked(archive, tmp_path)
    old.write("a.txt", f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{EDIT}\n")
    at = "2024-06-03T00:00:00Z"
    assert old("ingest", "a.txt", "--source", "csto", "--captured-at", at).code == 0
    rows = old.sql("select revision, text from revisions order by revision")
    assert [row["revision"] for row in rows] == [1, 2, 3]
    assert [word in row["text"] for word, row in zip(("10", "12", "14"), rows, strict=True)]
    changes = old.sql("select revision, before, after from changes order by revision")
    assert [tuple(row.values()) for row in changes] == [(2, "10", "12"), (3, "12", "14")]
    assert not verify(place_of(old), lambda *_: None).damaged
    written = archive.name.removeprefix("schema-").partition(".")[0]
    assert len(list((old.folder / "data").glob(f"catalog-schema{written}-*.sqlite"))) == 1


@pytest.mark.parametrize("archive", OLDER, ids=lambda path: path.name.partition(".")[0])
def test_what_is_filled_is_what_recording_fills(archive: Path, tmp_path: Path) -> None:
    old = unpacked(archive, tmp_path / "old")
    new = Shell(tmp_path / "new")
    new.folder.mkdir()
    for day, number in (("01", "10"), ("02", "12")):
        text = EDIT.replace("14", number)
        new.write("a.txt", f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{text}\n")
        at = f"2024-06-{day}T00:00:00Z"
        assert new("ingest", "a.txt", "--source", "csto", "--captured-at", at).code == 0
    Store.open(place_of(old), NOW).close()
    assert filled(old) == filled(new)
    assert len(filled(old)["revision_readings"]) == 2


def filled(shell: Shell) -> dict[str, list[object]]:
    """The rows of the tables that a migration fills, without what each run has its own of."""
    own = ("entry_id", "run_id", "recorded_at")
    connection = connect_reader(place_of(shell))
    found: dict[str, list[object]] = {}
    for table in TABLES:
        if table.name in ("look_days", "edit_log", "revision_readings"):
            names = ", ".join(c.name for c in table.columns if c.name not in own)
            rows = connection.execute(f"select {names} from lake.{table.name} order by all")
            found[table.name] = rows.fetchall()
    connection.close()
    return found


def test_there_is_a_sample_of_every_schema_before_todays() -> None:
    assert [path.name for path in OLDER] == [
        f"schema-{number}.tar.xz" for number in range(1, SCHEMA_VERSION)
    ]


@pytest.mark.parametrize(
    "moments", [(60,), pytest.param(range(1, 160), marks=pytest.mark.drill)], ids=["one", "all"]
)
def test_an_upgrade_killed_at_any_effect_is_done_by_the_next_command(
    tmp_path: Path, crashes: CrashServer, moments: Sequence[int]
) -> None:
    for at in moments:
        killed = unpacked(OLD, tmp_path / f"{at}")
        assert crashes.run(killed.folder, at, "0") == signal.SIGKILL
        try:
            connect_reader(place_of(killed)).close()
        except SchemaTooOldError:
            assert at < 150, "it was upgraded before the end"
        assert killed("maintain", "--no-check").code == 0
        assert killed.sql("select count(*) as n from revisions") == [{"n": 2}]


def test_the_copy_is_the_catalog_as_it_was(old: Shell) -> None:
    before = _snapshots(place_of(old).catalog)
    Store.open(place_of(old), NOW).close()
    copy = place_of(old).root / "catalog-schema1-20261201T080000Z.sqlite"
    assert _snapshots(copy) == before < _snapshots(place_of(old).catalog)
    Store.open(place_of(old), NOW).close()
    assert [*place_of(old).root.glob("catalog-*")] == [copy], "an upgraded one is not copied again"
    # put back, it is the warehouse of before
    place_of(old).catalog.unlink()
    copy.rename(place_of(old).catalog)
    with pytest.raises(SchemaTooOldError):
        connect_reader(place_of(old))


def test_an_upgrade_that_fails_changes_nothing(old: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise WarehouseError("no")

    with monkeypatch.context() as patch:
        patch.setitem(migrate.MIGRATIONS, SCHEMA_VERSION, fail)
        with pytest.raises(WarehouseError, match="no"):
            Store.open(place_of(old), NOW)
    with pytest.raises(SchemaTooOldError):
        connect_reader(place_of(old))
    Store.open(place_of(old), NOW).close()
    connection = connect_reader(place_of(old))
    assert schema_version(connection) == SCHEMA_VERSION
    connection.close()


def test_missing_tables_and_columns_are_added_and_old_rows_hold_null(
    old: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = Column("extra", pa.list_(pa.string()), "new", nullable=True)
    tables = (
        *(_with(t, extra) if t.name == "looks" else t for t in TABLES),
        Table("novelties", "one row per novelty", ("id",), (Column("id", pa.string(), "id"),)),
    )
    monkeypatch.setattr(migrate, "TABLES", tables)
    Store.open(place_of(old), NOW).close()
    connection = connect_reader(place_of(old))
    assert connection.execute("select count(*), count(extra) from lake.looks").fetchone() == (2, 0)
    assert connection.execute("select count(*) from lake.novelties").fetchone() == (0,)
    connection.close()


def test_a_new_column_that_may_not_be_null_needs_a_migration(
    old: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = tuple(
        _with(t, Column("extra", pa.string(), "new")) if t.name == "looks" else t for t in TABLES
    )
    monkeypatch.setattr(migrate, "TABLES", tables)
    with pytest.raises(WarehouseError, match=r"looks\.extra .* migration is missing"):
        Store.open(place_of(old), NOW)


def test_todays_tables_are_those_of_version_1_and_what_may_be_added(old: Shell) -> None:
    """The rule that lets a table or a column that may be NULL go without a migration."""
    Store.open(place_of(old), NOW).close()
    connection = connect_reader(place_of(old))
    orders = dict(connection.execute(_ORDERS).fetchall())
    assert orders == {table.name: [*table.sorted_by] for table in TABLES if table.sorted_by}
    for table in TABLES:
        described = connection.execute(f"describe lake.{table.name}").fetchall()
        assert {row[0] for row in described} == {column.name for column in table.columns}
    connection.close()


def _with(table: Table, column: Column) -> Table:
    return Table(table.name, table.grain, table.key, (*table.columns, column), table.sorted_by)


def _snapshots(catalog: Path) -> int:
    connection = sqlite3.connect(catalog)
    try:
        (count,) = connection.execute("select count(*) from ducklake_snapshot").fetchone()
    finally:
        connection.close()
    return int(count)
