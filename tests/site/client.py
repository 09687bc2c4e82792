"""A plain client for tests of the site itself: one request on a connection of its own."""

import socket
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came, until the server closed the connection or an error ended it."""

    status: int
    headers: dict[str, str]
    payload: bytes
    error: str | None

    @property
    def text(self) -> str:
        """The payload of an answer that was neither chunked nor compressed."""
        return self.payload.decode("utf-8")


def ask(url: str, headers: dict[str, str] | None = None, limit: int = 10**9) -> Raw:
    """The answer to a GET over HTTP/1.1 with `Connection: close`; at most `limit` bytes of it."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    fields = {"Host": parts.netloc, "Connection": "close", **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    received, error = b"", None
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=20) as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
        try:
            while len(received) < limit and (block := sock.recv(65536)):
                received += block
        except ConnectionResetError as reset:
            error = type(reset).__name__
    if not received:
        return Raw(0, {}, b"", error or "closed without an answer")
    head, _, payload = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in rest)
    return Raw(int(first.split()[1]), {n.lower(): v for n, _, v in pairs}, payload, error)


def unchunked(payload: bytes) -> bytes:
    """The body of a chunked payload. Raises ValueError when the last chunk is missing."""
    body = b""
    while payload:
        size, _, rest = payload.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return body
        body += rest[:length]
        payload = rest[length + 2 :]
    raise ValueError("the last chunk is missing")
