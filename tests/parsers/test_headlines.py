"""Every form in which a CSTO dump or page is known to come, with releases of known truth."""

from dataclasses import replace
from datetime import date

import pytest

from parsers.engine import read
from parsers.model import Outcome, Reading
from parsers.sources import load_shipped
from tests.parsers.dumps import (
    DATES,
    FOOTERS,
    HEADLINES,
    PUBLISHED,
    RELEASES,
    RUSSIAN_BODY,
    TICKER,
    Release,
    capture_of,
    make_dump,
)
from tests.parsers.pages import document, other_page, stock_page

CSTO = load_shipped("csto")
ALL = (*RELEASES, replace(RELEASES[0], body=RUSSIAN_BODY))


def read_text(text: str, name: str = "a.txt") -> Reading:
    return read(capture_of(text, name), CSTO)


def expect(reading: Reading, release: Release, is_dated: bool, items: int) -> None:
    assert reading.sighting, reading.reason
    assert reading.sighting.headline == release.headline
    assert reading.sighting.paragraphs == release.body
    assert reading.sighting.published_on == (PUBLISHED if is_dated else None)
    assert len(reading.teasers) == items


@pytest.mark.parametrize("headline", [form for form in HEADLINES if form != "missing"])
@pytest.mark.parametrize("stamp", DATES)
@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("items", [0, 1, 4, 6])
def test_dumps(headline: str, stamp: str, dated: bool, items: int) -> None:
    if headline == "twice, date after the second" and stamp != "none":
        stamp = "none"
    is_dated = stamp != "none" or "date after" in headline
    for index, release in enumerate(ALL):
        for gap in (0, 1):
            text = make_dump(
                release, items=items, dated=dated, headline=headline, stamp=stamp,
                footer=index % len(FOOTERS), gap=gap,
            )  # fmt: skip
            expect(read_text(text), release, is_dated, items)


@pytest.mark.parametrize("dated", [False, True])
@pytest.mark.parametrize("items", [0, 1, 3, 6])
def test_a_dump_without_a_headline_is_unreadable(dated: bool, items: int) -> None:
    for release in RELEASES:
        reading = read_text(make_dump(release, items=items, dated=dated, headline="missing"))
        assert reading.outcome is Outcome.UNREADABLE, reading.sighting
        assert reading.reason == "There is no headline in the text."


def test_a_ticker_alone_is_unreadable() -> None:
    for dated in (False, True):
        text = make_dump(Release("", ()), items=5, dated=dated, headline="missing", footer=0)
        assert read_text(text).outcome is Outcome.UNREADABLE


def test_the_ticker_never_gives_the_date() -> None:
    reading = read_text(make_dump(RELEASES[3], items=5, dated=True))
    assert reading.sighting
    assert reading.sighting.published_on is None
    assert [str(t.dated_on) for t in reading.teasers][:2] == ["2025-05-24", "2025-05-23"]


def test_a_lead_that_a_ticker_item_repeats_stays() -> None:
    release = RELEASES[3]
    text = "\n".join([release.body[0], *TICKER[0], release.headline, *release.body])
    expect(read_text(text), release, False, 2)


def test_a_ticker_item_that_the_lead_repeats_is_no_headline() -> None:
    lead, *rest = RELEASES[3].body
    reading = read_text("\n".join([*TICKER[0], *TICKER[2], lead, lead, *rest]))
    assert reading.outcome is Outcome.UNREADABLE


def test_a_headline_may_end_in_a_full_stop_when_it_stands_twice_and_is_dated() -> None:
    release = replace(RELEASES[3], headline=RELEASES[3].headline + ".")
    for headline, stamp in (("twice", "own line"), ("twice, date after the second", "none")):
        text = make_dump(release, items=4, headline=headline, stamp=stamp)
        expect(read_text(text), release, True, 4)


def test_six_items_of_two_paragraphs_that_nothing_ties_together() -> None:
    items = [*TICKER[0], *TICKER[2]] * 6
    text = "\n".join([*items, RELEASES[0].headline, *RELEASES[0].body])
    reading = read_text(text)
    assert reading.sighting
    assert reading.sighting.headline == RELEASES[0].headline


def test_invisible_characters_round_a_date_line_do_not_hide_it() -> None:
    text = make_dump(RELEASES[0], stamp="own line").replace("15.03.2022", "\u200b15.03.2022\ufeff")
    expect(read_text(text), RELEASES[0], True, 4)


def test_a_dateline_is_the_first_paragraph_and_not_the_date() -> None:
    release = replace(RELEASES[1], body=("May 19, 2021, Dushanbe", *RELEASES[1].body))
    reading = read_text(make_dump(release, items=2, stamp="own line"))
    expect(reading, release, True, 2)
    assert reading.sighting
    assert (str(reading.sighting.event_on), reading.sighting.place) == ("2021-05-19", "Dushanbe")


def test_file_names_and_notes() -> None:
    release = RELEASES[2]
    text = make_dump(release, items=2).replace(release.body[2], "IMG_2040.JPG\n" + release.body[2])
    expect(read_text(text), release, False, 2)


@pytest.mark.parametrize("headline", ["above", "inside"])
@pytest.mark.parametrize("stamp", ["element", "glued", "none"])
@pytest.mark.parametrize("paragraphs", ["br", "p"])
def test_stock_pages(headline: str, stamp: str, paragraphs: str) -> None:
    for index, release in enumerate(ALL):
        html = stock_page(
            release, headline=headline, stamp=stamp, paragraphs=paragraphs,
            footer=index % len(FOOTERS), items=index,
        )  # fmt: skip
        reading = read_text(html, "a.html")
        expect(reading, release, stamp != "none", index)
        assert (reading.layout or "").startswith("layout[")
        if index:
            assert str(reading.teasers[0].dated_on) == "2025-05-24"
            assert reading.teasers[0].url == "/news/news_col/item-0/"


@pytest.mark.parametrize("headline", ["h1", "h2", "div", "b"])
@pytest.mark.parametrize("stamp", ["line", "br", "glued", "none"])
@pytest.mark.parametrize("paragraphs", ["br", "p"])
@pytest.mark.parametrize("ticker_at", ["above", "below"])
def test_pages_that_no_layout_knows(
    headline: str, stamp: str, paragraphs: str, ticker_at: str
) -> None:
    for index, release in enumerate(ALL):
        html = other_page(
            release, headline=headline, stamp=stamp, paragraphs=paragraphs, ticker_at=ticker_at,
            footer=index % len(FOOTERS), items=index, wrap=("div", "article", "main")[index % 3],
        )  # fmt: skip
        reading = read_text(html, "a.html")
        expect(reading, release, stamp != "none", index)
        assert reading.layout == "blocks"


def test_pages_without_a_headline_are_unreadable() -> None:
    for release in RELEASES:
        for html in (
            other_page(release, headline="missing", stamp="none"),
            stock_page(release, headline="missing"),
            f'<div class="news-list"><p>{release.body[0]}</p><p>{release.body[1]}</p></div>',
        ):
            assert read_text(html, "a.html").outcome is Outcome.UNREADABLE


def test_a_login_page_is_unreadable() -> None:
    form = "<form><input name=login><input type=password></form>"
    html = document("Authorisation", f"<h1>Authorisation</h1><p>Please sign in.</p>{form}")
    assert "password" in (read_text(html, "a.html").reason or "")
    html = stock_page(RELEASES[0]).replace("</nav>", f"</nav>{form}")
    assert read_text(html, "a.html").outcome is Outcome.READ


SAID_TWICE = "Experts of the Parties rehearsed the protection of borders in the Pamir mountains."
LEAD = "On 4 May 2021, experts of the Parties met in the Pamir mountains to protect their borders."
OTHER = "Much was said about the supply of uniforms, of bread and of fuel to the districts."


@pytest.mark.parametrize("above", [[], ["The heads of the delegations signed a protocol."]])
@pytest.mark.parametrize(
    ("lines", "headline"),
    [
        # A lead that tells the day follows a headline; a lead that equals a ticker's item is none.
        ([SAID_TWICE, SAID_TWICE, LEAD], SAID_TWICE),
        ([SAID_TWICE, SAID_TWICE, "May 4, 2021, Dushanbe", OTHER], SAID_TWICE),
        ([LEAD, LEAD, OTHER], None),
        ([SAID_TWICE, SAID_TWICE, OTHER], None),
    ],
)
def test_a_sentence_said_twice(above: list[str], lines: list[str], headline: str | None) -> None:
    reading = read_text("\n".join([*above, *lines]))
    assert (reading.sighting.headline if reading.sighting else None) == headline


@pytest.mark.parametrize("after", [" 12.05.2018", "12.05.2018"])
@pytest.mark.parametrize("tag", ["h3", "div", "p"])
def test_a_layouts_headline_said_again_with_its_date_is_no_body(tag: str, after: str) -> None:
    head, lead = "The Staff held an exercise in 2018", "On May 11, 2018, in Osh, the Staff met."
    inner = f"<{tag}>{head}{after}</{tag}><p>{lead}</p>"
    html = f'<html><body><h1>{head}</h1><div class="news-detail">{inner}</div></body></html>'
    sighting = read(capture_of(html, "a.html"), CSTO).sighting
    assert sighting
    assert sighting.paragraphs == (lead,)
    assert sighting.published_on == date(2018, 5, 12)
    assert sighting.published_text == "12.05.2018"


def test_a_page_without_a_body_is_a_release_only_if_its_date_ends_it() -> None:
    items = (
        "<div>01.02.2021</div><div><a href='/a'>One thing was done by all of the states.</a></div>"
    )
    for days in ("01.01.2021", "01.02.2021"):
        more = items.replace("01.02.2021", days)
        listing = document("News", f"<h1>News</h1><div class='lt'>{items}{more}</div>")
        assert read(capture_of(listing, "a.html"), CSTO).outcome is Outcome.UNREADABLE
    bare = document("Photographs", "<h1>Photographs of the exercise</h1><div>01.02.2021</div>")
    sighting = read(capture_of(bare, "a.html"), CSTO).sighting
    assert sighting
    assert (sighting.paragraphs, sighting.published_on) == ((), date(2021, 2, 1))
