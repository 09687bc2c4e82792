"""Answers in evidence: another library replays them, and revisits are small. Promises 12."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from parsers.model import digest_bytes
from warehouse.captures import EvidenceWriter, FirstSeen, Location, WarcLook
from warehouse.exchange import Exchange
from warehouse.warc_members import check_members
from warehouse.warc_reader import read_record, read_warc

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
PAGE = "<html><h1>Совет</h1></html>".encode() * 40
REQUEST = (
    b"GET /news/1/ HTTP/1.1\r\nHost: lakes.test\r\n"
    b"User-Agent: pressdiff/0.1 (+https://example.org/why-we-fetch)\r\n"
    b"Accept-Encoding: gzip\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
)
USUAL = (
    b"HTTP/1.1 200 OK\r\nServer: nginx/1.24.0\r\nDate: Sun, 01 Mar 2026 12:30:15 GMT\r\n"
    b"Content-Type: text/html; charset=UTF-8\r\nConnection: close\r\nVary: Accept-Encoding\r\n"
    b"X-Powered-CMS: Bitrix Site Manager (a1b2c3d4e5f60718293a4b5c6d7e8f90)\r\n"
    b"Set-Cookie: PHPSESSID=Qm9sZE1vdmVzQXJlRmluZQ; path=/; HttpOnly\r\n"
    b"ETag: \"65e1c0f7-4d2a\"\r\nCache-Control: no-store, no-cache, must-revalidate\r\n"
)  # fmt: skip
"""A head of the size that Bitrix sites send."""


def exchange(
    extra: bytes = b"", payload: bytes = PAGE, status: int = 200, truncated: str | None = None,
    peer: str = "192.0.2.7:443",
) -> Exchange:  # fmt: skip
    head = USUAL.replace(b"200 OK", b"%d X" % status) + extra + b"\r\n"
    lines = [line.partition(":") for line in head.decode().split("\r\n")[1:-2]]
    return Exchange(
        "https://lakes.test/news/1/", AT, 0.25, peer, REQUEST, head, status,
        tuple((name, value.strip()) for name, _, value in lines), payload, PAGE, truncated,
    )  # fmt: skip


KINDS = {
    "plain": exchange(b"Content-Length: %d\r\n" % len(PAGE)),
    "gzip": exchange(b"Content-Encoding: gzip\r\n", gzip.compress(PAGE)),
    "chunked": exchange(b"Transfer-Encoding: chunked\r\n"),
    "gzip, chunked": exchange(
        b"Content-Encoding: gzip\r\ntransfer-encoding:chunked\r\n", gzip.compress(PAGE)
    ),
    "two members": exchange(
        b"Content-Encoding: gzip\r\n", gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:])
    ),
}


@pytest.fixture
def writer(tmp_path: Path) -> EvidenceWriter:
    return EvidenceWriter(tmp_path, "20260301T123015Z-abc", "pressdiff/test")


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_reads_back_by_its_location(
    tmp_path: Path, writer: EvidenceWriter, kind: str
) -> None:
    digest = digest_bytes(PAGE)
    location = writer.add_exchange(KINDS[kind], digest)
    again = writer.add_exchange_revisit(KINDS[kind], digest, FirstSeen("https://lakes.test/", AT))
    writer.close()
    wanted = WarcLook(KINDS[kind].url, AT, digest, PAGE, 200, "text/html; charset=UTF-8")
    repeated = WarcLook(KINDS[kind].url, AT, digest, None, 200)
    assert read_record(tmp_path, location) == wanted
    assert read_record(tmp_path, again) == repeated
    assert list(read_warc(writer.path)) == [wanted, repeated]


@pytest.mark.parametrize("kind", KINDS)
def test_other_tools_replay_it(
    writer: EvidenceWriter, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = digest_bytes(PAGE)
    writer.add_exchange(KINDS[kind], digest)
    writer.add_exchange_revisit(KINDS[kind], digest, FirstSeen("https://lakes.test/", AT))
    writer.close()

    class Arguments:
        inputs = [str(writer.path)]  # noqa: RUF012
        verbose = True

    checker = Checker(Arguments())
    checker.process_all()
    assert checker.exit_value == 0
    assert "digest pass" in capsys.readouterr().out
    with writer.path.open("rb") as file:
        seen = []
        for record in ArchiveIterator(file):
            body = record.content_stream().read()
            seen.append((record.rec_type, record.rec_headers, record.http_headers, body))
    assert [one[0] for one in seen] == ["warcinfo", "response", "request", "revisit", "request"]
    (_, response, http, body), (_, request, asked, _), (_, revisit, _, nothing) = seen[1:4]
    if kind != "two members":  # warcio stops after the first, our reader does not
        assert body == PAGE
    assert nothing == b""
    assert http.get_header("Transfer-Encoding") is None
    assert ("chunked" in kind) == (http.get_header("X-Archive-Orig-Transfer-Encoding") is not None)
    assert response.get_header("WARC-IP-Address") == "192.0.2.7"
    assert float(response.get_header("Pressdiff-Elapsed-S")) == 0.25
    assert request.get_header("WARC-Concurrent-To") == response.get_header("WARC-Record-ID")
    assert asked.get_header("User-Agent").startswith("pressdiff/")
    assert revisit.get_header("WARC-Profile").endswith("/identical-payload-digest")
    assert revisit.get_header("WARC-Payload-Digest") == response.get_header("WARC-Payload-Digest")
    assert revisit.get_header("WARC-Refers-To-Target-URI") == "https://lakes.test/"


def test_a_304_is_kept_as_the_servers_claim(tmp_path: Path, writer: EvidenceWriter) -> None:
    digest = digest_bytes(PAGE)
    claim = exchange(payload=b"", status=304)
    location = writer.add_exchange_revisit(claim, digest, FirstSeen("https://lakes.test/", AT))
    writer.close()
    assert read_record(tmp_path, location) == WarcLook(claim.url, AT, digest, None, 304)
    with writer.path.open("rb") as file:
        (headers,) = [r.rec_headers for r in ArchiveIterator(file) if r.rec_type == "revisit"]
    assert headers.get_header("WARC-Profile").endswith("/server-not-modified")


def test_a_cut_answer_says_so(tmp_path: Path, writer: EvidenceWriter) -> None:
    cut = exchange(payload=PAGE[:50], truncated="disconnect", peer="[2001:db8::1]:443")
    location = writer.add_exchange(cut, digest_bytes(PAGE[:50]))
    writer.close()
    assert read_record(tmp_path, location).body == PAGE[:50]
    with writer.path.open("rb") as file:
        (headers,) = [r.rec_headers for r in ArchiveIterator(file) if r.rec_type == "response"]
    assert headers.get_header("WARC-Truncated") == "disconnect"
    assert headers.get_header("WARC-IP-Address") == "2001:db8::1"


def test_a_revisit_with_its_request_costs_about_a_kilobyte(writer: EvidenceWriter) -> None:
    locations: list[Location] = [
        writer.add_exchange_revisit(
            KINDS["gzip"], digest_bytes(PAGE), FirstSeen("https://lakes.test/news/1/", AT)
        )
        for _ in range(11)
    ]
    writer.close()
    each_bytes = (locations[-1].offset - locations[0].offset) / 10
    assert each_bytes <= 1300  # 1,078 when this was written


@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_members_of_answers_say_the_digest_of_the_body(writer: EvidenceWriter, end: bytes) -> None:
    one = KINDS["gzip, chunked"]
    head = one.response_head.replace(b"\r\n", end)
    writer.add_exchange(replace(one, response_head=head), digest_bytes(PAGE))
    writer.close()
    found = list(check_members(writer.path.read_bytes()))
    assert [member.kind for member in found] == ["warcinfo", "response", "request"]
    assert [member.digest for member in found] == [None, digest_bytes(PAGE), None]
