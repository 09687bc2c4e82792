"""Bad input: one clear sentence, the right exit code, the rest taken, nothing committed lost."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.flows.shell import ROOT, Dump, Shell
from tests.warehouse.test_captures import http_warc
from warehouse.duck import Place, attach_writer

HEADLINE = "Observers of the Council took part in the exercise near Minsk"
BODY = "On May 13, 2024, in Minsk, observers took part in the exercise of the Council's forces."


def sentences(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("pressdiff: ")]


def test_the_readable_rest_of_a_folder_is_taken(shell: Shell, dump: Dump) -> None:
    shell.write("in/good.txt", dump(HEADLINE, BODY))
    shell.write("in/empty.txt", b"")
    shell.write("in/binary.txt", bytes(range(256)) * 30)
    shell.write("in/nul.html", b"\0" * 5000)
    shell.write("in/fragment.html", b"<div>Only a fragment of a page, and no headline.</div>")
    shell.write("in/picture.jpg", b"\xff\xd8\xff")
    shell.write("in/cut.warc.gz", b"\x1f\x8b\x08\x00cut")
    (shell.folder / "in/loop").symlink_to(shell.folder / "in")
    (shell.folder / "in/self.txt").symlink_to("self.txt")
    (shell.folder / "in/gone.txt").symlink_to("nowhere.txt")
    ran = shell(
        "ingest", "in", "--source", "csto", "--captured-at", "2024-06-01", "--format", "json"
    )
    assert ran.code == 3
    (row,) = ran.rows
    assert (row["new"], row["unread"]) == (1, 7)
    said = "\n".join(sentences(ran.err))
    assert "in/cut.warc.gz: record 1: " in said
    assert "in/self.txt: a loop of symbolic links" in said
    assert "in/gone.txt: no such file or directory" in said
    assert "1 files of unknown type were passed over" in said
    captures = shell.sql("select url, outcome, error from captures order by url")
    assert {row["url"]: row["outcome"] for row in captures} == {
        "file:in/binary.txt": "unreadable",
        "file:in/empty.txt": "unreadable",
        "file:in/fragment.html": "unreadable",
        "file:in/good.txt": "new",
        "file:in/nul.html": "unreadable",
    }
    assert all(row["error"] for row in captures if row["outcome"] == "unreadable")
    assert shell("verify").code == 0


def test_a_file_that_may_not_be_read(shell: Shell, dump: Dump) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    shell.write("in/good.txt", dump(HEADLINE, BODY))
    shell.write("in/secret.txt", "x").chmod(0)
    ran = shell("ingest", "in", "--source", "csto")
    assert ran.code == 3
    assert "in/secret.txt: permission denied" in ran.err


def test_nothing_readable_is_a_failure(shell: Shell) -> None:
    shell.write("a.txt", b"\0\1\2")
    ran = shell("ingest", "a.txt", "missing.txt", "--source", "csto")
    assert ran.code == 1
    assert "missing.txt: no such file or directory" in ran.err
    assert shell("ingest", "gone", "--source", "csto").code == 1


def test_a_warc_cut_in_the_middle_gives_what_came_before(shell: Shell) -> None:
    page = f"<html><body><h1>{HEADLINE}</h1><div class='news-detail'>{BODY}</div></body></html>"
    http_warc(shell.folder / "a.warc.gz", [("Content-Type", "text/html")], page.encode())
    first = (shell.folder / "a.warc.gz").read_bytes()
    shell.write("cut.warc.gz", first + first[: len(first) // 3])
    ran = shell("ingest", "cut.warc.gz", "--source", "csto")
    assert ran.code == 3
    assert "cut.warc.gz: record 3: the file ends inside" in ran.err
    assert shell.sql("select count(*) as n from releases") == [{"n": 1}]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("[warehous]\npath = 'x'\n", "c.toml:1: warehous:", "not a known key"),
        ("[warehouse]\npth = 'x'\n", "c.toml:2: warehouse.pth:", "not a known key"),
        ("[warehouse]\npath = 3\n", "c.toml:2: warehouse.path:", "must be a string"),
        ("[warehouse]\ncatalog = 'postgres:dbname=x'\n", "c.toml:2:", "needs data_path beside it"),
        ("[warehouse]\ndata_path = 's3://b/p'\n", "c.toml:2:", "needs catalog beside it"),
        ("[warehouse]\ncatalog = 'mysql:x'\n", "c.toml:2:", 'must begin with "postgres:"'),
        ("[warehouse]\ncatalog = 'postgres:dbname=x password=y'\n", "c.toml:2:", "PGPASSWORD"),
        ("[warehouse]\ncatalog = 'postgres:postgresql://u:y@h/x'\n", "c.toml:2:", "PGPASSWORD"),
        ("[warehouse]\ndata_path = 's3://key:y@b/p'\n", "c.toml:2:", "AWS_* variables"),
        ("[http]\n\ncontact = ''\n", "c.toml:3: http.contact:", "must not be empty"),
        (
            "[[source]]\nuse = 'csto'\n[[source]]\nuse = 'csto'\n",
            "c.toml:4: source[1].use:",
            "twice",
        ),
        ("[[source]]\nuse = 'nope.toml'\n", "c.toml:2: source[0].use:", "neither a shipped source"),
        ("[[source]]\nschedule = '* * * * *'\n", "c.toml:1: source[0].use:", "missing"),
        ("[[source]]\nuse='csto'\nschedule = 'often'\n", "c.toml:3: source[0].schedule:", "cron"),
        ("[warehouse\n", "c.toml:1", ""),
        ("[[source]]\nuse = 'bad.toml'\n", "bad.toml:3: layout[0].container:", "CSS selector"),
    ],
)
def test_a_wrong_configuration_names_file_line_and_key(
    shell: Shell, text: str, place: str, words: str
) -> None:
    shell.write("c.toml", text)
    shell.write("bad.toml", 'id = "bad"\n[[layout]]\ncontainer = "div["\n')
    ran = shell("run", "--config", "c.toml")
    assert ran.code == 2
    (sentence,) = sentences(ran.err)
    assert place in sentence
    assert words in sentence
    assert not (shell.folder / "data").exists()


def test_usage_errors_are_one_sentence_and_code_2(shell: Shell) -> None:
    for words in (
        ["frobnicate"], ["sql"], ["run", "--frob"], ["ingest", "x.txt"], ["run", "nope"],
        ["--config", "none.toml", "status"], ["ingest", "--source", "csto"],
        ["sql", "select 1", "--format", "xml"],
    ):  # fmt: skip
        ran = shell(*words)
        assert ran.code == 2, words
        assert len(sentences(ran.err)[-1]) < 400
        assert ran.out == ""


def test_a_query_that_is_wrong_fails_in_one_sentence(seeded: Shell) -> None:
    for query in ("select nope from releases", "delete from releases", "select * from lake.looks"):
        ran = seeded("sql", query)
        assert ran.code == 1
        assert len(sentences(ran.err)) == 1


def test_a_run_without_files_says_so(shell: Shell) -> None:
    ran = shell("run")
    assert ran.code == 0
    assert "csto: there are no files to read (seeds/csto/*.txt)" in ran.err


def test_no_warehouse_yet(shell: Shell) -> None:
    for words in (["sql", "select 1"], ["verify"], ["show", "abc"]):
        ran = shell(*words)
        assert ran.code == 1
        assert "`pressdiff run` makes one" in ran.err
    assert shell("status").code == 0
    assert shell("doctor").code == 0


def test_a_warehouse_of_a_newer_schema_is_refused_and_left_alone(seeded: Shell) -> None:
    connection = attach_writer(Place(seeded.folder / "data"))
    connection.execute("insert into lake.schema_versions values (99, '9.9', now())")
    connection.close()
    for words in (["run"], ["sql", "select 1"], ["verify"]):
        ran = seeded(*words)
        assert ran.code == 1
        assert "has schema 99" in ran.err
        assert "upgrade pressdiff" in ran.err


def test_a_broken_catalog_is_one_sentence(seeded: Shell) -> None:
    catalog = seeded.folder / "data/catalog.sqlite"
    for name in ("catalog.sqlite-wal", "catalog.sqlite-shm"):
        (catalog.parent / name).unlink(missing_ok=True)
    catalog.write_bytes(b"this is no database" * 400)
    ran = seeded("sql", "select 1")
    assert ran.code == 1
    assert "cannot open the warehouse catalog" in ran.err


def test_a_second_writer_waits_then_gives_up_in_one_sentence(seeded: Shell) -> None:
    seeded.write("pressdiff.toml", "[warehouse]\nlock_wait_s = 0.2\n[[source]]\nuse = 'csto'\n")
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, 2); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(seeded.folder / "data/.lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout
        holder.stdout.readline()
        ran = seeded("run")
        assert ran.code == 1
        assert "is still writing to this warehouse after 0.2 s" in ran.err
        assert seeded("sql", "select count(*) from releases").code == 0
        holder.communicate("")
    assert seeded("run").code == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 3 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing_that_was_committed(small_disk: Path, dump: Dump) -> None:
    shell = Shell(small_disk)
    shutil.copytree(ROOT / "seeds", small_disk / "seeds")
    assert shell("run").code == 0
    before = shell.sql("select release_id, text from releases order by all")
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    filler.write_bytes(b"x" * (free - 16_384))
    shell.write("more.txt", dump(HEADLINE, BODY))
    ran = shell("ingest", "more.txt", "--source", "csto", "--captured-at", "2024-06-01")
    assert ran.code == 1
    assert "nothing of this run was committed" in sentences(ran.err)[-1]
    filler.unlink()
    assert shell.sql("select release_id, text from releases order by all") == before
    assert shell("verify").code == 0
    ran = shell("ingest", "more.txt", "--source", "csto", "--captured-at", "2024-06-01")
    assert ran.code == 0
    assert shell.sql("select count(*) as n from releases") == [{"n": 6}]


def test_hostile_pages_cost_two_seconds_and_one_row_each(shell: Shell, dump: Dump) -> None:
    shell.write("in/a.html", b"<div>" * 400_000 + b"x")
    shell.write("in/good.txt", dump(HEADLINE, BODY))
    ran = shell("ingest", "in", "--source", "csto", "--captured-at", "2024-06-01")
    assert ran.code == 3
    rows = shell.sql("select outcome from captures order by url")
    assert [row["outcome"] for row in rows] == ["unreadable", "new"]


def test_duckdb_is_the_version_its_extensions_fit() -> None:
    assert duckdb.__version__ == "1.5.5"
