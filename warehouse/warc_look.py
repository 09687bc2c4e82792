"""What one record of a WARC file says: the look it holds, or why it can hold none."""

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import IO

from warcio.bufferedreaders import BufferedReader, ChunkedDataException, ChunkedDataReader
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from parsers.model import digest_bytes
from warehouse.captures import WarcLook
from warehouse.gunzip import Gunzip, GunzipError
from warehouse.warc_record import BODY_DIGEST

_LOCATION = re.compile(rb"^Location:[ \t]*(\S+)", re.I | re.M)
_STATUS = re.compile(rb"HTTP/[\d.]+ (\d{3})\b")
RECORD_CAP_BYTES = 64 * 1024 * 1024
"""A record larger than this is refused, unread."""


class BrokenRecordError(Exception):
    def __init__(self, reason: str, *, cut: bool = False) -> None:
        super().__init__(reason)
        self.cut = cut


def look_of(record: ArcWarcRecord, digests: dict[str, str]) -> WarcLook | None:
    """The look of a record; None for kinds that are none. `digests` maps what earlier records
    gave as their payload's digest, in whatever hash, to its sha-256."""
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    block = _block(record, url or f"type {record.rec_type}")
    if record.rec_type not in ("response", "resource", "revisit"):
        return None
    if not url:
        raise BrokenRecordError("a record without WARC-Target-URI")
    captured_at = _parse_date(record.rec_headers.get_header("WARC-Date"), url)
    said = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    if record.rec_type == "revisit":
        said = record.rec_headers.get_header(BODY_DIGEST) or said
        status, location = _STATUS.match(block), _LOCATION.search(block)
        return WarcLook(
            url, captured_at, _repeated_digest(said, digests, url), None,
            int(status[1]) if status else None,
            location=location[1].decode("latin-1") if location else None,
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
        raise BrokenRecordError("the file ends inside a record's header", cut=True)
    declared = int(length)
    if declared > RECORD_CAP_BYTES:
        raise BrokenRecordError(f"the record of {url} is larger than {RECORD_CAP_BYTES} bytes")
    try:
        block: bytes = record.raw_stream.read()
    except (EOFError, OSError, ValueError) as error:
        raise BrokenRecordError(f"the record of {url} is damaged: {error}", cut=True) from error
    if len(block) != declared:
        raise BrokenRecordError(
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
        raise BrokenRecordError(f"the response of {url} cannot be decoded: {error}") from error
    if len(body) > RECORD_CAP_BYTES:
        raise BrokenRecordError(f"the response of {url} is larger than {RECORD_CAP_BYTES} bytes")
    status = int(head.get_statuscode()) if head.get_statuscode().isdigit() else None
    return WarcLook(
        url, captured_at, digest_bytes(body), body, status, head.get_header("Content-Type"),
        head.get_header("Location"),
    )  # fmt: skip


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
        raise BrokenRecordError(f"the record of {url} has no readable WARC-Date") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _repeated_digest(said: str, digests: dict[str, str], url: str) -> str:
    """The sha-256 hex of the bytes that a revisit repeats."""
    algorithm, _, value = said.partition(":")
    if algorithm == "sha256" and len(value) == 64:
        return value.lower()
    if said not in digests:
        raise BrokenRecordError(f"the revisit of {url} repeats a record that is not in this file")
    return digests[said]


def first_line(error: Exception) -> str:
    said = str(error).strip().partition("\n")[0].partition(", first line:")[0]  # which is bytes
    return said or type(error).__name__
