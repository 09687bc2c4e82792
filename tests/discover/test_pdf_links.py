"""A link to a PDF is a release: its words become the headline, wherever the file lies."""

from dataclasses import replace
from datetime import UTC, datetime

from flows.fetch.discovery import discover
from flows.staging import is_listing
from parsers.engine import read
from parsers.model import Capture, Kind, digest_bytes
from tests.discover.sites import HOME, LAKES
from tests.discover.test_discovery import Site, feed, page

PDF = b"%PDF-1.7 ..."
LISTING = """<html><ul><li>05.03.2026 <a href="/news/news_col/rise/">The lake rose</a></li>
<li>04.03.2026 <a href="/upload/js.pdf">Joint statement on the lake</a></li></ul></html>"""


def test_from_the_link_to_the_headline() -> None:
    source = replace(LAKES, discover=replace(LAKES.discover, feeds=(), sitemaps=()))
    found = discover(source, Site({page(1): LISTING}).get, set().__contains__)
    (pdf,) = (one for one in found.finds if one.url.endswith(".pdf"))
    capture = Capture(
        source.id, pdf.url, datetime(2026, 3, 5, tzinfo=UTC), PDF, digest_bytes(PDF), 200,
        "application/pdf", link_text=pdf.text,
    )  # fmt: skip
    reading = read(capture, source)
    assert reading.sighting is not None
    assert reading.sighting.headline == "Joint statement on the lake"
    assert reading.sighting.kind is Kind.PDF
    assert not is_listing(capture, source, reading)
    assert is_listing(replace(capture, link_text=None), source, reading)  # nobody's release


def test_a_feed_s_pdf_counts_whatever_its_path() -> None:
    body = feed("x").replace(f"{HOME}/news/news_col/x/", "/upload/js.pdf")
    found = discover(LAKES, Site({"/rss/": body}).get, set().__contains__)
    assert [(one.url, one.text) for one in found.finds] == [(f"{HOME}/upload/js.pdf", "x!")]
