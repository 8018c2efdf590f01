"""What a page says of itself for machines: meta elements and JSON-LD, as plain strings that nobody has checked yet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

_MOST_META = 400
_MOST_SCRIPTS = 20
_LONGEST_SCRIPT = 1_000_000
_MOST_NODES = 2_000
_ARTICLE = ("article", "posting", "report", "newsarticle")


class PageMeta(Struct, frozen=True):
    """``meta``: name, property or itemprop in lower case to the first content; ``article``: the JSON-LD object of the article."""

    meta: dict[str, str]
    article: dict[str, Any] = {}
    title: str = ""

    def first(self, *names: str) -> str:
        """The first of these meta elements that says something."""
        return next((self.meta[name] for name in names if self.meta.get(name)), "")

    def said(self, key: str) -> str:
        """A text of the JSON-LD article; of a list the first."""
        value = self.article.get(key)
        value = value[0] if isinstance(value, list) and value else value
        return value if isinstance(value, str) else ""

    def names(self, key: str) -> list[str]:
        """The names of persons or organisations under a key of the JSON-LD article."""
        value = self.article.get(key)
        found = value if isinstance(value, list) else [value]
        names = [one.get("name") if isinstance(one, dict) else one for one in found[:10]]
        return [name for name in names if isinstance(name, str) and name.strip()]


def read_meta(tree: Any) -> PageMeta:
    """The meta elements, the JSON-LD article and the title element of a tree that is not pruned yet."""
    meta: dict[str, str] = {}
    for number, element in enumerate(tree.iter("meta")):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        content = element.get("content")
        if name and content and number < _MOST_META:
            meta.setdefault(name.strip().lower(), content.strip()[:2_000])
    title = next(tree.iter("title"), None)
    return PageMeta(meta, _json_ld(tree), (title.text or "")[:2_000] if title is not None else "")


def _json_ld(tree: Any) -> dict[str, Any]:
    best: dict[str, Any] = {}
    scripts = [script for script in tree.iter("script") if "ld+json" in (script.get("type") or "")]
    for script in scripts[:_MOST_SCRIPTS]:
        for node in _objects(_parsed((script.text or "")[:_LONGEST_SCRIPT])):
            if _is_article(node) and len(node) > len(best):
                best = node
    return best


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        pass  # publishers leave line ends inside strings; the lenient reader takes them
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    """Every object inside, the outer ones first; at most _MOST_NODES."""
    stack, seen = [data], 0
    while stack and seen < _MOST_NODES:
        node, seen = stack.pop(), seen + 1
        if isinstance(node, dict):
            yield node
            stack.extend(value for value in node.values() if isinstance(value, dict | list))
        elif isinstance(node, list):
            stack.extend(node[:_MOST_NODES])


def _is_article(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.lower().endswith(_ARTICLE) for kind in kinds)
