"""Undoing `Content-Encoding: gzip` the same way when an answer comes and when evidence is read.

Other readers stop after the first member, or take half a member for a whole one.
"""

import zlib
from contextlib import suppress

_GZIP_FORMAT = 31


class GunzipError(Exception):
    """What was fed is no gzip, or a damaged one; what came before the damage is kept."""


class Gunzip:
    """Takes gzip in pieces: members one after another, perhaps padded with zeros (RFC 1952)."""

    def __init__(self) -> None:
        self.body = bytearray()
        self._inflater = zlib.decompressobj(_GZIP_FORMAT)

    @property
    def is_whole(self) -> bool:
        """Whether the last member has ended, its checksum right."""
        return self._inflater.eof

    def feed(self, piece: bytes, cap_bytes: int) -> int:
        """Unpack a piece; how many of its bytes were left over once the body was over the cap.

        Raises GunzipError.
        """
        while piece:
            if self._inflater.eof:
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                self._inflater = zlib.decompressobj(_GZIP_FORMAT)
            room_bytes = cap_bytes + 1 - len(self.body)
            try:
                self.body += self._inflater.decompress(piece, room_bytes)
            except zlib.error as error:
                raise GunzipError(f"its gzip is damaged ({error})") from error
            if len(self.body) > cap_bytes:
                return len(self._inflater.unconsumed_tail or self._inflater.unused_data)
            piece = self._inflater.unused_data
        return 0


def gunzip_all(payload: bytes) -> bytes:
    """The body of a payload, as far as it goes. Only for payloads known to be of bounded size."""
    unpacked = Gunzip()
    with suppress(GunzipError):  # what came before the damage is what is asked for
        unpacked.feed(payload, 1 << 40)
    return bytes(unpacked.body)
