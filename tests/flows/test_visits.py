"""Runs against a small site on loopback: promises of the tracker that need several days."""

from datetime import timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.flows.shell import Shell
from tests.flows.watched import (
    BODY,
    SECOND_LAYOUT,
    Watched,
    answer,
    lost,
    redirect,
    release,
    watched,
)

__all__ = ["watched"]
A, B, C = "/news/a/", "/news/b/", "/news/c/"
TEXT = BODY.format("three")


def found(site: Watched, path: str, headline: str = "The Council met", body: str = TEXT) -> None:
    site.links.clear()
    site.publish(path, headline, body)
    site.listed()


@pytest.mark.drill
def test_silent_moves_one_after_another_and_back(watched: Watched) -> None:
    """Bug: the second move was none, since the text was known by its first address."""
    found(watched, A)
    assert watched.look().code == 0
    for before, after in ((A, B), (B, C)):
        watched.server.replies.pop(before)
        found(watched, after)
        watched.look()
        assert watched.statuses() == {after: "live"}
    watched.server.replies.pop(C)
    found(watched, A)
    watched.look("--recheck", "all")  # finds it gone at the last address
    watched.look("--recheck", "all")  # and looks at those it had before, which are listed again
    assert watched.statuses() == {A: "live"}
    assert watched.roles() == {A: "canonical", B: "moved_from", C: "moved_from"}
    assert [row["n"] for row in watched.shell.sql("select count(*) AS n from revisions")] == [1]


@pytest.mark.drill
def test_redirects_for_now_home_and_for_good(watched: Watched) -> None:
    watched.publish_many(3)
    watched.listed()
    watched.has("/", answer(b"<html><h1>Home</h1></html>"))
    watched.look()
    watched.has("/news/r0/", redirect("/tmp/r0/", 302))
    watched.has("/tmp/r0/", answer(release("Headline 0", BODY.format("fourteen"))))
    watched.has("/news/r1/", redirect("/", 301))
    watched.has("/news/r2/", redirect("/news/moved/", 301))
    watched.has("/news/moved/", answer(release("Headline 2", BODY.format(2))))
    watched.look("--recheck", "all")
    assert watched.statuses() == {
        "/news/r0/": "live", "/news/r1/": "missing", "/news/moved/": "live",
    }  # fmt: skip
    assert watched.roles() == {
        "/news/r0/": "canonical", "/news/r1/": "canonical", "/news/r2/": "moved_from",
        "/news/moved/": "canonical",
    }  # fmt: skip
    edited = watched.shell.sql("select url, revision from releases where revision > 1")
    assert [row["url"].removeprefix(watched.server.root) for row in edited] == ["/news/r0/"]
    watched.look("--recheck", "all")
    assert watched.statuses()["/news/r1/"] == "withdrawn"


def test_a_soft_404_is_learned_and_stays_one_under_a_304(watched: Watched) -> None:
    """Bug: the not-found page's own ETag was sent, and its 304 said the release was there."""
    watched.publish_many(3)
    watched.listed()
    watched.look()

    watched.otherwise(answer(lost(7)))
    watched.has("/news/r1/", answer(lost(3), headers={"ETag": '"lost"'}))
    watched.look("--recheck", "all")
    statuses = [watched.statuses()["/news/r1/"]]
    watched.look("--recheck", "all")
    statuses.append(watched.statuses()["/news/r1/"])
    asked = [one for one in watched.server.log if one.path == "/news/r1/"]
    assert [one.header("If-None-Match") for one in asked] == [None]
    assert statuses == ["missing", "withdrawn"]
    assert watched.statuses()["/news/r0/"] == "live"


def pdf(text: str) -> bytes:
    return answer(
        f"%PDF-1.4\n{text}\n%%EOF\n".encode(), headers={"Content-Type": "application/pdf"}
    )


def test_a_pdf_is_its_link_and_its_bytes(watched: Watched) -> None:
    watched.has("/files/plan.pdf", pdf("one"), link="Plan for clean water")
    watched.has("/files/copy.pdf", pdf("one"), link="The plan once more")
    watched.listed()
    watched.look()
    rows = watched.shell.sql("select headline, kind, text from releases order by headline")
    assert [(row["headline"], row["kind"], row["text"]) for row in rows] == [
        ("Plan for clean water", "pdf", ""), ("The plan once more", "pdf", ""),
    ]  # fmt: skip
    watched.has("/files/plan.pdf", pdf("two"))
    watched.look("--recheck", "all")
    edited = watched.shell.sql("select headline from revisions where revision = 2")
    assert [row["headline"] for row in edited] == ["Plan for clean water"]
    assert watched.shell.sql("select kind from neighbours where kind = 'exact'") == []


def test_a_header_that_names_the_wrong_charset_changes_nothing(watched: Watched) -> None:
    text = "Ministers met in Yerevan – “cooperation” was agreed upon by all."
    watched.publish(A, "The Council met", text)
    watched.listed()
    watched.look()
    page = release("The Council met", text)
    watched.has(A, answer(page, headers={"Content-Type": "text/html; charset=windows-1251"}))
    watched.look("--recheck", "all")
    rows = watched.shell.sql("select text from revisions")
    assert [row["text"] for row in rows] == [text]


def test_what_the_time_did_not_reach_comes_first_next_time(watched: Watched) -> None:
    watched.publish_many(6)
    watched.listed()
    watched.configure(delay_s=10.0, schedule="* * * * *")
    seen: list[str] = []
    for _ in range(6):
        watched.look(wait=timedelta(minutes=2))
        new = [one for one in watched.asked if one not in seen]
        assert watched.asked[: len(new)] == new  # what is new before what is known
        seen += new
        row = watched.shell.sql("select never_fetched from coverage join runs using (run_id) "
                                "order by started_at desc limit 1")[0]  # fmt: skip
        assert row["never_fetched"] >= 6 - len(seen)
    assert sorted(seen) == sorted(watched.links)
    waiting = watched.shell.sql("select never_fetched from coverage")
    assert max(one["never_fetched"] for one in waiting) > 0


def test_the_last_good_robots_serves_across_runs(watched: Watched) -> None:
    watched.publish_many(2)
    watched.listed()
    rules = b"User-agent: *\nDisallow: /news/r1/\n"
    watched.has("/robots.txt", answer(rules, headers={"Content-Type": "text/plain"}))
    watched.look()
    assert watched.asked == ["/news/r0/"]
    watched.has("/robots.txt", answer(b"oops", "500 Error"))
    assert watched.look("--recheck", "all", wait=timedelta(hours=2)).code == 3
    assert watched.asked == ["/news/r0/"]
    watched.look("--recheck", "all", wait=timedelta(hours=30))
    assert watched.asked == []  # the copy is over a day old: nothing may be fetched


def test_a_release_dated_back_is_found_by_the_deep_walk(watched: Watched) -> None:
    watched.publish_many(6)
    first, second = [f"/news/r{n}/" for n in range(3)], [f"/news/r{n}/" for n in range(3, 6)]
    watched.listed(first, second)
    watched.look()
    watched.publish("/news/late/", "Published late", BODY.format("a hurry"))
    watched.listed(first, [*second, "/news/late/"])
    watched.look()
    assert "/news/late/" not in watched.asked
    watched.look(wait=timedelta(days=8))
    assert "/news/late/" in watched.asked


def test_every_exchange_is_in_evidence_and_verifies(watched: Watched, tmp_path: Path) -> None:
    watched.publish_many(3)
    watched.has("/news/r0/", answer(release("Headline 0", BODY.format(0)), headers={"ETag": '"a"'}))
    watched.listed()
    watched.look()
    requests = [watched.server.paths]
    not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
    watched.has("/news/r0/", not_modified)
    watched.has("/news/r1/", redirect("/news/moved/", 301))
    watched.has("/news/moved/", answer(release("Headline 1", BODY.format("one"))))
    watched.has("/news/r2/", answer(b"no", "500 Error"))
    watched.look("--recheck", "all")
    requests.append(watched.server.paths)
    verified = watched.shell("verify")
    assert verified.code == 0, verified.out + verified.err
    kept: list[list[str]] = []
    for path in sorted((watched.shell.folder / "data/evidence").rglob("*.warc.gz")):
        said, urls = [], []
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                said.append(record.rec_type)
                if record.rec_type == "request":
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    urls.append(url.removeprefix(watched.server.root))
        assert said.count("request") == said.count("response") + said.count("revisit")
        kept.append(urls)
    assert [sorted(one) for one in kept] == [sorted(one) for one in requests]
    _ingested_elsewhere(watched, tmp_path / "elsewhere")


def _ingested_elsewhere(site: Watched, folder: Path) -> None:
    """Our own evidence, ingested in another place, gives the same revisions."""
    other = Shell(folder)
    other.write("pressdiff.toml", '[warehouse]\npath = "data"\n[[source]]\nuse = "lakes.toml"\n')
    other.write("lakes.toml", (site.shell.folder / "lakes.toml").read_bytes())
    ran = other("ingest", str(site.shell.folder / "data/evidence"), "--source", "lakes")
    assert ran.code in (0, 3), ran.err
    query = "select headline, text, revision, seen_at from revisions order by all"
    assert other.sql(query) == site.shell.sql(query)


@pytest.mark.drill
def test_how_much_is_looked_at_again(watched: Watched) -> None:
    watched.publish_many(3)
    watched.has("/news/r0/", answer(release("Headline 0", BODY.format(0)), headers={"ETag": '"a"'}))
    watched.listed()
    ran = watched.look("--dry-run")
    assert ran.code == 0
    assert watched.shell.sql("select count(*) AS n from captures")[0]["n"] == 0
    assert list((watched.shell.folder / "data").rglob("*.warc.gz")) == []
    watched.look()
    assert len(watched.asked) == 3
    watched.look("--recheck", "none")
    assert watched.asked == []
    watched.look("--recheck", "all", wait=timedelta(minutes=1))
    assert sorted(watched.asked) == sorted(watched.links)
    sent = {one.path: one.header("If-None-Match") for one in watched.server.log}
    assert sent["/news/r0/"] == '"a"'
    watched.look("--recheck", "all", "--full", wait=timedelta(minutes=1))
    assert {one.header("If-None-Match") for one in watched.server.log} == {None}
    watched.look("--recheck", "due", wait=timedelta(minutes=1))
    assert watched.asked == []  # a minute after a look nothing is due
    watched.look("--recheck", "due", wait=timedelta(days=40))
    assert sorted(watched.asked) == sorted(watched.links)
    assert watched.look("--recheck", "some").code == 2


def test_a_broken_layout_is_held_repaired_and_read_again(watched: Watched) -> None:
    watched.publish_many(6)
    watched.listed()
    watched.look()
    for n in range(6):
        body = BODY.format("many" if n == 3 else n)
        watched.has(f"/news/r{n}/", answer(release(f"Headline {n}", body, new=True)))
    ran = watched.look("--recheck", "all")
    broken_at = watched.clock.now()
    assert ran.code == 3
    assert _incidents(watched) == [("layout", None)]
    assert watched.shell.sql("select count(*) AS n from revisions")[0]["n"] == 6
    watched.configure(SECOND_LAYOUT)
    watched.look("--recheck", "none")
    assert watched.asked == []
    assert _incidents(watched) == [("layout", "repaired")]
    rows = watched.shell.sql("select headline, seen_at from revisions where revision > 1")
    assert [row["headline"] for row in rows] == ["Headline 3"]
    assert rows[0]["seen_at"] < broken_at.isoformat()
    outcomes = watched.shell.sql("select distinct outcome from captures")
    assert "held" not in {row["outcome"] for row in outcomes}


def _incidents(site: Watched) -> list[tuple[str, str | None]]:
    rows = site.shell.sql("select kind, decision from incidents order by opened_at")
    return [(row["kind"], row["decision"]) for row in rows]


def test_gaps_are_rows(watched: Watched) -> None:
    """Promise 14."""
    aside = (
        '<ul class="latest"><li><a href="/news/r1/">Headline 1</a></li>'
        '<li><a href="/news/never-listed/">Only the ticker knows</a></li></ul>'
    )
    watched.publish("/news/r0/", "Headline 0", BODY.format(0), aside=aside)
    watched.publish("/news/r1/", "Headline 1", BODY.format(1))
    watched.has("/news/down/", answer(b"no", "500 Error"), link="Never answers")
    watched.has("/news/odd/", answer(b"<html><p>what is this</p></html>"), link="Not a release")
    watched.listed()
    watched.look()
    rows = watched.shell.sql("select url, gap, source_id from gaps order by url")
    root = watched.server.root
    assert [(row["url"].removeprefix(root), row["gap"]) for row in rows] == [
        ("/news/down/", "listed but never fetched"),
        ("/news/never-listed/", "seen in a ticker but never listed"),
        ("/news/odd/", "fetched but not parsed"),
    ]
    traced = watched.shell.sql("select t.text, r.headline from teasers as t "
                               "left join releases as r using (release_id)")  # fmt: skip
    assert {row["text"]: row["headline"] for row in traced} == {
        "Headline 1": "Headline 1", "Only the ticker knows": None,
    }  # fmt: skip


def test_a_text_that_appears_elsewhere_while_the_first_stands_is_a_re_post(
    watched: Watched,
) -> None:
    found(watched, A)
    watched.look()
    watched.publish(B, "The Council met", TEXT)
    watched.listed()
    watched.look()
    assert watched.statuses() == {A: "live", B: "live"}
