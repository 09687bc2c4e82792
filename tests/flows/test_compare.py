"""`changes` and `diff`: what happened, and in which words."""

import json
import shutil
from pathlib import Path

import pytest

from tests.flows.shell import Dump, Shell, dump_of
from tests.flows.test_history import BODY, HEADLINE, T1, T2, T3, take


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `edited` has; copy it, do not change it."""
    shell = Shell(tmp_path_factory.mktemp("edited"))
    text = dump_of(HEADLINE, BODY)
    take(shell, text, T1)
    take(shell, text.replace("40 observers", "14 observers"), T2)
    take(shell, text.replace("40 observers", "14 observers").replace("all ", ""), T3)
    return shell.folder


@pytest.fixture
def edited(template: Path, tmp_path: Path) -> Shell:
    """A release with three revisions: a number, then a word, both edited silently."""
    folder = tmp_path / "edited"
    shutil.copytree(template, folder)
    return Shell(folder)


def test_changes_are_told_newest_first_with_the_most_telling(edited: Shell) -> None:
    rows = edited("changes", "--format", "json").rows
    assert [(row["revision"], row["change_class"]) for row in rows] == [
        (3, "minor"), (2, "substantive"), (1, "first"),
    ]  # fmt: skip
    assert (rows[1]["kind"], rows[1]["before"], rows[1]["after"]) == ("number", "40", "14")
    table = edited("changes").out
    assert "number: 40 → 14" in table
    assert "+1 -1" in table


def test_changes_can_be_narrowed(edited: Shell) -> None:
    def revisions(*options: str) -> list[int]:
        ran = edited("changes", "--format", "jsonl", *options)
        assert ran.code == 0
        return [json.loads(line)["revision"] for line in ran.out.splitlines()]

    assert revisions("--since", "2024-05-18") == [3, 2]
    assert revisions("--since", "7d") == []
    assert revisions("--recorded-since", "1h") == [3, 2, 1]
    assert revisions("--class", "substantive") == [2]
    assert revisions("--source", "lakes") == []
    for words in (["--since", "soon"], ["--class", "big"]):
        assert edited("changes", *words).code == 2


def test_the_rows_of_the_changes_view(edited: Shell) -> None:
    rows = edited.sql(
        "select revision, seq, field, op, kind, before, after, paragraph_before, paragraph_after "
        "from changes order by revision, seq"
    )
    assert [tuple(row.values()) for row in rows] == [
        (2, 1, "body", "replace", "number", "40", "14", 1, 1),
        (3, 1, "body", "delete", "wording", "all", None, 2, 2),
    ]
    (silent, *_) = edited.sql("select revision, weight, backdated from silent_edits")
    assert silent == {"revision": 2, "weight": 10, "backdated": False}


def test_an_announced_edit_is_not_silent(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY), T1)
    told = BODY.replace("40", "14") + "\nCorrection: an earlier version of this text said 40."
    take(shell, dump(HEADLINE, told), T2)
    (row,) = shell.sql("select announced, announced_how from revisions where revision = 2")
    assert row == {"announced": True, "announced_how": ["correction_note"]}
    assert shell.sql("select * from silent_edits") == []
    assert "substantive, announced" in shell("changes").out


def test_diff_in_three_forms(edited: Shell) -> None:
    (release,) = edited.sql("select release_id from releases")
    name = release["release_id"][:6]
    assert "[-40-] {+14+} observers" in edited("diff", name, "1..2").out
    last = edited("diff", name, "--format", "json").rows
    assert [change["before"] for change in last["changes"]] == ["all"]
    html = edited("diff", name, "2..3", "--format", "html").out
    assert html.startswith("<!doctype html>")
    assert "<script" not in html
    assert "Edited silently" in html


def test_diff_says_what_it_cannot_compare(edited: Shell, dump: Dump) -> None:
    (release,) = edited.sql("select release_id from releases")
    assert "revisions 1 to 3" in edited("diff", release["release_id"], "1..7").err
    assert edited("diff", release["release_id"], "last").code == 2
    assert "no release is called" in edited("diff", "ffff").err
    edited.write("b.txt", dump("Another statement of the Council", BODY.replace("40", "50")))
    edited("ingest", "b.txt", "--source", "csto", "--captured-at", T1)
    (other,) = edited.sql("select release_id from releases where headline like 'Another%'")
    assert "nothing to compare" in edited("diff", other["release_id"]).err
