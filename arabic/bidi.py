"""Direction of text: isolates for tables that mix Arabic with Latin, and the removal of invisible controls."""

from __future__ import annotations

import re

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
# Zero-width non-joiner and joiner (U+200C, U+200D) shape Persian words: they stay.
_CONTROLS = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def isolate(text: str) -> str:
    """The text inside an isolate (FSI … PDI), so that it neither turns its neighbours around nor is turned by them.

    Controls of direction inside it are taken out: an unclosed override (U+202E) would otherwise reach past the isolate."""
    return f"{FIRST_STRONG_ISOLATE}{_DIRECTION.sub('', text)}{POP_ISOLATE}"


def strip_controls(text: str) -> str:
    """The text without bidirectional controls, zero-width spaces, soft hyphens and byte order marks."""
    return _CONTROLS.sub("", text)
