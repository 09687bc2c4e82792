"""The not-found page under a 200: learned from a made-up address, told by what it alone shows."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.lost import learn_lost_page, made_up_url
from parsers.model import Capture, Outcome, Reading, Sighting, digest_bytes
from parsers.page import parse_page
from parsers.signature import MOST_BLOCKS, mask, shown_blocks

MENU = ("news", "contacts", "latest: council met")


def capture(path: str) -> Capture:
    body = path.encode()
    return Capture("lakes", f"https://lakes.example{path}", datetime(2026, 3, 1, tzinfo=UTC), body,
                   digest_bytes(body), 200)  # fmt: skip


def unread(*blocks: str, title: str = "oops") -> Reading:
    return Reading(Outcome.UNREADABLE, shown=(mask(title), *map(mask, blocks)))


def read(headline: str, *paragraphs: str) -> Reading:
    return Reading(Outcome.READ, Sighting(headline, paragraphs))


LOST = ("This page does not exist", "Try the search")
LEARNED = learn_lost_page(capture("/n/made-up/"), unread(*LOST, *MENU), frozenset(MENU))

CASES = {
    "the same page": (unread(*LOST, *MENU), True),
    "with another ticker": (unread(*LOST, "news", "latest: council parted"), True),
    "with another number": (unread("This page does not exist", "Try the search", "case 7"), True),
    "half of what is its own": (unread(LOST[0], *MENU), True),
    "nothing of its own": (unread("Maintenance", *MENU), False),
    "another title": (unread(*LOST, *MENU, title="news"), False),
    "a release that quotes it": (read("Council met", *LOST), False),
    "bytes that were not read": (None, False),
}


@pytest.mark.parametrize("label", CASES)
def test_what_fits(label: str) -> None:
    reading, fits = CASES[label]
    assert LEARNED is not None
    assert LEARNED.fits(capture("/n/a/"), reading) is fits


def test_a_page_that_shows_only_what_every_page_shows_teaches_nothing() -> None:
    shown = unread(*MENU, title="news")
    assert learn_lost_page(capture("/n/x/"), shown, frozenset({"news", *MENU})) is None


def test_one_that_reads_like_a_release_and_repeats_the_address() -> None:
    learned = learn_lost_page(
        capture("/n/qqqq/"), read("Error", "qqqq was not found", "Sorry"), frozenset()
    )
    assert learned is not None
    assert learned.is_read
    assert learned.fits(capture("/n/abc-1/"), read("Error", "abc-1 was not found", "Sorry"))
    assert not learned.fits(capture("/n/abc-1/"), read("Error", "Ministers spoke of an error"))
    assert not learned.fits(capture("/n/abc-1/"), unread("abc-1 was not found", title="Error"))


@pytest.mark.parametrize(
    ("model", "start", "end"),
    [
        ("https://a.test/news/one-1/", "/news/", "/"),
        ("https://a.test/news/one", "/news/", ""),
        ("https://a.test/x/one.html?id=3#top", "/x/", ".html"),
        ("https://a.test/files/plan.v2.pdf", "/files/", ".pdf"),
        ("https://a.test/", "/", "/"),
    ],
)
def test_a_made_up_address_lies_beside_the_model(model: str, start: str, end: str) -> None:
    parts = urlsplit(made_up_url(model, "run-1"))
    assert (parts.hostname, parts.query, parts.fragment) == ("a.test", "", "")
    assert parts.path.startswith(start)
    assert parts.path.endswith(end)
    assert made_up_url(model, "run-1") == parts.geturl() != made_up_url(model, "run-2")


def page(html: str) -> tuple[str, ...]:
    found = parse_page(html)
    assert found is not None
    return shown_blocks(found)


def test_what_a_page_shows() -> None:
    shown = page(
        "<html><head><title>Oops 404</title><script>var x = 'unseen'</script></head><body>"
        "<p>Not  found, case 12</p><p>not found, case 13</p><ul><li>News</li></ul></body></html>"
    )
    assert shown == ("oops #", "not found, case #", "news")


def test_a_page_without_a_title_and_a_huge_one() -> None:
    assert page("<p>only this</p>") == ("", "only this")
    many = page("".join(f"<p>{'x' * n}</p>" for n in range(1, 500)))
    assert len(many) == 1 + MOST_BLOCKS


@given(st.text(max_size=60))
def test_masking_twice_is_masking_once_and_leaves_no_digit(text: str) -> None:
    assert mask(mask(text)) == mask(text)
    assert not any(one.isdecimal() for one in mask(text))
