"""Evidence: the exact bytes of every look, in WARC files that other tools replay.

Writing is ours (a record is a few header lines and a gzip member, and it must cost less than the
page it holds); reading is warcio's, so every record is proved readable by somebody else's code.
ISO 28500:2017 (WARC/1.1); revisits by profile identical-payload-digest, 304s by
server-not-modified. A payload's digest is that of the bytes as sent, as the standard says; where
Content-Encoding makes that another than the digest of the body, by which pressdiff knows a
capture, `Pressdiff-Body-Digest` gives the latter.
"""

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import quote

from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader, ChunkedDataException, ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from parsers.model import Capture, digest_bytes
from warehouse.errors import WarcError
from warehouse.exchange import Exchange
from warehouse.gunzip import Gunzip, GunzipError

_GZIP_LEVEL = 3
"""isal's highest: 0.5 ms a 140 KB page against 3.7 ms for zlib's default, 15 % larger."""
_GZIP_FORMAT = 31
_REVISIT_PROFILE = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_NOT_MODIFIED_PROFILE = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_STATUS = re.compile(rb"HTTP/[\d.]+ (\d{3})\b")
_BODY_DIGEST = "Pressdiff-Body-Digest"
_UNDONE = re.compile(rb"^(Transfer-Encoding[ \t]*:)", re.I | re.M)
_UNDONE_ALL = re.compile(rb"^((?:Transfer|Content)-Encoding[ \t]*:)", re.I | re.M)
"""Headers that no longer hold for the stored payload, as it is or where a coding was not undone."""
RECORD_CAP_BYTES = 64 * 1024 * 1024
"""A record larger than this is refused, unread."""


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record lies: file below the evidence folder, and the offset of its gzip member."""

    warc_file: str
    offset: int


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The earlier look whose bytes a revisit repeats."""

    url: str
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class WarcLook:
    """One response, resource or revisit of a WARC file somebody gives us to ingest."""

    url: str
    captured_at: datetime
    digest: str
    body: bytes | None
    """None for a revisit, whose bytes stand in an earlier record."""
    http_status: int | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class WarcFault:
    """One record, or the rest of the file, that could not be read."""

    number: int
    """Place of the record in the file, from 1."""
    reason: str


class Keeper(Protocol):
    """Where a finished WARC file goes when the folder is not its place to stay."""

    def put(self, path: Path, name: str) -> None:
        """Keep a file under a name; it is safe when this returns."""

    def remove(self, name: str) -> None:
        """Remove it again."""


class EvidenceWriter:
    """Appends the records of one run to one WARC file, which appears with the first record.

    With a keeper the file is handed to it by `sync` and leaves the folder when it is closed.
    """

    def __init__(
        self, folder: Path, run_id: str, software: str, keeper: Keeper | None = None
    ) -> None:
        self._keeper = keeper
        self._kept_bytes = 0
        self._folder = folder
        self._name = f"{run_id[:4]}/{run_id}.warc.gz"
        self._software = software
        self._file: IO[bytes] | None = None
        self._offset = 0

    @property
    def folder(self) -> Path:
        """The evidence folder."""
        return self._folder

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return self._folder / self._name

    def add(self, capture: Capture) -> Location:
        """Keep a file's bytes as a `resource` record."""
        headers = [
            ("WARC-Payload-Digest", f"sha256:{capture.digest}"),
            ("Content-Type", capture.content_type or "application/octet-stream"),
        ]
        return self._append("resource", capture.url, capture.captured_at, headers, capture.body)

    def add_revisit(self, capture: Capture, first: FirstSeen) -> Location:
        """Keep that these bytes, already in evidence, were seen again."""
        headers = [
            ("WARC-Payload-Digest", f"sha256:{capture.digest}"),
            ("WARC-Profile", _REVISIT_PROFILE),
            ("WARC-Refers-To-Target-URI", _uri(first.url)),
            ("WARC-Refers-To-Date", _warc_date(first.captured_at)),
        ]
        return self._append("revisit", capture.url, capture.captured_at, headers, b"")

    def add_exchange(self, exchange: Exchange, digest: str) -> Location:
        """Keep an answer as a `response` record, and its request; `digest` is the body's.

        The location is the response's. The payload is stored as sent but for its chunks, so the
        head's Transfer-Encoding is renamed as other archives do; and its Content-Encoding where
        the body was taken as it came, so that every reader gives the bytes of `digest`.
        """
        headers = _digests(exchange, digest)
        return self._append_exchange("response", exchange, headers, exchange.payload)

    def add_exchange_revisit(self, exchange: Exchange, digest: str, first: FirstSeen) -> Location:
        """Keep that a body already in evidence was sent again, or that a 304 said so; heads only.

        `digest` is that of the body which `first` holds.
        """
        if exchange.status == 304:
            profile = _NOT_MODIFIED_PROFILE
            headers = [("WARC-Payload-Digest", f"sha256:{digest}")]
        else:
            profile, headers = _REVISIT_PROFILE, _digests(exchange, digest)
        headers += [
            ("WARC-Profile", profile),
            ("WARC-Refers-To-Target-URI", _uri(first.url)),
            ("WARC-Refers-To-Date", _warc_date(first.captured_at)),
        ]
        return self._append_exchange("revisit", exchange, headers, b"")

    def sync(self) -> None:
        """Make what was written survive a power cut; call before COMMIT, as often as you like."""
        if self._file is None:
            return
        self._file.flush()
        if self._keeper is not None:
            if self._kept_bytes < self._offset:
                self._keeper.put(self.path, self._name)
                self._kept_bytes = self._offset
            return
        os.fsync(self._file.fileno())
        for folder in (self.path.parent, self._folder):
            sync_folder(folder)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._kept_bytes:
            self.path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the file: no row will ever name it."""
        self.close()
        self.path.unlink(missing_ok=True)
        if self._kept_bytes and self._keeper is not None:
            self._keeper.remove(self._name)

    def _append_exchange(
        self, kind: str, exchange: Exchange, headers: list[tuple[str, str]], payload: bytes
    ) -> Location:
        url, at, answer_id = exchange.url, exchange.requested_at, _new_id()
        common = [("WARC-IP-Address", _ip(exchange.peer))] if exchange.peer else []
        headers = [
            ("WARC-Record-ID", answer_id),
            *common,
            *headers,
            *([("WARC-Truncated", exchange.truncated)] if exchange.truncated else []),
            ("Pressdiff-Elapsed-S", f"{exchange.elapsed_s:.6f}"),
            ("Content-Type", "application/http;msgtype=response"),
        ]
        undone = _UNDONE_ALL if exchange.payload == exchange.body else _UNDONE
        head = undone.sub(rb"X-Archive-Orig-\1", exchange.response_head)
        location = self._append(kind, url, at, headers, head + payload)
        request = [
            *common,
            ("WARC-Concurrent-To", answer_id),
            ("Content-Type", "application/http;msgtype=request"),
        ]
        self._append("request", url, at, request, exchange.request_head)
        return location

    def _append(
        self, kind: str, url: str, at: datetime, headers: list[tuple[str, str]], block: bytes
    ) -> Location:
        if self._file is None:
            self._open(at)
        offset = self._offset
        self._write(_record(kind, url, at, headers, block))
        return Location(self._name, offset)

    def _open(self, at: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("xb")
        info = f"software: {self._software}\r\nformat: WARC File Format 1.1\r\n".encode()
        headers = [("WARC-Filename", self.path.name), ("Content-Type", "application/warc-fields")]
        self._write(_record("warcinfo", None, at, headers, info))

    def _write(self, record: bytes) -> None:
        assert self._file is not None
        compressor = isal_zlib.compressobj(_GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP_FORMAT)
        member = compressor.compress(record) + compressor.flush()
        self._file.write(member)
        self._offset += len(member)


def _record(
    kind: str, url: str | None, at: datetime, headers: list[tuple[str, str]], block: bytes
) -> bytes:
    has_id = any(name == "WARC-Record-ID" for name, _ in headers)
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        *([] if has_id else [f"WARC-Record-ID: {_new_id()}"]),
        f"WARC-Date: {_warc_date(at)}",
        *([f"WARC-Target-URI: {_uri(url)}"] if url is not None else []),
        *(f"{name}: {_one_line(value)}" for name, value in headers),
        f"Content-Length: {len(block)}",
        "\r\n",
    ]
    return b"".join(["\r\n".join(lines).encode("utf-8", "replace"), block, b"\r\n\r\n"])


def _new_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _digests(exchange: Exchange, digest: str) -> list[tuple[str, str]]:
    sent = digest_bytes(exchange.payload)
    own = [] if sent == digest else [(_BODY_DIGEST, f"sha256:{digest}")]
    return [("WARC-Payload-Digest", f"sha256:{sent}"), *own]


def _ip(peer: str) -> str:
    return peer.rpartition(":")[0].strip("[]")


def _uri(url: str) -> str:
    """The URL with what a header line cannot hold percent-encoded; all else is left as it is."""
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~", errors="surrogateescape")


def _one_line(value: str) -> str:
    return value.replace("\r", "%0D").replace("\n", "%0A")


def _warc_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_synced(source: IO[bytes], target: Path) -> None:
    """Copy a file into evidence; it and its folders survive a power cut when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)


class RecordReader:
    """Reads single records of one evidence file by offset. Use as a context manager."""

    def __init__(self, path: Path, opener: Callable[[], IO[bytes]] | None = None) -> None:
        self._path = path
        self._opener = opener or (lambda: path.open("rb"))

    def __enter__(self) -> "RecordReader":
        try:
            self._file = self._opener()
        except OSError as error:
            raise WarcError(f"{self._path}: {error.strerror or _first_line(error)}") from error
        self._length_bytes = self._file.seek(0, os.SEEK_END)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, location: Location) -> WarcLook:
        """The look kept at a location. Raises WarcError when no whole record starts there."""
        self._file.seek(location.offset)
        found = next(_looks(self._file, self._length_bytes), None)
        if found is None:
            raise WarcError(f"{self._path}: no record starts at offset {location.offset}")
        if isinstance(found, WarcFault):
            raise WarcError(f"{self._path}: at offset {location.offset}: {found.reason}")
        return found


def read_record(folder: Path, location: Location) -> WarcLook:
    """The look kept at a location below the evidence folder; WarcError when there is none."""
    with RecordReader(folder / location.warc_file) as reader:
        return reader.read(location)


def read_warc(path: Path) -> Iterator[WarcLook | WarcFault]:
    """Every look of a WARC file in file order, and a fault for what cannot be read.

    Records of other kinds (request, metadata, warcinfo) are passed over. After a cut the fault is
    the last item. Raises WarcError when the file cannot be opened or is no WARC at all.
    """
    try:
        with path.open("rb") as file:
            yield from _looks(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise WarcError(f"{path}: {error.strerror}") from error


def _looks(file: IO[bytes], size: int) -> Iterator[WarcLook | WarcFault]:
    iterator = ArchiveIterator(file, no_record_parse=True)
    end = file.tell()
    digests: dict[str, str] = {}
    for number in count(1):
        try:
            record = next(iterator, None)
        except (ArchiveLoadFailed, EOFError, ValueError) as error:
            yield WarcFault(number, f"not a WARC record ({_first_line(error)})")
            return
        if record is None:
            if end < size or number == 1:  # a cut inside a header reads like the end
                yield WarcFault(number, "the file ends inside the header of a record")
            return
        try:
            look = _look_of(record, digests)
        except _BrokenRecordError as error:
            yield WarcFault(number, str(error))
            if error.cut:
                return
            look = None
        iterator.read_to_end()
        end = iterator.offset  # where the next record has to start
        if look is not None:
            yield look


class _BrokenRecordError(Exception):
    def __init__(self, reason: str, *, cut: bool = False) -> None:
        super().__init__(reason)
        self.cut = cut


def _look_of(record: ArcWarcRecord, digests: dict[str, str]) -> WarcLook | None:
    """The look of a record; None for kinds that are none. `digests` maps what earlier records
    gave as their payload's digest, in whatever hash, to its sha-256."""
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    block = _block(record, url or f"type {record.rec_type}")
    if record.rec_type not in ("response", "resource", "revisit"):
        return None
    if not url:
        raise _BrokenRecordError("a record without WARC-Target-URI")
    captured_at = _parse_date(record.rec_headers.get_header("WARC-Date"), url)
    said = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    if record.rec_type == "revisit":
        said = record.rec_headers.get_header(_BODY_DIGEST) or said
        status = _STATUS.match(block)
        return WarcLook(
            url, captured_at, _repeated_digest(said, digests, url), None,
            int(status[1]) if status else None,
        )  # fmt: skip
    look = _fresh_look(record, url, captured_at, block)
    if said:
        digests[said] = look.digest
    return look


def _fresh_look(record: ArcWarcRecord, url: str, captured_at: datetime, block: bytes) -> WarcLook:
    if record.rec_type == "resource" or not block.startswith(b"HTTP/"):
        content_type = record.rec_headers.get_header("Content-Type")
        return WarcLook(url, captured_at, digest_bytes(block), block, None, content_type)
    is_cut = record.rec_headers.get_header("WARC-Truncated") is not None
    return _http_look(url, captured_at, block, is_cut)


def _block(record: ArcWarcRecord, url: str) -> bytes:
    length = record.rec_headers.get_header("Content-Length") or ""
    if not length.isdigit():
        raise _BrokenRecordError("the file ends inside a record's header", cut=True)
    declared = int(length)
    if declared > RECORD_CAP_BYTES:
        raise _BrokenRecordError(f"the record of {url} is larger than {RECORD_CAP_BYTES} bytes")
    try:
        block: bytes = record.raw_stream.read()
    except (EOFError, OSError, ValueError) as error:
        raise _BrokenRecordError(f"the record of {url} is damaged: {error}", cut=True) from error
    if len(block) != declared:
        raise _BrokenRecordError(
            f"the file ends inside the record of {url}: {len(block)} of {declared} bytes", cut=True
        )
    return block


def _http_look(url: str, captured_at: datetime, block: bytes, is_cut: bool) -> WarcLook:
    stream = BytesIO(block)
    try:
        head = StatusAndHeadersParser(["HTTP/1.0", "HTTP/1.1", "HTTP/2"]).parse(stream)
        payload: IO[bytes] = stream
        if (head.get_header("Transfer-Encoding") or "").lower() == "chunked":
            payload = ChunkedDataReader(stream, raise_exceptions=False)
        encoding = (head.get_header("Content-Encoding") or "").lower()
        if encoding in ("deflate", "br"):
            payload = BufferedReader(payload, decomp_type=encoding)
        body = _read_all(payload)
        if encoding in ("gzip", "x-gzip") and body:
            body = _unpacked(body, is_cut)
    except (
        StatusAndHeadersParserException, ChunkedDataException, EOFError, OSError, ValueError,
        GunzipError,
    ) as error:  # fmt: skip
        raise _BrokenRecordError(f"the response of {url} cannot be decoded: {error}") from error
    if len(body) > RECORD_CAP_BYTES:
        raise _BrokenRecordError(f"the response of {url} is larger than {RECORD_CAP_BYTES} bytes")
    status = int(head.get_statuscode()) if head.get_statuscode().isdigit() else None
    return WarcLook(
        url, captured_at, digest_bytes(body), body, status, head.get_header("Content-Type")
    )


def _read_all(payload: IO[bytes]) -> bytes:
    body = payload.read(RECORD_CAP_BYTES + 1)
    while more := payload.read(RECORD_CAP_BYTES + 1):
        body += more
        if len(body) > RECORD_CAP_BYTES:
            break
    return body


def _unpacked(payload: bytes, is_cut: bool) -> bytes:
    """The body of a gzip payload; of one that says it is cut, as far as it goes. What is no gzip
    at all whatever its header says is left as it is: some archives store it unpacked."""
    if not payload.startswith(b"\x1f\x8b") and not is_cut:
        return payload
    unpacked = Gunzip()
    try:
        unpacked.feed(payload, RECORD_CAP_BYTES)
    except GunzipError:
        if not is_cut:
            raise
    return bytes(unpacked.body)


def _parse_date(text: str | None, url: str) -> datetime:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise _BrokenRecordError(f"the record of {url} has no readable WARC-Date") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _repeated_digest(said: str, digests: dict[str, str], url: str) -> str:
    """The sha-256 hex of the bytes that a revisit repeats."""
    algorithm, _, value = said.partition(":")
    if algorithm == "sha256" and len(value) == 64:
        return value.lower()
    if said not in digests:
        raise _BrokenRecordError(f"the revisit of {url} repeats a record that is not in this file")
    return digests[said]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
