"""Sitemaps to links. Labelled by origin."""

import gzip
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import sitemap, xml
from parsers.links import Link
from parsers.sitemap import parse_sitemap
from tests.discover.sites import HOME, LAKES, at

URL = f"{HOME}/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
URLSET = f"""<?xml version="1.0" encoding="UTF-8"?><urlset {NS} {NEWS}>
<url><loc>{HOME}/</loc></url>
<url><loc> {at("rise")} </loc><lastmod>2026-03-05T02:30:00+03:00</lastmod></url>
<url><loc>{at("fall")}</loc><lastmod>yesterday</lastmod><news:news><news:publication>
<news:name>Lakes</news:name></news:publication><news:title>It &amp;amp; fell</news:title>
<news:publication_date>2026-03-04T23:30:00Z</news:publication_date></news:news></url>
<url><loc>http://other.test/news/news_col/a/</loc></url></urlset>""".encode()
FOUND = (
    Link(at("rise"), lastmod="2026-03-05T02:30:00+03:00"),
    Link(at("fall"), "It & fell", date(2026, 3, 5), "yesterday"),
)
INDEX = f"""<sitemapindex {NS}><sitemap><loc>{HOME}/a.xml.gz</loc><lastmod>2026</lastmod></sitemap>
<sitemap><loc>http://other.test/b.xml</loc></sitemap></sitemapindex>""".encode()


@pytest.mark.parametrize(
    ("origin", "body"),
    [
        ("spec: urlset", URLSET),
        ("spec: gzip", gzip.compress(URLSET)),
        ("spec: gzip of two members", gzip.compress(URLSET[:300]) + gzip.compress(URLSET[300:])),
        ("wild: no namespace", URLSET.replace(NS.encode(), b"")),
        ("wild: a byte order mark", b"\xef\xbb\xbf" + URLSET),
        ("wild: its end is missing", URLSET[:-9]),
        ("wild: gzip without its end", gzip.compress(URLSET)[:-8]),
    ],
)
def test_urlsets(origin: str, body: bytes) -> None:
    found = parse_sitemap(body, URL, LAKES)
    assert found.links == FOUND, origin
    assert bool(found.faults) == ("end" in origin)


def test_an_index_names_sitemaps_of_the_source_s_hosts() -> None:
    found = parse_sitemap(INDEX, URL, LAKES)
    assert found.sitemaps == (Link(f"{HOME}/a.xml.gz", lastmod="2026"),)
    assert found.links == ()


def test_plain_text() -> None:
    body = f"{at('a')}\r\n\r\n{HOME}/about/\nnonsense\n{at('a-')}\n{at('a')}".encode()
    assert [link.url for link in parse_sitemap(body, URL, LAKES).links] == [at("a"), at("a-")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "The body is empty, where a sitemap"),
        (b"<!DOCTYPE html><html>", "HTML page, where a sitemap"),
        (b"<!DOCTYPE urlset [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><urlset/>", "DOCTYPE"),
        (b"<rss/>", "<rss>"),
        (b"\x1f\x8b\x08garbage", "gzip file is broken"),
        (b"just words", "not XML"),
    ],
)
def test_faults_are_sentences(body: bytes, fault: str) -> None:
    (said,) = parse_sitemap(body, URL, LAKES).faults
    assert fault in said
    assert said.endswith(".")


def test_a_gzip_bomb_is_let_go_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sitemap, xml):
        monkeypatch.setattr(module, "XML_CAP_BYTES", 100_000)
    bomb = gzip.compress(b"<urlset>" + b" " * 20_000_000)
    (said,) = parse_sitemap(bomb, URL, LAKES).faults
    assert said.startswith("Unpacked, it is larger than")
    (said,) = parse_sitemap(b"<urlset>" + b" " * 200_000, URL, LAKES).faults
    assert said.startswith("The body is larger than")


def test_no_more_entries_than_the_protocol_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "_MOST_LINKS", 1)
    found = parse_sitemap(URLSET, URL, LAKES)
    assert found.links == FOUND[:1]
    assert "Only the first 1 entries" in found.faults[0]


@given(st.binary(max_size=200) | st.binary(max_size=200).map(gzip.compress)
       | st.binary(max_size=100).map(lambda tail: b"http://127.0.0.1:8765/" + tail)
       | st.integers(0, len(URLSET)).map(lambda end: URLSET[:end]))  # fmt: skip
def test_any_bytes_are_read(body: bytes) -> None:
    found = parse_sitemap(body, URL, LAKES)
    assert all(fault.endswith(".") for fault in found.faults)
    assert all(link.url.startswith(HOME) for link in (*found.links, *found.sitemaps))
