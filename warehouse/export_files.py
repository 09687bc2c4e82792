"""One view to one file: Parquet, CSV or JSON lines, row by row in the order of its key.

The text formats are rendered by DuckDB, a line a row, since it formats a million rows in seconds.
"""

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

import duckdb

from warehouse.dictionary import View, ViewColumn

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 8192
"""Rows at once, and rows of a Parquet row group: texts are long."""
_READ_BYTES = 1 << 20

Counted = Callable[[int], None]


def write_view(
    connection: duckdb.DuckDBPyConnection, view: View, path: Path, fmt: str, counted: Counted
) -> None:
    """Write a view to a file that survives a power cut; `counted` is told of rows as they go."""
    with path.open("wb") as file:
        if fmt == "parquet":
            _write_parquet(connection, view, file, counted)
        else:
            end = b"\r\n" if fmt == "csv" else b"\n"
            if fmt == "csv":
                connection.execute(_CSV_FIELD)
                file.write(",".join(column.name for column in view.columns).encode() + end)
            for lines in _lines(connection, view, fmt):
                file.write(b"".join(line.encode() + end for line in lines))
                counted(len(lines))
        file.flush()
        os.fsync(file.fileno())


def digest_file(path: Path) -> tuple[int, str]:
    """Length and sha-256 of a file."""
    digest, length = sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
            length += len(chunk)
    return length, digest.hexdigest()


def _ordered(view: View, select: str) -> str:
    return f"select {select} from main.{view.name} order by {', '.join(view.key)}"


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, view: View, file: IO[bytes], counted: Counted
) -> None:
    import pyarrow.parquet as pq  # 60 ms that no other command needs

    reader = connection.execute(_ordered(view, "*")).to_arrow_reader(_ROWS)
    schema = _described(reader.schema, view)
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            counted(batch.num_rows)


def _described(schema: "pa.Schema", view: View) -> "pa.Schema":
    """The schema with each column's meaning, which tools show as its description."""
    for number, column in enumerate(view.columns):
        field = schema.field(number).with_metadata({"description": column.meaning})
        schema = schema.set(number, field)
    return schema


def _lines(connection: duckdb.DuckDBPyConnection, view: View, fmt: str) -> Iterator[list[str]]:
    connection.execute(_csv_lines(view) if fmt == "csv" else _ordered(view, _json_line(view)))
    while rows := connection.fetchmany(_ROWS):
        yield [row[0] for row in rows]


def _json_line(view: View) -> str:
    members = (f"'{column.name}', {_exact(column)}" for column in view.columns)
    return f"json_object({', '.join(members)})::varchar"


def _csv_lines(view: View) -> str:
    """In two steps, for the quoting of a field names its text four times."""
    texts = (f"{_csv_text(column)} as {column.name}_" for column in view.columns)
    fields = " || ',' || ".join(f"csv_field({column.name}_)" for column in view.columns)
    inner = f"select {', '.join((*view.key, *texts))} from main.{view.name}"
    return f"select {fields} from ({inner}) order by {', '.join(view.key)}"


_CSV_FIELD = """
create or replace temp macro csv_field(t) as case
    when t is null then ''
    when t = '' or regexp_matches(t, '[",\r\n]|^\\s|\\s$') then '"' || replace(t, '"', '""') || '"'
    else t
end
"""
"""NULL as nothing, an empty text as `""`, quoted where RFC 4180 asks for it."""


def _csv_text(column: ViewColumn) -> str:
    """As text; one that a spreadsheet would take for a formula gets a `'` before it."""
    if column.type == "VARCHAR":
        name = column.name
        return (
            f"case when {name}[1] in ('=', '+', '-', '@', chr(9), chr(13)) "
            f"then '''' || {name} else {name} end"
        )
    if column.type.endswith("[]") or column.type.startswith("MAP"):
        return f"to_json({column.name})::varchar"
    return f"({_exact(column)})::varchar"


def _exact(column: ViewColumn) -> str:
    """As JSON can hold it: times ISO 8601 in UTC, numbers finite."""
    name = column.name
    if column.type == "TIMESTAMP WITH TIME ZONE":
        utc = f"({name} at time zone 'UTC')"
        whole = f"{utc} = date_trunc('second', {utc})"
        fraction = f"case when {whole} then '' else strftime({utc}, '.%f') end"
        return f"strftime({utc}, '%Y-%m-%dT%H:%M:%S') || {fraction} || '+00:00'"
    if column.type == "DATE":
        return f"{name}::varchar"
    if column.type == "DOUBLE":
        return f"case when isfinite({name}) then {name} end"
    return name
