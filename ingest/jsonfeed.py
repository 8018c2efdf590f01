"""JSON Feed (version 1 and 1.1), read field by field: a wrong type costs that field and no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ingest.raw import MAX_ITEMS, RawFeed, RawItem


def read_json(text: str) -> RawFeed:
    """The feed in ``text``; kind ``unknown`` where it is no JSON or JSON of another kind."""
    try:
        data = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        return RawFeed(kind="unknown", problems=(f"broken_json {type(error).__name__}",))
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        return RawFeed(kind="unknown", problems=("not_a_feed",))
    kept = sorted((item for item in items if isinstance(item, dict)), key=_published, reverse=True)[:MAX_ITEMS]
    base = _text(data, "home_page_url")
    return RawFeed(
        kind="json",
        title=_text(data, "title"),
        items=[_item(item, base) for item in kept],
        left=max(len(items) - MAX_ITEMS, 0),
    )


def _published(item: Mapping[str, Any]) -> str:
    """ISO dates of one feed sort as they stand, near enough to tell the newest 2,000."""
    return _text(item, "date_published")


def _item(item: Mapping[str, Any], base: str) -> RawItem:
    identity = item.get("id")
    html = _text(item, "content_html")
    return RawItem(
        link=_text(item, "url") or _text(item, "external_url"),
        guid=str(identity) if isinstance(identity, str | int | float) else "",
        base=base if base.startswith(("http://", "https://")) else "",
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        content=html or _text(item, "content_text"),
        author=_author(item),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
    )


def _author(item: Mapping[str, Any]) -> str:
    authors = item.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else item.get("author")
    return _text(first, "name") if isinstance(first, dict) else ""


def _text(where: Mapping[str, Any], key: str) -> str:
    value = where.get(key)
    return value if isinstance(value, str) else ""
