"""The address that an article is known by: what the page declares as canonical, where that can be believed.

Read from the bytes, so that a stage's key and its work agree without a parse.
"""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from msgspec import Struct

from ingest.urls import BadUrl, canonical, identity, registrable

HEAD_BYTES = 256 * 1024
"""What is looked through: heads with inlined styles are long."""

_LINK = re.compile(rb"<link\s[^>]{0,3000}>", re.IGNORECASE)
_META = re.compile(rb"<meta\s[^>]{0,3000}>", re.IGNORECASE)
_CANONICAL = re.compile(rb"""\brel\s*=\s*["']?\s*canonical\b""", re.IGNORECASE)
_OG_URL = re.compile(rb"""\b(?:property|name)\s*=\s*["']?\s*og:url\b""", re.IGNORECASE)
_HREF = re.compile(rb"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_CONTENT = re.compile(rb"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_SECTION = re.compile(r"/[A-Za-z_]{1,20}")


class Address(Struct, frozen=True):
    """``url``: the article's canonical URL; ``seen``: that of the page; ``declared``: the page says so itself."""

    url: str
    seen: str
    declared: bool = False


def address_of(head: bytes, url: str, asked: str) -> Address:
    """Of a page found at ``url`` (after redirects) that was asked for at ``asked``. A redirect to the front page is not followed.

    Raises BadUrl where neither is an address."""
    seen = _seen(url, asked)
    for pattern, marker, value in ((_LINK, _CANONICAL, _HREF), (_META, _OG_URL, _CONTENT)):
        tag = next((tag for tag in pattern.findall(head[:HEAD_BYTES]) if marker.search(tag)), None)
        said = _value(tag, value, seen) if tag else None
        if said is not None and is_believed(said, seen):
            return Address(said, seen, declared=True)
    return Address(seen, seen)


def is_believed(said: str, seen: str) -> bool:
    """Whether a declared canonical URL can be the article's: on the same site, and neither the front page nor a section above it."""
    if registrable(said) != registrable(seen):
        return False
    path, below = urlsplit(identity(said)), urlsplit(identity(seen))
    if path.path in ("", "/") and not path.query:
        return below.path in ("", "/") and not below.query
    is_above = below.path.startswith(path.path + "/") or (
        path.path == below.path and bool(below.query) and not path.query
    )
    return not (is_above and (_SECTION.fullmatch(path.path) is not None or path.path == below.path))


def is_front_page(url: str, asked: str) -> bool:
    """Whether an article's address was answered with the front page: it is gone, or behind a wall."""
    try:
        end, start = urlsplit(identity(url)), urlsplit(identity(asked))
    except BadUrl:
        return False
    return end.path in ("", "/") and not end.query and (start.path not in ("", "/") or bool(start.query))


def _seen(url: str, asked: str) -> str:
    try:
        return canonical(asked if is_front_page(url, asked) else url)
    except BadUrl:
        return canonical(asked)


def _value(tag: bytes, pattern: re.Pattern[bytes], base: str) -> str | None:
    match = pattern.search(tag)
    raw = next((group for group in match.groups() if group is not None), b"") if match else b""
    try:
        return canonical(html.unescape(raw.decode("utf-8").strip()), base) if raw.strip() else None
    except (BadUrl, UnicodeDecodeError):
        return None
