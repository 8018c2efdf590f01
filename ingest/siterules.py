"""Rules of single outlets (``rules/sites.toml``): where text, title, author and date stand, by the outlet's id."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from lxml import etree
from msgspec import Struct

_KEYS = ("body", "title", "author", "date")


class SiteRule(Struct, frozen=True):
    """XPaths of one outlet; None: the general way. ``drop``: what is taken out of the page first."""

    body: etree.XPath | None = None
    title: etree.XPath | None = None
    author: etree.XPath | None = None
    date: etree.XPath | None = None
    drop: tuple[etree.XPath, ...] = ()


NO_RULE = SiteRule()
Rules = Mapping[str, SiteRule]
"""Outlet id to its rule."""


class BadRule(ValueError):
    """A site rule that cannot be read; names the outlet and the key."""


@lru_cache(maxsize=1)
def shipped() -> Rules:
    """The rules that ship with Rasid."""
    return read_rules(tomllib.loads((resources.files("ingest") / "rules" / "sites.toml").read_text("utf-8")))


def read_rules(data: Mapping[str, Any]) -> Rules:
    """The rules in a parsed TOML file. Raises BadRule."""
    return {outlet: _rule(outlet, table) for outlet, table in data.items()}


def _rule(outlet: str, table: Mapping[str, Any]) -> SiteRule:
    unknown = table.keys() - {*_KEYS, "drop"}
    if unknown:
        raise BadRule(f"{outlet}: unknown key {min(unknown)!r}; one of {', '.join(_KEYS)}, drop")
    try:
        paths = {key: etree.XPath(table[key]) for key in _KEYS if key in table}
        return SiteRule(drop=tuple(etree.XPath(path) for path in table.get("drop", ())), **paths)
    except etree.XPathSyntaxError as error:
        raise BadRule(f"{outlet}: {error}: {table}") from error


def found(path: etree.XPath | None, tree: Any) -> Any:
    """The first element that the path finds, or None."""
    return next(iter(elements(path, tree)), None) if path is not None else None


def elements(path: etree.XPath, tree: Any) -> list[Any]:
    """The elements that the path finds; what else an expression gives (texts, numbers) is left out."""
    result: Any = path(tree)
    return [one for one in result if isinstance(one, etree._Element)] if isinstance(result, list) else []
