"""The shipped definition of csto on pages as stock Bitrix writes them: what would be found."""

import pytest

from parsers.links import is_release
from parsers.listing import parse_listing
from parsers.sources import load_shipped
from tests.parsers.dumps import RELEASES, capture_of
from tests.parsers.pages import document, stock_page, ticker

CSTO = load_shipped("csto")
HOME = "https://en.odkb-csto.org"


@pytest.mark.parametrize(
    ("path", "release"),
    [
        ("/news/news_col/v-minske-proshla-trenirovka/", True),
        ("/news/news_col/v-minske-proshla-trenirovka-/", True),
        ("/news/news_odkb/" + "a" * 100 + "/", True),
        ("/news/news_col/a_b/?bxajaxid=0f", True),  # the path decides; the counter is dropped
        ("/documents/statements/slug/", True),
        ("/news/news_col/", False),
        ("/news/news_col/?PAGEN_1=2", False),
        ("/news/", False),
        ("/news/news_col/index.php", False),
        ("/structure/", False),
    ],
)
def test_what_is_a_release(path: str, release: bool) -> None:
    assert is_release(CSTO, HOME + path) == release


def test_a_stock_listing_and_a_ticker() -> None:
    body = document("News", f"<h1>News</h1>{ticker(4)}").encode()
    links = parse_listing(body, f"{HOME}/news/news_col/?PAGEN_1=1", CSTO).links
    assert [link.url for link in links] == [f"{HOME}/news/news_col/item-{n}/" for n in range(4)]
    assert all(link.dated_on and link.text for link in links)


def test_a_page_in_markup_nobody_guessed_is_read_all_the_same() -> None:
    from parsers.engine import read

    page = stock_page(RELEASES[0]).replace("news-detail", "n7").replace("news-date-time", "n8")
    reading = read(capture_of(page, "a.html"), CSTO)
    assert reading.layout == "blocks"
    assert reading.sighting is not None
    assert reading.sighting.headline == RELEASES[0].headline


def test_a_definition_that_was_never_checked_says_so() -> None:
    assert not CSTO.verified
    assert CSTO.discover.feeds == ()
