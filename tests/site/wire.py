"""An answer on a socket: whole, or spoilt on the way."""

import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.client import responses

from tests.site.faults import FaultKind, Severity
from tests.site.site import Reply

_TICK_S = 0.05
_BLOCK = 64 * 1024

Over = Callable[[], bool]
"""Whether the client went away or the test is over."""
Done = Callable[[], None]
"""To be called when the last byte is about to go."""


def send(sock: socket.socket, reply: Reply, date: str, accepts_gzip: bool, done: Done) -> bool:
    """Send the whole answer; whether the connection may be used again."""
    payload = reply.body
    extra = [("Date", date)]
    if reply.gzipped and accepts_gzip and payload:
        payload = gzip.compress(payload, 6, mtime=0)
        extra.append(("Content-Encoding", "gzip"))
    bodiless = reply.status == 304
    if reply.framing == "chunked" and not bodiless:
        extra.append(("Transfer-Encoding", "chunked"))
        payload = b"".join(_chunk(part) for part in _blocks(payload)) + b"0\r\n\r\n"
    elif reply.framing == "close" and not bodiless:
        extra.append(("Connection", "close"))
    elif not bodiless:
        extra.append(("Content-Length", str(len(payload))))
    done()
    sock.sendall(head(reply, extra) + (b"" if bodiless else payload))
    return reply.framing != "close"


def head(reply: Reply, extra: list[tuple[str, str]]) -> bytes:
    """Status line and headers with the blank line."""
    fields = [*reply.headers, *extra]
    if reply.content_type:
        fields.insert(0, ("Content-Type", reply.content_type))
    lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def spoil(
    sock: socket.socket, reply: Reply, kind: FaultKind, severity: Severity, over: Over, date: str
) -> None:
    """Send an answer that goes wrong on the wire; the connection is of no use afterwards."""
    dated = [("Date", date), ("Connection", "close")]
    length = len(reply.body)
    half = reply.body[: length // 2]
    if kind == "hang":
        _linger(severity.hang_s, over)
    elif kind == "reset":
        sock.sendall(head(reply, [*dated, ("Content-Length", str(length))]) + half)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif kind == "cut_gzip":
        packed = gzip.compress(reply.body, 6, mtime=0)
        packed = packed[: len(packed) * 2 // 3]  # its length is right: only the gzip is not whole
        fields = [*dated, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]
        sock.sendall(head(reply, fields) + packed)
    elif kind == "cut_chunk":
        sock.sendall(head(reply, [*dated, ("Transfer-Encoding", "chunked")]) + _chunk(half))
    elif kind == "too_short":
        sock.sendall(head(reply, [*dated, ("Content-Length", str(length))]) + half)
    elif kind == "too_long":
        sock.sendall(head(reply, [*dated, ("Content-Length", str(len(half)))]) + reply.body)
    elif kind == "drip":
        _drip(sock, head(reply, [*dated, ("Content-Length", str(length))]), half, severity, over)
    elif kind == "gzip_bomb":
        fields = [*dated, ("Content-Encoding", "gzip")]
        _pour(sock, head(reply, fields), _bomb(severity.bomb_bytes), over)
    elif kind == "endless_body":
        fields = [*dated, ("Transfer-Encoding", "chunked")]
        _pour(sock, head(reply, fields), _endless(reply.body, severity.endless_bytes), over)
    else:
        raise AssertionError(f"{kind} is no fault of the wire")


ON_THE_WIRE: tuple[FaultKind, ...] = (
    "hang", "reset", "cut_gzip", "cut_chunk", "too_short", "too_long", "drip", "gzip_bomb",
    "endless_body",
)  # fmt: skip


def whole(reply: Reply) -> Reply:
    """The reply with a body of some length even where it would be none."""
    return reply if reply.body else replace(reply, body=b"<!DOCTYPE html>" + b" " * 4000)


def is_gone(sock: socket.socket) -> bool:
    """Whether the client closed its side."""
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _linger(seconds: float, over: Over) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not over():
        time.sleep(_TICK_S)


def _drip(sock: socket.socket, start: bytes, body: bytes, severity: Severity, over: Over) -> None:
    """The body byte by byte, never to its end."""
    sock.sendall(start)
    until = time.monotonic() + severity.drip_s
    for at in range(len(body)):
        if over() or time.monotonic() >= until:
            return
        sock.sendall(body[at : at + 1])
        time.sleep(_TICK_S)


def _pour(sock: socket.socket, start: bytes, parts: Iterator[bytes], over: Over) -> None:
    sock.sendall(start)
    for part in parts:
        if over():
            return
        sock.sendall(part)


def _bomb(size: int) -> Iterator[bytes]:
    """A gzip of a page that goes on for `size` bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    yield packer.compress(b"<!DOCTYPE html><html><body><p>")
    block = b" " * (1024 * 1024)
    for _ in range(max(1, size // len(block))):
        yield packer.compress(block)
    yield packer.flush()


def _endless(body: bytes, size: int) -> Iterator[bytes]:
    """Chunks of a page that has no end; in the end the connection closes without the last."""
    yield _chunk(body[: len(body) // 2])
    filler = _chunk(b"<p>And so on.</p>" * 4000)
    for _ in range(size // len(filler)):
        yield filler


def _blocks(payload: bytes) -> Iterator[bytes]:
    for at in range(0, len(payload), 1500):
        yield payload[at : at + 1500]


def _chunk(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)
