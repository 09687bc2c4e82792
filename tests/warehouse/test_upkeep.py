"""Upkeep: fewer files, sorted; old ones go a day later; rows, times and the chain stay."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.warehouse.servers import servers
from tests.warehouse.test_catalogs import Kept, kept
from tests.warehouse.test_chain import some
from warehouse.duck import Place, connect_bare
from warehouse.growth import EVIDENCE, Holding, growth, read_earlier, upkeep_row
from warehouse.lock import writing
from warehouse.schema import BY_NAME, TABLES, Table
from warehouse.store import Store
from warehouse.upkeep import forget_snapshots, merge_files, remove_old_files
from warehouse.verify import verify

__all__ = ["kept", "servers"]

QUERIES = (
    "select * from captures order by capture_id",
    "select * from revisions order by revision",
    "select * from changes order by revision, seq",
)


def test_maintain_merges_reports_and_checks(kept: Kept) -> None:
    for number in range(3):
        kept.ingest(number)
    before = [kept.sql(query) for query in QUERIES]
    known = kept.sql("select recorded_at as t from revisions order by revision")[1]["t"]
    ran = kept("maintain", "--format", "json")
    assert ran.code == 0, ran.err
    assert "all as recorded" in ran.err
    held = {row["table"]: row for row in ran.rows}
    assert held["looks"]["rows"] == 3
    assert held["looks"]["files"] == 1
    assert held["looks"]["bytes"] > 1000
    assert held["evidence"]["files"] == 3
    assert held["looks"]["rows_more"] is None, "there is nothing yet to compare with"
    assert [kept.sql(query) for query in QUERIES] == before
    assert kept.sql(f"select count(*) as n from revisions_as_of('{known}')") == [{"n": 2}]
    kept.ingest(3)
    again = kept("maintain", "--no-check", "--format", "json")
    assert again.code == 0
    assert "removed 0 old ones, dropped 0 snapshots" in again.err
    more = {row["table"]: row for row in again.rows}
    assert more["looks"]["rows_more"] == 1
    assert (
        more["evidence"]["bytes_more"] == more["evidence"]["bytes"] - held["evidence"]["bytes"] > 0
    )
    assert more["looks"]["bytes_a_month"] is None, "minutes say nothing about a month"
    assert f"since {datetime.now(UTC):%Y-%m-%d}: +" in again.err
    assert verify(kept.place, lambda *_: None).findings == ()


def test_growth_is_told_against_a_month_ago_or_the_oldest_there_is(tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    first = datetime(2026, 3, 1, tzinfo=UTC)
    store = Store.open(place, first)
    assert read_earlier(store.connection, first) is None
    for day in (0, 20, 40):
        store.begin()
        held = [Holding("looks", 10 * day, 1, 1000 * day), Holding(EVIDENCE, None, day, 7 * day)]
        row = upkeep_row(f"u{day}", held, first + timedelta(days=day))
        store.append("upkeep_log", [row])
        store.commit()
    found = [read_earlier(store.connection, first + timedelta(days=day)) for day in (45, 55, 71)]
    store.close()
    days = [(one.recorded_at - first).days for one in found if one is not None]
    assert days == [0, 20, 40]
    now = [
        Holding("looks", 500, 2, 90_000),
        Holding("new", 5, 1, 300),
        Holding(EVIDENCE, None, 9, 100),
    ]
    looks, new, evidence = growth(now, found[1], first + timedelta(days=80))
    assert (looks.rows_more, looks.bytes_more, looks.bytes_a_month) == (300, 70_000, 35_000)
    assert (new.rows_more, new.bytes_more) == (5, 300)
    assert (evidence.rows_more, evidence.bytes_more) == (None, -40)


def test_every_sorted_table_is_kept_in_order_by_merging(tmp_path: Path) -> None:
    """Whatever is merged, and merged again: rows are in order in each file, NULL last."""
    store = Store.open(Place(tmp_path / "data"), datetime(2026, 3, 1, tzinfo=UTC))
    tables = [table for table in TABLES if table.sorted_by]
    for batch in range(3):
        for half in range(2):
            store.begin()
            for table in tables:
                store.append_table(table.name, _shuffled(table, batch, half))
            store.commit()
        merge_files(store)
        for table in tables:
            name = table.name
            ((path,),) = store.connection.execute(
                f"select distinct filename from lake.{name}"
            ).fetchall()
            stored = f"select {', '.join(_sorting(table))} from read_parquet($1)"
            found, in_order = (
                store.connection.execute(query, [path]).fetchall()
                for query in (stored, f"{stored} order by {', '.join(table.sorted_by)}")
            )
            assert len(found) == 100 * (batch + 1), name
            assert found == in_order, name
            assert len(set(found)) > 50, name
    store.close()


def _sorting(table: Table) -> list[str]:
    """What a table is sorted by, without the direction."""
    return [one.removesuffix(" desc") for one in table.sorted_by]


def _shuffled(table: Table, batch: int, half: int) -> pa.Table:
    base = {column.name: some(column.type, 1) for column in table.columns}
    rows = []
    for n in range(50):
        value = (n * 37 + 11 * half + batch) % 53
        names = [name for name in _sorting(table) if name in base]
        keys = {name: some(table.arrow.field(name).type, value) for name in names}
        if "release_id" in keys:  # as real ones, of any first digit
            keys["release_id"] = f"{value * 5 % 16:x}{value:015}"
        rows.append({**base, **keys})
    random.Random(half).shuffle(rows)
    return pa.Table.from_pylist(rows, table.arrow)


def test_old_files_go_a_day_later_and_snapshots_when_they_are_old(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Place(tmp_path / "data"))
    for number in range(3):
        kept.ingest(number)
    now = datetime.now(UTC)
    store = Store.open(kept.place, now)
    files = _files(kept.place)
    assert merge_files(store)[0] == files
    for hours in range(24):  # whatever the time of day is now
        assert remove_old_files(store, now + timedelta(hours=hours)) == 0
    assert _files(kept.place) > files, "the merged ones lie beside those they were made of"
    assert forget_snapshots(store, now + timedelta(days=29), 30) == 0
    assert forget_snapshots(store, now + timedelta(days=31), 30) > 3
    assert remove_old_files(store, now + timedelta(hours=49)) > 10
    left = _files(kept.place)
    store.close()
    found = verify(kept.place, lambda *_: None)
    assert found.findings == ()
    assert found.files == left, "what is there is what the newest snapshot names"


def test_merged_files_are_sorted_in_small_row_groups(tmp_path: Path) -> None:
    store = Store.open(Place(tmp_path / "data"), datetime(2026, 3, 1, tzinfo=UTC))
    for number in range(3):
        at = datetime(2026, 3, 1, number + 1, tzinfo=UTC)
        row = {"run_id": f"r{number}", "recorded_at": at, "source_id": "lakes", "kind": "html",
               "headline": "x", "published_on": None, "published_text": None, "event_on": None,
               "place": None, "language": None, "paragraphs": [], "word_count": 0,
               "text_digest": "d", "headline_digest": "d", "body_digest": None}  # fmt: skip
        store.begin()
        store.append(
            "texts", [{**row, "text_id": f"{n * 7919 % 9973:05}{number}"} for n in range(4000)]
        )
        store.commit()
    merge_files(store)
    (path,) = [row[0] for row in store.connection.execute(
        "select distinct filename from lake.texts").fetchall()]  # fmt: skip
    store.close()
    connection = connect_bare()
    ids = [row[0] for row in connection.execute(f"select text_id from '{path}'").fetchall()]
    groups = connection.execute(
        f"select distinct row_group_num_rows from parquet_metadata('{path}')"
    ).fetchall()
    connection.close()
    assert len(ids) == 12000
    assert ids == sorted(ids)
    assert max(groups) == (BY_NAME["texts"].row_group_rows,)


def test_maintain_waits_for_the_writer(tmp_path: Path) -> None:
    kept = Kept(tmp_path, Place(tmp_path / "data"))
    kept.ingest(0)
    kept.write("pressdiff.toml", "[warehouse]\nlock_wait_s = 0.2\n[[source]]\nuse = 'csto'\n")
    with writing(kept.place, "run", 0, lambda _: None, pytest.fail):
        ran = kept.command("maintain")
    assert ran.code == 1
    assert "still writing to this warehouse after 0.2 s" in ran.err


def _files(place: Place) -> int:
    return len([*place.files.rglob("*.parquet")])
