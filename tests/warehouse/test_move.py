"""A warehouse copied to another kind of place says what it said, and proves it."""

import shutil
from pathlib import Path

import pytest

from tests.flows.shell import ROOT, Shell
from tests.warehouse.servers import servers
from tests.warehouse.test_catalogs import Kept, kept
from warehouse import parts
from warehouse.evidence import evidence_of
from warehouse.verify import verify

__all__ = ["kept", "servers"]

QUERIES = (
    "select * from releases order by release_id",
    "select * from captures order by capture_id",
    "select * from revisions order by release_id, revision",
)


def test_a_copy_says_the_same_and_goes_on(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Shell(tmp_path / "old")
    old.folder.mkdir()
    shutil.copytree(ROOT / "seeds", old.folder / "seeds")
    assert old("run").code == 0
    (seed, *_) = sorted((old.folder / "seeds/csto").glob("*.txt"))
    seed.write_text(seed.read_text("utf-8") + "\nOne more paragraph was added to this release.\n")
    assert old("run").code == 0
    monkeypatch.setattr(parts, "FEWEST_FILES", 2)
    assert "packed 2 evidence files into 1" in old("maintain", "--no-check").err
    ran = kept("migrate-warehouse", "old/data")
    assert ran.code == 0, ran.err
    assert "all as recorded" in ran.err
    for query in QUERIES:
        assert kept.sql(query) == old.sql(query)
    assert len(verify(kept.place, lambda *_: None).links) == 4, "two runs, a pack, its figures"
    assert len([*evidence_of(kept.place).sizes()]) == 1, "not those whose records were packed"
    kept.ingest(0)
    assert kept("verify").code == 0
    assert kept.sql("select count(*) as n from runs") == [{"n": 3}]
    again = kept("migrate-warehouse", "old/data")
    assert again.code == 1
    assert "holds 3 runs already" in again.err
    assert "there is no warehouse in nowhere" in kept("migrate-warehouse", "nowhere").err
