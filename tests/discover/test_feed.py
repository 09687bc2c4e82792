"""Feeds to links. Labelled by origin: spec, or what was seen in the wild."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.feed import parse_feed
from parsers.links import Link
from tests.discover.sites import HOME, LAKES, at

URL = f"{HOME}/rss/"
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<link>http://127.0.0.1:8765/</link>%s</channel></rss>"""
ITEM = "<item><title>The lake rose</title><link>%s</link><pubDate>%s</pubDate></item>"
ROSE = Link(at("rise"), "The lake rose", date(2026, 3, 5))
LATE = "Wed, 04 Mar 2026 23:30:00 +0000"  # the next day in Moscow


def rss(inner: str) -> bytes:
    return (RSS % inner).encode()


CASES = [
    ("spec: rss 2.0", rss(ITEM % (at("rise"), LATE))),
    ("spec: relative", rss(ITEM % ("/news/news_col/rise/", LATE))),
    ("spec: guid is a permalink", rss(
        f"<item><title>The lake rose</title><guid>{at('rise')}</guid><pubDate>{LATE}</pubDate>"
        "</item>")),
    ("spec: rss 0.9x without a channel's dates, dc:date", rss(
        f"<item><title>The lake rose</title><link>{at('rise')}</link>"
        "<dc:date>2026-03-05T02:30:00+03:00</dc:date></item>")),
    ("spec: title as CDATA with HTML", rss(
        f"<item><title><![CDATA[The <i>lake</i> rose]]></title><link>{at('rise')}</link>"
        f"<pubDate>{LATE}</pubDate></item>")),
    ("spec: atom", f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><entry>
<link rel="self" href="{HOME}/x.atom"/><link rel="enclosure" href="{at('other')}"/>
<link href="/news/news_col/rise/"/><updated>2026-04-01T00:00:00Z</updated>
<published>2026-03-04T23:30:00Z</published>
<title type="html">The lake &lt;b&gt;rose&lt;/b&gt;</title>
</entry></feed>""".encode()),
    ("spec: atom with xml:base", f"""<feed xmlns="http://www.w3.org/2005/Atom"
 xml:base="{HOME}/news/"><entry xml:base="news_col/"><link rel="alternate" href="rise/"/>
<title>The lake rose</title><published>2026-03-04T23:30:00Z</published></entry></feed>""".encode()),
    ("spec: rss 1.0", f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/>
<item rdf:about="{at('rise')}"><title>The lake rose</title><dc:date>2026-03-05</dc:date></item>
</rdf:RDF>""".encode()),
    ("wild: a counting service links, guid is true", rss(
        f"<item><title>The lake rose</title><link>http://count.test/?u=1</link>"
        f"<guid isPermaLink='true'>{at('rise')}</guid><pubDate>{LATE}</pubDate></item>")),
    ("wild: a prefix nobody declared", rss(
        f"<item><title>The lake rose</title><link>{at('rise')}</link><a10:x>1</a10:x>"
        f"<pubDate>{LATE}</pubDate></item>")),
    ("wild: an entity nobody declared", rss(
        f"<item><title>The lake rose&nbsp;</title><link>{at('rise')}</link>"
        f"<pubDate>{LATE}</pubDate></item>")),
    ("wild: cp1251 declared", rss(ITEM % (at("rise"), LATE)).replace(b"UTF-8", b"windows-1251")),
    ("wild: a line before the declaration", b"\r\n\r\n" + rss(ITEM % (at("rise"), LATE))),
    ("wild: cut in the second item", rss(ITEM % (at("rise"), LATE) + "<item><link>http:")[:-20]),
    ("wild: counted visitors", rss(ITEM % (at("rise") + "?utm_source=rss", LATE))),
    ("wild: a DOCTYPE in an item's text", rss(
        ITEM % (at("rise"), LATE) + "<item><description><![CDATA[<!DOCTYPE html>]]></description>"
        "</item>")),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "body"), CASES)
def test_feeds(origin: str, body: bytes) -> None:
    assert parse_feed(body, URL, LAKES).links == (ROSE,), origin


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "The body is empty, where a feed should be."),
        (b"<!doctype html><html><body>Not here", "The answer is an HTML page, where a feed"),
        (b"<html><head>", "The answer is an HTML page"),
        (b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "DOCTYPE"),
        (b'<!-- x --><!DOCTYPE rss SYSTEM "http://evil.test/a.dtd"><rss/>', "DOCTYPE"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "not XML"),
        (b"<urlset/>", "<urlset>"),
        (rss(ITEM % ("http://other.test/a/", "")), "None of the feed's 1 items"),
        (rss(ITEM % (at("rise"), ""))[:-10], "XML is broken"),
    ],
)
def test_faults_are_sentences(body: bytes, fault: str) -> None:
    faults = parse_feed(body, URL, LAKES).faults
    assert len(faults) == 1
    assert fault in faults[0]
    assert faults[0].endswith(".")


def test_an_empty_feed_is_no_fault() -> None:
    assert parse_feed(rss(""), URL, LAKES).faults == ()


def test_order_repeats_and_pdfs() -> None:
    body = rss("".join(ITEM % (url, "") for url in (at("b"), at("a"), at("b"), "/upload/x.pdf")))
    links = parse_feed(body, URL, LAKES).links
    assert [link.url for link in links] == [at("b"), at("a"), f"{HOME}/upload/x.pdf"]
    assert links[2].text == "The lake rose"  # a PDF's headline
    assert links[0].dated_on is None


def test_entities_are_never_expanded_or_loaded(tmp_path: object) -> None:
    secret = f"<!ENTITY x SYSTEM 'file://{tmp_path}'>"
    bomb = f"<?xml version='1.0'?><!DOCTYPE r [{secret}<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]>"
    found = parse_feed((bomb + "<rss><item><title>&b;</title></item></rss>").encode(), URL, LAKES)
    assert found.links == ()
    assert "DOCTYPE" in found.faults[0]


HOSTILE = {
    "nested items": (b"<rss>" + b"<item>" * 100_000, "depth"),
    "attributes": (b"<rss " + b" ".join(b'a%d="1"' % n for n in range(200_000)) + b"/>", "attrib"),
    "items": (rss(ITEM % (at("a"), LATE) * 20_000), "first 5,000"),
    "a comment, never closed": (b"<rss><!--" + b"-" * 3_000_000, "comment"),
    "processing instructions": (b"<?a?>" * 400_000, "not XML"),
    "opening brackets": (b"<rss>" + b"<" * 5_000_000, "element name"),
    "ampersands": (b"<rss>" + b"&" * 5_000_000, "no name"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_feeds_end_with_a_sentence(name: str) -> None:
    body, fault = HOSTILE[name]
    assert fault in parse_feed(body, URL, LAKES).faults[0]


@given(st.binary(max_size=300) | st.text("<>&;!/ abdeimnrst[]CDATOYPEx='\"?-", max_size=300).map(
    lambda text: b"<rss><item>" + text.encode()))  # fmt: skip
def test_any_bytes_are_read(body: bytes) -> None:
    found = parse_feed(body, URL, LAKES)
    assert all(fault.endswith(".") for fault in found.faults)
    assert len({link.url for link in found.links}) == len(found.links)
