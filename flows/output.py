"""What commands print on stdout: rows or one document, as table, json, jsonl or csv.

Data only: messages go to stderr. Nothing is held back: rows are written as they come.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, Protocol, TextIO

from warehouse.values import csv_text, json_text

FORMATS = ("table", "json", "jsonl", "csv")

Row = Sequence[Any]


class Rows(Protocol):
    """A query under way, as `warehouse.query.Result` is one."""

    @property
    def columns(self) -> Sequence[str]:
        """Names."""

    @property
    def types(self) -> Sequence[str]:
        """DuckDB's names of the types."""

    def batches(self) -> Iterator[Sequence[Row]]:
        """Rows as they come."""


def print_table(result: Rows, fmt: str) -> None:
    """Print a query's rows as they come."""
    rows: Iterable[Row] = chain.from_iterable(result.batches())
    embedded = [number for number, type_ in enumerate(result.types) if type_ == "JSON"]
    if embedded and fmt in ("json", "jsonl"):
        rows = (_with_json(row, embedded) for row in rows)
    print_rows(result.columns, rows, fmt)


def print_rows(columns: Sequence[str], rows: Iterable[Row], fmt: str) -> None:
    """Print rows; each holds a value for each column."""
    with _stdout(fmt) as out:
        write_rows(columns, rows, fmt, out)


def print_document(document: Mapping[str, Any], fmt: str) -> None:
    """Print one thing with named parts; a table shows lists of things below their name."""
    with _stdout(fmt) as out:
        if fmt == "table":
            from flows import grid

            grid.write_document(document, grid.Pen(out))
        elif fmt == "csv":
            _write_csv(list(document), [list(document.values())], out)
        else:
            out.write(json_text(dict(document)) + "\n")


def write_rows(columns: Sequence[str], rows: Iterable[Row], fmt: str, out: TextIO) -> None:
    """Write rows to a stream in one of FORMATS."""
    if fmt == "csv":
        _write_csv(columns, rows, out)
    elif fmt == "jsonl":
        for text in _objects(columns, rows):
            out.write(text + "\n")
    elif fmt == "json":
        before = "[\n"
        for text in _objects(columns, rows):
            out.write(before + text)
            before = ",\n"
        out.write("[]\n" if before == "[\n" else "\n]\n")
    else:
        from flows import grid  # with rich, which the other formats do not need

        grid.write_table(columns, rows, grid.Pen(out))


@contextmanager
def _stdout(fmt: str) -> Iterator[TextIO]:
    """Standard output in UTF-8; a reader that leaves early (`| head`) ends the block quietly."""
    out = sys.stdout
    if (out.encoding or "").lower().replace("-", "") != "utf8" and hasattr(out, "reconfigure"):
        if fmt == "table" and out.isatty():
            out.reconfigure(errors="replace")
        else:
            out.reconfigure(encoding="utf-8")
    try:
        yield out
        out.flush()
    except BrokenPipeError:
        # Python flushes stdout once more at exit and would complain of the pipe then.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


# JSON and CSV


def _objects(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    names = _distinct(columns)
    return (json_text(dict(zip(names, row, strict=True))) for row in rows)


def _distinct(columns: Sequence[str]) -> list[str]:
    """The names with a number after those that came before, since an object has each once.

    >>> _distinct(["a", "b", "a", "a_2"])
    ['a', 'b', 'a_2', 'a_2_2']
    """
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


def _with_json(row: Row, embedded: Sequence[int]) -> list[Any]:
    """The row with its JSON columns as what they hold."""
    values = list(row)
    for number in embedded:
        if values[number] is not None:
            values[number] = json.loads(values[number])
    return values


def _write_csv(columns: Sequence[str], rows: Iterable[Row], out: TextIO) -> None:
    for row in chain([columns], rows):
        fields = [_field(value) for value in row]
        out.write((",".join(fields) or '""') + "\n")  # a lone NULL must not be an empty line


def _field(value: Any) -> str:
    """A CSV field: NULL is empty, an empty text `""`."""
    if value is None:
        return ""
    text = csv_text(value)
    if not text or any(char in text for char in ',"\r\n') or text != text.strip():
        return '"' + text.replace('"', '""') + '"'
    return text
