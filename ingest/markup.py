"""Text of a page to a tree, bounded: length, number of tags, attributes of one tag; depth is the parser's own 256."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

MAX_CHARACTERS = 5_000_000
MAX_TAGS = 150_000
_MOST_WORDS_IN_TAG = 1_000
_LONG_TAG = 20_000
_MANY_ATTRIBUTES = 20_000
"""From this many "=" on tags are looked at one by one: libxml2 takes time with the square of a tag's attributes (20,000: 0.9 s)."""

_TAG = re.compile(r"""<([A-Za-z][^\s<>/]{0,40})(?:[^>"']++|"[^"]*+"|'[^']*+')*+>?""")
_parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
"""Plain elements: those of lxml.html cost a call in Python each."""


def parse_html(text: str) -> Any:
    """The html element of a whole document, or of a fragment (wrapped in html and body); None where there is no element."""
    text = _bounded(text)
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser=_parser)
    except etree.XMLSyntaxError:
        return None  # "document is empty": markup without any element or text


def _bounded(text: str) -> str:
    text = text[:MAX_CHARACTERS].replace("\0", "")
    if text.count("<") > MAX_TAGS:
        text = "<".join(text.split("<", MAX_TAGS)[:MAX_TAGS])
    if text.count("=") > _MANY_ATTRIBUTES or _has_long_tag(text):
        text = _TAG.sub(_slim, text)
    return text


def _has_long_tag(text: str) -> bool:
    """Whether much may stand between "<" and the next ">"; long scripts alone do not count."""
    pieces = text.split(">")
    if max(map(len, pieces)) <= _LONG_TAG:
        return False
    longest = [piece for piece in pieces if len(piece) > _LONG_TAG]
    return any(len(piece.partition("<")[2]) > _LONG_TAG for piece in longest)


def _slim(match: re.Match[str]) -> str:
    tag = match[0]
    return f"<{match[1]}>" if len(tag) > _MOST_WORDS_IN_TAG and len(tag.split()) > _MOST_WORDS_IN_TAG else tag
