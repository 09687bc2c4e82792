"""Exports: whole or not at all, exact in every format, and true to `--as-of`."""

import csv
import errno
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warehouse.export
from tests.warehouse.conftest import FIRST_RUN, HEADLINE_B, SECOND_RUN, first_run, second_run
from warehouse.dictionary import View, ViewColumn, describe_views
from warehouse.duck import Place, connect_bare, connect_reader
from warehouse.errors import WarehouseError
from warehouse.export import FORMATS, ExportSummary, export
from warehouse.export_files import write_view
from warehouse.store import Store

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def ignore(*_: object) -> None:
    """Nobody watches the progress."""


def run_export(
    place: Place, folder: Path, fmt: str = "jsonl", as_of: datetime | None = None
) -> ExportSummary:
    return export(place, folder, fmt, as_of, NOW, ignore)


def jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]


@pytest.fixture(scope="module")
def reader(lake: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect_reader(lake)
    yield connection
    connection.close()


def rows_of(reader: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reader.execute(sql).to_arrow_table().to_pylist()
    return rows


def as_said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def exports(lake: Place, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An export of the small lake in each format."""
    root = tmp_path_factory.mktemp("exports")
    for fmt in FORMATS:
        run_export(lake, root / fmt, fmt)
    return {fmt: root / fmt for fmt in FORMATS}


def test_every_view_is_a_file_and_the_manifest_tells_the_truth(lake: Place, tmp_path: Path) -> None:
    told: dict[str, int] = {}
    fmt = "jsonl"

    def progress(view: str, rows: int) -> None:
        told[view] = told.get(view, 0) + rows

    summary = export(lake, tmp_path / "out", fmt, None, NOW, progress)
    manifest = json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert set(contents(tmp_path / "out")) == {
        "manifest.json",
        "README.txt",
        *(f"{view.name}.{fmt}" for view in describe_views()),
    }
    assert manifest["as_of"] is None
    assert manifest["created_at"] == "2026-04-01T00:00:00+00:00"
    for file, said in zip(summary.files, manifest["files"], strict=True):
        body = (tmp_path / "out" / file.file).read_bytes()
        assert (said["rows"], said["sha256"]) == (file.rows, sha256(body).hexdigest())
        assert file.length_bytes == len(body)
        assert file.rows == told.get(file.view, 0)
        assert file.rows > 0 or file.view == "flappings"  # two runs make no flapping
        assert all(column["meaning"] for column in said["columns"])


def test_jsonl_holds_the_rows_of_the_views(
    reader: duckdb.DuckDBPyConnection, exports: dict[str, Path]
) -> None:
    for view in describe_views():
        expected = rows_of(reader, f"from {view.name} order by {', '.join(view.key)}")
        for row in expected:
            if "counts" in row:  # Arrow gives a map as pairs
                row["counts"] = dict(row["counts"])
        assert jsonl(exports["jsonl"] / f"{view.name}.jsonl") == [
            {name: as_said(value) for name, value in row.items()} for row in expected
        ]


def test_csv_holds_the_rows_and_no_formula(exports: dict[str, Path]) -> None:
    with (exports["csv"] / "releases.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["kind"]: row for row in csv.DictReader(file)}
    assert rows["text"]["headline"] == "'" + HEADLINE_B
    assert rows["text"]["text"].startswith("'+7 495")
    assert json.loads(rows["text"]["paragraphs"])[0] == "+7 495 000-00-00"
    assert rows["html"]["first_seen_at"] == "2026-03-01T12:00:00+00:00"
    assert rows["html"]["published_on"] == "2026-02-27"
    assert (exports["csv"] / "releases.csv").read_bytes().endswith(b"\r\n")


def test_parquet_keeps_types_and_meanings(
    reader: duckdb.DuckDBPyConnection, exports: dict[str, Path]
) -> None:
    path = exports["parquet"] / "releases.parquet"
    schema = pq.read_schema(path)
    assert schema.field("paragraphs").type == pa.list_(pa.field("element", pa.string()))
    assert schema.field("first_seen_at").type == pa.timestamp("us", "UTC")
    assert schema.field("published_on").type == pa.date32()
    assert b"canonical" in schema.field("url").metadata[b"description"]
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    assert pq.read_table(path).to_pylist() == rows_of(reader, "from releases order by release_id")


ODD = [
    "", " ", "=1", "+1", "-1", "@a", "\ta", "\ra", "'a", "a\0b", 'a"b', "a,b", "a\nb", "a\r\nb",
    " a", "a ", "\u2028\u00a0", "\x1b[31m", "я", "🦆", "\\", "\\N", "NULL", '""', "a;b", "\ufeffa",
]  # fmt: skip


@pytest.mark.parametrize("fmt", FORMATS)
def test_any_text_survives(tmp_path: Path, fmt: str) -> None:
    connection = connect_bare()
    connection.execute("create table odd (k integer, t varchar, l varchar[])")
    connection.executemany(
        "insert into odd values (?, ?, ?)",
        [(number, text, [text]) for number, text in enumerate(ODD)],
    )
    types = {"k": "INTEGER", "t": "VARCHAR", "l": "VARCHAR[]"}
    columns = tuple(ViewColumn(name, type_, "-") for name, type_ in types.items())
    path = tmp_path / "odd"
    write_view(connection, View("odd", "-", ("k",), columns), path, fmt, ignore)
    if fmt == "parquet":
        rows = [(row["t"], row["l"]) for row in pq.read_table(path).to_pylist()]
    elif fmt == "jsonl":
        rows = [(row["t"], row["l"]) for row in jsonl(path)]
    else:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [(row["t"], json.loads(row["l"])) for row in csv.DictReader(file)]
    prefix = "'" if fmt == "csv" else ""
    assert rows == [
        (prefix + text if text[:1] in set("=+-@\t\r") else text, [text]) for text in ODD
    ]


def test_csv_tells_null_from_empty_text(tmp_path: Path) -> None:
    connection = connect_bare()
    connection.execute("create view n as select 1 as k, null::varchar as a, '' as b")
    columns = tuple(ViewColumn(name, "VARCHAR", "-") for name in "ab")
    write_view(connection, View("n", "-", ("k",), columns), tmp_path / "n", "csv", ignore)
    assert (tmp_path / "n").read_bytes() == b'a,b\r\n,""\r\n'


def test_as_of_gives_the_files_that_an_export_gave_then(tmp_path: Path) -> None:
    """The law of transaction time, for every view at once."""
    place = Place(tmp_path / "data")
    store = Store.open(place, FIRST_RUN)
    first_run(store)
    then = run_export(place, tmp_path / "then")
    second_run(store)
    store.close()
    later = run_export(place, tmp_path / "later", as_of=FIRST_RUN)
    assert [(one.file, one.sha256) for one in later.files] == [
        (one.file, one.sha256) for one in then.files
    ]
    today = run_export(place, tmp_path / "today")
    assert {one.view for one, was in zip(today.files, then.files, strict=True) if one != was} == {
        "captures", "changes", "coverage", "incidents", "neighbours", "readings", "release_urls",
        "releases", "revisions", "runs", "silent_edits",
    }  # fmt: skip
    last = run_export(place, tmp_path / "last", as_of=SECOND_RUN)
    assert last.files == today.files


def test_as_of_agrees_with_the_macros(
    lake: Place, reader: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    run_export(lake, tmp_path / "out", as_of=FIRST_RUN)
    for view in ("releases", "revisions"):
        asked = f"from {view}_as_of('{FIRST_RUN.isoformat()}'::timestamptz) order by release_id"
        assert jsonl(tmp_path / "out" / f"{view}.jsonl") == [
            {name: as_said(value) for name, value in row.items()} for row in rows_of(reader, asked)
        ]
    manifest = json.loads((tmp_path / "out/manifest.json").read_bytes())
    assert manifest["as_of"] == FIRST_RUN.isoformat()
    assert manifest["runs"] == 1


def test_before_the_first_run_nothing_was_known(lake: Place, tmp_path: Path) -> None:
    summary = run_export(lake, tmp_path / "out", "csv", FIRST_RUN - timedelta(microseconds=1))
    assert {file.rows for file in summary.files} == {0}


def test_an_earlier_export_is_replaced_whole(lake: Place, tmp_path: Path) -> None:
    run_export(lake, tmp_path / "out", "csv")
    before = contents(tmp_path / "out")
    (tmp_path / "out/notes.txt").write_text("mine")
    with pytest.raises(WarehouseError, match=r"holds notes\.txt"):
        run_export(lake, tmp_path / "out")
    (tmp_path / "out/notes.txt").unlink()
    assert contents(tmp_path / "out") == before
    run_export(lake, tmp_path / "out", "jsonl")
    assert not list((tmp_path / "out").glob("*.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


FAULTS = {
    "disk full": OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "no right": PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
    "duckdb": duckdb.OutOfMemoryException("Out of Memory Error: could not allocate\nmore"),
    "interrupted": KeyboardInterrupt(),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_failure_leaves_nothing(
    lake: Place, tmp_path: Path, fault: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, view: View, path: Path, *__: object) -> None:
        path.write_bytes(b"half")
        if view.name == "changes":
            raise fault

    monkeypatch.setattr(warehouse.export, "write_view", fail)
    with pytest.raises((WarehouseError, KeyboardInterrupt)) as failure:
        run_export(lake, tmp_path / "out", "csv")
    assert "\n" not in str(failure.value)
    assert list(tmp_path.iterdir()) == []


def test_keys_are_keys(reader: duckdb.DuckDBPyConnection) -> None:
    for view in describe_views():
        key = ", ".join(view.key)
        repeated = f"select {key} from {view.name} group by all having count(*) > 1"
        assert rows_of(reader, repeated) == []
