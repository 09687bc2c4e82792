"""What asking for a URL comes to, with redirects and retries. Promises 3, 4, 18 and 19."""

import pytest

from flows.fetch.answer import Answer
from flows.fetch.fetcher import Fetcher
from tests.fetch.conftest import Make
from tests.fetch.server import PAGE, QUICK, Reply, Server, answer, redirect, source


@pytest.mark.parametrize(
    ("reply", "expected", "requests"),
    [
        (answer(), Answer.BODY, 1),
        (answer(b"", "404 Not Found"), Answer.NOT_FOUND, 1),
        (answer(PAGE, "404 Not Found", length=99), Answer.NOT_FOUND, 1),
        (answer(b"", "410 Gone"), Answer.GONE, 1),
        (answer(b"", "403 Forbidden"), Answer.FAILED, 1),
        (answer(b"", "400 Bad"), Answer.FAILED, 1),
        (answer(b"", "500 Oops"), Answer.FAILED, 3),
        (answer(b"", "502 Oops"), Answer.FAILED, 3),
        (answer(b"", "503 Busy"), Answer.WAITING, 3),
        (answer(b"", "429 Slow down"), Answer.WAITING, 3),
        (answer(b"", "302 Found"), Answer.FAILED, 1),
        (answer(b"", "300 Choices"), Answer.FAILED, 1),
        (b"HTTP/1.0 500 Oops\r\n\r\n<p>the same each time", Answer.FAILED, 3),
        (b"HTTP/1.0 503 Busy\r\n\r\n<p>the same each time", Answer.WAITING, 3),
        (b"HTTP/1.0 206 Part\r\n\r\n<p>the same each time", Answer.INCOMPLETE, 3),
        (b"HTTP/1.0 404 None\r\n\r\n<p>the same each time", Answer.NOT_FOUND, 1),
        (redirect("http://[::1/"), Answer.REFUSED, 1),
        (redirect("http://h:port/", 301), Answer.REFUSED, 1),
        (redirect("", 301), Answer.REFUSED, 1),
        (b"SSH-2.0-OpenSSH\r\n", Answer.FAILED, 3),
    ],
)
def test_every_status_has_its_answer(
    server: Server, make: Make, reply: Reply, expected: Answer, requests: int
) -> None:
    server.on("/page", reply)
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
    assert fetched.answer is expected
    assert server.paths.count("/page") == requests
    assert (fetched.error is None) == (expected is Answer.BODY)


def test_a_retry_may_succeed_and_everything_is_kept(server: Server, make: Make) -> None:
    server.on("/page", answer(b"", "500 Oops"), answer())
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/page")
    assert fetched.answer is Answer.BODY
    assert [one.status for one in fetched.exchanges] == [500, 200]


def chain(server: Server, length: int) -> None:
    for number in range(length):
        server.on(f"/r{number}", redirect(f"/r{number + 1}", 302))
    server.on(f"/r{length}", answer())


def test_five_redirects_are_followed_and_kept(server: Server, make: Make) -> None:
    chain(server, 5)
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/r0")
    assert fetched.answer is Answer.BODY
    assert fetched.final_url == f"{server.root}/r5"
    assert [hop.status for hop in fetched.hops] == [302] * 5
    assert len(fetched.exchanges) == 6


def test_a_sixth_is_not(server: Server, make: Make) -> None:
    chain(server, 6)
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/r0")
    assert (fetched.answer, fetched.error) == (Answer.REFUSED, "more than 5 redirects")
    assert "/r6" not in server.paths


def test_a_loop_is_refused_before_it_is_run_again(server: Server, make: Make) -> None:
    server.on("/a", redirect("/b"))
    server.on("/b", redirect("/a#again"))
    server.on("/self", redirect("/self"))
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/a")
        itself = fetcher.get(f"{server.root}/self")
    assert fetched.answer is itself.answer is Answer.REFUSED
    assert "lead back" in (fetched.error or "")
    assert server.paths == ["/robots.txt", "/a", "/b", "/self"]


@pytest.mark.parametrize(
    ("status", "location", "expected"),
    [
        (301, "/", Answer.NOT_FOUND),
        (308, "/", Answer.NOT_FOUND),
        (301, "/news/", Answer.NOT_FOUND),
        (301, "/news", Answer.NOT_FOUND),
        (301, "/news/?PAGEN_1=3", Answer.NOT_FOUND),
        (301, "/news/?ELEMENT_ID=3", Answer.BODY),
        (301, "/news/other/", Answer.BODY),
        (302, "/", Answer.BODY),
        (307, "/news/", Answer.BODY),
    ],
)
def test_sent_home_for_good_is_not_found(
    server: Server, make: Make, status: int, location: str, expected: Answer
) -> None:
    server.on("/news/gone/", redirect(location, status))
    server.on(location, answer())
    with make() as fetcher:
        fetched = fetcher.get(f"{server.root}/news/gone/")
    assert fetched.answer is expected
    assert (location in server.paths) == (expected is Answer.BODY)
    assert fetched.hops[0].permanent == (status in (301, 308))


def test_a_listing_may_move_to_another_listing(server: Server, make: Make) -> None:
    server.on("/news/?PAGEN_1=9", redirect("/news/", 301))
    server.on("/news/", answer())
    with make() as fetcher:
        assert fetcher.get(f"{server.root}/news/?PAGEN_1=9").answer is Answer.BODY


def test_a_location_is_read_as_publishers_write_it(server: Server, make: Make) -> None:
    location = "новости/a b".encode().decode("latin-1")
    server.on("/x/page", redirect(location))
    path = "/x/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/a%20b"
    server.on(path, answer())
    with make() as fetcher:
        assert fetcher.get(f"{server.root}/x/page").answer is Answer.BODY
    assert server.paths[-1] == path


def test_a_larger_cap_may_be_asked_for(server: Server, make: Make) -> None:
    server.on("/map.xml", answer(b"<" + b"x" * 3_000_000))
    with make() as fetcher:
        assert fetcher.get(f"{server.root}/map.xml").answer is Answer.FAILED
        larger = fetcher.get(f"{server.root}/map.xml", cap_bytes=4_000_000)
    assert larger.answer is Answer.BODY


def test_a_contact_beyond_ascii_can_be_sent(server: Server) -> None:
    with Fetcher(
        source(server), "https://пример.рф/зачем", "0.1", clock=server.fake.clock(), limits=QUICK
    ) as fetcher:
        fetcher.get(f"{server.root}/page")
    agent = server.log[0].header("User-Agent") or ""
    assert agent.startswith("pressdiff/0.1 (+https://%D0%BF")
