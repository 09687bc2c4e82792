"""Are the Parquet files those that the catalog names: there, as long as they were, readable."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

from warehouse.buckets import Bucket, access_from
from warehouse.chain import UNCHAINED
from warehouse.duck import open_reader
from warehouse.finding import Finding
from warehouse.place import Place
from warehouse.row_marks import differing, named_rows_sql, read_marks
from warehouse.schema import BY_NAME

_META = "__ducklake_metadata_lake"


@dataclass(frozen=True, slots=True)
class _Named:
    """A data file of the newest snapshot, as the catalog knows it."""

    name: str
    length_bytes: int
    table: str


@dataclass(frozen=True, slots=True)
class _There:
    """A Parquet file that exists."""

    path: str
    length_bytes: int


def check_files(
    place: Place, connection: duckdb.DuckDBPyConnection, findings: list[Finding]
) -> int:
    """Parquet files the catalog names must exist, as long as they were; files that it does not name
    are left from writers that died. How many it names."""
    current = _current_files(connection)
    there = _parquet_files(place)
    findings += [fault for one in current if (fault := _fault(one, there)) is not None]
    known = {
        Path(path).name
        for table in ("data_file", "delete_file", "files_scheduled_for_deletion")
        for (path,) in connection.execute(f"select path from {_META}.ducklake_{table}").fetchall()
    }
    findings += [
        Finding("note", there[name].path, "no commit names this Parquet file (a run that died)")
        for name in sorted(there.keys() - known)
    ]
    return len(current)


def find_broken_files(place: Place) -> list[Finding]:
    """When a question could not be answered: the files that are why, and the first row in each that
    is not as it was committed."""
    connection, _ = open_reader(place)
    try:
        there = _parquet_files(place)
        found = []
        for one in _current_files(connection):
            fault = _fault(one, there) or _read(connection, there[one.name].path)
            if fault is not None:
                row = _altered_row(connection, one, there)
                found.append(Finding(fault.severity, fault.subject, fault.sentence + row))
    finally:
        connection.close()
    if found:
        sentence = (
            "the check ended early; put the files named here back from a backup, and run it again"
        )
        found.append(Finding("note", "check", sentence))
    return found


def _fault(one: _Named, there: Mapping[str, _There]) -> Finding | None:
    if one.name not in there:
        return Finding("damage", one.name, "the catalog names this Parquet file, but it is gone")
    found = there[one.name]
    if found.length_bytes == one.length_bytes:
        return None
    sentence = (
        f"this Parquet file of {one.table} has {found.length_bytes} bytes, and had "
        f"{one.length_bytes} when it was committed"
    )
    return Finding("damage", found.path, sentence)


def _read(connection: duckdb.DuckDBPyConnection, path: str) -> Finding | None:
    try:
        connection.execute("select max(hash(t)) from read_parquet($1) as t", [path]).fetchall()
    except duckdb.Error as error:
        said = str(error).strip().partition("\n")[0]
        return Finding("damage", path, f"this Parquet file cannot be read ({said})")
    return None


def _altered_row(
    connection: duckdb.DuckDBPyConnection, one: _Named, there: Mapping[str, _There]
) -> str:
    """The first row of a file that no mark of its commit fits, in words; empty when there is none,
    or the file cannot be read at all."""
    table = BY_NAME.get(one.table)
    if table is None or table.name in UNCHAINED or one.name not in there:
        return ""
    connection.register("shape", table.arrow.empty_table())  # columns that came later are NULL
    rows = "(from shape union all by name from read_parquet($1))"
    try:
        found = connection.execute(named_rows_sql(table, rows), [there[one.name].path]).fetchall()
        for at, commit in groupby(found, key=lambda row: row[2]):
            marks = read_marks(connection, at)
            kept = (marks or {}).get(table.name, b"")
            strange, _ = differing(kept, [(name, digest) for name, digest, _ in commit])
            if strange and marks is not None:
                return f"; not as it was committed: {strange[0]}"
    except duckdb.Error:  # what it is about cannot be read: the file is named already
        return ""
    return ""


def _current_files(connection: duckdb.DuckDBPyConnection) -> list[_Named]:
    rows = connection.execute(
        f"""
        select f.path, f.file_size_bytes, any_value(t.table_name)
        from {_META}.ducklake_data_file as f
        join {_META}.ducklake_table as t on t.table_id = f.table_id
        where f.end_snapshot is null group by f.path, f.file_size_bytes order by f.path
        """
    ).fetchall()
    return [_Named(Path(path).name, size, table) for path, size, table in rows]


def _parquet_files(place: Place) -> dict[str, _There]:
    """All Parquet files there are, by file name."""
    if place.bucket is None:
        paths = place.files.rglob("*.parquet")
        return {path.name: _There(str(path), path.stat().st_size) for path in paths}
    sizes = Bucket(place.bucket, access_from()).sizes("files")
    return {Path(name).name: _There(f"{place.data_path}{name}", size) for name, size in sizes}
