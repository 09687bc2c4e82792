"""Files that change between looks, through the command line: what an analyst can then say."""

from collections.abc import Callable

import pytest

from tests.flows.shell import Dump, Shell
from tests.warehouse.test_captures import http_warc

BODY = (
    "On May 13, 2024, in Minsk, 40 observers of the Council took part in the exercise.\n"
    "The Chairman of the Council, Ivan Petrov, thanked all participants for their work.\n"
    "The next meeting will be held in the autumn of this year in Astana."
)
HEADLINE = "Observers of the Council took part in the exercise near Minsk"
T1, T2, T3 = "2024-05-15T09:00:00Z", "2024-05-20T09:00:00Z", "2024-06-01T09:00:00Z"


def take(shell: Shell, text: str, at: str, name: str = "a.txt") -> None:
    shell.write(name, text)
    ran = shell("ingest", name, "--source", "csto", "--captured-at", at)
    assert ran.code == 0, ran.err


REVISIONS = (
    "select revision, cause, change_class, reverts_to, seen_at, changed_after, valid_from, "
    "valid_to, text from revisions order by revision"
)


def test_an_edit_is_a_revision_between_two_looks(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY), T1)
    take(shell, dump(HEADLINE, BODY), T2)
    take(shell, dump(HEADLINE, BODY.replace("40 observers", "14 observers")), T3)
    first, second = shell.sql(REVISIONS)
    assert (first["cause"], first["change_class"], first["changed_after"]) == (
        "first",
        "first",
        None,
    )
    assert (second["cause"], second["change_class"]) == ("publisher", "substantive")
    assert second["changed_after"] == "2024-05-20T09:00:00+00:00"
    assert second["seen_at"] == second["valid_from"] == first["valid_to"]
    assert second["seen_at"] == "2024-06-01T09:00:00+00:00"
    assert "14 observers" in second["text"]
    outcomes = shell.sql("select outcome from captures order by captured_at")
    assert [row["outcome"] for row in outcomes] == ["new", "unchanged", "edited"]


def test_a_text_that_returns_is_restored(shell: Shell, dump: Dump) -> None:
    text = dump(HEADLINE, BODY)
    take(shell, text, T1, "1/a.txt")
    take(shell, text.replace("thanked", "praised"), T2, "2/a.txt")
    take(shell, text, T3, "3/a.txt")
    rows = shell.sql(REVISIONS)
    assert [row["change_class"] for row in rows] == ["first", "minor", "restored"]
    assert [row["reverts_to"] for row in rows] == [None, None, 1]


def test_late_evidence_goes_where_its_time_says(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY), T1)
    take(shell, dump(HEADLINE, BODY.replace("40", "14")), T3)
    (knew,) = shell.sql("select max(recorded_at) as t from revisions")
    ids = shell.sql("select revision_id, revision from revisions order by revision")
    take(shell, dump(HEADLINE, BODY.replace("40", "30")), T2)
    rows = shell.sql(REVISIONS)
    assert [("40" in r["text"], "30" in r["text"], "14" in r["text"]) for r in rows] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    later = shell.sql("select revision_id, revision from revisions order by revision")
    assert [later[0], later[2]["revision_id"]] == [ids[0], ids[1]["revision_id"]]
    # what we knew then has two revisions still, and what stood on the site on 25 May is known now
    as_of = shell.sql(f"select count(*) as n from revisions_as_of('{knew['t']}')")
    assert as_of == [{"n": 2}]
    (stood,) = shell.sql("select text from releases_valid_at('2024-05-25T00:00:00Z'::timestamptz)")
    assert "30 observers" in stood["text"]


def test_a_late_look_narrows_when_the_edit_happened(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY), T1)
    take(shell, dump(HEADLINE, BODY.replace("40", "14")), T3)
    take(shell, dump(HEADLINE, BODY), T2)
    _, second = shell.sql(REVISIONS)
    assert second["changed_after"] == "2024-05-20T09:00:00+00:00"
    assert shell.sql("select count(*) as n from releases") == [{"n": 1}]


@pytest.mark.parametrize(
    "cosmetic",
    [
        lambda text: "Another ticker item was published today.\n\n" + text,
        lambda text: text + "\n______________\nThe Press Secretary\n+7495-795-27-10\n\nGo back\n",
        lambda text: text.replace("Ivan Petrov", "Ivan\u00a0Petrov").replace("40 ", "40\u200b "),
        lambda text: text.replace("\n", "\n\n\n"),
    ],
    ids=["ticker", "footer", "invisible characters", "blank lines"],
)
def test_what_the_page_changed_is_no_edit(
    shell: Shell, dump: Dump, cosmetic: Callable[[str], str]
) -> None:
    text = dump(HEADLINE, BODY)
    take(shell, text, T1)
    take(shell, cosmetic(text), T2)
    assert shell.sql("select count(*) as n from revisions") == [{"n": 1}]
    outcomes = shell.sql("select outcome from captures order by captured_at")
    assert [row["outcome"] for row in outcomes] == ["new", "unchanged"]


def test_a_dump_and_a_page_of_one_release_are_one_release(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY), T1)
    paragraphs = "<br><br>".join(BODY.split("\n"))
    page = (
        f"<html><body><h1>{HEADLINE}</h1><div class='news-detail'>"
        f"<span class='news-date-time'>14.05.2024</span>{paragraphs}</div></body></html>"
    )
    url = "https://lakes.example/a"
    http_warc(shell.folder / "page.warc.gz", [("Content-Type", "text/html")], page.encode())
    ran = shell("ingest", "page.warc.gz", "--source", "csto")
    assert ran.code == 0, ran.err
    (release,) = shell.sql("select release_id, url, revision from releases")
    assert (release["url"], release["revision"]) == (url, 1)
    (look,) = shell.sql("select captured_at from captures where http_status = 200")
    assert look["captured_at"] == "2026-03-01T12:30:15+00:00"
    by_url = shell("show", url, "--format", "json").rows
    assert by_url["release_id"] == release["release_id"]


def test_an_undated_text_that_fits_two_dates_stays_alone(shell: Shell, dump: Dump) -> None:
    take(shell, dump(HEADLINE, BODY, None), T1, "undated.txt")
    take(shell, dump(HEADLINE, BODY, "14.05.2024"), T2, "may.txt")
    assert shell.sql("select count(*) as n from releases") == [{"n": 1}]
    take(shell, dump(HEADLINE, BODY, "14.06.2024"), T3, "june.txt")
    rows = shell.sql("select published_on from releases order by published_on nulls first")
    assert [row["published_on"] for row in rows] == [None, "2024-05-14", "2024-06-14"]
