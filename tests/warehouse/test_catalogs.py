"""The same commands on both catalogs: SQLite beside the files, and PostgreSQL over a bucket."""

import shutil
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.shell import ROOT, Shell
from tests.warehouse.servers import KEYS, Servers, missing, servers
from warehouse import duck
from warehouse import lake as lake_module
from warehouse.duck import connect_reader, open_reader
from warehouse.errors import SchemaTooOldError, WarehouseBusyError
from warehouse.lock import writing
from warehouse.place import Place
from warehouse.postgres import ask, connect_postgres
from warehouse.store import Store
from warehouse.verify import verify

__all__ = ["servers"]

HEADLINE = "Observers of the Council took part in the exercise near Minsk"
SCALED = pytest.param(
    "scaled", marks=pytest.mark.skipif(missing() is not None, reason=str(missing()))
)


class Kept(Shell):
    """A command line, and where its warehouse lies."""

    def __init__(self, folder: Path, place: Place) -> None:
        super().__init__(folder)
        self.place = place

    def ingest(self, number: int) -> None:
        """A file says another number of observers, a day later."""
        body = f"On May 13, 2024, in Minsk, {number + 10} observers took part in the exercise."
        self.write("a.txt", f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{body}\n")
        at = f"2024-06-{number + 1:02}T00:00:00Z"
        ran = self("ingest", "a.txt", "--source", "csto", "--captured-at", at)
        assert ran.code == 0, ran.err


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.drill), SCALED])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """An empty warehouse of either kind; all other tests are on the embedded one already."""
    if request.param == "embedded":
        return Kept(tmp_path, Place(tmp_path / "data"))
    found: Servers = request.getfixturevalue("servers")
    return Kept(tmp_path, found.config(tmp_path))


def test_the_seeds_are_taken_asked_and_exported(kept: Kept, seeded_template: Path) -> None:
    assert kept("sql", "select 1").code == 1
    assert "`pressdiff run` makes one" in kept("sql", "select 1 from runs").err
    assert kept("status").code == 0
    shutil.copytree(ROOT / "seeds", kept.folder / "seeds")
    ran = kept("run")
    assert ran.code == 0, ran.err
    query = "select headline, published_on, event_on, place, text from releases order by headline"
    assert kept.sql(query) == Shell(seeded_template).sql(query)
    again = kept("run", "--format", "json")
    assert again.rows[0]["unchanged"] == 5
    release = kept.sql("select release_id from releases order by 1")[0]["release_id"]
    assert release in kept("show", release).out
    assert kept("export", "out").code == 0
    assert (kept.folder / "out" / "releases.parquet").stat().st_size > 1000
    ran = kept("verify", "--format", "json")
    assert (ran.code, ran.rows) == (0, [])
    assert "checked 5 captures, 5 texts" in ran.err


def test_edits_merges_and_what_was_known(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_module, "MERGE_AFTER_FILES", 3)
    for number in range(4):
        kept.ingest(number)
    rows = kept.sql("select revision, recorded_at as t from revisions order by revision")
    assert [row["revision"] for row in rows] == [1, 2, 3, 4]
    as_of = f"select count(*) as n from revisions_as_of('{rows[1]['t']}')"
    assert kept.sql(as_of) == [{"n": 2}]
    assert _most_files(kept.place) < 4
    found = verify(kept.place, lambda *_: None)
    assert found.findings == ()


def test_a_large_archive_keeps_gaps_and_is_asked_in_two_steps(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        kept.ingest(number)
    queries = ("from revisions order by seen_at desc limit 1", "from teasers limit 3", "from gaps")
    known = [kept.sql(query) for query in queries]
    assert known[0]
    monkeypatch.setattr("warehouse.query.WORTH_LOOKS", 0)
    monkeypatch.setattr("warehouse.kept_gaps.WORTH_LOOKS", 0)
    assert kept("maintain", "--no-check").code == 0
    with closing(open_reader(kept.place)[0]) as connection:
        assert connection.execute("select source_id from lake.gap_log").fetchall() == [("csto",)]
    assert [kept.sql(query) for query in queries] == known
    assert kept("verify").code == 0


def test_a_dry_run_and_a_replay_leave_nothing(kept: Kept) -> None:
    kept.ingest(0)
    before = _all_evidence(kept.place)
    kept.write("b.txt", f"{HEADLINE} again\n14.05.2024\nOther words stand in this release.\n")
    assert kept("ingest", "b.txt", "--source", "csto", "--dry-run").code == 0
    kept.ingest(0)
    assert _all_evidence(kept.place) == before
    assert len(before) == 1
    assert [*(kept.place.root / "staging").iterdir()] == []
    if kept.place.scaled:
        assert [*kept.place.evidence.rglob("*.gz")] == []


def test_a_user_reads_nothing_but_views(kept: Kept) -> None:
    kept.ingest(0)
    for query in (
        "select * from lake.looks",
        "from duckdb_secrets()",
        "from read_parquet('s3://press/*/files/**')",
        "from postgres_query('__ducklake_metadata_lake', 'select 1')",
        "select current_setting('s3_secret_access_key')",
    ):
        ran = kept("sql", query)
        assert ran.code == 1
        assert ran.out == ""
        assert KEYS["AWS_SECRET_ACCESS_KEY"] not in ran.err


def test_a_lost_evidence_file_is_named(kept: Kept) -> None:
    kept.ingest(0)
    (name,) = _all_evidence(kept.place)
    _remove_evidence(kept.place, name)
    ran = kept("verify", "--format", "json")
    assert ran.code == 1
    (finding,) = ran.rows
    assert name in finding["subject"]
    assert "1 captures rest on it" in finding["finding"]


def _most_files(place: Place) -> int:
    connection = connect_reader(place)
    try:
        rows: list[Any] = connection.execute(
            "select max(file_count) from ducklake_table_info('lake')"
        ).fetchall()
    finally:
        connection.close()
    return int(rows[0][0])


def _all_evidence(place: Place) -> list[str]:
    from warehouse.evidence import evidence_of

    return [name for name, _ in evidence_of(place).sizes()]


def _remove_evidence(place: Place, name: str) -> None:
    from warehouse.buckets import Bucket, access_from

    if place.bucket is None:
        (place.evidence / name).unlink()
    else:
        Bucket(place.bucket, access_from()).remove(f"evidence/{name}")


_HOLD = """
import sys
from pathlib import Path
from warehouse.lock import writing
from warehouse.place import Place
root, postgres, bucket = sys.argv[1:]
with writing(Place(Path(root), postgres or None, bucket or None), "run", 0, lambda s: None, print):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(place: Place) -> "subprocess.Popen[str]":
    """A process that holds the writer's lock until its stdin ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(place.root), place.postgres or "", place.bucket or ""],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_who_waits_is_told_for_whom_and_a_killed_writer_holds_nothing(kept: Kept) -> None:
    waits: list[float] = []
    said: list[str] = []
    with _holder(kept.place) as holder:
        with (
            pytest.raises(WarehouseBusyError, match=f"process {holder.pid}.* still writing"),
            writing(kept.place, "ingest", 0.5, waits.append, said.append),
        ):
            pytest.fail("the lock was held by another process")
        assert sum(waits) == pytest.approx(0.5, abs=0.11)
        (sentence,) = said
        assert sentence.startswith("waiting for ")
        assert "pressdiff run" in sentence
        assert f"process {holder.pid}" in sentence
        holder.kill()
    # a server notices a moment after the kernel closed the connection
    with writing(kept.place, "ingest", 10.0, time.sleep, said.append):
        pass
    with writing(kept.place, "ingest", 0, waits.append, said.append):
        pass


def test_a_writer_whose_lock_was_lost_does_not_commit(servers: Servers, tmp_path: Path) -> None:
    place = servers.place(tmp_path)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    first, second = Store.open(place, now), Store.open(place, now)
    first.begin()
    with pytest.raises(WarehouseBusyError, match="another process is writing"):
        second.begin()
    first.rollback()
    second.begin()
    second.rollback()
    first.close()
    second.close()


def test_an_older_catalog_in_postgres_is_copied_and_upgraded(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = servers.place(tmp_path)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with monkeypatch.context() as patch:
        patch.setattr(duck, "SCHEMA_VERSION", 1)
        patch.setattr(lake_module, "needs_upgrade", lambda *_: False)
        patch.setattr(duck, "TABLES", duck.TABLES[:-1])
        Store.open(place, now).close()
    with pytest.raises(SchemaTooOldError, match="`pressdiff maintain`"):
        connect_reader(place)
    Store.open(place, now).close()
    connect_reader(place).close()
    connection = connect_postgres(str(place.postgres))
    copied = "select count(*) from before_schema2_20260301t000000z.ducklake_table"
    live = "select count(*) from public.ducklake_table"
    assert ask(connection, copied)[0][0] < ask(connection, live)[0][0]
    connection.close()
