"""Direction of text: isolates for tables that mix Arabic with Latin, and the removal of invisible controls."""

from __future__ import annotations

import re

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
# What a terminal obeys (escape sequences begin with U+001B or U+009B; a carriage return writes over the line); tab and newline stay.
_TERMINAL = "\u0000-\u0008\u000b-\u001f\u007f-\u009f"
# Zero-width non-joiner and joiner (U+200C, U+200D) shape Persian words: they stay.
_CONTROLS = re.compile(f"[{_TERMINAL}\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_DIRECTION = re.compile(f"[{_TERMINAL}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def isolate(text: str) -> str:
    """The text inside an isolate (FSI … PDI), so that it neither turns its neighbours around nor is turned by them.

    Controls of direction inside it are taken out: an unclosed override (U+202E) would otherwise reach past the isolate. So is what a
    terminal obeys: a publisher's title must not colour, move or rename the reader's window."""
    return f"{FIRST_STRONG_ISOLATE}{_DIRECTION.sub('', text)}{POP_ISOLATE}"


def strip_controls(text: str) -> str:
    """The text without terminal and bidirectional controls, zero-width spaces, soft hyphens and byte order marks."""
    return _CONTROLS.sub("", text)
