"""`pressdiff reparse` and what happens beside it: what was held back, and runs that write."""

import os
import subprocess
import sys

from tests.flows.shell import ROOT, Shell
from tests.flows.test_reparse import FORTY, T, define, page, reparse, take
from tests.flows.test_warc_inputs import Crawl

NEWS = "https://lakes.example/news/news_col"
PAGES = range(6)


def crawl(shell: Shell, day: int, *, container: str, edited: int | None = None) -> None:
    """A crawl of all pages on a day of June, ingested."""
    file = Crawl(shell.folder / f"{day}.warc.gz")
    for number in PAGES:
        body = f"{FORTY} Point {number} was hard."
        text = page(body.replace("40", "14") if number == edited else body,
                    headline=f"Meeting {number} was held")  # fmt: skip
        text = text.replace("class='detail'", f"class='{container}'")
        file.response(f"{NEWS}/{number}/", day, text.encode())
    file.close()
    ran = shell("ingest", f"{day}.warc.gz", "--source", "lakes")
    assert ran.code in (0, 1, 3), ran.err


def add_layout(shell: Shell) -> None:
    """The redesign's markup, beside the old one."""
    file = shell.folder / "lakes.toml"
    known = file.read_text()
    _, layout = known.split("[[layout]]")
    file.write_text(f"{known}[[layout]]{layout.replace('div.detail', 'div.redesign')}")


def test_what_no_layout_filled_is_decided_once_one_does(shell: Shell) -> None:
    """A redesign, and an edit hidden behind it: held back, then read with its own time."""
    define(shell)
    crawl(shell, 1, container="detail")
    crawl(shell, 5, container="redesign", edited=3)
    crawl(shell, 9, container="redesign", edited=3)
    outcomes = "select outcome, count(*) as n from captures group by 1 order by 1"
    assert shell.sql(outcomes) == [{"outcome": "held", "n": 12}, {"outcome": "new", "n": 6}]
    before = shell.sql("select max(recorded_at) as at from captures")[0]["at"]
    add_layout(shell)
    told = reparse(shell)
    assert "is repaired" in told
    assert shell.sql(outcomes) == [
        {"outcome": "edited", "n": 1}, {"outcome": "new", "n": 6},
        {"outcome": "unchanged", "n": 11},
    ]  # fmt: skip
    (edit,) = shell.sql("select seen_at, changed_after, cause from revisions where revision = 2")
    assert edit == {
        "seen_at": "2024-06-05T00:00:00+00:00", "changed_after": "2024-06-01T00:00:00+00:00",
        "cause": "publisher",
    }  # fmt: skip
    assert shell.sql("select count(*) as n from incidents where closed_at is null") == [{"n": 0}]
    assert shell.sql(f"select count(*) as n from revisions_as_of('{before}')") == [{"n": 6}]
    assert shell.sql(f"select count(*) as n from releases_as_of('{before}') "
                     "where last_seen_at > '2024-06-02'") == [{"n": 0}]  # fmt: skip
    assert shell("verify").code == 0


WRITES_MEANWHILE = """
import os, subprocess, sys
from flows import rereading
publish = rereading._Staging.read
calls = []
def read(self):
    count = publish(self)
    calls.append(count)
    if len(calls) == 2:  # all is read, nothing is published: another run commits
        subprocess.run([sys.executable, "-m", "flows.cli", "ingest", "b.html", "--source", "lakes",
            "--captured-at", "2024-05-25T09:00:00Z"], check=True)
    return count
rereading._Staging.read = read
from flows.cli import main
main(["reparse", "lakes"])
"""


def test_a_run_that_commits_meanwhile_is_read_too(shell: Shell) -> None:
    """A machine that still has the old source file ingests while another reads again."""
    define(shell)
    take(shell, page(FORTY, "1"), T[0])
    old = (shell.folder / "lakes.toml").read_text()
    define(shell, drop='[".share"]')
    new = (shell.folder / "lakes.toml").read_text()
    shell.write("old/lakes.toml", old)
    shell.write("b.html", page(FORTY.replace("40", "14"), "7"))
    script = WRITES_MEANWHILE.replace('"ingest",', '"--config", "old.toml", "ingest",')
    shell.write("old.toml", '[[source]]\nuse = "old/lakes.toml"\n')
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=shell.folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert (shell.folder / "lakes.toml").read_text() == new
    rows = shell.sql("select text, seen_at, changed_after from revisions order by revision")
    assert [row["text"].replace(FORTY.replace("40", "14"), "14").replace(FORTY, "40")
            for row in rows] == ["40", "14"]  # fmt: skip
    assert rows[1]["seen_at"].startswith("2024-05-25")
    versions = "select count(distinct parser_version) as n from revisions"
    assert shell.sql(versions) == [{"n": 1}]
    assert "Shared" not in "".join(row["text"] for row in rows)
