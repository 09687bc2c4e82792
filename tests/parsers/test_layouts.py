"""Layouts of a source file on pages of an invented publisher."""

from dataclasses import replace
from datetime import date

import pytest

from parsers.engine import parser_version, read
from parsers.model import Capture, Kind, Layout, Outcome, Source
from parsers.source_file import parse_source
from tests.parsers.dumps import capture_of

LAKES = parse_source(
    """
id = "lakes"
name = "Council of Lakes"
homepage = "http://127.0.0.1:8765/"
language = "en"
[discover]
article = "^/news/news_col/[^/]+/$"
[[layout]]
container = "div.news-detail"
headline = "h1"
published = "time@datetime"
date_formats = ["%Y-%m-%d", "%d.%m.%Y"]
body = "div.news-text"
drop = [".share", ".banner"]
teasers = ".latest li"
body_ends = ["^_{5,}$", "^Go back$"]
not_found = "was not found on this site"
not_found_css = "div.error404"
[[layout]]
container = "article"
headline = "h2.title"
published = "p.date"
date_formats = ["%d %B %Y"]
""",
    "lakes.toml",
)

PAGE = """<!doctype html><html lang="en-GB"><head><title>x</title>
<link rel="canonical" href="http://127.0.0.1:8765/news/news_col/rise/"></head><body>
<ul class="latest">
<li><time datetime="2026-03-05">05.03.2026</time> <a href="/n/2/">Other news</a></li>
<li>No date here</li></ul>
<div class="news-detail" id="d1"><h1>The lake <em>rose</em></h1>
<time datetime="2026-03-04T10:00:00+02:00">4 March</time><div class="share">Share</div>
<div class="news-text"><p>It rose   by
two metres.</p><div class="banner">Buy!</div><p>Nobody was hurt.</p><ul><li>north</li></ul>
<figure><img><figcaption>The lake</figcaption></figure><p>Call <b>us</b>.</p>
_____<br>Press office<br>Go back</div></div></body></html>"""
BODY = ("It rose by two metres.", "Nobody was hurt.", "north", "Call us.")


def lake(html: str, **more: str | None) -> Capture:
    return capture_of(html, "http://127.0.0.1:8765/news/news_col/rise/", **more)


def test_the_layout_that_fills_headline_and_body_is_chosen() -> None:
    reading = read(lake(PAGE), LAKES)
    assert reading.layout == "layout[0]"
    sighting = reading.sighting
    assert sighting
    assert (sighting.headline, sighting.paragraphs) == ("The lake rose", BODY)
    assert (sighting.published_on, sighting.published_text) == (
        date(2026, 3, 4), "2026-03-04T10:00:00+02:00",
    )  # fmt: skip
    assert (sighting.language, sighting.kind, sighting.canonical_url) == ("en", Kind.HTML, None)
    assert [(t.text, t.dated_on, t.url) for t in reading.teasers] == [
        ("Other news", date(2026, 3, 5), "/n/2/"), ("No date here", None, None),
    ]  # fmt: skip


def test_an_old_layout_still_reads_and_its_date_is_not_body() -> None:
    html = """<article><p class="date">4 March 2026</p><h2 class="title">The lake rose</h2>
    It rose.<br><br>Nobody was hurt.</article>"""
    reading = read(lake(html), LAKES)
    assert reading.layout == "layout[1]"
    assert reading.sighting
    assert reading.sighting.paragraphs == ("It rose.", "Nobody was hurt.")
    assert reading.sighting.published_on == date(2026, 3, 4)


def test_a_date_within_a_sentence_stays_there() -> None:
    html = """<article><h2 class="title">The lake rose</h2>
    <p>It rose on <span class="date">4 March 2026</span> and fell.</p></article>"""
    layout = replace(LAKES.layouts[1], published=".date")
    reading = read(lake(html), replace(LAKES, layouts=(layout,)))
    assert reading.sighting
    assert reading.sighting.paragraphs == ("It rose on 4 March 2026 and fell.",)


@pytest.mark.parametrize(
    ("html", "outcome"),
    [
        (PAGE.replace("Nobody was hurt.", "Page\nwas not found <b>on this</b> site"),
         Outcome.NOT_FOUND),
        (PAGE.replace("<body>", '<body><div class="x error404"></div>'), Outcome.NOT_FOUND),
        (PAGE.replace("<body>", "<body><script>'was not found on this site'</script>"),
         Outcome.READ),
        (PAGE.replace("<h1>", "<h4>").replace("</h1>", "</h4>"), Outcome.UNREADABLE),
        (PAGE.replace("news-text", "gone"), Outcome.UNREADABLE),
        (PAGE.replace("<p>Call", "<form><input type=password></form><p>Call"),
         Outcome.UNREADABLE),
        ("", Outcome.UNREADABLE),
        ("Just text", Outcome.UNREADABLE),
        ("<h1>", Outcome.UNREADABLE),
    ],
)  # fmt: skip
def test_outcomes(html: str, outcome: Outcome) -> None:
    reading = read(lake(html), LAKES)
    assert reading.outcome is outcome
    assert (reading.reason is None) == (outcome is Outcome.READ)
    assert (reading.sighting is None) == (outcome is not Outcome.READ)


MARKUP_ONLY = [
    PAGE.replace('id="d1"', 'id="d77" data-token="a8f" onclick="x()"'),
    PAGE.replace('class="news-detail"', 'class="x9 news-detail active"'),
    PAGE.replace("Buy!", "Sell!").replace(">Share<", ">Share 17<"),
    PAGE.replace("Other news", "Newer news"),
    PAGE.replace("<p>Nobody", "\n\n<!-- 17 -->\n<p  class='a'>Nobody"),
    PAGE.replace("</body>", "<script>count(17)</script></body>"),
    PAGE.replace("\n", "\r\n"),
    PAGE.replace("<em>rose</em>", "<b><i>rose</i></b>").replace("<b>us</b>", "us"),
    PAGE.replace("It rose   by", "It <span class=x>rose</span> by"),
]


@pytest.mark.parametrize("html", MARKUP_ONLY)
def test_what_only_moves_around_the_text_is_the_same_container(html: str) -> None:
    known = read(lake(PAGE), LAKES)
    reading = read(lake(html), LAKES)
    assert reading.sighting == known.sighting
    assert reading.container_digest == known.container_digest
    same = read(lake(html), LAKES, known.container_digest)
    assert (same.outcome, same.sighting) == (Outcome.SAME, None)
    assert same.teasers == reading.teasers


def test_another_element_round_the_same_words_is_the_same_sighting() -> None:
    html = PAGE.replace("<p>Nobody was hurt.</p>", "<section>Nobody was hurt.</section>")
    assert read(lake(html), LAKES).sighting == read(lake(PAGE), LAKES).sighting


@pytest.mark.parametrize(
    ("before", "after"),
    [("two metres", "three metres"), ("2026-03-04T", "2026-03-06T"), ("rose</em>", "fell</em>")],
)
def test_what_the_publisher_changes_is_another_container(before: str, after: str) -> None:
    known = read(lake(PAGE), LAKES)
    reading = read(lake(PAGE.replace(before, after)), LAKES, known.container_digest)
    assert reading.outcome is Outcome.READ
    assert reading.sighting != known.sighting


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("headline", "h1:first-child"),
        ("drop", (".share:nth-of-type(1)", ".banner:-soup-contains('Buy')")),
        ("container", "body > div:has(> h1)"),
        ("body", "div.news-text:not(:empty)"),
        ("teasers", ".latest li:nth-child(n)"),
    ],
)
def test_selectors_that_only_soupsieve_understands(part: str, value: object) -> None:
    layout = replace(LAKES.layouts[0], **{part: value})
    reading = read(lake(PAGE), replace(LAKES, layouts=(layout,)))
    plain = read(lake(PAGE), LAKES)
    assert reading.sighting == plain.sighting
    assert [t.text for t in reading.teasers] == [t.text for t in plain.teasers]


@pytest.mark.parametrize(
    ("opened", "closed"),
    [
        ("<div>" * 3000, ""),
        ("<div class='a'> " * 3000, "</div>\n" * 3000),
        ("<div>" * 3000, "</div>" * 2999),
        ("<div><span>" * 1500, ""),  # no run of one tag: BeautifulSoup reads it
    ],
)
def test_a_page_nested_too_deep_for_lxml_is_read(opened: str, closed: str) -> None:
    html = PAGE.replace("<body>", "<body>" + opened).replace("</body>", closed + "</body>")
    assert html.count("<body>") == html.count("</body>") == 1
    assert read(lake(html), LAKES).sighting == read(lake(PAGE), LAKES).sighting


def test_a_canonical_address_counts_for_files_only_and_only_if_the_source_knows_it() -> None:
    article = "http://127.0.0.1:8765/news/news_col/rise/"

    def canonical(href: str, source: Source = LAKES) -> str | None:
        sighting = read(capture_of(PAGE.replace(article, href), "a.html"), source).sighting
        assert sighting
        return sighting.canonical_url

    assert canonical(article) == article
    assert canonical("/news/news_col/rise/") is None
    assert canonical("http://example.org/news/news_col/rise/") is None
    assert canonical("http://127.0.0.1:8765/about/") is None
    assert canonical("javascript:alert(1)") is None
    assert (
        canonical(article, replace(LAKES, discover=replace(LAKES.discover, article=None))) is None
    )


def test_pdf_takes_its_headline_from_the_link_or_the_file_name() -> None:
    address = "http://127.0.0.1:8765/files/Joint%20statement.pdf?x=1"
    by_link = read(capture_of(b"%PDF-1.7\n\x00", address, link_text="Joint  statement"), LAKES)
    assert by_link.sighting
    assert (by_link.sighting.kind, by_link.sighting.headline) == (Kind.PDF, "Joint statement")
    assert by_link.sighting.paragraphs == ()
    by_name = read(capture_of(b"\x01\x02", address, content_type="application/pdf"), LAKES)
    assert by_name.sighting
    assert by_name.sighting.headline == "Joint statement.pdf"


@pytest.mark.parametrize(
    ("body", "label", "word"),
    [
        (b"", None, "empty"),
        (b" \n\t ", None, "empty"),
        (b"<h1>a\x00b</h1>", "text/html", "NUL"),
        (b"\x89PNG\r\n\x1a\n", None, "picture"),
        (b"PK\x03\x04abc", None, "ZIP"),
        (b"\x01\x02\x03\x04" * 50, "text/html", "binary"),
        (b"<?xml version='1.0'?><rss><channel></channel></rss>", "application/xml", "feed"),
        (b"data", "image/png", "image/png"),
    ],
)
def test_what_is_no_text_is_unreadable_for_a_reason(
    body: bytes, label: str | None, word: str
) -> None:
    reading = read(capture_of(body, content_type=label), LAKES)
    assert reading.outcome is Outcome.UNREADABLE
    assert reading.reason
    assert word in reading.reason
    assert reading.reason.endswith(".")


def test_parser_version_names_what_a_reading_hangs_on() -> None:
    version = parser_version(LAKES)
    assert len(version) == 12
    int(version, 16)
    assert parser_version(replace(LAKES, fetch=replace(LAKES.fetch, delay_s=9.0))) == version
    assert parser_version(replace(LAKES, expect=replace(LAKES.expect, min_items=9))) == version
    assert parser_version(replace(LAKES, layouts=(Layout("body"),))) != version
    assert parser_version(replace(LAKES, timezone="Asia/Tokyo")) != version
