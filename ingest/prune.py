"""One walk over a page: takes out what is no article, and notes where text, date and author may stand."""

from __future__ import annotations

from typing import Any

from lxml import etree
from msgspec import Struct

from ingest.furniture import Names, names_of
from ingest.lines import is_post

_SILENT = ("script", "style", "noscript", "template", "svg")
_GONE = frozenset("iframe object embed button select option textarea input canvas nav dialog".split())
_LIKELY = frozenset(("aside", "footer", "form"))
_NO_NAMES = Names()
_length: Any = etree.XPath("string-length()")
_MOST_NOTED = 40
_SHARE = {2: 0.8, 1: 0.5}
"""An element that is called furniture stays where it holds more than this share of the page's own text: by how sure the name is."""


class Spots(Struct):
    """Elements of the pruned page, in document order."""

    marked: list[Any]
    dated: list[Any]
    signed: list[Any]
    times: list[Any]
    headlines: list[Any]


def prune(body: Any) -> Spots:
    """Takes the furniture out of the tree in place."""
    spots = Spots([], [], [], [], [])
    etree.strip_elements(body, *_SILENT, with_tail=False)
    total = 0.0
    doomed = []
    stack = [body]
    while stack:
        element = stack.pop()
        tag = element.tag
        if not isinstance(tag, str) or tag in _GONE or (tag == "blockquote" and is_post(element)):
            doomed.append(element)
            continue
        names = _names(element)
        sure = names.junk or (1 if tag in _LIKELY else 0)
        if sure and element is not body:
            total = total or own_text(body)
            if _is_furniture(element, sure, names, total):
                doomed.append(element)
                continue
        _note(spots, element, tag, names)
        stack.extend(reversed(element))
    for element in doomed:
        drop(element)
    return spots


def _names(element: Any) -> Names:
    classes, identifier = element.get("class"), element.get("id")
    return names_of(classes or "", identifier or "") if classes or identifier else _NO_NAMES


def _is_furniture(element: Any, sure: int, names: Names, total: float) -> bool:
    if next(element.iter("h1"), None) is not None or (names.marked and sure < 2):
        return False
    most = _SHARE[sure] * total
    return _length(element) <= most or own_text(element) <= most


def own_text(element: Any) -> float:
    """Characters outside links."""
    return float(_length(element) - sum(map(_length, element.iter("a"))))


def _note(spots: Spots, element: Any, tag: str, names: Names) -> None:
    get = element.get
    if names.marked or get("itemprop") == "articleBody":
        spots.marked.append(element)
    if tag == "h1":
        spots.headlines.append(element)
    elif tag == "time":
        spots.times.append(element)
    elif names.dated and len(spots.dated) < _MOST_NOTED:
        spots.dated.append(element)
    if (names.signed or get("rel") == "author" or get("itemprop") == "author") and len(spots.signed) < _MOST_NOTED:
        spots.signed.append(element)


def drop(element: Any) -> None:
    """Takes an element out and leaves the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)
