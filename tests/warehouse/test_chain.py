"""The chain: merging and upgrades leave it whole; whatever else is touched is named."""

import enum
import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.flows.shell import Shell
from tests.warehouse.conftest import FIRST_RUN
from tests.warehouse.test_migrate import NOW, OLD
from warehouse.chain import UNCHAINED, Appended, RowSet, link_text, row_set
from warehouse.duck import Place, attach_writer, connect_bare, open_reader
from warehouse.errors import WarehouseError
from warehouse.row_digest import digester, row_digest_sql
from warehouse.schema import BY_NAME, TABLES
from warehouse.snapshot import Snapshot
from warehouse.store import Store
from warehouse.verify import verify
from warehouse.verify_chain import check_chain


@pytest.fixture
def place(tmp_path: Path, lake: Place) -> Place:
    shutil.copytree(lake.root, tmp_path / "data")
    return Place(tmp_path / "data")


def damage(place: Place) -> list[tuple[str, str]]:
    """What the chain finds."""
    connection, tables = open_reader(place)
    try:
        found = check_chain(Snapshot(connection, tables))[1]
        return [(one.subject, one.sentence) for one in found]
    finally:
        connection.close()


def test_every_commit_is_a_link_and_all_fits(place: Place) -> None:
    connection, tables = open_reader(place)
    links, findings = check_chain(Snapshot(connection, tables))
    counts = {
        table.name: connection.execute(f"select count(*) from lake.{table.name}").fetchall()[0][0]
        for table in TABLES
    }
    connection.close()
    assert findings == []
    assert [(one.position, one.run_id) for one in links] == [(1, "r1"), (2, "r2")]
    assert links[1].previous == links[0].link
    for name, count in counts.items():
        if name not in UNCHAINED:
            assert sum(one.tables[name].rows for one in links if name in one.tables) == count


def test_the_encoding_is_the_one_that_is_written_down() -> None:
    """The digest of a row, computed by hand from the words of the module."""
    row = {
        "incident_id": "i1", "run_id": "r", "source_id": "lakes", "kind": "one body",
        "detail": "Заседание, 'x'", "urls": ["https://a/", "é"], "opened_at": FIRST_RUN,
        "closed_at": None, "recorded_at": FIRST_RUN,
    }  # fmt: skip
    us = "1772366400000000"
    said = {
        "detail": "Заседание, 'x'", "incident_id": "i1", "kind": "one body", "opened_at": us,
        "recorded_at": us, "run_id": "r", "source_id": "lakes", "urls": "10:https://a/,2:é,",
    }  # fmt: skip
    text = "".join(f"{name}={len(value.encode())}:{value}," for name, value in said.items())
    assert both("incident_log", [row]) == [hashlib.sha256(text.encode()).hexdigest()]


def both(table: str, rows: list[dict[str, Any]]) -> list[str]:
    """The digests of rows, by Python and by SQL, which must agree."""
    connection = connect_bare()
    appended = pa.Table.from_pylist(rows, BY_NAME[table].arrow)
    connection.register("appended", appended)
    by_sql = connection.execute(f"select {row_digest_sql(BY_NAME[table])} from appended").fetchall()
    connection.close()
    found = [digester(BY_NAME[table])(row) for row in rows]
    assert found == [row[0] for row in by_sql]
    return found


def test_values_that_arrow_coerces_are_digested_as_it_stores_them() -> None:
    class Word(str, enum.Enum):  # noqa: UP042 - str() of it is not its value
        LIVE = "live"

    row = {
        "release_id": "r", "status": Word.LIVE, "since": FIRST_RUN.astimezone(timezone_of_tonga()),
        "capture_id": "c", "run_id": "r1", "recorded_at": FIRST_RUN,
    }  # fmt: skip
    assert len(both("state_log", [row, {**row, "status": "live", "since": FIRST_RUN}])) == 2
    tie = {
        "release_id": "a",
        "other_id": "b",
        "jaccard": 1,
        "run_id": "r",
        "recorded_at": FIRST_RUN,
    }
    assert len(both("neighbour_log", [tie])) == 1  # and columns that are not there are NULL


def timezone_of_tonga() -> timezone:
    return timezone(timedelta(hours=13))


@pytest.mark.parametrize("table", [t.name for t in TABLES if t.name not in UNCHAINED])
def test_no_two_rows_that_differ_in_a_column_share_a_digest(table: str) -> None:
    base = {column.name: some(column.type, 1) for column in BY_NAME[table].columns}
    rows = [base]
    for column in BY_NAME[table].columns:
        rows.append({**base, column.name: some(column.type, 2)})
        if pa.types.is_date(column.type):
            rows.append({**base, column.name: date(987, 6, 5)})
        if column.nullable:
            rows.append({**base, column.name: None})
        if pa.types.is_list(column.type):
            rows += [{**base, column.name: value} for value in ([], ["a,1:b"], ["a", "b"], [""])]
        if pa.types.is_string(column.type):
            rows += [{**base, column.name: value} for value in ("", "Ё\0\n,", "\U0001f5de", "'")]
        if pa.types.is_floating(column.type):
            rows += [{**base, column.name: value} for value in (0.1, 1e-9, 1 / 3, 0.0)]
    assert len(set(both(table, rows))) == len(rows)


def some(kind: pa.DataType, number: int) -> Any:
    if pa.types.is_timestamp(kind):
        return FIRST_RUN + timedelta(microseconds=number)
    if pa.types.is_date(kind):
        return date(2026, 1, 1) + timedelta(days=number)
    if pa.types.is_list(kind):
        return [str(number)]
    if pa.types.is_binary(kind):
        return bytes([number])
    if pa.types.is_map(kind):
        return [("b", some(kind.item_type, number)), ("a", some(kind.item_type, 7))]
    if pa.types.is_string(kind):
        return f"text {number}"
    return bool(number - 1) if pa.types.is_boolean(kind) else number


def test_merging_leaves_it_whole(place: Place) -> None:
    store = Store.open(place, FIRST_RUN)
    store.begin()
    store._connection.execute("call ducklake_merge_adjacent_files('lake')")
    store.commit()
    store.close()
    assert damage(place) == []


Tamper = Callable[[duckdb.DuckDBPyConnection], object]


@pytest.mark.parametrize(
    ("statement", "subject", "words"),
    [
        (
            "update lake.texts set headline = 'Other' where headline like 'The %'",
            "run r",
            "altered",
        ),
        ("update lake.looks set digest = 'ff' where run_id = 'r1'", "run r1", "looks some were"),
        (
            "update lake.tickers set text = 'Other' where seq = 1",
            "run r1",
            "not as it was committed: ticker_id ",
        ),
        (
            "delete from lake.looks where run_id = 'r2'",
            "run r2",
            "1 rows to looks, and there are 0; gone: the row whose digest begins with ",
        ),
        (
            "insert into lake.looks select * replace ('zz' as capture_id) from lake.looks "
            "where run_id = 'r2'",
            "run r2",
            "are 2; not as it was committed: capture_id zz",
        ),
        (
            "insert into lake.superseded values ('x', 'r9', '2026-03-05T00:00:00Z')",
            "rows of 2026-03-05",
            "no commit in the chain made these rows: 1 of superseded",
        ),
        ("delete from lake.chain_log where position = 1", "run r2", "no link 1"),
        ("update lake.chain_log set link = 'ff' where position = 1", "run r1", "not the digest"),
        ("delete from lake.chain_log where position = 2", "rows of 2026-03-02", "no commit"),
    ],
)
def test_whatever_is_touched_is_named(
    place: Place, statement: str, subject: str, words: str
) -> None:
    connection = attach_writer(place)
    connection.execute(statement)
    connection.close()
    first = damage(place)[0]
    assert first[0].startswith(subject)
    assert words in first[1]
    assert verify(place, lambda *_: None).damaged


def test_of_many_rows_the_one_that_was_altered_is_named(place: Place) -> None:
    connection = attach_writer(place)
    ids = connection.execute("select capture_id from lake.looks where run_id = 'r1'").fetchall()
    wanted = sorted(row[0] for row in ids)[1]
    connection.execute("update lake.looks set url = 'x' where capture_id = $1", [wanted])
    connection.close()
    assert damage(place) == [
        (
            "run r1",
            "of the 3 rows it committed to looks some were altered; not as it was committed: "
            f"capture_id {wanted}",
        )
    ]


def _rewrite(path: Path) -> None:
    rows = pq.read_table(path)
    forged = [{**row, "url": "https://forged.example/"} for row in rows.to_pylist()]
    pq.write_table(pa.Table.from_pylist(forged, rows.schema), path)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "bytes, and had "),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "cannot be read"),
        (Path.unlink, "it is gone"),
    ],
    ids=["cut", "zeros", "gone"],
)
def test_a_parquet_file_that_is_not_as_it_was_is_named(
    place: Place, harm: Callable[[Path], object], words: str
) -> None:
    path = min((place.files / "main" / "looks").glob("*.parquet"))
    harm(path)
    found = verify(place, lambda *_: None)
    (finding,) = [one for one in found.findings if one.severity == "damage"]
    assert path.name in finding.subject
    assert words in finding.sentence
    assert not found.whole


def test_a_parquet_file_that_was_written_anew_is_named_with_the_row_that_is_another(
    place: Place,
) -> None:
    path = min((place.files / "main" / "looks").glob("*.parquet"))
    _rewrite(path)
    found = verify(place, lambda *_: None)
    first, *others = [one for one in found.findings if one.severity == "damage"]
    assert path.name in first.subject
    assert "when it was committed" in first.sentence
    altered = "to looks some were altered; not as it was committed: capture_id "
    assert any(altered in one.sentence for one in others)
    assert found.whole
    min((place.files / "main" / "texts").glob("*.parquet")).unlink()  # now it cannot go on
    found = verify(place, lambda *_: None)
    (said,) = [one.sentence for one in found.findings if path.name in one.subject]
    assert "when it was committed; not as it was committed: capture_id " in said
    assert not found.whole


def test_a_redacted_row_counts_by_its_digest(place: Place) -> None:
    connection = attach_writer(place)
    digest = row_digest_sql(BY_NAME["tickers"])
    connection.execute(
        "insert into lake.redacted_rows "
        f"select 'tickers', recorded_at, {digest}, 'court order', 'r3', '2026-03-05' "
        "from lake.tickers"
    )
    connection.execute("delete from lake.tickers")
    connection.close()
    assert [subject for subject, _ in damage(place)] == ["rows of 2026-03-05T00:00:00+00:00"]


def test_a_commit_that_is_not_later_is_refused(place: Place) -> None:
    row = {"entry_id": "e", "run_id": "r3", "recorded_at": FIRST_RUN}
    store = Store.open(place, FIRST_RUN)
    store.begin()
    store.append("superseded", [row])
    with pytest.raises(WarehouseError, match="has to be later"):
        store.commit()
    store.rollback()
    store.close()
    assert damage(place) == []


def test_an_older_warehouse_begins_its_chain_with_the_next_run(tmp_path: Path) -> None:
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    place = Place(tmp_path / "data")
    Store.open(place, NOW).close()
    sentence = "2 runs were committed before the chain began; nothing proves their rows"
    assert damage(place) == [("chain", sentence)]
    store = Store.open(place, NOW)
    store.begin()
    store.append("superseded", [{"entry_id": "e", "run_id": "r3", "recorded_at": NOW}])
    store.commit()
    store.close()
    assert damage(place) == [("chain", sentence)]


def test_a_manifest_proves_what_was_taken_away(seeded: Shell) -> None:
    file = seeded.folder / "m.json"
    ran = seeded("verify", "--manifest", "m.json")
    assert ran.code == 0
    assert "wrote m.json, sha-256 " in ran.err
    first = json.loads(file.read_bytes())
    assert first["head"] == first["runs"][-1]["link"]
    seeded("run")
    assert seeded("verify", "--manifest", "m.json").code == 0
    later = json.loads(file.read_bytes())
    assert later["runs"][:1] == first["runs"]
    assert len(later["runs"]) == 2
    # the newest run is taken away with its link: only the manifest still knows
    connection = attach_writer(Place(seeded.folder / "data"))
    newest = later["runs"][1]["recorded_at"]
    for table in TABLES:
        connection.execute(f"delete from lake.{table.name} where recorded_at >= '{newest}'")
    connection.close()
    assert seeded("verify").code == 0
    ran = seeded("verify", "--manifest", "m.json", "--format", "json")
    assert ran.code == 1
    assert ran.rows[0]["subject"] == f"run {later['runs'][1]['run_id']}"
    assert json.loads(file.read_bytes()) == later, "a manifest that does not fit is kept"
    seeded.write("other.json", "{}")
    assert "is no manifest" in seeded("verify", "--manifest", "other.json").err


def test_the_order_of_rows_and_tables_does_not_matter() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    one, two = Appended(), Appended()
    stamp = {"run_id": "r", "recorded_at": at}
    rows = [{"entry_id": name, **stamp} for name in "ab"]
    others = [{"capture_id": "c", "release_id": "d", **stamp}]
    one.add("superseded", rows)
    one.add("reassigned", others)
    two.add("reassigned", others)
    two.add("superseded", rows[1:])
    two.add("superseded", rows[:1])
    assert one.links((0, None, None)) == two.links((0, None, None))
    assert row_set([]).rows == 0
    assert "looks 0 x" in link_text(1, "r", at, None, {"looks": RowSet(0, "x")})
