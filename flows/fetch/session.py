"""One request and its answer, complete or said not to be. Nothing is followed, retried or kept.

Clients hide three things that matter here, so all three are looked at below them: an answer that
is longer than its Content-Length (urllib3 stops reading), a head that ends without its blank line
(http.client takes the end of the stream for it), and the bytes as they came.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import requests
from urllib3.exceptions import HTTPError

from flows.fetch.addresses import Target
from flows.fetch.body import BodyDamagedError, BodyReader, BodyTooLargeError, ends_as_html
from flows.fetch.wire import PinnedAdapter, Wire
from warehouse.exchange import Exchange

_PIECE_BYTES = 64 * 1024
_HEAD_END = re.compile(rb"\n\r?\n")
_NO_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a server one exchange bears."""

    deadline_s: float = 30.0
    """From the first packet to the last byte, on a monotonic clock."""
    page_bytes: int = 2 * 1024 * 1024
    document_bytes: int = 20 * 1024 * 1024
    """Of a PDF."""
    linger_s: float = 0.5
    """How long a server that does not close is listened to for bytes beyond its Content-Length."""


USUAL_LIMITS = Limits()


class Fault(StrEnum):
    """Why an exchange gave no complete answer."""

    NETWORK = "network"
    TLS = "tls"
    DEADLINE = "deadline"
    INCOMPLETE = "incomplete"
    TOO_LARGE = "too_large"
    CODING = "coding"
    """Packed in a way that was not asked for."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one request."""

    exchange: Exchange | None
    """None when no whole head of an answer came."""
    fault: Fault | None = None
    reason: str | None = None
    """One sentence, with a fault."""
    proven: bool = True
    """False: neither a length, chunks, a gzip trailer nor `</html>` says that this is all."""


def ask(
    target: Target,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float] = time.monotonic,
    limits: Limits = USUAL_LIMITS,
    cap_bytes: int | None = None,
    ca_file: str | None = None,
) -> Attempt:
    """Send one GET to one of the checked addresses.

    `cap_bytes` stands in for the cap that the answer's type would set; `ca_file` for the usual
    authorities: certificates are always verified. `monotonic` measures how long it took; the
    deadline is real time, as sockets know no other.
    """
    wire = Wire(addresses, limits.deadline_s)
    requested_at, started = now(), monotonic()
    try:
        # Not by a Session: even told to follow nothing it reads a redirect's body to its end,
        # unpacked, and it would ask the environment for proxies and passwords.
        with closing(PinnedAdapter(wire)) as adapter:
            response = adapter.send(
                _prepare(target, headers), stream=True, verify=ca_file or True,
                timeout=limits.deadline_s,
            )  # fmt: skip
            with response:
                wire.end_head()
                answer = _Answer(target, response, wire, limits)
                return answer.read(cap_bytes, requested_at, lambda: monotonic() - started)
    except (requests.RequestException, HTTPError, OSError) as error:
        return _no_answer(wire, error)
    finally:
        wire.shut()


def _prepare(target: Target, headers: Mapping[str, str]) -> requests.PreparedRequest:
    prepared = requests.Request("GET", target.url).prepare()
    prepared.url = target.url  # as it was checked, not as requests would quote it anew
    prepared.headers.clear()
    prepared.headers.update({"Accept-Encoding": "gzip", "Connection": "close", **headers})
    return prepared


def _no_answer(wire: Wire, error: Exception) -> Attempt:
    cause = _innermost(error)
    said = str(cause) or type(cause).__name__
    if wire.late or isinstance(cause, TimeoutError):  # the latter in a TLS handshake
        return Attempt(None, Fault.DEADLINE, "no answer within the deadline")
    if isinstance(error, requests.exceptions.SSLError):
        return Attempt(None, Fault.TLS, f"the TLS connection failed: {said}")
    return Attempt(None, Fault.NETWORK, f"the connection failed: {said}")


def _innermost(error: BaseException) -> BaseException:
    """What lies at the bottom of what requests and urllib3 wrapped."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return error


class _Answer:
    """An answer whose head was read."""

    def __init__(
        self, target: Target, response: requests.Response, wire: Wire, limits: Limits
    ) -> None:
        self._target, self._response, self._wire = target, response, wire
        self._limits = limits
        self._headers = tuple((str(k), str(v)) for k, v in response.raw.headers.items())
        self._head, self._heads_bytes = _split_head(bytes(wire.head))

    def read(
        self, cap_bytes: int | None, requested_at: datetime, elapsed: Callable[[], float]
    ) -> Attempt:
        """Read the body, and judge whether it is all."""
        if self._heads_bytes is None:
            return Attempt(None, Fault.INCOMPLETE, "the answer ends inside its head")
        coding = self._header("content-encoding")
        known = coding in ("", "identity", "gzip", "x-gzip")
        packed = "gzip" if "gzip" in coding and known else ""
        reader = BodyReader(packed, cap_bytes or self._cap_bytes())
        fault, reason, truncated = self._fill(reader)
        elapsed_s = elapsed()
        if fault is None and not known:
            fault, reason = Fault.CODING, f"it came coded as {coding!r}, which was not asked for"
        if fault is None:
            fault, reason, truncated = self._check_length(len(reader.payload))
        exchange = Exchange(
            self._target.url, requested_at, elapsed_s, self._wire.peer,
            bytes(self._wire.sent), self._head, int(self._response.status_code), self._headers,
            bytes(reader.payload), reader.body, truncated,
        )  # fmt: skip
        proven = self._is_framed() or packed == "gzip" or ends_as_html(exchange.body)
        return Attempt(exchange, fault, reason, proven)

    def _fill(self, reader: BodyReader) -> tuple[Fault | None, str | None, str | None]:
        """Fault, reason and what WARC-Truncated says."""
        try:
            while piece := self._response.raw.read1(_PIECE_BYTES, decode_content=False):
                reader.feed(piece)
                self._wire.remaining_s()
            if self._response.status_code not in _NO_BODY:
                reader.finish()
        except BodyTooLargeError as error:
            return Fault.TOO_LARGE, str(error), "length"
        except BodyDamagedError as error:
            return Fault.INCOMPLETE, str(error), "disconnect"
        except (HTTPError, OSError) as error:
            if self._wire.late:
                return Fault.DEADLINE, f"not whole after {self._limits.deadline_s:g} s", "time"
            got = len(reader.payload)
            return Fault.INCOMPLETE, f"cut after {got} bytes: {_innermost(error)}", "disconnect"
        return None, None, None

    def _check_length(self, payload_bytes: int) -> tuple[Fault | None, str | None, str | None]:
        transfer = self._header("transfer-encoding")
        if transfer:
            if transfer == "chunked":
                return None, None, None
            return Fault.CODING, f"its Transfer-Encoding is {transfer!r}", None
        length = self._header("content-length")
        if not length or self._response.status_code in _NO_BODY:
            return None, None, None
        if not (length.isascii() and length.isdigit()):
            return Fault.INCOMPLETE, f"its Content-Length is {length!r}", "disconnect"
        if payload_bytes < int(length):
            return Fault.INCOMPLETE, f"cut after {payload_bytes} of {length} bytes", "disconnect"
        beyond = self._wire.received_bytes - (self._heads_bytes or 0) - int(length)
        if beyond > 0 or self._wire.has_more(self._limits.linger_s):
            return Fault.INCOMPLETE, f"longer than its Content-Length of {length}", "length"
        return None, None, None

    def _is_framed(self) -> bool:
        framed = self._header("content-length") or self._header("transfer-encoding")
        return bool(framed) or self._response.status_code in _NO_BODY

    def _cap_bytes(self) -> int:
        kind = self._header("content-type").partition(";")[0].strip()
        path = self._target.url.partition("?")[0].lower()
        is_pdf = kind == "application/pdf" or (
            kind == "application/octet-stream" and path.endswith(".pdf")
        )
        return self._limits.document_bytes if is_pdf else self._limits.page_bytes

    def _header(self, name: str) -> str:
        """Its value in lower case; empty when it was not sent. Equal repeats count once."""
        values = {v.strip().lower() for k, v in self._headers if k.lower() == name}
        return ", ".join(sorted(values))


def _split_head(data: bytes) -> tuple[bytes, int | None]:
    """The head of the final answer, and how many bytes all heads took; None: it has no end.

    >>> _split_head(b"HTTP/1.1 100 Continue\\r\\n\\r\\nHTTP/1.1 200 OK\\r\\n\\r\\nbody")
    (b'HTTP/1.1 200 OK\\r\\n\\r\\n', 44)
    """
    start = 0
    while end := _HEAD_END.search(data, start):
        head = data[start : end.end()]
        if not re.match(rb"HTTP/\d\.\d 100\b", head):
            return head, end.end()
        start = end.end()
    return data[start:], None
