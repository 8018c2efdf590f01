"""How much of a query counts: what is beyond reason is cut to size, never refused."""

from __future__ import annotations

MAX_LIMIT = 1_000
"""Hits of one page."""
MAX_FACET = 1_000
"""Values of one facet."""
MAX_VALUES = 200
"""Values of one filter that count."""
MAX_NAME = 200
"""Code points of a name or id in a query."""
BIG = 2**53
"""Numbers are compared up to here."""


def safe(text: str) -> str:
    """The text as an index can take it: short, and without halves of surrogate pairs."""
    return text[:MAX_NAME].encode("utf-8", "replace").decode("utf-8")


def within(number: int, most: int, least: int = 0) -> int:
    """The number, or the bound that it passes."""
    return max(least, min(number, most))
