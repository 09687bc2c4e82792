"""A real server on loopback that misbehaves byte for byte as it is told, and keeps a log."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flows.fetch.pacing import Clock
from flows.fetch.session import Limits
from parsers.model import Discover, Fetch, Source

PAGE = b"<html><body><h1>Council meets</h1><p>It met.</p></body></html>"
QUICK = Limits(deadline_s=20.0, linger_s=0.2)


class FakeClock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def sleep(self, wait_s: float) -> None:
        assert wait_s > 0
        self.slept.append(wait_s)
        self.seconds += wait_s

    def clock(self, random: float = 0.5) -> Clock:
        return Clock(self.now, self.monotonic, self.sleep, lambda: random)


@dataclass
class Seen:
    """One request as the server saw it."""

    path: str
    head: bytes
    at: float
    """On the fake clock."""
    in_flight: int

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None


Reply = bytes | Callable[[socket.socket, threading.Event], None]


def answer(
    body: bytes = PAGE, status: str = "200 OK", headers: Mapping[str, str] | None = None,
    *, version: str = "HTTP/1.1", length: int | None = None,
) -> bytes:  # fmt: skip
    """A whole answer, with the length of its body or a false one."""
    given = {"Content-Type": "text/html", "Content-Length": str(length or len(body))}
    given |= headers or {}
    lines = [f"{version} {status}", *(f"{k}: {v}" for k, v in given.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def packed(body: bytes = PAGE, cut: int = 0) -> bytes:
    """A gzip-coded answer whose gzip lacks its last `cut` bytes; its length is of what is left."""
    data = gzip.compress(body, mtime=0)
    return answer(data[: len(data) - cut], headers={"Content-Encoding": "gzip"})


def chunked(*chunks: bytes, end: bool = True, headers: str = "") -> bytes:
    """A chunked answer, with or without its last chunk."""
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    parts = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks)
    return head + parts + (b"0\r\n\r\n" if end else b"")


def redirect(to: str, status: int = 302) -> bytes:
    return answer(b"", f"{status} Moved", {"Location": to})


@dataclass
class Server:
    """Answers each path by its replies in turn, the last one again and again; else 404."""

    fake: FakeClock = field(default_factory=FakeClock)
    tls: ssl.SSLContext | None = None
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)

    def __enter__(self) -> "Server":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._in_flight = 0
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)
            assert not thread.is_alive()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.log]

    def on(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(peer,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: socket.socket) -> None:
        try:
            if self.tls is not None:
                peer = self.tls.wrap_socket(peer, server_side=True)
            with peer:
                self._answer(peer)
        except OSError:  # the client left, as it should from some of these answers
            peer.close()

    def _answer(self, peer: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = peer.recv(4096)
            if not piece:
                return
            head += piece
        path = head.split(b" ", 2)[1].decode("latin-1")
        with self._lock:
            self._in_flight += 1
            self.log.append(Seen(path, head, self.fake.seconds, self._in_flight))
            replies = self.replies.get(path, [answer(b"none", "404 Not Found")])
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        last = b"" if callable(reply) else reply[-1:]
        try:
            if callable(reply):
                reply(peer, self._closing)
            else:
                peer.sendall(reply[:-1])
        finally:
            with self._lock:  # before the last byte: after it the client may come again
                self._in_flight -= 1
        peer.sendall(last)


def hang(_: socket.socket, closing: threading.Event) -> None:
    closing.wait(5)


def drip(start: bytes) -> Reply:
    """Send a start, and then a byte now and then for ever."""

    def reply(peer: socket.socket, closing: threading.Event) -> None:
        peer.sendall(start)
        while not closing.wait(0.02):
            peer.sendall(b"a")

    return reply


def endless(start: bytes, piece: bytes) -> Reply:
    def reply(peer: socket.socket, closing: threading.Event) -> None:
        peer.sendall(start)
        while not closing.is_set():
            peer.sendall(piece)

    return reply


def reset_after(start: bytes) -> Reply:
    def reply(peer: socket.socket, _: threading.Event) -> None:
        peer.sendall(start)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()

    return reply


def source(server: Server, **fetch: object) -> Source:
    settings = {"delay_s": 1.0, "allow_private_addresses": True, **fetch}
    return Source(
        "lakes", "Lakes", homepage=f"{server.root}/",
        discover=Discover(listings=("/news/?PAGEN_1={page}",)),
        fetch=Fetch(**settings),  # type: ignore[arg-type]
    )  # fmt: skip
