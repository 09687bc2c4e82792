"""The tables `pressdiff dedup` reads and writes: Parquet in, Parquet out, a batch at a time."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.history.fingerprint import Strings

BATCH_ROWS = 2048
READ_BUFFER_BYTES = 1 << 17
"""Less than most pages take: those are read where they are wanted, not into a buffer and copied."""


class DedupError(WarehouseError):
    """The input, the output or the index cannot be used; says why in one sentence.

    Trying again does not help unless the file changes.
    """


class DedupUsageError(DedupError):
    """What was asked for cannot be: a column, a kind, a threshold or an index that does not fit."""


@dataclass(frozen=True, slots=True)
class Table:
    """A Parquet file with an id and a text column; checked when opened."""

    path: Path
    id_column: str
    text_column: str
    rows: int
    text_bytes: int
    """Of the texts as the file encodes them, decompressed; repeated ones may count once."""
    id_type: pa.DataType

    def batches(self) -> Iterator[tuple[Strings, Strings]]:
        """Ids and texts, some thousand rows at a time in file order. A null text is empty."""
        for batch in self._read([self.id_column, self.text_column]):
            yield batch.column(self.id_column), _as_text(batch.column(self.text_column))

    def _read(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            with _open(self.path) as file:
                yield from file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise DedupError(f"{self.path} cannot be read: {_line(error)}") from error


def open_table(path: Path, id_column: str, text_column: str) -> Table:
    """The table, once its columns are there and of a fitting type; else a DedupError."""
    if not path.is_file():
        raise DedupUsageError(f"{path} is not a file")
    try:
        with _open(path) as file:
            schema, meta = file.schema_arrow, file.metadata
    except (pa.ArrowException, OSError) as error:
        raise DedupError(f"{path} is not a Parquet file: {_line(error)}") from error
    for column in (id_column, text_column):
        if schema.names.count(column) != 1:
            raise DedupUsageError(
                f"{path} has no column {column!r}; it has {', '.join(map(repr, schema.names))}"
            )
    id_type, text_type = schema.field(id_column).type, schema.field(text_column).type
    if not _is_text(text_type):
        raise DedupUsageError(f"column {text_column!r} of {path} holds {text_type}, not text")
    if not _is_id(id_type):
        raise DedupUsageError(
            f"column {id_column!r} of {path} holds {id_type};"
            " ids are integers, text, bytes or dates"
        )
    size = _column_bytes(meta, text_column)
    return Table(path, id_column, text_column, meta.num_rows, size, id_type)


def check_ids(ids: Strings, table: Table) -> None:
    """Refuse null and repeated ids, naming one."""
    name = f"column {table.id_column!r} of {table.path}"
    if ids.null_count:
        row = int(np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))[0])
        raise DedupError(f"{name} is null in {ids.null_count} rows, first in row {row + 1}")
    counts: Any = pc.value_counts(ids)
    repeated = counts.filter(pc.greater(counts.field("counts"), pa.scalar(1)))
    if len(repeated):
        first = repeated.field("values")[0].as_py()
        raise DedupError(f"{name} repeats {len(repeated)} ids, one of them {first!r}")


class ParquetFile:
    """Writes a Parquet file that appears under its name only when it is whole."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        if not path.parent.is_dir():
            raise DedupUsageError(f"{path.parent} is not a folder")
        self._path = path
        self._scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._writer = pq.ParquetWriter(self._scratch, schema, compression="zstd")
        self._schema = schema

    def write(self, columns: list[Any]) -> None:
        """Append rows, one array a column of the schema."""
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def __enter__(self) -> "ParquetFile":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._writer.close()
        if kind is None:
            self._scratch.replace(self._path)
        else:
            self._scratch.unlink(missing_ok=True)


def _open(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(path, buffer_size=READ_BUFFER_BYTES, memory_map=False, pre_buffer=False)


def _column_bytes(meta: pq.FileMetaData, name: str) -> int:
    """The decompressed size of a column's pages."""
    chunks = (
        meta.row_group(group).column(column)
        for group in range(meta.num_row_groups)
        for column in range(meta.num_columns)
    )
    return sum(c.total_uncompressed_size for c in chunks if c.path_in_schema == name)


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def _is_id(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_integer, pa.types.is_string, pa.types.is_large_string, pa.types.is_binary,
        pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_date,
        pa.types.is_timestamp,
    )  # fmt: skip
    return any(test(kind) for test in tests)


def _as_text(column: Strings) -> Strings:
    """A string array without nulls."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = column.cast(pa.large_string())
    return column.fill_null("") if column.null_count else column
