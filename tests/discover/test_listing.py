"""Listing pages to links: which, in what order, with which words and dates. Labelled by origin."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.links import Link
from parsers.listing import parse_listing
from tests.discover.sites import ANY, HOME, LAKES, at

URL = f"{HOME}/news/?PAGEN_1=1"
A, B, C = "/news/news_col/a/", "/news/news_col/b/", "/news/news_col/c/"
MENU = '<nav><a href="/">Home</a><a href="/news/">News</a></nav><div class="d">19.11.2026</div>'
STATED = (
    Link(at("a"), "The lake rose", date(2026, 3, 5)),
    Link(at("b"), "The lake fell", date(2026, 3, 4)),
)


def page(inner: str, head: str = "") -> bytes:
    return (
        f"<!doctype html><html><head><title>News</title>{head}</head><body>{MENU}{inner}"
        '<footer><a href="/about/">About</a> 01.01.2020</footer></body></html>'
    ).encode()


MARKUPS = [
    ("sample: stock Bitrix", page(
        f'<div class="news-list"><p class="news-item"><span class="news-date-time">05.03.2026'
        f'</span> <a href="{A}"><b>The lake rose</b></a><br/>Blurb of 01.02.2020.</p>'
        '<p class="news-item">'
        f'<span class="news-date-time">04.03.2026</span> <a href="{B}"><b>The lake fell</b></a></p>'
        "</div>")),
    ("wild: cards, three links to each", page("".join(
        f'<article><a href="{url}"><img src="x.png" alt="Photo"></a><div><time datetime="{at_}">'
        f'some day</time><h3><a href="{url}#more">{text}</a></h3><p>A blurb longer than the '
        f'headline.</p><a href="{url}">Read on about it here, do</a></div></article>'
        for url, at_, text in ((A, "2026-03-04T23:30:00Z", "The lake rose"),
                               (B, "2026-03-04", "The lake fell"))))),
    ("wild: one link around a card", page("".join(
        f'<a href="{url}"><div class="d">{day}</div><h4>{text}</h4><p>Much more of a blurb.</p></a>'
        for url, day, text in ((A, "5 March 2026", "The lake rose"),
                               (B, "March 4, 2026", "The lake fell"))))),
    ("wild: a table", page(
        f'<table><tr><td>05.03.2026</td><td><a href="{A}">The lake rose</a></td></tr>'
        f'<tr><td>04.03.2026 |</td><td><a href="{B}">The lake fell</a></td></tr></table>')),
    ("wild: nothing wrapped, dates before", page(
        f'<div>05.03.2026 <a href="{A}">The lake rose</a><br>04.03.2026 <a href="{B}">The lake fell'
        "</a><br></div>")),
    ("wild: a definition list", page(
        f'<dl><dt>05.03.2026</dt><dd><a href="{A}">The lake rose</a></dd><dt>04.03.2026</dt>'
        f'<dd><a href="{B}">The lake fell</a></dd></dl>')),
    ("wild: base href", page(
        '<ul><li>05.03.2026 <a href="a/">The lake rose</a></li><li>04.03.2026 <a href="b/">The '
        "lake fell</a></li></ul>", '<base href="/news/news_col/">')),
    ("wild: absolute, upper-case, with counters", page(
        f'<UL><LI>05.03.2026 <A HREF="HTTP://127.0.0.1:8765{A}?utm_source=x">The lake\n rose</A>'
        f'<LI>04.03.2026 <A HREF="{B}#c">The lake fell</A></UL>')),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "body"), MARKUPS)
def test_markups(origin: str, body: bytes) -> None:
    assert parse_listing(body, URL, LAKES).links == STATED, origin


@pytest.mark.parametrize(
    ("origin", "inner"),
    [
        ("dates after", f'<div><a href="{A}">One</a> 05.03.2026<br><a href="{B}">Two</a> 04.03.2026'
         "</div>"),
        ("a date in the headline", f'<ul><li><a href="{A}">Report of 05.03.2026</a></li>'
         f'<li><a href="{B}">Two</a></li></ul>'),
        ("two dates", f'<ul><li><i>x</i> from 05.03.2026 to 06.03.2026 <a href="{A}">One</a></li>'
         f'<li><a href="{B}">Two</a></li></ul>'),
        ("month first or day first", f'<ul><li>03/04/2026 <a href="{A}">One</a></li>'
         f'<li>03/05/2026 <a href="{B}">Two</a></li></ul>'),
    ],
)  # fmt: skip
def test_a_date_that_may_be_another_s_is_none(origin: str, inner: str) -> None:
    links = parse_listing(page(inner), URL, LAKES).links
    assert [link.url for link in links] == [at("a"), at("b")]
    assert [link.dated_on for link in links] == [None, None], origin


def test_a_page_s_only_release_does_not_take_the_page_s_date() -> None:
    (link,) = parse_listing(page(f'<div><p><a href="{A}">One</a></p></div>'), URL, LAKES).links
    assert link == Link(at("a"), "One", None)
    inner = f'<ul><li><a href="{A}">One</a> <i>05.03.2026</i></li></ul>'
    (link,) = parse_listing(page(inner), URL, LAKES).links
    assert link.dated_on == date(2026, 3, 5)


def test_slugs_are_never_cleaned() -> None:
    """Sample: ...trenirovka/ (2025) and ...trenirovka-/ (2024) are two releases."""
    slugs = ["trenirovka", "trenirovka-", "t" * 100, "t" * 99, "Trenirovka"]
    inner = "".join(f'<a href="/news/news_col/{slug}/">x</a>' for slug in slugs)
    found = parse_listing(page(inner), URL, LAKES).links
    assert [link.url for link in found] == [at(slug) for slug in slugs]


def test_other_hosts_paths_and_schemes_are_left() -> None:
    inner = "".join(
        f'<a href="{href}">x</a>'
        for href in ("http://evil.test" + A, "//127.0.0.1" + A, "/news/", "javascript:x()",
                     "/news/news_col/a/b/", "?PAGEN_1=2", "")
    )  # fmt: skip
    assert parse_listing(page(inner), URL, LAKES).links == ()


def test_without_a_declared_path_every_document_counts_but_the_listing_itself() -> None:
    inner = f'<a href="{URL}">x</a><a href="/a.jpg">y</a><a href="/b.html">z</a>'
    found = [link.url for link in parse_listing(page(inner), URL, ANY).links]
    assert f"{HOME}/b.html" in found
    assert URL not in found
    assert f"{HOME}/a.jpg" not in found


RELEASE = f'<li class="i"><i>05.03.2026</i> <a href="{A}">One</a>%s</li>'
PDF = '<a href="/upload/Joint%%20statement.pdf">%s</a>'


@pytest.mark.parametrize(
    ("origin", "inner", "taken"),
    [
        ("an item of the list", f"<ul>{RELEASE % ''}<li class='i'><i>04.03.2026</i> {PDF}</li>"
         f'<li class="i"><a href="{B}">Two</a></li></ul>', True),
        ("beside one release only", f"<ul>{RELEASE % ''}<li class='i'>{PDF}</li></ul>", True),
        ("an attachment in an item", f"<ul>{RELEASE % PDF}<li class='i'><a href='{B}'>Two</a></li>"
         "</ul>", False),
        ("an attachment in a paragraph of an item",
         f"<div><div><p><a href='{A}'>One</a></p><p>{PDF}</p></div><div><p><a href='{B}'>Two</a>"
         "</p></div></div>", False),
        ("somewhere else", f"<ul>{RELEASE % ''}<li class='i'><a href='{B}'>Two</a></li></ul>"
         f"<p>{PDF}</p>", False),
        ("a menu", f"<ul><li>{PDF}</li></ul><ul>{RELEASE % ''}</ul>", False),
    ],
)  # fmt: skip
def test_a_pdf_counts_where_releases_stand(origin: str, inner: str, taken: bool) -> None:
    body = page(inner % "Joint statement" if "%s" in inner else inner)
    found = {link.url: link for link in parse_listing(body, URL, LAKES).links}
    pdf = found.get(f"{HOME}/upload/Joint%20statement.pdf")
    assert (pdf is not None) == taken, origin
    assert at("a") in found
    if pdf is not None:
        assert pdf.text == "Joint statement"


def test_a_ticker_and_a_list_may_show_one_release() -> None:
    ticker, last = f'<p><a href="{B}">Two</a></p>', f'<a href="{B}">Two, in full</a>'
    inner = f'{ticker}<ul><li><a href="{A}">One</a></li><li>{last} <i>04.03.2026</i></li></ul>'
    found = parse_listing(page(inner), URL, LAKES).links
    assert found == (Link(at("b"), "Two", date(2026, 3, 4)), Link(at("a"), "One"))


def test_what_lxml_loses_soupsieve_finds() -> None:
    deep = "<div class='x'><b>" * 2000 + f'<a href="{A}">One</a>'
    found = parse_listing(page(deep), URL, LAKES)
    assert found.links == (Link(at("a"), "One"),)
    assert "nested too deeply" in found.faults[0]


HOSTILE = {
    "links": (page("<ul>" + f'<li>05.03.2026 <a href="{A}">x</a></li>' * 9000 + "</ul>"), 1),
    "others": (page("".join(f'<a href="/news/news_col/{n}/">x</a>' for n in range(9000))), 9000),
    "deep, each with its link": (page(f'<div><a href="{A}">x</a>' * 600), 1),
    "deep links": (page("<a href='/news/news_col/d/'><i>" * 600 + "x"), 1),
    "one long link": (page(f'<a href="{A}">' + "word " * 400_000), 1),
    "one tag, never closed": (page(f'<a href="{A}"' * 20_000), 1),
    "bug: a walk over all items for each PDF": (page(
        "<ul>" + f'<li><a href="{A}">x</a></li><li><a href="/u/x.pdf">y</a></li>' * 9000), 2),
    "comments, never closed": (page("<!--" * 200_000), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_listings_end(name: str) -> None:
    body, count = HOSTILE[name]
    links = parse_listing(body, URL, LAKES).links
    assert len(links) == count
    assert all(len(link.text or "") <= 400 for link in links)


PIECES = ["<ul>", "</ul>", "<li>", "</p>", f'<a href="{A}">', "</a>", f'<a href="{B}">',
          "05.03.2026", "<h2>", "</h2>", "words", "<time datetime=2026-01-01>",
          '<a href="/x.pdf">', "<base href=a>", "<table><tr><td>", "<a href='http://[x'>", "\x00",
          "&#x11000;", "<p>"]  # fmt: skip


@settings(deadline=None)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES)).map(
    lambda pieces: "".join(pieces).encode()))  # fmt: skip
def test_any_bytes_are_read(body: bytes) -> None:
    found = parse_listing(body, URL, LAKES)
    assert all(fault.endswith(".") for fault in found.faults)
    assert len({link.url for link in found.links}) == len(found.links)
    assert all(link.url.startswith(HOME) for link in found.links)
