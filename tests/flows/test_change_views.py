"""Flapping texts, late appearances and announced edits, as an analyst sees them."""

from tests.flows.shell import Dump, Shell
from tests.flows.test_history import BODY, HEADLINE, take
from tests.flows.test_reparse import FORTY, define, page


def test_texts_by_turns_are_one_record_that_can_be_left_out(shell: Shell, dump: Dump) -> None:
    texts = [dump(HEADLINE, BODY), dump(HEADLINE, BODY.replace("40", "14"))]
    turns = (0, 1, 0, 1)
    for day, turn in enumerate(turns, 1):
        take(shell, texts[turn], f"2024-06-{day:02}T09:00:00Z", f"{day}/a.txt")
    (record,) = shell.sql(
        "select first_revision, last_revision, flips, since, until from flappings"
    )
    assert record == {
        "first_revision": 1, "last_revision": 4, "flips": 3,
        "since": "2024-06-01T09:00:00+00:00", "until": "2024-06-04T09:00:00+00:00",
    }  # fmt: skip
    flags = shell.sql("select flapping from revisions order by revision")
    assert [row["flapping"] for row in flags] == [False, True, True, True]
    assert shell.sql("select bool_and(flapping) as all from changes") == [{"all": True}]
    assert "flapping" in shell("changes").out
    left = shell("changes", "--no-flapping", "--format", "json").rows
    assert [row["revision"] for row in left] == [1]
    release_id = left[0]["release_id"]
    shown = shell("show", release_id, "--format", "json").rows["revisions"]
    assert [row["flapping"] for row in shown] == [False, True, True, True]


def test_a_release_that_appears_late_on_a_watched_source(shell: Shell, dump: Dump) -> None:
    other = "The Council of Lakes discussed clean water and new boats at length in the old hall."
    take(
        shell, dump("An older release of the Council", other, "01.05.2024"), "2024-05-02T09:00:00Z"
    )
    late = dump(HEADLINE, BODY, "14.05.2024")
    take(shell, late, "2024-06-20T09:00:00Z", "late.txt")
    flags = "select headline, appeared_late from revisions order by seen_at"
    assert [row["appeared_late"] for row in shell.sql(flags)] == [False, False]  # nobody looked
    take(
        shell, dump("An older release of the Council", other, "01.05.2024"), "2024-06-01T09:00:00Z"
    )
    assert [row["appeared_late"] for row in shell.sql(flags)] == [False, True]
    silent = shell.sql("select headline, appeared_late, revision, weight from silent_edits")
    assert silent == [{"headline": HEADLINE, "appeared_late": True, "revision": 1, "weight": 10}]
    assert "appeared late: it bears the date 2024-05-14" in shell("changes").out.replace("\n", " ")


def test_what_was_there_before_anyone_looked_is_not_late(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY, "14.05.2019"), "2024-05-02T09:00:00Z")
    take(
        shell,
        dump("Another", BODY.replace("40", "9"), "15.05.2019"),
        "2024-06-02T09:00:00Z",
        "b.txt",
    )
    assert shell.sql("select bool_or(appeared_late) as any from revisions") == [{"any": False}]


def claiming(text: str, day: str) -> str:
    tag = f'<meta property="article:modified_time" content="{day}T10:00:00Z">'
    return text.replace("<head>", f"<head>{tag}")


def test_a_claim_of_modification_announces_an_edit_and_is_none(shell: Shell) -> None:
    define(shell)
    take(shell, claiming(page(FORTY), "2024-05-14"), "2024-05-15T09:00:00Z")
    take(shell, claiming(page(FORTY), "2024-05-18"), "2024-05-20T09:00:00Z")
    assert shell.sql("select count(*) as n from revisions") == [{"n": 1}]
    edited = page(FORTY.replace("40", "14"))
    take(shell, claiming(edited, "2024-05-31"), "2024-06-01T09:00:00Z")
    take(shell, claiming(edited.replace("14", "4"), "2024-05-31"), "2024-06-03T09:00:00Z")
    rows = shell.sql(
        "select modified_on, announced, announced_how from revisions order by revision"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("2024-05-14", None, None), ("2024-05-31", True, ["modified_on"]),
        ("2024-05-31", False, []),
    ]  # fmt: skip
