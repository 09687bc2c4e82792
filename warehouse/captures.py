"""Evidence: the exact bytes of every look, in WARC files that other tools replay.

Writing is ours (a record is a few header lines and a gzip member, and it must cost less than the
page it holds); reading (`warc_reader.py`) is warcio's, so every record is proved readable by
somebody else's code. Revisits by profile identical-payload-digest, 304s by server-not-modified.
"""

import fcntl
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Protocol

from parsers.model import Capture
from warehouse.disk import sync_folder
from warehouse.exchange import Exchange
from warehouse.warc_record import (
    NOT_MODIFIED_PROFILE,
    REVISIT_PROFILE,
    ip_of,
    new_id,
    packed,
    payload_digests,
    record_bytes,
    stored_head,
    uri_of,
    warc_date,
)


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
    location: str | None = None
    """Where a redirect leads, as the server wrote it."""


@dataclass(frozen=True, slots=True)
class WarcFault:
    """One record, or the rest of the file, that could not be read."""

    number: int
    """Place of the record in the file, from 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a run wrote of evidence, as its row says it: all bytes, not only payloads."""

    warc_file: str
    length_bytes: int
    digest: str
    """sha-256 hex of the whole file."""


class Keeper(Protocol):
    """Where a finished WARC file goes when the folder is not its place to stay."""

    def put(self, path: Path, name: str) -> None:
        """Keep a file under a name; it is safe when this returns."""

    def length(self, name: str) -> int | None:
        """How many bytes are kept under a name; None: nothing is."""

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
        self._digest = hashlib.sha256()

    @property
    def folder(self) -> Path:
        """The evidence folder."""
        return self._folder

    @property
    def written(self) -> Written | None:
        """What was written until now; None: nothing."""
        if not self._offset:
            return None
        return Written(self._name, self._offset, self._digest.hexdigest())

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
            ("WARC-Profile", REVISIT_PROFILE),
            ("WARC-Refers-To-Target-URI", uri_of(first.url)),
            ("WARC-Refers-To-Date", warc_date(first.captured_at)),
        ]
        return self._append("revisit", capture.url, capture.captured_at, headers, b"")

    def add_exchange(self, exchange: Exchange, digest: str) -> Location:
        """Keep an answer as a `response` record, and its request; `digest` is the body's.

        The location is the response's. The payload is stored as sent but for its chunks, so the
        head's Transfer-Encoding is renamed as other archives do; and its Content-Encoding where
        the body was taken as it came, so that every reader gives the bytes of `digest`.
        """
        headers = payload_digests(exchange, digest)
        return self._append_exchange("response", exchange, headers, exchange.payload)

    def add_exchange_revisit(self, exchange: Exchange, digest: str, first: FirstSeen) -> Location:
        """Keep that a body already in evidence was sent again, or that a 304 said so; heads only.

        `digest` is that of the body which `first` holds.
        """
        if exchange.status == 304:
            profile = NOT_MODIFIED_PROFILE
            headers = [("WARC-Payload-Digest", f"sha256:{digest}")]
        else:
            profile, headers = REVISIT_PROFILE, payload_digests(exchange, digest)
        headers += [
            ("WARC-Profile", profile),
            ("WARC-Refers-To-Target-URI", uri_of(first.url)),
            ("WARC-Refers-To-Date", warc_date(first.captured_at)),
        ]
        return self._append_exchange("revisit", exchange, headers, b"")

    def sync(self) -> None:
        """Make what was written survive a power cut; call before COMMIT, as often as you like.

        What was kept elsewhere is looked for again: between two calls somebody may have waited
        so long that it was taken for a dead run's and removed.
        """
        if self._file is None:
            return
        self._file.flush()
        if self._keeper is not None:
            if not self._kept_bytes or self._keeper.length(self._name) != self._offset:
                self._keeper.put(self.path, self._name)
                self._kept_bytes = self._offset
            return
        os.fsync(self._file.fileno())
        for folder in (self.path.parent, self._folder):
            sync_folder(folder)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            fcntl.flock(
                self._file, fcntl.LOCK_UN
            )  # a process forked meanwhile has the file open too
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
        url, at, answer_id = exchange.url, exchange.requested_at, new_id()
        common = [("WARC-IP-Address", ip_of(exchange.peer))] if exchange.peer else []
        headers = [
            ("WARC-Record-ID", answer_id),
            *common,
            *headers,
            *([("WARC-Truncated", exchange.truncated)] if exchange.truncated else []),
            ("Pressdiff-Elapsed-S", f"{exchange.elapsed_s:.6f}"),
            ("Content-Type", "application/http;msgtype=response"),
        ]
        location = self._append(kind, url, at, headers, stored_head(exchange) + payload)
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
        self._write(record_bytes(kind, url, at, headers, block))
        return Location(self._name, offset)

    def _open(self, at: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("xb")
        fcntl.flock(self._file, fcntl.LOCK_EX)  # while it is held the file is a living run's
        info = f"software: {self._software}\r\nformat: WARC File Format 1.1\r\n".encode()
        headers = [("WARC-Filename", self.path.name), ("Content-Type", "application/warc-fields")]
        self._write(record_bytes("warcinfo", None, at, headers, info))

    def _write(self, record: bytes) -> None:
        assert self._file is not None
        member = packed(record)
        self._file.write(member)
        self._digest.update(member)
        self._offset += len(member)
