"""`pressdiff reparse`: a source file is corrected, and history says what the publisher did.

A changed source file is another parser version, as a corrected reader is.
"""

import os
import signal
import subprocess
import sys

import pytest

from tests.flows.shell import ROOT, Shell

T = ["2024-05-15T09:00:00Z", "2024-05-20T09:00:00Z", "2024-06-01T09:00:00Z"]
URL = "https://lakes.example/news/news_col/a/"


def define(shell: Shell, *, drop: str = "[]", body: str = "div.text", headline: str = "h1") -> None:
    """The source, with what its layout drops and where it looks for the body."""
    shell.write(
        "lakes.toml",
        'id = "lakes"\nname = "Council of Lakes"\nhomepage = "https://lakes.example/"\n'
        'language = "en"\n[discover]\narticle = "^/news/news_col/[^/]+/$"\n[[layout]]\n'
        f'container = "div.detail"\nheadline = "{headline}"\nbody = "{body}"\ndrop = {drop}\n',
    )
    shell.write("pressdiff.toml", '[[source]]\nuse = "lakes.toml"\n')


def page(
    body: str, counter: str = "", *, headline: str = "The Council of Lakes met", note: str = "Note."
) -> str:
    share = f"<p class='share'>Shared {counter} times</p>" if counter else ""
    return (
        f"<html><head><link rel=canonical href='{URL}'></head><body><div class='detail'>"
        f"<h1>{headline}</h1><div class='text'>"
        f"<p>{body}</p>{share}</div><div class='note'><p>{note}</p></div></div>"
        f"</body></html><!-- {counter} -->"
    )


def take(shell: Shell, text: str, at: str, name: str = "a.html", code: int = 0) -> str:
    shell.write(name, text)
    ran = shell("ingest", name, "--source", "lakes", "--captured-at", at)
    assert ran.code == code, ran.err
    return ran.err


def reparse(shell: Shell, code: int = 0) -> str:
    ran = shell("reparse", "lakes", "--format", "json")
    assert ran.code == code, ran.err
    return ran.err


REVISIONS = (
    "select revision, revision_id, cause, change_class, seen_at, changed_after, text, "
    "parser_version, recorded_at from revisions order by revision"
)
FORTY = "Ministers agreed on 40 points after long talks in the old town hall."


def test_a_false_edit_goes_and_a_true_one_keeps_its_id(shell: Shell) -> None:
    define(shell)
    take(shell, page(FORTY, "1"), T[0])
    take(shell, page(FORTY, "2"), T[1])
    take(shell, page(FORTY.replace("40", "14"), "3"), T[2])
    wrong = shell.sql(REVISIONS)
    assert len(wrong) == 3
    define(shell, drop='[".share"]')
    reparse(shell)
    first, second = shell.sql(REVISIONS)
    assert [one["revision_id"] for one in (first, second)] == [
        wrong[0]["revision_id"], wrong[2]["revision_id"],
    ]  # fmt: skip
    assert [one["seen_at"] for one in (first, second)] == [wrong[0]["seen_at"], wrong[2]["seen_at"]]
    assert second["changed_after"] == "2024-05-20T09:00:00+00:00"
    assert (second["cause"], second["change_class"]) == ("publisher", "substantive")
    assert "Shared" not in first["text"] + second["text"]
    assert first["parser_version"] != wrong[0]["parser_version"]
    assert first["recorded_at"] > wrong[2]["recorded_at"]
    false_one = shell.sql(
        f"select cause from readings where revision_id = '{wrong[1]['revision_id']}'"
    )
    assert [row["cause"] for row in false_one] == ["parser", "parser"]
    kept = shell.sql(
        f"select cause from readings where revision_id = '{wrong[2]['revision_id']}' "
        "order by recorded_at"
    )
    assert [row["cause"] for row in kept] == ["publisher", "parser"]
    outcomes = shell.sql("select outcome from captures order by captured_at")
    assert [row["outcome"] for row in outcomes] == ["new", "unchanged", "edited"]
    changes = shell.sql("select before, after from changes")
    assert changes == [{"before": "40 points", "after": "14 points"}]
    # what we knew before stays what we knew
    knew = shell.sql(f"select text from revisions_as_of('{wrong[2]['recorded_at']}')")
    assert len(knew) == 3
    assert shell("verify").code == 0
    # once more there is nothing to do
    runs = shell.sql("select count(*) as n from runs")
    reparse(shell)
    assert shell.sql("select count(*) as n from runs") == runs


def test_an_edit_that_the_old_parser_swallowed_appears_at_its_time(shell: Shell) -> None:
    define(shell, body="div.note")
    take(shell, page(FORTY), T[0])
    take(shell, page(FORTY.replace("40", "14")), T[1])
    take(shell, page(FORTY.replace("40", "14"), note="Another."), T[2])
    assert [row["seen_at"][:10] for row in shell.sql(REVISIONS)] == ["2024-05-15", "2024-06-01"]
    define(shell)
    reparse(shell)
    first, second = shell.sql(REVISIONS)
    assert "40 points" in first["text"]
    assert "14 points" in second["text"]
    assert (second["seen_at"][:10], second["cause"]) == ("2024-05-20", "publisher")
    outcomes = shell.sql("select outcome from captures order by captured_at")
    assert [row["outcome"] for row in outcomes] == ["new", "edited", "unchanged"]


def test_what_nothing_was_read_in_becomes_a_release_and_back(shell: Shell) -> None:
    define(shell, headline="h2")
    take(shell, page(FORTY, "1"), T[0], code=1)
    take(shell, page(FORTY, "2"), T[1], code=1)
    assert shell.sql("select count(*) as n from releases") == [{"n": 0}]
    define(shell, drop='[".share"]')
    reparse(shell)
    (release,) = shell.sql("select url, first_seen_at, last_seen_at, revision from releases")
    assert release == {
        "url": URL, "first_seen_at": "2024-05-15T09:00:00+00:00",
        "last_seen_at": "2024-05-20T09:00:00+00:00", "revision": 1,
    }  # fmt: skip
    outcomes = "select outcome, error is null as fine from captures order by captured_at"
    assert [tuple(row.values()) for row in shell.sql(outcomes)] == [
        ("new", True), ("unchanged", True),
    ]  # fmt: skip
    define(shell, headline="h2")
    reparse(shell)
    assert shell.sql("select count(*) as n from releases") == [{"n": 0}]
    assert shell.sql("select count(*) as n from release_urls") == [{"n": 0}]
    assert [row["outcome"] for row in shell.sql(outcomes)] == ["unreadable", "unreadable"]


def test_a_new_look_is_compared_by_one_parser(shell: Shell) -> None:
    """The parser was corrected and the bytes change: no edit; an edit besides: that edit alone."""
    define(shell)
    take(shell, page(FORTY, "1"), T[0])
    define(shell, drop='[".share"]')
    told = take(shell, page(FORTY, "2"), T[1])
    assert "`pressdiff reparse lakes` brings" not in told  # all there was has been read again
    assert shell.sql("select count(*) as n from revisions") == [{"n": 1}]
    take(shell, page(FORTY.replace("40", "14"), "3"), T[2])
    assert [row["revision"] for row in shell.sql(REVISIONS)] == [1, 2]
    define(shell)
    take(shell, page(FORTY.replace("40", "4"), "3"), "2024-07-01T09:00:00Z")
    assert [row["revision"] for row in shell.sql(REVISIONS)] == [1, 2, 3, 4]
    outcomes = shell.sql("select outcome from captures order by captured_at")
    assert [row["outcome"] for row in outcomes] == ["new", "edited", "edited", "edited"]


@pytest.mark.parametrize("names", [("a.html", "a.html"), ("1.html", "2.html")], ids=["one", "two"])
def test_texts_known_by_files_alone_too(shell: Shell, names: tuple[str, str]) -> None:
    def dump(counter: str, number: str = "40") -> str:
        return page(FORTY.replace("40", number), counter).replace("rel=canonical", "rel=other")

    define(shell)
    take(shell, dump("1"), T[0], names[0])
    define(shell, drop='[".share"]')
    take(shell, dump("2"), T[1], names[1])
    (alone,) = shell.sql(REVISIONS)
    assert "Shared" not in alone["text"]
    define(shell)
    take(shell, dump("2", "14"), T[2], names[1])
    rows = shell.sql("select revision, text from revisions where text like '%14%'")
    assert len(rows) == 1
    assert len({row["parser_version"] for row in shell.sql(REVISIONS)}) == 1


def test_a_run_says_what_brings_the_archive_up_to_date(shell: Shell) -> None:
    define(shell)
    take(shell, page(FORTY, "1"), T[0])
    take(shell, page(FORTY, "9", headline="Another meeting").replace("/a/", "/b/"), T[0], "b.html")
    define(shell, drop='[".share"]')
    ran = shell("run")
    assert "`pressdiff reparse lakes` brings the archive up to date" in ran.err
    reparse(shell)
    assert "brings the archive" not in shell("run").err


def test_a_killed_reading_goes_on_where_it_was(shell: Shell) -> None:
    define(shell)
    for number in range(12):
        text = page(f"{FORTY} Point {number} was hard.", "1", headline=f"Meeting {number} was held")
        shell.write(f"p/{number}.html", text.replace("/a/", f"/{number}/"))
    assert shell("ingest", "p", "--source", "lakes", "--captured-at", T[0]).code == 0
    define(shell, drop='[".share"]')
    script = (
        "import flows.rereading as r, os, signal, sys\n"
        "r.CHUNK_BODIES = 4\n"
        "from warehouse.staged_readings import StagedReadings as S\n"
        "add = S.add\n"
        "def dying(self, keys, looks):\n"
        "    if self.count == 8: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    add(self, keys, looks)\n"
        "S.add = dying\n"
        "from flows.cli import main\n"
        "main(['reparse'])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    died = subprocess.run(
        [sys.executable, "-c", script], cwd=shell.folder, env=env, capture_output=True, timeout=60
    )
    assert died.returncode == -signal.SIGKILL
    assert shell.sql("select count(*) as n from runs") == [{"n": 1}]
    told = reparse(shell)
    assert "12 of 12 bodies" in told
    assert shell.sql("select counts from runs order by started_at desc limit 1") == [
        {"counts": {"reread": 12, "reread_otherwise": 12}}
    ]
    texts = shell.sql("select text from releases")
    assert len(texts) == 12
    assert not any("Shared" in row["text"] for row in texts)
    left = [path for path in (shell.folder / "data/staging").iterdir() if path.is_dir()]
    assert left == []


def test_evidence_that_is_gone_leaves_what_was_known(shell: Shell) -> None:
    define(shell)
    take(shell, page(FORTY, "1"), T[0])
    for path in (shell.folder / "data/evidence").rglob("*.warc.gz"):
        path.write_bytes(b"no record")
    define(shell, drop='[".share"]')
    assert "a.html" in reparse(shell, code=3)
    (kept,) = shell.sql("select text from releases")
    assert "Shared 1 times" in kept["text"]
