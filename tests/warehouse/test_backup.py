"""The backups of docs/operations.md, made beside a writer: catalog first, then files."""

import shutil
import sqlite3
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.warehouse.servers import servers
from tests.warehouse.test_catalogs import Kept, kept
from warehouse import parts
from warehouse.discard import discard_copied
from warehouse.duck import connect_reader
from warehouse.place import Place
from warehouse.verify import verify

__all__ = ["kept", "servers"]


def _copy_catalog(place: Place, to: Path, copy: "object") -> Place:
    """The catalog as it is now, and where the restored warehouse will lie."""
    if place.postgres is not None:
        assert callable(copy)
        return replace(place, root=to, postgres=copy(place.postgres))
    to.mkdir()
    source, target = sqlite3.connect(place.catalog), sqlite3.connect(to / "catalog.sqlite")
    source.backup(target)
    target.close()
    source.close()
    return Place(to)


def test_a_backup_made_beside_a_writer_is_the_warehouse_of_that_moment(
    kept: Kept, tmp_path: Path, request: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        kept.ingest(number)
    scaled = kept.place.scaled
    copy = request.getfixturevalue("servers").catalogs.copy if scaled else None  # type: ignore
    restored = _copy_catalog(kept.place, tmp_path / "restored", copy)
    kept.ingest(2)  # goes on while files are copied
    monkeypatch.setattr(parts, "FEWEST_FILES", 2)
    assert kept("maintain", "--no-check").code == 0
    later = datetime.now(UTC) + timedelta(hours=25)  # files are copied a day after the catalog
    assert discard_copied(kept.place, nullcontext, later).files == 0
    if not scaled:
        for name in ("files", "evidence"):
            shutil.copytree(kept.place.root / name, restored.root / name)
    found = verify(restored, lambda *_: None)
    assert not found.damaged, found.findings
    assert len(found.links) == 2
    connection = connect_reader(restored)
    assert connection.execute("select max(revision) from revisions").fetchall() == [(2,)]
    connection.close()
