"""Bodies as pages carry them: one zstd frame, undone under a cap."""

from __future__ import annotations

import cramjam

MAX_BYTES = 10 * 1024 * 1024
"""Of a body after decompression: what fetch takes at most."""

_MAGIC = b"\x28\xb5\x2f\xfd"
_SIZE_BYTES = (0, 2, 4, 8)


class BadBody(ValueError):
    """The bytes are no zstd frame, or more comes out than the cap allows."""


def unpack(data: bytes, limit: int = MAX_BYTES) -> bytes:
    """The body in ``data``; empty stays empty. Raises BadBody."""
    if not data:
        return b""
    size = _declared_size(data)
    if size is not None and size > limit:
        raise BadBody(f"{size} bytes come out, more than {limit}")
    buffer = bytearray(limit if size is None else size)
    try:
        written = cramjam.zstd.decompress_into(data, buffer) if buffer else 0
    except cramjam.DecompressionError as error:
        raise BadBody(str(error)) from error
    return bytes(buffer[:written])


def unpack_head(data: bytes, limit: int) -> bytes:
    """The first ``limit`` bytes of the body, whatever stands behind them. Raises BadBody for what is no frame."""
    size = _declared_size(data) if data else 0
    if size is not None and size <= limit:
        return unpack(data, limit)
    buffer = bytearray(limit)
    try:
        cramjam.zstd.decompress_into(data, buffer)
    except cramjam.DecompressionError:
        return bytes(buffer).rstrip(b"\0")  # what fitted was written before the refusal
    return bytes(buffer).rstrip(b"\0")


def _declared_size(data: bytes) -> int | None:
    """The content size in the frame's header (RFC 8878, section 3.1.1.1); None where the header does not say."""
    if data[:4] != _MAGIC or len(data) < 6:
        raise BadBody("no zstd frame")
    descriptor = data[4]
    single = descriptor >> 5 & 1
    width = _SIZE_BYTES[descriptor >> 6] or single
    start = 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
    field = data[start : start + width]
    if not width or len(field) < width:
        return None
    return int.from_bytes(field, "little") + (256 if width == 2 else 0)
