"""`pressdiff source check`: what a definition reads in a page, by which rule; no network."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.commands import source as command
from flows.errors import FlowError, UsageError
from flows.fetch.answer import Answer, Fetched
from parsers.model import Outcome
from parsers.sources import load_shipped
from parsers.trace import explain
from tests.discover.test_discovery import feed, urlset
from tests.flows.shell import ROOT, Shell
from tests.parsers.dumps import RELEASES, capture_of
from tests.parsers.pages import other_page, stock_page
from warehouse.exchange import Exchange

LAKES = """id = "lakes"
homepage = "http://127.0.0.1:8765/"
[discover]
listings = ["/news/?PAGEN_1={page}"]
article = "^/news/news_col/[^/]+/$"
[[layout]]
container = "article.old"
[[layout]]
container = "div.news-detail"
headline = "h1"
published = "time@datetime"
body = "div.news-text"
drop = [".share", "div:has(> .ad)"]
teasers = ".latest li"
body_ends = ["^Go back$"]
not_found = "was not found"
"""
PAGE = """<html lang="en"><head><title>Lakes</title></head><body><ul class="latest"><li>04.03.2026
<a href="/news/news_col/fall/">It fell</a></li></ul><div class="news-detail" id="d1"><h1>The lake
rose</h1><time datetime="2026-03-05">5 March</time><div class="share">Share this</div>
<div class="news-text"><p>The lake rose by two metres.</p><div><span class="ad">Buy</span></div>
<p>Nobody was hurt.</p><p>Tel.: +7 (495) 621-33-23</p><p>Go back</p><p>Imprint</p>
</div></div></body></html>"""
LISTING = """<html><body><ul><li>05.03.2026 <a href="/news/news_col/rise/">The lake rose</a></li>
<li>04.03.2026 <a href="news_col/fall/">It fell</a></li></ul></body></html>"""


@pytest.fixture
def lakes(shell: Shell) -> Shell:
    """A folder with a source file and pages."""
    shell.write("lakes.toml", LAKES)
    shell.write("page.html", PAGE)
    shell.write("listing.html", LISTING)
    return shell


def checked(shell: Shell, target: str, *more: str, code: int = 0) -> dict[str, Any]:
    words = ("source", "check", target, "--source", "lakes.toml", "--format", "json", *more)
    ran = shell(*words)
    assert ran.code == code, ran.err
    assert ran.err == ""
    document: dict[str, Any] = ran.rows
    return document


def test_every_field_names_its_rule(lakes: Shell) -> None:
    seen = checked(lakes, "page.html")
    assert (seen["outcome"], seen["layout"], seen["kind"]) == ("read", "layout[1]", "html")
    fields = {one["field"]: (one["value"], one["rule"]) for one in seen["fields"]}
    assert fields["headline"] == ("The lake rose", "layout[1].headline: h1")
    assert fields["published_on"] == ("2026-03-05", "layout[1].published: time@datetime")
    assert fields["body"] == ("2 paragraphs", "layout[1].body: div.news-text")
    assert fields["container"] == ("<div#d1.news-detail>", "div.news-detail")
    assert fields["place"] == (None, "none")
    assert seen["paragraphs"] == ["The lake rose by two metres.", "Nobody was hurt."]
    assert seen["layouts"] == [
        {"layout": "layout[0]", "says": "container: nothing matches article.old"},
        {"layout": "layout[1]", "says": "fits"},
    ]
    assert (seen["charset"], seen["charset_rule"]) == ("utf-8", "utf-8")


def test_what_is_left_out_names_its_rule(lakes: Shell) -> None:
    left = [
        (one["what"], one["rule"], one["text"]) for one in checked(lakes, "page.html")["left_out"]
    ]
    assert left == [
        ("dropped", ".share", "Share this"),
        ("dropped", "div:has(> .ad)", "Buy"),
        ("after the end", "body_ends: ^Go back$", "Go back\nImprint"),
        ("sign-off", "the press office's lines", "Tel.: +7 (495) 621-33-23"),
    ]


def test_teasers_and_links(lakes: Shell) -> None:
    seen = checked(lakes, "page.html")
    assert [one["text"] for one in seen["teasers"]] == ["It fell"]
    seen = checked(lakes, "listing.html")
    assert [(one["url"], one["dated_on"]) for one in seen["links"]] == [
        ("http://127.0.0.1:8765/news/news_col/rise/", "2026-03-05"),
        ("http://127.0.0.1:8765/news/news_col/fall/", "2026-03-04"),
    ]
    assert seen["outcome"] == "unreadable"
    assert "No layout" in seen["reason"]


@pytest.mark.parametrize(("name", "body", "kind"), [
    ("a.xml", feed("rise").encode(), "feed"), ("b.xml", urlset("rise").encode(), "sitemap"),
    ("b.xml.gz", gzip.compress(urlset("rise").encode()), "sitemap"),
])  # fmt: skip
def test_feeds_and_sitemaps(lakes: Shell, name: str, body: bytes, kind: str) -> None:
    lakes.write(name, body)
    seen = checked(lakes, name)
    assert (seen["kind"], seen["outcome"], seen["faults"]) == (kind, "discovery", [])
    assert [one["url"] for one in seen["links"]] == ["http://127.0.0.1:8765/news/news_col/rise/"]


@pytest.mark.parametrize(("body", "outcome", "says"), [
    ("", "unreadable", "empty"),
    ("<p>\x00", "unreadable", "NUL"),
    ("<html><h1>Page was not found</h1></html>", "not_found", "was not found"),
    ("<html><div class='news-detail'><h1>x</h1></div></html>", "unreadable", "No layout"),
])  # fmt: skip
def test_an_unreadable_page_says_why(lakes: Shell, body: str, outcome: str, says: str) -> None:
    lakes.write("bad.html", body)
    seen = checked(lakes, "bad.html", code=3)
    assert seen["outcome"] == outcome
    assert says in seen["reason"]


def test_why_a_layout_does_not_fit(lakes: Shell) -> None:
    lakes.write("bad.html", "<html><div class='news-detail'><h1>x</h1><p>y</p></div></html>")
    seen = checked(lakes, "bad.html", code=3)
    assert seen["layouts"][1]["says"] == "body: nothing in the container matches div.news-text"


def test_file_addresses_are_relative_to_the_configuration(lakes: Shell) -> None:
    lakes.write("conf/pressdiff.toml", '[[source]]\nuse = "../lakes.toml"\n')
    lakes.write("conf/pages/a b.html", PAGE)
    words = ("--config", "conf/pressdiff.toml", "--source", "lakes", "--format", "json")
    assert lakes("source", *words, "check", "file:pages/a%20b.html").rows["outcome"] == "read"
    absolute = (lakes.folder / "conf/pages/a b.html").as_uri()
    assert lakes(*words, "source", "check", absolute).rows["outcome"] == "read"


def test_shipped_sources_and_tables(shell: Shell) -> None:
    seed = str(ROOT / "seeds/csto/002_e33d059a3bf4b19d.txt")
    ran = shell("source", "check", seed, "--source", "csto")
    assert ran.code == 0, ran.err
    assert "glued before the body" in ran.out or "own line" in ran.out
    assert "points: " in ran.out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("nofile.html", "--source", "lakes.toml"), 1, "nofile.html: no such file"),
        ((".", "--source", "lakes.toml"), 1, "not a file"),
        (("page.html", "--source", "nosuch"), 2, "neither a shipped source"),
        (("page.html",), 2, "--source"),
        (("a.warc.gz", "--source", "lakes.toml"), 2, "WARC"),
        (("ftp://x/y", "--source", "lakes.toml"), 2, "only http"),
        (("file://far/y", "--source", "lakes.toml"), 2, "another machine"),
        (("http://127.0.0.1:8765/", "--source", "lakes.toml"), 2, "network is off"),
    ],
)
def test_bad_input_is_one_sentence(
    lakes: Shell, words: tuple[str, ...], code: int, says: str
) -> None:
    ran = lakes("source", "check", *words)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_a_faulty_source_file_names_its_line(lakes: Shell) -> None:
    lakes.write("bad.toml", 'id = "a"\nnome = "x"\n')
    ran = lakes("source", "check", "page.html", "--source", "bad.toml")
    assert ran.code == 2
    assert "bad.toml:2: nome" in ran.err


@dataclass(frozen=True, slots=True)
class _Options:
    config: Path | None
    verbose: bool = False
    quiet: bool = False


def _online(shell: Shell) -> _Options:
    return _Options(shell.write("net.toml", '[http]\ncontact = "https://example.org/why"\n'))


def _answers(body: str, answer: Answer = Answer.BODY) -> Callable[..., command.Get]:
    def opened(*_: object) -> command.Get:
        def get(url: str) -> Fetched:
            data = body.encode()
            exchange = Exchange(
                url, datetime(2026, 3, 5, tzinfo=UTC), 0.1, "", b"", b"", 200,
                (("content-type", "text/html; charset=utf-8"),), data, data,
            )  # fmt: skip
            return Fetched(url, answer, (), (exchange,), None if answer is Answer.BODY else "No.")

        return get

    return opened


def test_a_url_is_got_and_read(lakes: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    url, said = "http://127.0.0.1:8765/news/", str(lakes.folder / "lakes.toml")
    assert command.check(_online(lakes), url, said, "json", _answers(LISTING)) == 0
    out = capsys.readouterr().out
    assert '"outcome": "discovery"' in out
    assert "http://127.0.0.1:8765/news/news_col/fall/" in out
    with pytest.raises(FlowError, match="No"):
        command.check(_online(lakes), url, said, "json", _answers("", Answer.FAILED))
    with pytest.raises(UsageError, match="not on a host"):
        command.check(_online(lakes), "http://evil.test/", said, "json", _answers(LISTING))


CSTO = load_shipped("csto")


@pytest.mark.parametrize("html", [stock_page(RELEASES[0]), other_page(RELEASES[0])],
                         ids=["layout", "blocks"])  # fmt: skip
def test_explaining_reads_what_reading_reads(html: str) -> None:
    from parsers.engine import read

    capture = capture_of(html, "a.html")
    explained = explain(capture, CSTO)
    assert explained == read(capture, CSTO)  # a trace does not count
    assert explained.outcome is Outcome.READ
    assert {one.field for one in explained.trace} >= {"headline", "published_on", "body", "dropped"}
