"""One exchange: what is whole is taken, what is not is said to be so, and nothing runs for ever.

Cases are from Promises 6, 7 and 12.
"""

import gzip
import tracemalloc
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from flows.fetch.addresses import parse_target
from flows.fetch.answer import Answer, Fetched
from flows.fetch.session import Fault, Limits, ask
from parsers.model import digest_bytes
from tests.fetch.conftest import Make
from tests.fetch.server import (
    PAGE,
    Reply,
    Server,
    answer,
    chunked,
    drip,
    endless,
    hang,
    packed,
    redirect,
    reset_after,
)
from warehouse.captures import EvidenceWriter
from warehouse.warc_reader import read_record

NO_LENGTH = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"


def get(server: Server, make: Make, *replies: Reply, **settings: object) -> Fetched:
    server.on("/page", *replies)
    with make(**settings) as fetcher:
        return fetcher.get(f"{server.root}/page")


@pytest.mark.parametrize(
    ("label", "reply"),
    [
        ("length", answer()),
        ("chunks", chunked(PAGE[:9], PAGE[9:])),
        ("gzip", packed()),
        ("gzip without length", NO_LENGTH[:-2] + b"Content-Encoding: gzip\r\n\r\n"
         + gzip.compress(PAGE)),
        ("gzip in chunks", chunked(gzip.compress(PAGE), headers="Content-Encoding: gzip\r\n")),
        ("gzip of two members", answer(gzip.compress(PAGE[:9]) + gzip.compress(PAGE[9:]),
         headers={"Content-Encoding": "gzip"})),
        ("gzip padded with zeros", answer(gzip.compress(PAGE) + b"\0" * 9,
         headers={"Content-Encoding": "x-gzip"})),
        ("HTTP/1.0, no length, ends", NO_LENGTH + PAGE),
        ("100 before it", b"HTTP/1.1 100 Continue\r\n\r\n" + answer()),
        ("equal lengths twice", answer(headers={"content-length": str(len(PAGE))})),
    ],
)  # fmt: skip
def test_a_whole_answer_is_taken_at_once(
    server: Server, make: Make, label: str, reply: Reply
) -> None:
    fetched = get(server, make, reply)
    assert fetched.answer is Answer.BODY, (label, fetched.error)
    assert fetched.last is not None
    assert fetched.last.body == PAGE
    assert fetched.last.truncated is None
    assert server.paths == ["/robots.txt", "/page"]


@pytest.mark.parametrize(
    ("label", "reply", "reason"),
    [
        ("shorter than its length", answer(PAGE, length=len(PAGE) + 5), "cut after 62"),
        ("longer than its length", answer(PAGE, length=20), "longer than its Content-Length of 20"),
        ("no last chunk", chunked(PAGE, end=False), "cut after 62 bytes"),
        ("cut inside a chunk", chunked(PAGE)[:-30], "cut after"),
        ("gzip without its end", packed(cut=4), "gzip has no end"),
        ("gzip cut in half", packed(cut=40), "gzip has no end"),
        ("gzip that is none", answer(headers={"Content-Encoding": "gzip"}), "gzip is damaged"),
        ("reset in the body", reset_after(answer(PAGE[:20], length=99)), "cut after"),
        ("a head without its end", b"HTTP/1.1 200 OK\r\nContent-Type: text/h", "inside its head"),
        ("a part", answer(status="206 Partial Content"), "not asked for"),
        ("a length that is none", answer(headers={"Content-Length": "many"}), "Content-Length is"),
        ("an empty gzip", answer(b"", headers={"Content-Encoding": "gzip"}), "no end"),
    ],
)
def test_an_incomplete_answer_is_retried_and_never_taken(
    server: Server, make: Make, label: str, reply: Reply, reason: str
) -> None:
    fetched = get(server, make, reply)
    assert fetched.answer is Answer.INCOMPLETE, label
    assert reason in (fetched.error or ""), label
    assert server.paths == ["/robots.txt", "/page", "/page", "/page"]


def test_a_retry_that_is_whole_is_taken_and_the_failures_are_kept(
    server: Server, make: Make
) -> None:
    fetched = get(server, make, answer(PAGE, length=99), answer(PAGE))
    assert fetched.answer is Answer.BODY
    assert [one.truncated for one in fetched.exchanges] == ["disconnect", None]


def test_without_length_two_answers_must_agree(server: Server, make: Make) -> None:
    half = NO_LENGTH + PAGE[:30]
    assert get(server, make, half, NO_LENGTH + PAGE).answer is Answer.BODY
    feed = get(server, make, NO_LENGTH + b"<rss></rss>")
    assert (feed.answer, len(feed.exchanges)) == (Answer.BODY, 2)
    never = get(server, make, half, NO_LENGTH + PAGE[:31], NO_LENGTH + PAGE[:32])
    assert never.answer is Answer.INCOMPLETE


def test_an_empty_200_is_whole(server: Server, make: Make) -> None:
    fetched = get(server, make, answer(b""))
    assert fetched.answer is Answer.BODY
    assert fetched.last is not None
    assert fetched.last.body == b""


@pytest.mark.parametrize(
    ("label", "reply", "truncated"),
    [
        ("hang", hang, None),
        ("slow head", drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), None),
        ("slow body", drip(answer(PAGE[:-1], length=10**6)), "time"),
        ("slow chunks", drip(chunked(PAGE, end=False) + b"fffff\r\n"), "time"),
    ],
)
def test_the_deadline_holds_against_what_never_ends(
    server: Server, label: str, reply: Reply, truncated: str | None
) -> None:
    server.on("/page", reply)
    attempt = ask(
        parse_target(f"{server.root}/page"), ["127.0.0.1"], {}, now=server.fake.now,
        limits=Limits(deadline_s=0.4),
    )  # fmt: skip
    assert attempt.fault is Fault.DEADLINE, label
    assert (attempt.exchange is None) == (truncated is None)
    if attempt.exchange is not None:
        assert attempt.exchange.truncated == "time"
        assert attempt.exchange.elapsed_s > 0.3


def test_the_deadline_holds_in_the_tls_handshake(server: Server) -> None:
    target = parse_target(f"https://127.0.0.1:{server.port}/page")  # it speaks no TLS, and waits
    attempt = ask(target, ["127.0.0.1"], {}, now=server.fake.now, limits=Limits(deadline_s=0.3))
    assert (attempt.exchange, attempt.fault) == (None, Fault.DEADLINE)


def test_the_next_address_is_tried_when_one_refuses(server: Server) -> None:
    server.on("/page", answer())
    target = parse_target(f"http://lakes.test:{server.port}/page")
    one = ask(target, ["127.0.0.2", "127.0.0.1"], {}, now=server.fake.now)
    assert one.fault is None
    none = ask(target, ["127.0.0.2"], {}, now=server.fake.now)
    assert none.fault is Fault.NETWORK
    assert "refused" in (none.reason or "").lower()


def test_a_server_that_hangs_is_asked_again_and_then_left(server: Server, make: Make) -> None:
    with make(limits=Limits(deadline_s=0.5)) as fetcher:
        server.on("/page", hang)
        fetched = fetcher.get(f"{server.root}/page")
    assert (fetched.answer, fetched.exchanges) == (Answer.FAILED, ())
    assert fetched.error == "no answer within the deadline"
    assert len(server.log) == 4


def test_a_reset_before_the_answer_is_a_failure_after_retries(server: Server, make: Make) -> None:
    fetched = get(server, make, reset_after(b""))
    assert fetched.answer is Answer.FAILED
    assert "the connection failed" in (fetched.error or "")
    assert len(server.log) == 4


def bomb(size_bytes: int) -> bytes:
    """Zeros in gzip; packed once and repeated, since its checksum is never reached."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b"\0" * 2**20
    first, again = (packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (size_bytes // 2**20 - 1)


def random_bytes(size_bytes: int) -> bytes:
    """Bytes that do not pack: each chunk is the digest of its number."""
    return b"".join(sha256(b"%d" % number).digest() for number in range(size_bytes // 32))


def test_a_bomb_costs_no_memory(server: Server, make: Make) -> None:
    reply = answer(bomb(256 * 2**20), headers={"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        fetched = get(server, make, reply, limits=Limits(deadline_s=30))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (fetched.answer, fetched.error) == (Answer.FAILED, "larger than 2097152 bytes")
    assert len(server.log) == 2  # another request would not help
    assert peak_bytes < 12 * 2**20


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        (chunked(end=False), b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        # a gzip member whose file name has no end gives no byte at all
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\x03",
         b"n" * 65536),
    ],
)  # fmt: skip
def test_an_endless_body_ends_at_the_cap(
    server: Server, make: Make, start: bytes, piece: bytes
) -> None:
    fetched = get(server, make, endless(start, piece), limits=Limits(deadline_s=30))
    assert (fetched.answer, fetched.error) == (Answer.FAILED, "larger than 2097152 bytes")
    assert fetched.last is not None
    assert fetched.last.truncated == "length"
    assert len(fetched.last.payload) <= 2 * 2**20 + 65536


def test_the_body_of_a_redirect_is_capped_like_any_other(server: Server, make: Make) -> None:
    start = b"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\n"
    server.on("/other", answer())
    fetched = get(server, make, endless(start, b"x" * 65536), limits=Limits(deadline_s=30))
    assert fetched.answer is Answer.BODY
    assert [(one.status, one.truncated) for one in fetched.exchanges] == [
        (302, "length"), (200, None),
    ]  # fmt: skip


def test_an_endless_head_ends_too(server: Server, make: Make) -> None:
    fetched = get(
        server, make, endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
        limits=Limits(deadline_s=30),
    )  # fmt: skip
    assert fetched.answer is Answer.FAILED
    assert "head is longer" in (fetched.error or "")


def test_a_pdf_may_be_ten_times_as_large_as_a_page(server: Server, make: Make) -> None:
    body, limits = b"%PDF" + b"\0" * 200, Limits(page_bytes=100, document_bytes=1000)
    pdf = answer(body, headers={"Content-Type": "application/pdf"})
    assert get(server, make, pdf, limits=limits).answer is Answer.BODY
    assert get(server, make, answer(body), limits=limits).answer is Answer.FAILED
    assert (Limits().page_bytes, Limits().document_bytes) == (2 * 2**20, 20 * 2**20)
    assert Limits().deadline_s == 30


def test_only_gzip_is_asked_for_and_taken(server: Server, make: Make) -> None:
    fetched = get(server, make, answer(headers={"Content-Encoding": "br"}))
    assert fetched.answer is Answer.FAILED
    assert "'br'" in (fetched.error or "")
    assert server.log[-1].header("Accept-Encoding") == "gzip"


def test_evidence_is_what_went_over_the_wire(server: Server, make: Make) -> None:
    payload = gzip.compress(PAGE)
    reply = chunked(
        payload[:11], payload[11:],
        headers="Content-Encoding: gzip\r\nX-Odd:  two  spaces\r\nSet-Cookie: a=b\r\n",
    )  # fmt: skip
    (exchange,) = get(server, make, reply).exchanges
    assert exchange.payload == payload
    assert (exchange.body, digest_bytes(exchange.body)) == (PAGE, digest_bytes(PAGE))
    assert exchange.response_head == reply[: reply.index(b"\r\n\r\n") + 4]
    assert exchange.request_head == server.log[-1].head
    assert exchange.peer == f"127.0.0.1:{server.port}"
    assert exchange.requested_at == server.fake.now()
    assert exchange.elapsed_s == 0  # on the clock it was given
    assert exchange.header("content-encoding") == "gzip"


def test_who_asks_says_so_and_keeps_no_cookies(
    server: Server, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.on("/page", answer(headers={"Set-Cookie": "visit=1"}))
    with make() as fetcher:
        assert fetcher.get(f"{server.root}/page").answer is Answer.BODY
        assert fetcher.get(f"{server.root}/page").answer is Answer.BODY
    for seen in server.log:
        assert seen.header("User-Agent") == "pressdiff/0.1 (+https://example.org/why)"
        assert seen.header("Cookie") is None
        assert seen.header("Authorization") is None


@pytest.mark.parametrize(
    "reply",
    [
        answer(), packed(), packed(cut=4), packed(cut=40), chunked(PAGE, end=False),
        answer(PAGE, length=20), answer(PAGE, length=999), redirect("/other"),
        answer(headers={"Content-Encoding": "gzip"}), answer(headers={"Content-Encoding": "br"}),
        answer(b"", headers={"Content-Encoding": "gzip"}),
        answer(bomb(4 * 2**20), headers={"Content-Encoding": "gzip"}),
        answer(gzip.compress(random_bytes(3 * 2**20)), headers={"Content-Encoding": "gzip"}),
        answer(gzip.compress(PAGE) + b"\0\0garbage", headers={"Content-Encoding": "gzip"}),
        answer(b"", "404 Not Found", {"Content-Encoding": "gzip"}), answer(b"", "500 Oops"),
    ],
)  # fmt: skip
def test_whatever_came_reads_back_from_evidence(
    server: Server, make: Make, tmp_path: Path, reply: Reply
) -> None:
    (exchange, *_) = get(server, make, reply).exchanges
    writer = EvidenceWriter(tmp_path, "20260301T000000Z-abc", "pressdiff/test")
    digest = digest_bytes(exchange.body)
    location = writer.add_exchange(exchange, digest)
    writer.close()
    look = read_record(tmp_path, location)
    assert (look.body, look.digest) == (exchange.body, digest)
    assert look.http_status == exchange.status
