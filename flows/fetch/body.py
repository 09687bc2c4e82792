"""An answer's body while it streams in: kept as sent, decoded, and never larger than allowed."""

import re

from warehouse.gunzip import Gunzip, GunzipError, gunzip_all

_END_OF_HTML = re.compile(rb"</html\s*>(?:\s|<!--(?:(?!-->).)*-->)*\Z", re.I | re.S)
_TAIL_BYTES = 4096


class BodyTooLargeError(Exception):
    """The body, or what it is packed in, grew over the cap."""


class BodyDamagedError(Exception):
    """What came is not the whole body, or not the body that was packed."""


class BodyReader:
    """Takes the pieces of a payload in order.

    `coding` is `gzip` or empty. The cap binds the decoded bytes, and the payload too: a gzip
    member may go on for ever without giving a byte.
    """

    def __init__(self, coding: str, cap_bytes: int) -> None:
        self.payload = bytearray()
        self._plain = bytearray()
        self._cap_bytes = cap_bytes
        self._gunzip = Gunzip() if coding == "gzip" else None

    @property
    def body(self) -> bytes:
        """What the payload unpacks to, so far."""
        return bytes(self._plain if self._gunzip is None else self._gunzip.body)

    def feed(self, piece: bytes) -> None:
        """Raises BodyTooLargeError or BodyDamagedError; what came before is kept."""
        self.payload += piece
        if self._gunzip is None:
            self._plain += piece
            size_bytes = len(self._plain)
        else:
            size_bytes = self._unpack(self._gunzip, piece)
        if max(size_bytes, len(self.payload)) > self._cap_bytes:
            raise BodyTooLargeError(f"larger than {self._cap_bytes} bytes")

    def finish(self) -> None:
        """Raises BodyDamagedError when a gzip payload has no end."""
        if self._gunzip is not None and not self._gunzip.is_whole:
            raise BodyDamagedError("its gzip has no end")

    def _unpack(self, gunzip: Gunzip, piece: bytes) -> int:
        try:
            left_bytes = gunzip.feed(piece, self._cap_bytes)
        except GunzipError as error:
            raise BodyDamagedError(str(error)) from error
        if len(gunzip.body) > self._cap_bytes:
            # Keep only what was unpacked, so that evidence unpacks to the very same bytes; zlib
            # may hold back up to 258 bytes of a match it has already read.
            del self.payload[len(self.payload) - left_bytes :]
            gunzip.body[:] = gunzip_all(bytes(self.payload))
        return len(gunzip.body)


def ends_as_html(body: bytes) -> bool:
    """Whether a document says of itself that it is whole.

    >>> ends_as_html(b"<html><p>x</p></HTML> <!-- 0.1 s -->")
    True
    >>> ends_as_html(b"<html><p>said </html> and went on")
    False
    """
    return _END_OF_HTML.search(body[-_TAIL_BYTES:]) is not None
