"""RSS, Atom and RDF by feedparser, which is given healed UTF-8 in a BytesIO and nothing else: handed a str or bytes it opens
files and addresses."""

from __future__ import annotations

import io
import re
from datetime import UTC
from typing import Any

import feedparser

from ingest.dates import read_date
from ingest.raw import MAX_ITEMS, Hints, Kind, RawFeed, RawItem

MAX_TAGS = 250_000
"""60 elements for each of MAX_ITEMS items. feedparser spends 60 microseconds on an element: a body of nothing else would hold
a worker to its time limit at every poll."""

_HUGE_TAG = re.compile(r"<[A-Za-z][^<>]{65536}")
_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|$)", re.DOTALL)
_ITEM = re.compile(r"<(?:[\w.\-]+:)?(?:item|entry)[\s>]")
_DATE = re.compile(r"<(?:pubDate|published|updated|dc:date)[^>]*>\s*(?:<!\[CDATA\[)?([^<\]]{6,80})")
_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_KINDS: dict[str, Kind] = {"rss": "rss", "feed": "atom", "rdf": "rdf"}


def read_rss(text: str, root: str) -> RawFeed:
    """The feed in ``text`` (healed XML with the root element ``root``, in lower case)."""
    text, left = _capped(text)
    if _is_flood(text):
        return RawFeed(kind="unknown", left=left, problems=("too_many_tags",))
    return _by_feedparser(text, root, left)


def _is_flood(text: str) -> bool:
    """Whether there is more markup than a feed can have: in tags, or within one (expat is quadratic in attributes)."""
    if len(text) > 65_536 and _HUGE_TAG.search(text):
        return True
    return text.count("<") > MAX_TAGS and _CDATA.sub("", text).count("<") > MAX_TAGS


def _by_feedparser(text: str, root: str, left: int) -> RawFeed:
    # Without the feed's own address: feedparser would join it to every element. Relative links are joined later, by us.
    headers = {"content-type": "application/xml; charset=utf-8"}
    source = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        # Sanitising is half of feedparser's time and is cleaning's work here; titles are cleaned by ``plain``.
        found = feedparser.parse(source, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - feedparser is known to let errors of many kinds out on hostile markup
        return RawFeed(kind="unknown", left=left, problems=(f"parser_failed {type(error).__name__}",))
    items = [_item(entry) for entry in found.entries[:MAX_ITEMS]]
    return RawFeed(
        kind=_KINDS.get(root, "atom" if str(found.version).startswith("atom") else "rss"),
        title=_text(found.feed, "title"),
        items=items,
        hints=_hints(found.feed),
        left=left + max(len(found.entries) - MAX_ITEMS, 0),
        problems=("broken_xml",) if found.bozo else (),
    )


def _capped(text: str) -> tuple[str, int]:
    """The text with at most MAX_ITEMS items, and how many were cut: the older end of a list that is ordered by date."""
    starts = [match.start() for match in _ITEM.finditer(text)]
    surplus = len(starts) - MAX_ITEMS
    if surplus <= 0:
        return text, 0
    if _oldest_first(text, starts):
        return text[: starts[0]] + text[starts[surplus] :], surplus
    tail = text[starts[-1] :]
    close = max(tail.rfind("</item>"), tail.rfind("</entry>"))
    return text[: starts[MAX_ITEMS]] + (tail[tail.index(">", close) + 1 :] if close >= 0 else ""), surplus


def _oldest_first(text: str, starts: list[int]) -> bool:
    first, last = (_DATE.search(text, start, start + 20_000) for start in (starts[0], starts[-1]))
    if first is None or last is None:
        return False
    opening, closing = read_date(first[1], UTC), read_date(last[1], UTC)
    return opening is not None and closing is not None and opening.at < closing.at


def _item(entry: Any) -> RawItem:
    published = _text(entry, "published") or _text(entry, "created")
    return RawItem(
        link=_text(entry, "feedburner_origlink") or _text(entry, "link"),
        guid=_text(entry, "id"),
        title=_text(entry, "title"),
        summary=_text(entry, "summary"),
        content=_content(entry),
        author=_text(entry, "author"),
        published=published,
        updated=_text(entry, "updated"),
    )


def _content(entry: Any) -> str:
    """The longest of the item's contents: ``content:encoded`` beside an Atom summary, HTML beside plain text."""
    values = [_text(part, "value") for part in dict.get(entry, "content") or () if isinstance(part, dict)]
    return max(values, key=len, default="")


def _text(where: Any, key: str) -> str:
    value = dict.get(where, key)  # feedparser's own ``get`` answers "updated" with "published"
    return value if isinstance(value, str) else ""


def _hints(feed: Any) -> Hints:
    """RSS's ``ttl`` in minutes, and the Syndication module's period and frequency."""
    minutes = _number(_text(feed, "ttl"))
    period = _PERIODS.get(_text(feed, "sy_updateperiod").strip().lower())
    frequency = _number(_text(feed, "sy_updatefrequency")) or 1
    return Hints(ttl=minutes * 60 if minutes else None, update_every=max(period // frequency, 1) if period else None)


def _number(text: str) -> int | None:
    """A whole number of at most six digits."""
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= 6 else None
