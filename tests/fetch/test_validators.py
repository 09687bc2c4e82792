"""Which validators are sent. Promise 8; pure but for the last tests, which ask a server."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.fetch.answer import Answer, Validators
from flows.fetch.validators import PastLook, choose_validators
from tests.fetch.conftest import Make
from tests.fetch.server import Server, answer, redirect

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL = "https://lakes.test/news/1/"


def looks(*seen: tuple[str | None, str | None, str | None]) -> list[PastLook]:
    """Full looks an hour apart: digest, ETag, Last-Modified; a digest of None is a 304."""
    return [
        PastLook(START + number * HOUR, 200 if digest else 304, digest, etag, modified)
        for number, (digest, etag, modified) in enumerate(seen)
    ]


def choose(*seen: tuple[str | None, str | None, str | None], full: bool = False) -> Validators:
    return choose_validators(URL, looks(*seen), START + len(seen) * HOUR, full=full)


@pytest.mark.parametrize(
    ("label", "seen", "expected"),
    [
        ("never seen", [], Validators()),
        ("only ever 304", [(None, "a", "t")], Validators()),
        ("both", [("x", '"a"', "t")], Validators('"a"', "t")),
        ("none given", [("x", None, None)], Validators()),
        ("the newest", [("x", "a", "t"), ("y", "b", "u")], Validators("b", "u")),
        ("steady", [("x", "a", "t"), ("x", "a", "t")], Validators("a", "t")),
        ("304 between", [("x", "a", "t"), (None, "a", "t"), ("x", "a", "t")],
         Validators("a", "t")),
        ("etag changes, text does not", [("x", "a", "t"), ("x", "b", "t")], Validators(None, "t")),
        ("text changes, etag does not", [("x", "a", "t"), ("y", "a", "u")], Validators(None, "u")),
        ("date stands still", [("x", "a", "t"), ("y", "b", "t")], Validators("b", None)),
        ("both lie", [("x", "a", "t"), ("y", "a", "t")], Validators()),
        ("changed for nothing long ago", [("x", "a", "t"), ("x", "b", "t"), ("y", "c", "u"),
                                          ("y", "c", "u")], Validators("c", "u")),
        ("a redesign changes every validator once", [("x", "a", "t"), ("x", "b", "u"),
                                                     ("x", "b", "u")], Validators("b", "u")),
        ("stood still long ago", [("x", "a", "t"), ("y", "a", "u"), ("z", "b", "v"),
                                  ("z", "b", "v")], Validators(None, "v")),
        ("given now and then", [("x", "a", None), ("y", None, None), ("y", "b", None)],
         Validators("b", None)),
    ],
)  # fmt: skip
def test_a_validator_is_sent_while_it_tells_the_truth(
    label: str, seen: list[tuple[str | None, str | None, str | None]], expected: Validators
) -> None:
    assert choose(*seen) == expected, label


def test_full_sends_none() -> None:
    assert choose(("x", "a", "t"), full=True) == Validators()


def due_after(url: str, age: timedelta) -> timedelta:
    """How long after its last full look a page of an age is asked for in full again."""
    seen = [PastLook(START, 200, "x", "a"), PastLook(START + age, 200, "x", "a")]
    waited = timedelta()
    while choose_validators(url, seen, START + age + waited) != Validators():
        waited += HOUR
    return waited


def test_every_page_is_asked_for_in_full_from_time_to_time() -> None:
    urls = [f"{URL}{number}" for number in range(20)]
    young = [due_after(url, timedelta()) for url in urls]
    assert timedelta(days=2.25) <= min(young) < max(young) <= timedelta(days=3.8)
    assert len(set(young)) > 5  # not all at once
    middling = [due_after(url, timedelta(days=80)) for url in urls]  # an eighth of 80 days and more
    assert timedelta(days=7.5) <= min(middling) < max(middling) <= timedelta(days=15)
    old = [due_after(url, timedelta(days=2000)) for url in urls[:5]]
    assert timedelta(days=22.5) <= min(old) < max(old) <= timedelta(days=38)


def test_304s_do_not_put_the_full_look_off() -> None:
    seen = [PastLook(START, 200, "x", "a")]
    seen += [PastLook(START + n * HOUR, 304, None, "a") for n in range(1, 100)]
    assert choose_validators(URL, seen, START + 100 * HOUR) == Validators()


@given(st.lists(st.tuples(st.sampled_from("xy"), st.sampled_from("ab")), max_size=6), st.randoms())
def test_order_of_looks_does_not_matter_and_no_lie_is_sent(
    seen: list[tuple[str, str]], random: object
) -> None:
    past = looks(*[(digest, etag, None) for digest, etag in seen])
    mixed = list(past)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    at = START + len(past) * HOUR
    chosen = choose_validators(URL, mixed, at)
    assert chosen == choose_validators(URL, past, at)
    pairs = list(itertools.pairwise(seen))
    stood_still = any(a[0] != b[0] and a[1] == b[1] for a, b in pairs)
    fresh = any(a[0] == b[0] and a[1] != b[1] for a, b in pairs[-1:])
    assert (chosen.etag is None) == (stood_still or fresh or not seen)


def test_both_are_sent_and_a_304_is_recorded_as_such(server: Server, make: Make) -> None:
    server.on("/page", b"HTTP/1.1 304 Not Modified\r\nETag: W/\"a\"\r\n"
              b"Content-Encoding: gzip\r\nContent-Length: 500\r\n\r\n")  # fmt: skip
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page", Validators('W/"a"', "Sun, 1 Mar 2026"))
        assert fetcher.get(f"{server.root}/page").answer is Answer.FAILED  # nobody asked for it
    assert fetched.answer is Answer.NOT_MODIFIED
    assert fetched.last is not None
    assert (fetched.last.status, fetched.last.body) == (304, b"")
    assert server.log[1].header("If-None-Match") == 'W/"a"'
    assert server.log[1].header("If-Modified-Since") == "Sun, 1 Mar 2026"
    assert server.log[2].header("If-None-Match") is None


def test_validators_do_not_go_to_where_a_page_redirects(server: Server, make: Make) -> None:
    server.on("/page", redirect("/other"))
    server.on("/other", answer())
    with make() as fetcher:
        assert fetcher.get(f"{server.root}/page", Validators("a", "b")).answer is Answer.BODY
    assert server.log[1].header("If-None-Match") == "a"
    assert server.log[2].header("If-None-Match") is None
