"""Several writers, servers that die, a disk that fills: nothing lost, nothing twice, one sentence.

The long figures are drills (`make drill`); each has a small version here.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.flows.shell import ROOT, Shell
from tests.warehouse.servers import Servers, servers
from tests.warehouse.test_catalogs import HEADLINE, Kept, kept
from tests.warehouse.test_crash import CrashServer, effects
from warehouse.duck import connect_reader
from warehouse.errors import WarehouseMissingError
from warehouse.verify import verify

__all__ = ["kept", "servers"]

_SEEN = """
select count(*) as runs, count(distinct split_part(run_id, '-', 1)) as writers,
    (select count(*) from lake.looks) as looks,
    (select count(*) from lake.looks where run_id not in (select run_id from lake.run_log)) as half
from lake.run_log
"""


@pytest.mark.parametrize(
    ("writers", "commits"), [(2, 2), pytest.param(4, 100, marks=pytest.mark.drill)]
)
def test_writers_at_once_lose_nothing_and_repeat_no_number(
    kept: Kept, writers: int, commits: int
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.warehouse.writer_server", str(kept.folder), str(name),
             str(commits)], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )
        for name in range(writers)
    ]  # fmt: skip
    while any(process.poll() is None for process in processes):
        assert _half_visible(kept) == 0
        time.sleep(0.2)
    assert [process.communicate()[1] for process in processes] == [""] * writers
    n = writers * commits
    connection = connect_reader(kept.place)
    try:
        assert connection.execute(_SEEN).fetchall() == [(n, writers, 2 * n, 0)]
        repeated = "select count(*) - count(distinct (release_id, revision)) from revisions"
        assert connection.execute(repeated).fetchall() == [(0,)]
        numbers = "select max(revision), count(*) from revisions where release_id = $1"
        shared = "select release_id from release_urls where url like '%/shared/'"
        release = connection.execute(shared).fetchall()[0]
        assert connection.execute(numbers, release).fetchall() == [(n, n)]
    finally:
        connection.close()
    found = verify(kept.place, lambda *_: None)
    assert not found.damaged, found.findings
    assert len(found.links) == n


def _half_visible(kept: Kept) -> int:
    try:
        connection = connect_reader(kept.place)
    except WarehouseMissingError:
        return 0
    try:
        runs, _, looks, half = connection.execute(_SEEN).fetchall()[0]
    finally:
        connection.close()
    return int(half) + abs(2 * runs - looks)


_VERIFIED_AFTER = 10
"""Kills; a check of everything takes longer than a run."""


@pytest.fixture
def crashes(kept: Kept) -> Iterator[CrashServer]:  # noqa: ARG001 - its servers' addresses come first
    """Runs that die, in the environment of the warehouse's servers."""
    server = CrashServer()
    yield server
    server.close()


@dataclass(frozen=True, slots=True)
class _Span:
    """The transaction of a run that lived, as numbers of effects and in microseconds."""

    begin: int
    commit: int
    long_us: int
    """From its beginning to the end of COMMIT."""
    commit_us: int
    """COMMIT alone."""


def _span(root: Path) -> _Span:
    seen = effects(root)
    names = [name for _, name in seen]
    commit = names.index("commit")  # the first: merging comes after it
    begin = commit - names[commit::-1].index("begin")
    end = seen[commit + 1][0]
    return _Span(begin + 1, commit + 1, end - seen[begin][0], end - seen[commit][0])


def _blows(span: _Span, dice: random.Random) -> Iterator[tuple[int, int]]:
    """(effect, delay in microseconds) for ever: at any moment of COMMIT, just before each effect of
    the transaction, and at any moment of it."""
    while True:
        for effect in range(span.begin, span.commit + 1):
            yield span.commit, dice.randint(1, span.commit_us)
            yield effect, 0
            yield span.begin, dice.randint(1, span.long_us)


@pytest.mark.parametrize("kills", [2, pytest.param(150, marks=pytest.mark.drill)])
def test_runs_killed_inside_their_commit_lose_nothing_and_reopen(
    kept: Kept, crashes: CrashServer, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """`kill -9` between BEGIN and the end of COMMIT: one revision an edit, no more and no less."""
    source = kept.folder / "in" / "a.txt"
    source.parent.mkdir()
    edits = 0

    def edit() -> None:
        nonlocal edits
        edits += 1
        text = f"On May 13, 2024, in Minsk, {edits + 10} observers took part in the exercise."
        source.write_text(f"{HEADLINE}\n{HEADLINE}\n14.05.2024\n{text}\n")
        os.utime(source, (1.7e9 + edits, 1.7e9 + edits))

    for _ in range(3):  # the first two have other effects than all later ones
        edit()
        assert crashes.run(kept.folder) == 0
    span = _span(kept.folder)
    blows = _blows(span, random.Random(kills))
    stood = {True: 0, False: 0}
    in_commit = 0
    edit()
    while sum(stood.values()) < kills:
        status, last = crashes.kill(kept.folder, *next(blows))
        left = _revisions(kept)  # it opens, and no run is half visible
        assert left in (edits - 1, edits)
        if status == signal.SIGKILL and span.begin <= last <= span.commit:
            stood[left == edits] += 1
            in_commit += last == span.commit
            if sum(stood.values()) % _VERIFIED_AFTER == 0:
                assert not verify(kept.place, lambda *_: None).damaged
        if left == edits:
            edit()  # else the next run takes the same edit again
    assert crashes.run(kept.folder) == 0
    assert _revisions(kept) == edits
    assert not verify(kept.place, lambda *_: None).damaged
    assert in_commit > 0 or kills < 9
    with capsys.disabled():
        print(
            f"\n{kills} kills inside commits, {in_commit} in COMMIT itself: {stood[True]} "
            f"stood, {stood[False]} left nothing; {edits} edits, 0 lost, 0 half-visible"
        )


def _revisions(kept: Kept) -> int:
    """How many there are of the one release; no look is there without its run."""
    connection = connect_reader(kept.place)
    try:
        counted = "select count(*), max(revision) from revisions"
        ((many, last),) = connection.execute(counted).fetchall()
        ((_, _, _, half),) = connection.execute(_SEEN).fetchall()
    finally:
        connection.close()
    assert (many, half) == (last, 0)
    return int(many)


def _one_sentence(ran: Any) -> str:
    assert ran.code == 1, ran
    assert ran.out == ""
    assert ran.err.startswith("pressdiff: ")
    assert ran.err.count("\n") == 1, ran.err
    for secret in ("drill-secret-9d1f",):
        assert secret not in ran.err
    return str(ran.err)


def test_a_catalog_or_bucket_that_is_gone_is_one_sentence_and_the_next_run_is_right(
    servers: Servers, tmp_path: Path
) -> None:
    kept = Kept(tmp_path, servers.config(tmp_path))
    kept.ingest(0)
    body = f"{HEADLINE}\n{HEADLINE}\n14.05.2024\nOn May 13, 2024, in Minsk, 77 took part.\n"
    kept.write("a.txt", body)
    words = ("ingest", "a.txt", "--source", "csto", "--captured-at", "2024-06-05T00:00:00Z")
    servers.catalogs.kill()
    try:
        assert "catalog cannot be reached" in _one_sentence(kept(*words))
        assert "cannot open the warehouse catalog" in _one_sentence(kept("sql", "from runs"))
    finally:
        servers.catalogs.restart()
    servers.objects.kill()
    try:
        _one_sentence(kept(*words))
    finally:
        servers.objects.start()
    assert kept(*words).code == 0
    assert [row["revision"] for row in kept.sql("select revision from revisions order by 1")] == [
        1,
        2,
    ]
    assert not verify(kept.place, lambda *_: None).damaged


_FULL = """
import os, shutil, subprocess, sys
from pathlib import Path
folder, left_bytes = Path(sys.argv[1]), int(sys.argv[2])
disk = folder / "disk"
disk.mkdir()
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(disk)], check=True)
shutil.copytree(folder / "data", disk / "data")
free = os.statvfs(disk)
(disk / "ballast").write_bytes(bytes(max(free.f_bavail * free.f_frsize - left_bytes, 0)))
settings = ["[warehouse]", "path = 'disk/data'", "[[source]]", "use = 'csto'"]
(folder / "pressdiff.toml").write_text(chr(10).join(settings))
done = subprocess.run([sys.executable, "-m", "flows.cli", "run"], capture_output=True, text=True)
print(done.returncode, done.stderr)
(disk / "ballast").unlink()
shutil.rmtree(folder / "data")
shutil.copytree(disk / "data", folder / "data")
(folder / "pressdiff.toml").unlink()
"""
_NAMESPACE = ["unshare", "--map-root-user", "--mount"]


def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_NAMESPACE, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="a small disk needs a mount namespace (unshare)")
@pytest.mark.parametrize(
    "left_kb",
    [4, 60, *(pytest.param(many, marks=pytest.mark.drill) for many in range(8, 400, 16))],
)
def test_a_full_disk_is_one_sentence_and_the_next_run_is_right(seeded: Shell, left_kb: int) -> None:
    path = sorted((seeded.folder / "seeds/csto").glob("*.txt"))[0]
    path.write_text(path.read_text("utf-8") + "\nOne more paragraph was added to this release.\n")
    done = subprocess.run(
        [*_NAMESPACE, sys.executable, "-c", _FULL, str(seeded.folder), str(left_kb * 1024)],
        cwd=seeded.folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout
    committed = done.stdout.startswith("0 ")
    assert committed or "nothing of this run was committed" in done.stdout, done.stdout
    assert left_kb > 60 or not committed
    edited = "select count(*) as n from captures where outcome = 'edited'"
    assert seeded.sql(edited) == [{"n": int(committed)}]
    assert seeded("run").code == 0
    assert seeded.sql(edited) == [{"n": 1}]
    assert seeded("verify").code == 0
