"""Laws of the whole room, by hypothesis."""

import os
import subprocess
import sys
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.engine import parser_version, read
from parsers.markup import blocks_of_soup
from parsers.model import Outcome, Source
from parsers.normalise import digest_text, normalise, normalised_body
from parsers.page import make_soup
from parsers.sources import load_shipped
from tests.parsers.dumps import (
    DATES,
    FOOTERS,
    HEADLINES,
    RELEASES,
    TICKER,
    Release,
    capture_of,
    make_dump,
)
from tests.parsers.pages import stock_page
from tests.parsers.test_layouts import LAKES, PAGE

CSTO, GENERIC = load_shipped("csto"), load_shipped("generic")
SOURCES = st.sampled_from([CSTO, GENERIC, LAKES])
NAMES = st.sampled_from(["a.txt", "a.html", "a", "http://127.0.0.1:8765/news/news_col/a/"])
LABELS = st.sampled_from([None, "text/html", "text/html; charset=windows-1251", "text/plain",
                          "application/pdf", "charset=", "image/png"])  # fmt: skip
SCRAPS = st.sampled_from(
    [
        "<h1>", "</h1>", "<div class='news-detail'>", "<div class='news-text'>", "</div>", "<p>",
        "<br><br>", "<time datetime='2026-03-04T10:00:00+99:00'>", "<table><tr><td>", "</table>",
        "<!--", "-->", "<script>", "</script>", "<title>The lake rose again</title>", "<html>",
        "24.11.2022", "On November 23 this year, in Yerevan", "\n", "_" * 20, "\x00", "\ud7ff",
        " | ", "The lake rose again", "<input type=password>", "99.99.9999", "<base href='x'>",
        "<li>",
        "https://[", "<link rel=canonical href='http://[x/news/news_col/a/'>", "<blockquote><cite>",
        '<script type="application/ld+json">[[{"datePublished": "2026"}]]</script>', "&#0;",
        "&nbsp;", '<meta charset="utf-7">', "+7495-795-27-10", "x.pdf", "- ", "•", "\u2028", "\x85",
        "\r",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.binary(max_size=200), SOURCES, NAMES, LABELS)
def test_no_bytes_raise(body: bytes, source: Source, name: str, label: str | None) -> None:
    reading = read(capture_of(body, name, content_type=label), source)
    assert (reading.sighting is not None) == (reading.outcome is Outcome.READ)
    assert (reading.reason is not None) == (reading.outcome is not Outcome.READ)


@settings(deadline=None)
@given(st.lists(SCRAPS, max_size=25).map("".join), SOURCES, NAMES, LABELS)
def test_no_scraps_raise(text: str, source: Source, name: str, label: str | None) -> None:
    capture = capture_of(text, name, content_type=label)
    reading = read(capture, source)
    assert (reading.sighting is not None) == (reading.outcome is Outcome.READ)
    assert read(capture, source) == reading
    if reading.outcome is Outcome.READ:
        again = read(capture, source, reading.container_digest)
        assert (again.outcome, again.sighting) == (Outcome.SAME, None)


RELEASE = st.sampled_from(RELEASES)
FOOTER = st.integers(0, len(FOOTERS) - 1)


def text_digest(text: str, name: str) -> str:
    sighting = read(capture_of(text, name), CSTO).sighting
    assert sighting
    parts = (sighting.headline, str(sighting.published_on), normalised_body(sighting.paragraphs))
    return digest_text("\n".join(map(normalise, parts)))


@given(
    RELEASE, st.sampled_from([form for form in HEADLINES if form != "missing"]),
    st.sampled_from(DATES),
    st.lists(st.tuples(st.integers(0, 6), st.booleans(), FOOTER), min_size=2),
)  # fmt: skip
def test_the_ticker_and_the_footer_change_nothing(
    release: Release, headline: str, stamp: str, pages: list[tuple[int, bool, int]]
) -> None:
    if "date after" in headline:
        stamp = "none"
    digests = {
        text_digest(
            make_dump(
                release, items=items, dated=dated, headline=headline, stamp=stamp, footer=footer
            ),
            "a.txt",
        )
        for items, dated, footer in pages
    }  # fmt: skip
    assert len(digests) == 1


@settings(deadline=None)
@given(RELEASE, st.sampled_from(["above", "inside"]), st.integers(0, 6), FOOTER, st.integers(0, 99))
def test_a_page_and_a_dump_of_one_release_have_one_text(
    release: Release, headline: str, items: int, footer: int, noise: int
) -> None:
    html = stock_page(release, headline=headline, items=items, footer=footer, noise=f"n{noise}")
    dump = make_dump(release, items=items, footer=footer, stamp="own line")
    assert text_digest(html, "a.html") == text_digest(dump, "a.txt")


@given(RELEASE, st.integers(0, 6), st.sampled_from(DATES), FOOTER)
def test_every_paragraph_of_a_dump_stands_in_one_of_its_lines(
    release: Release, items: int, stamp: str, footer: int
) -> None:
    text = make_dump(release, items=items, stamp=stamp, footer=footer)
    sighting = read(capture_of(text), CSTO).sighting
    assert sighting
    lines = text.splitlines()
    assert all(any(paragraph in line for line in lines) for paragraph in sighting.paragraphs)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*TICKER[0], *RELEASES[0].body, "a | b", "x <y> & z"]), min_size=1))
def test_every_paragraph_of_a_page_stands_in_one_of_its_blocks(texts: list[str]) -> None:
    rows = f"<table><tr><td>one</td><td>{escape(texts[0])}</td></tr></table>"
    body = "".join(f"<p>{escape(text)}</p>" for text in texts) + rows
    html = PAGE.replace("<p>Nobody was hurt.</p>", body)
    sighting = read(capture_of(html, "a.html"), LAKES).sighting
    assert sighting
    seen = [block.text for block in blocks_of_soup(make_soup(html))]
    assert all(any(paragraph in text for text in seen) for paragraph in sighting.paragraphs)
    assert f"one | {texts[0]}" in sighting.paragraphs
    assert set(texts) <= set(sighting.paragraphs)


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_reading_hangs_on_no_clock_locale_or_hash_seed() -> None:
    """The same capture in two processes that differ in all three."""
    program = (
        "from parsers.engine import read, parser_version\n"
        "from parsers.sources import load_shipped\n"
        "from tests.parsers.dumps import RELEASES, capture_of, make_dump\n"
        "from tests.parsers.pages import stock_page\n"
        "csto = load_shipped('csto')\n"
        "dump = make_dump(RELEASES[0], items=4, dated=True, stamp='glued')\n"
        "page = capture_of(stock_page(RELEASES[0]), 'a.html')\n"
        "print(read(capture_of(dump), csto), read(page, csto), parser_version(csto))\n"
    )
    running = []
    for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/Lima", "tr_TR.UTF-8")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale,
                                    "PYTHONIOENCODING": "utf-8"}  # fmt: skip
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE
            )
        )
    first, second = (process.communicate()[0] for process in running)
    assert first == second
    assert parser_version(CSTO).encode() in first
