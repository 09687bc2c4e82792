"""An answer's body while it streams in: kept as sent, decoded, and never larger than allowed."""

import re
import zlib

_GZIP_FORMAT = 31
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
        self.body = bytearray()
        self._cap_bytes = cap_bytes
        self._inflater = zlib.decompressobj(_GZIP_FORMAT) if coding == "gzip" else None

    def feed(self, piece: bytes) -> None:
        """Raises BodyTooLargeError or BodyDamagedError; what came before is kept."""
        self.payload += piece
        if self._inflater is None:
            self.body += piece
        else:
            self._inflate(piece)
        if max(len(self.body), len(self.payload)) > self._cap_bytes:
            raise BodyTooLargeError(f"larger than {self._cap_bytes} bytes")

    def finish(self) -> None:
        """Raises BodyDamagedError when a gzip payload has no end."""
        if self._inflater is not None and not self._inflater.eof:
            raise BodyDamagedError("its gzip has no end")

    def _inflate(self, piece: bytes) -> None:
        assert self._inflater is not None
        while piece:
            if self._inflater.eof:  # zeros pad it (RFC 1952 tools write them), or another member
                piece = piece.lstrip(b"\0")
                if not piece:
                    return
                self._inflater = zlib.decompressobj(_GZIP_FORMAT)
            room = self._cap_bytes + 1 - len(self.body)
            try:
                self.body += self._inflater.decompress(piece, room)
            except zlib.error as error:
                raise BodyDamagedError(f"its gzip is damaged ({error})") from error
            if len(self.body) > self._cap_bytes:
                raise BodyTooLargeError(f"larger than {self._cap_bytes} bytes")
            piece = self._inflater.unused_data if self._inflater.eof else b""


def ends_as_html(body: bytes) -> bool:
    """Whether a document says of itself that it is whole.

    >>> ends_as_html(b"<html><p>x</p></HTML> <!-- 0.1 s -->")
    True
    >>> ends_as_html(b"<html><p>said </html> and went on")
    False
    """
    return _END_OF_HTML.search(body[-_TAIL_BYTES:]) is not None
