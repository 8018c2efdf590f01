"""Plain words from what a feed calls a title, a summary or a name: no tags, no entities, no invisible direction marks."""

from __future__ import annotations

import html
import re

# Bidirectional controls (ALM, LRM, RLM, embeddings, overrides, isolates) can make a title read as another one; the rest of
# the class is control characters, byte order marks and lone surrogates, which JSON in UTF-8 cannot carry.
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_NOT_JSON = re.compile("[\u0000\ud800-\udfff]")
_TAG = re.compile(r"<!--.*?(?:-->|$)|<(?:/?[A-Za-z]|[!?])[^<>]*>", re.DOTALL)
_HIDDEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)


def plain(markup: str, limit: int) -> str:
    """The words of ``markup`` in one line, at most ``limit`` code points; entities that were escaped twice are read too."""
    text = markup[: limit * 40]
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", _HIDDEN.sub(" ", text))
    if "&" in text:
        text = html.unescape(text)
    return " ".join(_UNSEEN.sub("", text).split())[:limit].rstrip()


def storable(text: str, max_bytes: int) -> str:
    """Markup as it is, without what JSON cannot carry, cut at ``max_bytes`` of UTF-8 between two characters."""
    if _NOT_JSON.search(text):
        text = _NOT_JSON.sub("", text)
    if len(text) * 4 <= max_bytes:
        return text
    return text.encode("utf-8")[:max_bytes].decode("utf-8", "ignore")
