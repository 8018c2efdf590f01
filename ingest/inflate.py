"""Decompression under a cap, so that a small answer cannot fill the memory."""

from __future__ import annotations

import zlib

_GZIP_MAGIC = b"\x1f\x8b"
_MOST_MEMBERS = 100
_BOMB_FROM = 1024 * 1024
_BOMB_RATIO = 200
"""Markup compresses 4 to 20 times, a page of nothing but one tag 100 times; a bomb 1,000 times."""


class TooLarge(ValueError):
    """More bytes come out than the cap allows."""


class Bomb(TooLarge):
    """More than _BOMB_RATIO times the bytes that came in, past _BOMB_FROM."""


class BadCoding(ValueError):
    """The bytes are not what the coding says, or the coding is none that was asked for."""


class Inflater:
    """Undoes gzip or deflate piece by piece, up to ``max_bytes`` in all."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        """``coding``: gzip, x-gzip or deflate; raises BadCoding for another."""
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise BadCoding(f"coding {coding[:40]!r} was not asked for")
        self._gzip = coding != "deflate"
        self._max_bytes = max_bytes
        self._zlib = None if coding == "deflate" else zlib.decompressobj(31)
        self._taken = self._given = self._members = 0
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        """What comes out of the next piece. Raises TooLarge, Bomb, BadCoding."""
        self._taken += len(data)
        pieces = []
        while data and not self._ended:
            try:
                piece, data = self._step(data)
            except zlib.error as error:
                raise BadCoding(str(error)) from error
            pieces.append(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Raises BadCoding where the stream ended in the middle."""
        if self._zlib is not None and not self._ended and self._taken:
            raise BadCoding("ends in the middle")

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        if self._zlib is None:
            self._zlib = zlib.decompressobj(15 if _has_zlib_header(data) else -15)
        piece = self._zlib.decompress(data, self._max_bytes - self._given + 1)
        self._count(len(piece))
        if self._zlib.eof:
            return piece, self._next_member(self._zlib.unused_data)
        return piece, self._zlib.unconsumed_tail

    def _next_member(self, rest: bytes) -> bytes:
        """A gzip file may hold several members; anything else behind the end is padding."""
        self._members += 1
        if self._gzip and rest.startswith(_GZIP_MAGIC) and self._members < _MOST_MEMBERS:
            self._zlib = zlib.decompressobj(31)
            return rest
        self._ended = True
        return b""

    def _count(self, given: int) -> None:
        self._given += given
        if self._given > _BOMB_FROM and self._given > _BOMB_RATIO * self._taken:
            raise Bomb(f"{self._given} bytes out of {self._taken}")
        if self._given > self._max_bytes:
            raise TooLarge(f"more than {self._max_bytes} bytes")


def inflate(body: bytes, coding: str, max_bytes: int) -> bytes:
    """The whole of ``body`` (a sitemap's ``.xml.gz``, for one). Raises TooLarge, Bomb, BadCoding."""
    inflater = Inflater(coding, max_bytes)
    text = inflater.feed(body)
    inflater.finish()
    return text


def _has_zlib_header(data: bytes) -> bool:
    """Some servers send bare deflate, without the header that the standard asks for (RFC 1950)."""
    return len(data) >= 2 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
