"""What the readers of the formats give: the strings of a feed, nothing checked yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Kind = Literal["rss", "atom", "rdf", "json", "news_sitemap", "sitemap", "sitemap_index", "html", "empty", "unknown"]

MAX_ITEMS = 2_000
"""Of a longer feed the newest are kept."""


class RawItem(Struct, frozen=True, kw_only=True):
    """An item as the format gives it: strings of the feed, nothing checked."""

    link: str = ""
    guid: str = ""
    base: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    author: str = ""
    published: str = ""
    updated: str = ""


class Hints(Struct, frozen=True, kw_only=True):
    """How often the feed says it changes, in seconds: RSS ``ttl`` and the Syndication module's period over frequency."""

    ttl: int | None = None
    update_every: int | None = None


class RawFeed(Struct, frozen=True, kw_only=True):
    """What the reader of one format found. ``left``: items beyond the cap. ``children``: addresses of a sitemap index."""

    kind: Kind
    title: str = ""
    items: Sequence[RawItem] = ()
    hints: Hints = Hints()
    children: tuple[str, ...] = ()
    left: int = 0
    problems: tuple[str, ...] = ()
