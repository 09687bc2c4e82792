"""What commands print: exact values in every format, and nothing a terminal would obey."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flows.output import print_document, print_rows, print_table, write_rows
from warehouse.duck import connect_bare
from warehouse.values import csv_text, json_value

ROOT = Path(__file__).resolve().parents[2]
EAST = timezone(timedelta(hours=3))

VALUES = [
    # value, as JSON, as CSV
    (None, None, ""),
    (True, True, "true"),
    (2**127 - 1, 2**127 - 1, str(2**127 - 1)),
    (0.1, 0.1, "0.1"),
    (float("nan"), None, "nan"),
    (float("-inf"), None, "-inf"),
    (Decimal("5"), 5, "5"),
    (Decimal("5.20"), 5.2, "5.20"),
    (Decimal("0.1234567890123456789012"), "0.1234567890123456789012", "0.1234567890123456789012"),
    (datetime(2026, 3, 1, 15, tzinfo=EAST), *["2026-03-01T12:00:00+00:00"] * 2),
    (datetime(2026, 3, 1, 12, 0, 0, 5, UTC), *["2026-03-01T12:00:00.000005+00:00"] * 2),
    (datetime(2026, 3, 1, 12), *["2026-03-01T12:00:00"] * 2),
    (datetime.max, *["infinity"] * 2),
    (date(2026, 3, 1), *["2026-03-01"] * 2),
    (time(1, 2), *["01:02:00"] * 2),
    (timedelta(days=1, seconds=5, microseconds=7), *["1 day 00:00:05.000007"] * 2),
    (b"\x00\xff", *["00ff"] * 2),
    (UUID(int=1), *["00000000-0000-0000-0000-000000000001"] * 2),
    ("=1+1", "=1+1", "=1+1"),
    ([date(2026, 3, 1), None], ["2026-03-01", None], '["2026-03-01", null]'),
    ({"b": {1: Decimal("2")}, "a": "я"}, {"b": {"1": 2}, "a": "я"}, '{"b": {"1": 2}, "a": "я"}'),
]


@pytest.mark.parametrize(("value", "as_json", "as_csv"), VALUES, ids=[repr(v[0]) for v in VALUES])
def test_a_value_is_written_exactly(value: object, as_json: object, as_csv: str) -> None:
    assert json_value(value) == as_json
    assert csv_text(value) == as_csv
    json.dumps(json_value(value), allow_nan=False)


def test_every_type_of_duckdb_can_be_written() -> None:
    connection = connect_bare()
    cursor = connection.execute("from test_all_types()")
    columns = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    for line in written(columns, rows, "jsonl").splitlines():
        assert list(json.loads(line, parse_constant=pytest.fail)) == columns
    assert [len(row) for row in csv.reader(io.StringIO(written(columns, rows, "csv")))] == [
        len(columns)
    ] * (len(rows) + 1)
    assert written(columns, rows, "table")


def written(columns: Sequence[str], rows: Sequence[Sequence[object]], fmt: str) -> str:
    out = io.StringIO()
    write_rows(columns, rows, fmt, out)
    return out.getvalue()


def test_json_is_an_array_of_objects() -> None:
    assert json.loads(written(["a", "a"], [(1, None), (2, "x")], "json")) == [
        {"a": 1, "a_2": None},
        {"a": 2, "a_2": "x"},
    ]
    assert json.loads(written(["a"], [], "json")) == []


def test_jsonl_is_one_object_a_line() -> None:
    text = written(["a"], [("x\ny\u2028z",), (2,)], "jsonl")
    assert [json.loads(line) for line in text.split("\n")[:-1]] == [{"a": "x\ny\u2028z"}, {"a": 2}]


def test_csv_can_be_read_back() -> None:
    rows = [('a "b", c', "x\ny", ""), ("  ", "\r", "я")]
    text = written(["a", "b", "c"], rows, "csv")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a", "b", "c"], *map(list, rows)]


def test_csv_tells_null_from_empty_text() -> None:
    assert written(["a", "b"], [(None, "")], "csv") == 'a,b\n,""\n'
    assert written(["a"], [(None,)], "csv") == 'a\n""\n'


def test_a_table_in_a_pipe_is_aligned_and_whole() -> None:
    text = written(["id", "n", "text"], [("a", 1, "x" * 300), (None, 22, "\n \nq")], "table")
    assert text.splitlines() == [
        "id   n  text",
        "--  --  " + "-" * 300,
        "a    1  " + "x" * 300,
        "-   22   q",
    ]


def test_an_empty_table_shows_its_columns() -> None:
    assert written(["a", "b"], [], "table") == "a  b\n-  -\n"


def test_a_row_wider_than_the_first_thousand_is_not_cut() -> None:
    rows = [("a", "b")] * 1000 + [("c" * 50, "d")]
    assert written(["x", "y"], rows, "table").endswith("c" * 50 + "  d\n")


HOSTILE = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe \x00\r\n\x7f"


@pytest.mark.parametrize("fmt", ["table", "json", "jsonl"])
def test_nothing_a_terminal_obeys_gets_through(fmt: str) -> None:
    text = written([HOSTILE], [(HOSTILE,), ([HOSTILE],), ({HOSTILE: HOSTILE},)], fmt)
    assert not set(text) & set("\x1b\x07\x9b\u202e\x00\r\x7f")


class FakeResult:
    """A query's result without a query."""

    columns = ("j", "t")
    types = ("JSON", "VARCHAR")

    def batches(self) -> Iterator[list[tuple[object, ...]]]:
        yield [('{"a": [1]}', '{"a": 1}'), (None, None)]


def test_a_json_column_is_embedded(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(FakeResult(), "json")
    assert json.loads(capsys.readouterr().out) == [
        {"j": {"a": [1]}, "t": '{"a": 1}'},
        {"j": None, "t": None},
    ]
    print_table(FakeResult(), "csv")
    assert capsys.readouterr().out == 'j,t\n"{""a"": [1]}","{""a"": 1}"\n,\n'


DOCUMENT: dict[str, Any] = {
    "headline": "A\x1b[1m",
    "url": None,
    "revisions": [{"n": 1, "why": "first"}, {"n": 2, "why": None}],
    "paragraphs": ["One.", "Two."],
}


def test_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_document(DOCUMENT, "json")
    assert json.loads(capsys.readouterr().out) == DOCUMENT
    print_document(DOCUMENT, "table")
    assert capsys.readouterr().out == (
        "headline  A\\x1b[1m\nurl       -\n\nrevisions\nn  why\n-  -----\n1  first\n2  -\n\n"
        "paragraphs\nOne.\n\nTwo.\n"
    )
    print_document(DOCUMENT, "csv")
    assert len(list(csv.reader(io.StringIO(capsys.readouterr().out)))) == 2


def test_rows_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(["a"], [(1,)], "jsonl")
    assert capsys.readouterr().out == '{"a": 1}\n'


def on_terminal(columns: int, rows: str, **environment: str) -> str:
    """What a process prints to a terminal of so many columns."""
    main, side = pty.openpty()
    code = f"from flows.output import print_rows; print_rows(*{rows}, 'table')"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=side,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **environment},
    )
    os.close(side)
    said = b""
    try:
        while chunk := os.read(main, 65536):
            said += chunk
    except OSError:  # Linux says so when the other side is closed
        pass
    finally:
        os.close(main)
    assert process.wait() == 0
    return said.decode().replace("\r\n", "\n")


def test_a_terminal_gets_shortened_columns_and_styles() -> None:
    rows = "(['id', 'text'], [('a' * 16, 'x' * 300), (None, 'я')])"
    text = on_terminal(60, rows)
    assert "\x1b[2m-\x1b[0m" in text
    plain = on_terminal(60, rows, NO_COLOR="1")
    assert "\x1b" not in plain
    assert plain.splitlines()[2] == "a" * 16 + "  " + "x" * 41 + "…"
    assert max(map(len, plain.splitlines())) == 60


def test_a_terminal_too_narrow_gets_rows_one_below_the_other() -> None:
    columns = [f"column_{n}" for n in range(9)]
    text = on_terminal(60, repr((columns, [["x" * 90] * 9] * 2)), NO_COLOR="1")
    lines = text.splitlines()
    assert lines[0] == "column_0  " + "x" * 49 + "…"
    assert lines[9] == ""
    assert len(lines) == 19


@pytest.mark.parametrize("fmt", ["table", "json", "jsonl", "csv"])
def test_a_reader_that_leaves_early_ends_it_quietly(fmt: str) -> None:
    code = (
        "from flows.output import print_rows\n"
        f"print_rows(['a'], (('x' * 1000,) for _ in range(100000)), {fmt!r})"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout
    assert process.stderr
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_a_pipe_gets_utf8_whatever_the_locale() -> None:
    code = "from flows.output import print_rows; print_rows(['a'], [('я',)], 'csv')"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert said.stdout.decode() == "a\nя\n"
