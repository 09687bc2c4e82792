"""What Prefect's pages are given: the run's rows, and a publisher's text as text."""

import html
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from flows.artifacts import Artifact, artifacts, escape, link
from flows.inputs import BadInput
from flows.run_summary import RunSummary
from tests.flows.shell import Dump, Shell
from warehouse.duck import Place
from warehouse.run_report import run_report
from warehouse.visible import visible

HOSTILE = "Ministers <img src=x onerror=alert(1)> | [click](javascript:alert(1)) `x` **now**"


def summary(run_id: str, **outcomes: int) -> RunSummary:
    bad = (BadInput("seeds/a|b.txt", "not a <text>"),)
    return RunSummary(run_id, Counter(outcomes), 0, 0, bad, 0, committed=True)


def pages(folder: Path, run_id: str, **outcomes: int) -> dict[str, Artifact]:
    made = artifacts(
        summary(run_id, **outcomes), run_report(Place(folder / "data"), run_id), ["csto"]
    )
    return {one.key: one for one in made}


def last_run(shell: Shell) -> str:
    rows = shell.sql("select run_id from runs order by finished_at desc, run_id desc limit 1")
    return str(rows[0]["run_id"])


def test_an_edit_is_listed_and_a_repeat_is_none(shell: Shell, dump: Dump) -> None:
    body = "The ministers met on Monday in Yerevan.\nThey will meet again next year."
    for day, text in ((1, body), (2, body.replace("Monday", "Tuesday")), (3, body)):
        path = shell.write(f"day{day}/a.txt", dump("Ministers meet", text))
        words = ["ingest", str(path), "--source", "csto", "--captured-at", f"2026-03-0{day}"]
        assert shell(*words).code == 0
        found = pages(shell.folder, last_run(shell))["changes-csto"].markdown
        rows = [line for line in found.splitlines() if "Ministers meet" in line]
        assert len(rows) == 1, found
        kinds = {1: "first", 2: "substantive", 3: "restored"}
        assert rows[0].startswith(f"| {kinds[day]} |"), rows
    assert shell(*words).code == 0
    assert "Nothing changed" in pages(shell.folder, last_run(shell))["changes-csto"].markdown


def test_a_hostile_headline_stays_text(shell: Shell, dump: Dump) -> None:
    path = shell.write("a.txt", dump(HOSTILE, "The ministers met on Monday in Yerevan."))
    assert shell("ingest", str(path), "--source", "csto").code == 0
    run_id = last_run(shell)
    made = pages(shell.folder, run_id, new=1)
    assert list(made) == ["summary-csto", "changes-csto", "coverage-csto", "incidents-csto"]
    (row,) = [line for line in made["changes-csto"].markdown.splitlines() if "onerror" in line]
    assert "<" not in row
    assert "](" not in row
    assert row.count("|") == 7
    assert html.unescape(row.split(" | ")[1]) == HOSTILE
    assert "| csto | 1 | 1 | 0 | 1 | 0 | 0 |" in made["coverage-csto"].markdown
    told = made["summary-csto"].markdown
    assert "| new | 1 |" in told
    assert "<text>" not in told
    assert html.unescape(told).count("seeds/a|b.txt: not a <text>") == 1
    assert "Nothing does" in made["incidents-csto"].markdown


@given(st.text())
def test_escaped_text_shows_itself_and_is_no_markup(text: str) -> None:
    escaped = escape(text)
    assert html.unescape(escaped) == visible(text)
    assert not set(escaped) & set("|`*_[]<>\\\n\r!")


@given(st.text(), st.text())
def test_a_link_is_one_link_to_the_web(text: str, path: str) -> None:
    made = link(text, f"https://example.org/{path}")
    shown, _, target = made.rpartition("](<")
    assert shown == f"[{escape(text)}"
    assert target.endswith(">)")
    assert not set(target[:-2]) & set(" <>()|\n\r\\")
