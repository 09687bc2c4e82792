"""A warehouse copied to another kind of place says what it said, and proves it."""

import shutil
from pathlib import Path

from tests.flows.shell import ROOT, Shell
from tests.warehouse.servers import servers
from tests.warehouse.test_catalogs import Kept, kept
from warehouse.verify import verify

__all__ = ["kept", "servers"]

QUERIES = (
    "select * from releases order by release_id",
    "select * from captures order by capture_id",
    "select * from revisions order by release_id, revision",
)


def test_a_copy_says_the_same_and_goes_on(kept: Kept, tmp_path: Path) -> None:
    old = Shell(tmp_path / "old")
    old.folder.mkdir()
    shutil.copytree(ROOT / "seeds", old.folder / "seeds")
    assert old("run").code == 0
    assert old("run").code == 0
    ran = kept("migrate-warehouse", "old/data")
    assert ran.code == 0, ran.err
    assert "all as recorded" in ran.err
    for query in QUERIES:
        assert kept.sql(query) == old.sql(query)
    assert len(verify(kept.place, lambda *_: None).links) == 2
    kept.ingest(0)
    assert kept("verify").code == 0
    assert kept.sql("select count(*) as n from runs") == [{"n": 3}]
    again = kept("migrate-warehouse", "old/data")
    assert again.code == 1
    assert "holds 3 runs already" in again.err
    assert "there is no warehouse in nowhere" in kept("migrate-warehouse", "nowhere").err
