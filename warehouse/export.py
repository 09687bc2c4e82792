"""Every view as a file of its own, with a manifest: the archive in a form that needs no pressdiff.

`as_of` is transaction time: the views are asked over the rows recorded until then, so every file,
not only `releases` and `revisions`, is what the archive knew at that time.
"""

import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from warehouse.dictionary import View, describe_views
from warehouse.duck import Place, connect_reader
from warehouse.errors import WarehouseError
from warehouse.export_files import digest_file, write_view
from warehouse.export_folder import MANIFEST, MARK, README, replaced_folder
from warehouse.schema import TABLES
from warehouse.views import view_files

FORMATS = ("parquet", "csv", "jsonl")
MEMORY_LIMIT = "2GB"
_SPILL = "spill"
_LAKE = re.compile(r"\blake\.")

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """One file of an export."""

    view: str
    file: str
    rows: int
    length_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export wrote."""

    folder: Path
    as_of: datetime | None
    files: tuple[ExportedFile, ...]


def export(
    place: Place,
    folder: Path,
    fmt: str,
    as_of: datetime | None,
    now: datetime,
    progress: Progress,
) -> ExportSummary:
    """Write every public view to `folder`, which appears whole or stays as it was.

    `as_of` None: all that is known now. `progress` is told (view, rows) as rows are written.
    Raises WarehouseError in one sentence when the folder is not ours to replace, or cannot be
    written.
    """
    assert fmt in FORMATS
    views = describe_views()
    connection = connect_reader(place)
    try:
        connection.execute("begin")  # one snapshot for all files, whatever is committed meanwhile
        if as_of is not None:
            _forget_after(connection, as_of)
        with replaced_folder(folder) as new:
            _limit(connection, new / _SPILL)
            files = _write_views(connection, views, new, fmt, progress)
            (new / _SPILL).rmdir()
            _write_manifest(new, _about(connection, fmt, as_of, now), views, files)
            _write(new / README, _readme(fmt, as_of, now))
    except OSError as error:
        raise WarehouseError(
            f"cannot write the export to {folder}: {error.strerror or error}; "
            "nothing was changed there"
        ) from error
    except duckdb.Error as error:
        first = str(error).strip().partition("\n")[0]
        raise WarehouseError(f"the export to {folder} failed, nothing was changed: {first}") from (
            error
        )
    finally:
        connection.close()
    return ExportSummary(folder, as_of, tuple(files))


def _forget_after(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Put the views over the rows recorded until `as_of`; the files of `warehouse/sql` do the
    rest, since all that changes its mind is a later row."""
    connection.execute("create schema known")
    for table in TABLES:
        connection.execute(
            f"create view known.{table.name} as from lake.{table.name} "
            f"where recorded_at <= '{as_of.astimezone(UTC).isoformat()}'::timestamptz"
        )
    for _, text in view_files():
        connection.execute(_LAKE.sub("known.", text))


def _limit(connection: duckdb.DuckDBPyConnection, spill: Path) -> None:
    spill.mkdir()
    quoted = str(spill).replace("'", "''")
    connection.execute(f"set temp_directory = '{quoted}'")
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")


def _write_views(
    connection: duckdb.DuckDBPyConnection,
    views: Iterable[View],
    folder: Path,
    fmt: str,
    progress: Progress,
) -> list[ExportedFile]:
    files = []
    for view in views:
        rows = 0

        def counted(more: int, view: View = view) -> None:
            nonlocal rows
            rows += more
            progress(view.name, more)

        path = folder / f"{view.name}.{fmt}"
        write_view(connection, view, path, fmt, counted)
        length_bytes, sha256 = digest_file(path)
        files.append(ExportedFile(view.name, path.name, rows, length_bytes, sha256))
    return files


def _about(
    connection: duckdb.DuckDBPyConnection, fmt: str, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    row = connection.execute("select max(finished_at), count(*) from runs").fetchone()
    newest, runs = row if row else (None, 0)
    return {
        MARK: 1,
        "pressdiff_version": version("pressdiff"),
        "created_at": now.astimezone(UTC).isoformat(),
        "as_of": as_of.astimezone(UTC).isoformat() if as_of else None,
        "newest_run_at": newest.isoformat() if newest else None,
        "runs": runs,
        "format": fmt,
    }


def _write_manifest(
    folder: Path, about: dict[str, Any], views: Iterable[View], files: Iterable[ExportedFile]
) -> None:
    said = [{**asdict(file), **_described(view)} for file, view in zip(files, views, strict=True)]
    manifest = {**about, "files": said}
    _write(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def _described(view: View) -> dict[str, Any]:
    return {
        "grain": view.comment,
        "key": list(view.key),
        "columns": [asdict(column) for column in view.columns],
    }


def _readme(fmt: str, as_of: datetime | None, now: datetime) -> str:
    known = (
        f"what the archive knew at {as_of.astimezone(UTC).isoformat()} (transaction time): rows "
        "recorded later are left out of every file"
        if as_of
        else "all that the archive knew then"
    )
    text = (
        f"A pressdiff export, made {now.astimezone(UTC).isoformat()}: {known}.\n"
        "One file per view; manifest.json gives each file's rows, sha-256, key and the meaning of "
        "each column.\nAll times are in UTC.\n"
    )
    if fmt == "csv":
        text += (
            '\nCSV: UTF-8, RFC 4180. NULL is an empty field, an empty text is "". Lists are JSON.\n'
            "A text that begins with = + - @ TAB or CR has a ' before it, so that no spreadsheet "
            "runs it.\n"
        )
    return text


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
