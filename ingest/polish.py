"""Words of a page as the article keeps them: one form of spaces and letters, nothing invisible; diacritics stay."""

from __future__ import annotations

import re
import unicodedata

# Soft hyphen, Arabic letter mark, zero-width signs, bidirectional controls, word joiners, byte order mark, object replacement.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff]"
)
_TATWEEL = "\u0640"
_DASH = re.compile(r"(?<!\S)\u0640+(?!\S)")
# Between letters, and at the end of a word, tatweel is ornament; before a sign it joins («لـ«سانا»»), after heh it abbreviates (هـ).
_ORNAMENT = re.compile(r"\u0640+(?=[\u064b-\u0652\u0670]*[^\W\d_])|(?<!\u0647)\u0640+(?!\S)|\u0640+(?=\u0640)")


def polish(text: str) -> str:
    """The text in one line: NFC, plain single spaces, without controls, zero-width marks and ornamental tatweel."""
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(_INVISIBLE.sub("", text).split())
    if _TATWEEL in text:
        text = _ORNAMENT.sub("", _DASH.sub("-", text))
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)
