"""Reading again on several machines: each stages a share, one publishes what all of them read."""

import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.flows.shell import ROOT, Shell
from tests.flows.test_reparse import FORTY, T, define, page
from tests.warehouse.histories import staged
from tests.warehouse.servers import Servers, missing, servers
from warehouse.buckets import Bucket, access_from
from warehouse.errors import WarehouseError
from warehouse.place import Place
from warehouse.staged_readings import Share, StagedReadings

__all__ = ["servers"]

PAGES = 12
SHARED = "select count(*) as n from releases where text like '%Shared%'"


def ingest_pages(shell: Shell) -> None:
    for number in range(PAGES):
        text = page(f"{FORTY} Point {number} was hard.", "1", headline=f"Meeting {number} was held")
        shell.write(f"p/{number:02}.html", text.replace("/a/", f"/{number}/"))
    assert shell("ingest", "p", "--source", "lakes", "--captured-at", T[0]).code == 0


def machine(shell: Shell, name: str) -> Shell:
    """Another machine with the same configuration: nothing but files of its own."""
    folder = shell.folder / name
    folder.mkdir()
    for one in ("pressdiff.toml", "lakes.toml"):
        shutil.copy(shell.folder / one, folder / one)
    return Shell(folder)


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_machines_share_the_reading_and_one_publishes(servers: Servers, tmp_path: Path) -> None:
    """Of three shares the third machine never comes: who publishes reads that one."""
    shell = Shell(tmp_path)
    place = servers.config(tmp_path)
    config = (tmp_path / "pressdiff.toml").read_text().replace('"csto"', '"lakes.toml"')
    define(shell)
    shell.write("pressdiff.toml", config)
    ingest_pages(shell)
    define(shell, drop='[".share"]')
    shell.write("pressdiff.toml", config)
    one, two, three = (machine(shell, name) for name in ("one", "two", "three"))
    for number, at in ((2, two), (1, one)):
        ran = at("reparse", "lakes", "--share", f"{number}/3", "--format", "json")
        assert ran.code == 0, ran.err
        assert ran.rows == [{"source_id": "lakes", "staged": 4, "unread": 0}]
        assert "nothing is published yet" in ran.err
    assert two.sql(SHARED) == [{"n": PAGES}]  # nobody sees half of it
    again = one("reparse", "lakes", "--share", "1/3", "--format", "json")
    assert again.rows[0]["staged"] == 0
    ran = three("reparse", "lakes", "--format", "json")
    assert ran.code == 0, ran.err
    assert ran.rows == [
        {"source_id": "lakes", "read_again": PAGES, "looks_changed": PAGES, "unread": 0}
    ]
    assert "12 of 12 bodies read again" in ran.err
    assert one.sql(SHARED) == [{"n": 0}]
    assert one.sql("select counts from runs order by started_at desc limit 1") == [
        {"counts": {"reread": PAGES, "reread_otherwise": PAGES}}
    ]
    assert place.bucket is not None
    assert list(Bucket(place.bucket, access_from()).sizes("staging")) == []
    assert one("reparse", "lakes", "--format", "json").rows[0]["read_again"] == 0
    assert one("verify").code == 0


def test_shares_are_all_there_is_and_do_not_overlap(shell: Shell) -> None:
    define(shell)
    ingest_pages(shell)
    define(shell, drop='[".share"]')
    for number, bodies in ((3, 2), (1, 3), (5, 2), (2, 3), (4, 2)):
        ran = shell("reparse", "lakes", "--share", f"{number}/5", "--format", "json")
        assert ran.rows == [{"source_id": "lakes", "staged": bodies, "unread": 0}]
    assert "bodies read again" not in shell("reparse", "lakes").err
    assert shell.sql(SHARED) == [{"n": 0}]
    for wrong in ("0/2", "3/2", "x", "1/0"):
        ran = shell("reparse", "lakes", "--share", wrong)
        assert ran.code == 2
        assert f"--share {wrong}" in ran.err


KILLED_IN_COMMIT = """
import os, signal
from warehouse.store import Store
commit = Store.commit
def dying(self):
    {before}
    commit(self)
    {after}
Store.commit = dying
from flows.cli import main
main(["reparse", "lakes"])
"""
DIE = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(("before", "after"), [(DIE, "pass"), ("pass", DIE)], ids=["in", "after"])
def test_killed_around_commit_it_publishes_once(shell: Shell, before: str, after: str) -> None:
    """All that was read is staged still: it is published by the next, or found published."""
    define(shell)
    ingest_pages(shell)
    define(shell, drop='[".share"]')
    died = subprocess.run(
        [sys.executable, "-c", KILLED_IN_COMMIT.format(before=before, after=after)],
        cwd=shell.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert died.returncode == -9, died.stderr
    assert shell.sql(SHARED) == [{"n": 0 if after == DIE else PAGES}]
    ran = shell("reparse", "lakes", "--format", "json")
    assert ran.code == 0, ran.err
    assert "bodies read again" not in ran.err  # not one was read a second time
    assert shell.sql(SHARED) == [{"n": 0}]
    counts = shell.sql("select counts from runs where counts['reread'] is not null")
    assert counts == [{"counts": {"reread": PAGES, "reread_otherwise": PAGES}}]
    assert not [one for one in (shell.folder / "data/staging").iterdir() if one.is_dir()]
    assert shell("verify").code == 0


def test_what_is_staged_comes_back_and_nothing_else_does(tmp_path: Path) -> None:
    kept = StagedReadings(Place(tmp_path), "lakes", "0123456789ab")
    looks = [staged(0), replace(staged(1), held=True)]
    kept.add(["a", "b"], looks)
    again = StagedReadings(Place(tmp_path), "lakes", "0123456789ab", Share(1, 2))
    assert list(again.chunks()) == [looks]
    assert again.count == 2
    (file,) = kept.folder.glob("*.looks")
    for hostile in (os.system, "x".upper, Path("x"), [staged, open]):
        file.write_bytes(pickle.dumps(hostile))
        with pytest.raises(WarehouseError, match="which is no reading"):
            list(again.chunks())
    StagedReadings(Place(tmp_path), "lakes", "ba9876543210", Share(1, 2))
    assert kept.folder.exists()  # a share throws nothing of others away
    StagedReadings(Place(tmp_path), "lakes", "ba9876543210")
    assert not kept.folder.exists()
