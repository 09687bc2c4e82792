"""The socket of one exchange: to a checked address only, within a deadline, with a transcript.

requests and urllib3 speak HTTP; below them this module decides where the connection goes and how
long it lives. `timeout=` of a client bounds one read, not the exchange: a server that sends a byte
a second is never timed out. Here every read and write gets what is left of the whole.
"""

import io
import socket
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

HEAD_CAP_BYTES = 256 * 1024
"""A longer head of an answer is an error."""


class Wire:
    """What one exchange sent and received, and the clock it runs against."""

    def __init__(self, addresses: Sequence[str], deadline_s: float) -> None:
        self._addresses = addresses
        # A socket's timeout is real time, whatever clock a run was given.
        self._ends = time.monotonic() + deadline_s
        self._socket: Any = None
        self._in_head = True
        self.sent = bytearray()
        self.head = bytearray()
        """What came before the body was asked for: the head, and perhaps some of the body."""
        self.received_bytes = 0
        self.peer = ""
        """`host:port`; empty until there is a connection."""
        self.late = False
        """Whether the deadline ended it."""

    def remaining_s(self) -> float:
        """What is left. Raises TimeoutError when nothing is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            self.late = True
            raise TimeoutError("the deadline is over")
        return left

    def connect(self, port: int) -> socket.socket:
        """A connection to the first checked address that answers. Raises OSError."""
        failure: OSError = OSError("no address to connect to")
        for number, address in enumerate(self._addresses):
            # An address that swallows packets (half-configured IPv6) must not eat all the time.
            share_s = self.remaining_s() / (len(self._addresses) - number)
            try:
                made = socket.create_connection((address, port), timeout=share_s)
            except OSError as error:
                failure = error
                continue
            self._socket = made
            host = f"[{address}]" if ":" in address else address
            self.peer = f"{host}:{port}"
            made.settimeout(self.remaining_s())  # for the TLS handshake
            return made
        raise failure

    def tap(self, connected: Any) -> "_Tap":
        """The socket that the HTTP client sees in place of the connected (TLS) one."""
        self._socket = connected
        return _Tap(self)

    def send(self, data: bytes) -> None:
        self._socket.settimeout(self.remaining_s())
        self.sent += data
        self._socket.sendall(data)

    def receive_into(self, buffer: memoryview) -> int:
        self._socket.settimeout(self.remaining_s())
        try:
            size = int(self._socket.recv_into(buffer))
        except TimeoutError:
            self.late = True
            raise
        self.received_bytes += size
        if self._in_head:
            self.head += buffer[:size]
            if len(self.head) > HEAD_CAP_BYTES:
                raise OSError(f"the answer's head is longer than {HEAD_CAP_BYTES} bytes")
        return size

    def end_head(self) -> None:
        """Stop the transcript: what comes now is body, and kept elsewhere."""
        self._in_head = False

    def has_more(self, wait_s: float) -> bool:
        """Whether the server sends anything beyond a complete answer, within `wait_s`.

        We asked for `Connection: close`, so the end usually comes at once.
        """
        try:
            self._socket.settimeout(min(wait_s, self.remaining_s()))
            return len(self._socket.recv(1)) > 0
        except OSError:  # silence, or a reset after the end: nothing more came
            return False

    def shut(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()


class _Tap:
    """As much of a socket as http.client and urllib3 use."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def sendall(self, data: bytes) -> None:
        self._wire.send(data)

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._wire), 16 * 1024)

    def settimeout(self, _: float | None) -> None:
        """The wire's deadline rules."""

    def close(self) -> None:
        """The wire closes the connection, once the exchange is over."""


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive_into(memoryview(buffer))


class _Pinned:
    """A connection that goes to the wire's address, whatever host it is for."""

    port: int
    sock: Any

    def __init__(self, *args: Any, wire: Wire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def _new_conn(self) -> socket.socket:
        return self._wire.connect(self.port)

    def connect(self) -> None:
        """Connect, and listen to what passes."""
        super().connect()  # type: ignore[misc]  # the connection this is mixed into has it
        self.sock = self._wire.tap(self.sock)


class _PinnedConnection(_Pinned, HTTPConnection):
    pass


class _PinnedTlsConnection(_Pinned, HTTPSConnection):
    """Verified against the host's name, connected to the checked address."""


class PinnedAdapter(HTTPAdapter):
    """Sends one request over one wire; no retries, no proxies, no reuse of connections."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._wire = wire

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        secure = pool.scheme == "https"
        kind: Any = _PinnedTlsConnection if secure else _PinnedConnection
        pool.ConnectionCls = partial(kind, wire=self._wire)
        return pool
