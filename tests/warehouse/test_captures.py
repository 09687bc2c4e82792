"""Evidence: what is written reads back by another library; what is cut or false says so."""

import gzip
import zlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from parsers.model import Capture, digest_bytes
from warehouse.captures import (
    EvidenceWriter,
    FirstSeen,
    Location,
    WarcFault,
    WarcLook,
    Written,
)
from warehouse.errors import WarcError
from warehouse.warc_members import check_members
from warehouse.warc_reader import read_record, read_warc

AT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def capture(body: bytes, url: str = "file:seeds/a b.txt") -> Capture:
    return Capture("lakes", url, AT, body, digest_bytes(body))


@pytest.fixture
def written(tmp_path: Path) -> tuple[EvidenceWriter, list[Location]]:
    writer = EvidenceWriter(tmp_path, "20260301T123015Z-abc", "pressdiff/test")
    bodies = [b"first body", bytes(range(256)) * 40, b""]
    locations = [writer.add(capture(body)) for body in bodies]
    locations.append(writer.add_revisit(capture(b"first body"), FirstSeen("file:old", AT)))
    writer.sync()
    writer.close()
    return writer, locations


def test_every_offset_resolves_to_its_bytes(
    tmp_path: Path, written: tuple[EvidenceWriter, list[Location]]
) -> None:
    _, locations = written
    looks = [read_record(tmp_path, location) for location in locations]
    assert [look.body for look in looks] == [b"first body", bytes(range(256)) * 40, b"", None]
    assert looks[3].digest == looks[0].digest == digest_bytes(b"first body")
    assert {look.captured_at for look in looks} == {AT}


def test_other_tools_accept_the_file(
    written: tuple[EvidenceWriter, list[Location]], capsys: pytest.CaptureFixture[str]
) -> None:
    writer, _ = written

    class Arguments:
        inputs = [str(writer.path)]  # noqa: RUF012
        verbose = True

    checker = Checker(Arguments())
    checker.process_all()
    assert checker.exit_value == 0
    assert "digest pass" in capsys.readouterr().out
    with writer.path.open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file)]
    assert kinds == ["warcinfo", "resource", "resource", "resource", "revisit"]


def test_a_discarded_file_is_gone_and_an_unused_one_never_was(tmp_path: Path) -> None:
    unused = EvidenceWriter(tmp_path, "20260301T000000Z-1", "x")
    unused.sync()
    unused.close()
    assert list(tmp_path.rglob("*.gz")) == []
    used = EvidenceWriter(tmp_path, "20260301T000000Z-2", "x")
    used.add(capture(b"body"))
    used.discard()
    assert list(tmp_path.rglob("*.gz")) == []


def members(data: bytes) -> list[int]:
    """Where each gzip member of a file ends."""
    ends, rest = [], data
    while rest:
        inflater = zlib.decompressobj(31)
        inflater.decompress(rest)
        rest = inflater.unused_data
        ends.append(len(data) - len(rest))
    return ends


def test_a_file_cut_anywhere_gives_what_came_before_and_one_fault(
    tmp_path: Path, written: tuple[EvidenceWriter, list[Location]]
) -> None:
    data = written[0].path.read_bytes()
    whole = [look.digest for look in read_warc(written[0].path) if isinstance(look, WarcLook)]
    assert len(whole) == 4
    ends = members(data)
    cut_file = tmp_path / "cut.warc.gz"
    for cut in range(1, len(data), 7):
        cut_file.write_bytes(data[:cut])
        found = list(read_warc(cut_file))
        looks = [one for one in found if isinstance(one, WarcLook)]
        assert [one.digest for one in looks] == whole[: len(looks)]
        # a record whose bytes are all there counts, even if its gzip trailer is cut
        if not any(end - 16 <= cut <= end for end in ends):
            assert isinstance(found[-1], WarcFault), cut
        assert len(looks) == len(found) or isinstance(found[-1], WarcFault)


def test_a_file_that_ends_between_records_has_no_fault(
    tmp_path: Path, written: tuple[EvidenceWriter, list[Location]]
) -> None:
    data = written[0].path.read_bytes()
    for number, end in enumerate(members(data)):
        path = tmp_path / "part.warc.gz"
        path.write_bytes(data[:end])
        assert len([one for one in read_warc(path) if isinstance(one, WarcLook)]) == number
        assert not [one for one in read_warc(path) if isinstance(one, WarcFault)]
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(data))
    assert len(list(read_warc(plain))) == 4


@pytest.mark.parametrize(
    "content", [b"", b"hello, this is no WARC\n" * 50, b"\x1f\x8b\x08\x00garbage", b"\x00" * 999]
)
def test_what_is_no_warc_is_one_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "not.warc"
    path.write_bytes(content)
    (fault,) = read_warc(path)
    assert isinstance(fault, WarcFault)


def test_a_wrong_offset_is_an_error(
    tmp_path: Path, written: tuple[EvidenceWriter, list[Location]]
) -> None:
    location = written[1][1]
    for offset in (location.offset + 3, 10**9):
        with pytest.raises(WarcError):
            read_record(tmp_path, Location(location.warc_file, offset))
    with pytest.raises(WarcError, match="No such file"):
        read_record(tmp_path, Location("2026/gone.warc.gz", 0))


def http_warc(path: Path, headers: list[tuple[str, str]], payload: bytes) -> None:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
        record = writer.create_warc_record(
            "https://lakes.example/a", "response", payload=BytesIO(payload), http_headers=http,
            warc_headers_dict={"WARC-Date": "2026-03-01T12:30:15Z"},
        )  # fmt: skip
        writer.write_record(record)
        other = writer.create_warc_record(
            "https://lakes.example/a", "metadata", payload=BytesIO(b"via: x")
        )
        writer.write_record(other)


@pytest.mark.parametrize(
    ("headers", "payload"),
    [
        ([], b"<p>text</p>"),
        ([("Content-Encoding", "gzip")], gzip.compress(b"<p>text</p>", mtime=0)),
        ([("Transfer-Encoding", "chunked")], b"4\r\n<p>t\r\n7\r\next</p>\r\n0\r\n\r\n"),
    ],
    ids=["plain", "gzip", "chunked"],
)
def test_content_and_transfer_encodings_are_undone(
    tmp_path: Path, headers: list[tuple[str, str]], payload: bytes
) -> None:
    path = tmp_path / "http.warc.gz"
    http_warc(path, [("Content-Type", "text/html; charset=utf-8"), *headers], payload)
    (look,) = read_warc(path)
    assert isinstance(look, WarcLook)
    assert look.body == b"<p>text</p>"
    assert look.digest == digest_bytes(b"<p>text</p>")
    assert (look.http_status, look.content_type) == (200, "text/html; charset=utf-8")
    assert look.captured_at == datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


def test_what_was_kept_elsewhere_is_looked_for_again(tmp_path: Path) -> None:
    """A writer that waited for days may find its upload taken for a dead one's, and removed."""
    kept: dict[str, bytes] = {}

    class Keeper:
        def put(self, path: Path, name: str) -> None:
            kept[name] = path.read_bytes()

        def length(self, name: str) -> int | None:
            return len(kept[name]) if name in kept else None

        def remove(self, name: str) -> None:
            del kept[name]

    writer = EvidenceWriter(tmp_path, "20260301T123015Z-abc", "x", Keeper())
    assert writer.written is None
    writer.add(capture(b"body"))
    writer.sync()
    first = dict(kept)
    kept.clear()
    writer.sync()
    assert kept == first
    assert writer.written is not None
    ((name, data),) = kept.items()
    assert writer.written == Written(name, len(data), digest_bytes(data))
    writer.close()
    assert list(tmp_path.rglob("*.gz")) == []


def test_members_are_found_where_they_lie_with_their_digests(
    written: tuple[EvidenceWriter, list[Location]],
) -> None:
    writer, locations = written
    data = writer.path.read_bytes()
    found = list(check_members(data))
    assert [one.offset for one in found[1:]] == [one.offset for one in locations]
    assert [one.offset + one.length_bytes for one in found] == members(data)
    assert [one.kind for one in found] == [
        "warcinfo",
        "resource",
        "resource",
        "resource",
        "revisit",
    ]
    assert found[1].digest == found[4].digest == digest_bytes(b"first body")


def test_no_cut_and_no_altered_bit_of_a_record_passes(
    written: tuple[EvidenceWriter, list[Location]],
) -> None:
    data = written[0].path.read_bytes()
    ends = members(data)
    for cut in range(1, len(data), 3):
        if cut not in ends:
            with pytest.raises(WarcError):
                list(check_members(data[:cut]))
    passed = 0
    for at in range(0, len(data), 3):
        altered = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        try:
            list(check_members(altered))
        except WarcError:
            continue
        passed += 1  # gzip's own time and name of the packer, and the bits that fill a last byte
        assert gzip.decompress(altered) == gzip.decompress(data)
    assert passed < 5 * 7 / 3 + 5
    record = gzip.decompress(data[: ends[0]])
    for false in (
        record.replace(b"Content-Length: ", b"Content-Length: 1"),
        record[:-1],
        b"x" + record,
        b"",
    ):
        with pytest.raises(WarcError):
            list(check_members(gzip.compress(false)))
    body = gzip.decompress(data[ends[0] : ends[1]])
    with pytest.raises(WarcError, match="the payload is not the one"):
        list(check_members(gzip.compress(body.replace(b"first body", b"other body"))))
