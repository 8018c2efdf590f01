"""Headers of a message, read."""

from __future__ import annotations

from collections.abc import Sequence


def header(headers: Sequence[tuple[str, bytes]] | None, name: str, default: str = "") -> str:
    """The last header of that name as text; bytes that are no UTF-8 are replaced."""
    for key, value in reversed(headers or ()):
        if key == name and value is not None:
            return value.decode("utf-8", "replace")
    return default


def number(headers: Sequence[tuple[str, bytes]] | None, name: str, default: int = 0) -> int:
    """The same as a number; ``default`` where it is none."""
    text = header(headers, name)
    return int(text) if text.isascii() and text.isdigit() else default
