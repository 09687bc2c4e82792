"""A server on loopback that answers for a site and writes down every request."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType

from tests.site import wire
from tests.site.clock import Clock
from tests.site.site import Request, Site

_HEAD_BYTES = 64 * 1024


@dataclass(slots=True)
class Hit:
    """One request, as the server saw it."""

    number: int
    """From 0, in order of arrival."""
    visit: int
    """Which pass of the tracker it belongs to."""
    step: int
    at: datetime
    started_s: float
    """On the clock's monotonic scale, waiting included."""
    request: Request
    status: int = 0
    fault: str | None = None
    ended_s: float | None = None
    """When the last byte was handed over, or the client went away; None: still under way."""
    bytes_sent: int = 0
    """Of the body, before any encoding; of a spoilt answer, what a whole one would have."""
    sent_headers: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query."""
        return self.request.target

    @property
    def is_conditional(self) -> bool:
        """Whether the client sent validators."""
        headers = self.request.headers
        return "if-none-match" in headers or "if-modified-since" in headers


class _Listener:
    """Accepts connections in a thread, each served in one of its own; a context manager."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._socket.getsockname()[1])
        self.origin = f"http://127.0.0.1:{self.port}"
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()

    def __enter__(self) -> "_Listener":
        accepting = threading.Thread(target=self._accept, daemon=True)
        accepting.start()
        self._threads.append(accepting)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stopped.set()
        for sock in [self._socket, *self._open]:
            with contextlib.suppress(OSError):  # closed meanwhile
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(sock)
            thread = threading.Thread(target=self._hold, args=(sock,), daemon=True)
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
            thread.start()

    def _hold(self, sock: socket.socket) -> None:
        try:
            with sock:
                self.serve(sock)
        except OSError:
            pass  # the client went away, which is its right
        finally:
            self._open.discard(sock)

    def serve(self, sock: socket.socket) -> None:
        """Answer on a connection until it is of no more use."""
        raise NotImplementedError


class OtherPort(_Listener):
    """A port nobody may ever contact: counts the connections."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = 0

    def serve(self, sock: socket.socket) -> None:
        """Count and answer, so that a client that follows is not held up."""
        self.connections += 1
        sock.recv(_HEAD_BYTES)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")


class Server(_Listener):
    """The site's server."""

    def __init__(self, site: Site, clock: Clock) -> None:
        super().__init__()
        self.site = site
        self.clock = clock
        self.hits: list[Hit] = []
        self.visit = 0
        self._log_lock = threading.Lock()
        self._under_way: dict[int, socket.socket] = {}
        site.origin = self.origin

    def serve(self, sock: socket.socket) -> None:
        """Answer request after request while the connection is kept."""
        pending = b""
        while not self._stopped.is_set():
            while b"\r\n\r\n" not in pending:
                more = sock.recv(_HEAD_BYTES)
                if not more or len(pending) > _HEAD_BYTES:
                    return
                pending += more
            start, _, pending = pending.partition(b"\r\n\r\n")
            if not self._answer(sock, _parse(start)):
                return

    def _answer(self, sock: socket.socket, request: Request) -> bool:
        hit = self._begin(sock, request)
        reply, fault = self.site.answer(request)
        hit.status, hit.bytes_sent = reply.status, len(reply.body)
        hit.fault = fault.kind if fault else None
        hit.sent_headers = {name.lower(): value for name, value in reply.headers}
        date = format_datetime(hit.at.replace(microsecond=0), usegmt=True)
        try:
            if fault is not None and fault.kind in wire.ON_THE_WIRE:
                hit.status = 0 if fault.kind == "hang" else hit.status
                spoilt, severity = wire.whole(reply), self.site.severity
                wire.spoil(sock, spoilt, fault.kind, severity, lambda: self._over(sock), date)
                return False
            accepts_gzip = "gzip" in request.headers.get("accept-encoding", "")
            kept = wire.send(sock, reply, date, accepts_gzip, lambda: self._end(hit))
            return kept and request.headers.get("connection", "").lower() != "close"
        finally:
            self._end(hit)

    def _over(self, sock: socket.socket) -> bool:
        return self._stopped.is_set() or wire.is_gone(sock)

    def _begin(self, sock: socket.socket, request: Request) -> Hit:
        with self._log_lock:
            # A client that gave up closed its connection before it asked again: the thread that
            # serves the old one may not have noticed yet.
            now = self.clock.monotonic()
            for number, other in list(self._under_way.items()):
                if other is not sock and wire.is_gone(other):
                    self.hits[number].ended_s = now
                    del self._under_way[number]
            started_s = self.clock.monotonic()
            hit = Hit(
                len(self.hits), self.visit, self.site.step, self.clock.now(), started_s, request
            )
            self.hits.append(hit)
            self._under_way[hit.number] = sock
            return hit

    def _end(self, hit: Hit) -> None:
        with self._log_lock:
            self._under_way.pop(hit.number, None)
            if hit.ended_s is None:
                hit.ended_s = self.clock.monotonic()


def _parse(start: bytes) -> Request:
    lines = start.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    pairs = (line.partition(":") for line in lines[1:])
    return Request(method, target, {name.lower(): value.strip() for name, _, value in pairs})
