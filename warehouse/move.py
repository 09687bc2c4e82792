"""A warehouse copied whole to another place: from a folder to PostgreSQL and a bucket, or back.

Rows keep their times, so what was known when stays answerable, and the chain of commits, so that
`verify` proves the copy. The lake's own snapshots stay behind.
"""

from collections.abc import Callable, Container
from datetime import datetime
from pathlib import Path

from warehouse.buckets import Bucket, access_from
from warehouse.disk import copy_synced
from warehouse.duck import connect_reader
from warehouse.errors import WarehouseError, WarehouseMissingError
from warehouse.evidence import evidence_of
from warehouse.parts import named_files, read_parts
from warehouse.place import Place
from warehouse.schema import TABLES
from warehouse.store import Store

_BATCH_ROWS = 100_000


def move_warehouse(
    source: Place, target: Place, now: datetime, progress: Callable[[str, int], None]
) -> int:
    """Copy all evidence that is needed, then all rows in one commit; how many rows.

    Hold the writer's lock of both. The target must be empty, and is when this fails. `progress` is
    told (table or evidence, rows or files). Raises WarehouseError.
    """
    reader = connect_reader(source)
    try:
        _check_empty(target)
        held = {part.stored_in for part in read_parts(reader)}
        _copy_evidence(source, target, named_files(reader) - held, progress)
        store = Store.open(target, now)
        try:
            store.begin()
            rows = 0
            for table in TABLES:
                if table.name == "schema_versions":  # the target has its own
                    continue
                batches = reader.execute(f"from lake.{table.name}").to_arrow_reader(_BATCH_ROWS)
                count = store.adopt(table.name, batches)
                progress(table.name, count)
                rows += count
            store.commit()
        finally:
            store.close()
    finally:
        reader.close()
    return rows


def _check_empty(target: Place) -> None:
    try:
        connection = connect_reader(target)
    except WarehouseMissingError:
        return
    try:
        row = connection.execute("select count(*) from lake.run_log").fetchone()
    finally:
        connection.close()
    if row and row[0]:
        raise WarehouseError(
            f"the warehouse in {target.said} holds {row[0]} runs already; name an empty one"
        )


def _copy_evidence(
    source: Place, target: Place, needless: Container[str], progress: Callable[[str, int], None]
) -> None:
    """Every WARC file but those whose records lie in others now, safe before the catalog names it;
    what is there is not sent again."""
    evidence = evidence_of(source)
    there = dict(evidence_of(target).sizes())
    target.staging.mkdir(parents=True, exist_ok=True)
    for name, size in evidence.sizes():
        if name in needless or there.get(name) == size:
            continue
        with evidence.open(name) as file:
            if target.bucket is None:
                copy_synced(file, target.evidence / name, target.evidence)
            else:
                Bucket(target.bucket, access_from()).put_stream(file, f"evidence/{name}")
        progress("evidence", 1)


def folder_place(folder: Path) -> Place:
    """The embedded warehouse in a folder. Raises WarehouseMissingError when there is none."""
    place = Place(folder)
    if not place.exists:
        raise WarehouseMissingError(f"there is no warehouse in {folder}")
    return place
