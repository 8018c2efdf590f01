"""Text of a page to a tree, bounded: length, number of tags, attributes of one tag; depth is the parser's own 256."""

from __future__ import annotations

import re

from lxml import etree, html

MAX_CHARACTERS = 5_000_000
MAX_TAGS = 150_000
_MOST_WORDS_IN_TAG = 1_000
_MANY_ATTRIBUTES = 20_000
"""From this many "=" on tags are looked at one by one: libxml2 takes time with the square of a tag's attributes (20,000: 0.9 s)."""

_LONG_TAG = re.compile(r"[<>][^<>]{20000}")
"""From a bracket on: tried at every character it took 350 ms a page whose scripts hold long JSON."""
_TAG = re.compile(r"""<([A-Za-z][^\s<>/]{0,40})(?:[^>"']++|"[^"]*+"|'[^']*+')*+>?""")
_parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)


def parse_html(text: str) -> html.HtmlElement | None:
    """The tree of a whole document or of a fragment (wrapped in html and body); None where there is no element."""
    text = _bounded(text)
    if not text.strip():
        return None
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=_parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None  # "document is empty": markup without any element or text


def _bounded(text: str) -> str:
    text = text[:MAX_CHARACTERS].replace("\0", "")
    if text.count("<") > MAX_TAGS:
        text = "<".join(text.split("<", MAX_TAGS)[:MAX_TAGS])
    if text.count("=") > _MANY_ATTRIBUTES or _LONG_TAG.search(text):
        text = _TAG.sub(_slim, text)
    return text


def _slim(match: re.Match[str]) -> str:
    tag = match[0]
    return f"<{match[1]}>" if len(tag) > _MOST_WORDS_IN_TAG and len(tag.split()) > _MOST_WORDS_IN_TAG else tag
