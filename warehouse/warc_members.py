"""The gzip members of a WARC file, each a record, held against all that they say of themselves."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from isal import isal_zlib

from warehouse.errors import WarcError
from warehouse.warc_look import RECORD_CAP_BYTES
from warehouse.warc_record import BODY_DIGEST

_GZIP_FORMAT = 31
_DAMAGED = cast(type[Exception], isal_zlib.error)
_STEP_BYTES = 64 * 1024
"""What follows a member in its last step is copied out of the decompressor: small, for most members
have about a kilobyte."""
_MOST_BYTES = RECORD_CAP_BYTES + 1024 * 1024
_HEADER = re.compile(
    rb"\r\n(WARC-Type|Content-Length|WARC-Payload-Digest|" + BODY_DIGEST.encode() + rb"):"
    rb"[ \t]*([^\r\n]*)",
    re.I,
)
_HEAD_END = re.compile(rb"\n\r?\n")
"""Of an answer, whose server may end its lines as it likes."""
_SHA256 = "sha256:"


@dataclass(frozen=True, slots=True)
class Member:
    """One record that is whole."""

    offset: int
    length_bytes: int
    kind: str
    """WARC-Type."""
    digest: str | None
    """sha-256 hex of the body it holds or repeats, as it says; None: of no body."""


def check_members(data: bytes) -> Iterator[Member]:
    """Every record of a WARC file whose records are gzip members, in order.

    Its gzip checksum, its length and the digest of its payload must be right. Raises WarcError,
    which says at what offset, when one is not.
    """
    offset = 0
    while offset < len(data):
        record, end = _inflated(data, offset)
        yield _member(record, offset, end - offset)
        offset = end


def _inflated(data: bytes, offset: int) -> tuple[bytes, int]:
    """A member's record, and where the member ends."""
    inflater = isal_zlib.decompressobj(_GZIP_FORMAT)
    parts, length, at = [], 0, offset
    try:
        while not inflater.eof:
            if at >= len(data):
                raise WarcError(f"at offset {offset}: the file ends inside a record")
            parts.append(inflater.decompress(data[at : at + _STEP_BYTES]))
            at += _STEP_BYTES
            length += len(parts[-1])
            if length > _MOST_BYTES:
                raise WarcError(f"at offset {offset}: the record is larger than {RECORD_CAP_BYTES}")
    except _DAMAGED as error:
        raise WarcError(f"at offset {offset}: the record is damaged ({error})") from error
    return b"".join(parts), min(at, len(data)) - len(inflater.unused_data)


def _member(record: bytes, offset: int, length_bytes: int) -> Member:
    head, parted, rest = record.partition(b"\r\n\r\n")
    if not parted or not head.startswith(b"WARC/1."):
        raise WarcError(f"at offset {offset}: this is no WARC record")
    said = {
        name.decode().lower(): value.decode("utf-8", "replace")
        for name, value in _HEADER.findall(head)
    }
    if not rest.endswith(b"\r\n\r\n") or said.get("content-length") != str(len(rest) - 4):
        raise WarcError(f"at offset {offset}: the record has another length than it says")
    kind, block = said.get("warc-type", ""), rest[:-4]
    payload_digest = said.get("warc-payload-digest")
    if kind in ("response", "resource") and (payload_digest or "").startswith(_SHA256):
        end = _HEAD_END.search(block) if kind == "response" else None
        payload = block[end.end() :] if end else block
        if payload_digest != f"{_SHA256}{hashlib.sha256(payload).hexdigest()}":
            raise WarcError(f"at offset {offset}: the payload is not the one whose digest it says")
    digest = said.get(BODY_DIGEST.lower(), payload_digest)
    return Member(offset, length_bytes, kind, digest.removeprefix(_SHA256) if digest else None)
