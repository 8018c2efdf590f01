"""Bytes of a feed to its items: RSS, Atom, RDF, JSON Feed, news sitemaps and their indexes.

``parse_feed`` is a plain function for the pool. It never raises for what a publisher sends: what was wrong is told in
``ParsedFeed.problems``, and what can be read is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Literal

from msgspec import Struct, structs

from contracts.ids import digest
from ingest.dates import FeedDate, believed, read_date, zone
from ingest.decode import decode
from ingest.raw import Hints, Kind, RawFeed, RawItem
from ingest.text import plain, storable
from ingest.urls import BadUrl, canonical

MAX_BYTES = 10 * 1024 * 1024
MAX_TITLE, MAX_SUMMARY, MAX_NAME, MAX_GUID = 500, 2_000, 200, 1_000
MAX_URL = 2_000
MAX_CONTENT_BYTES = 200_000
_WHOLE_TEXT = 600
"""A description of more code points than this is the article's text, and is kept as its content too."""

_ROOT = re.compile(r"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
_TAGS = re.compile(r"<[^<>]*>")


class Item(Struct, frozen=True, kw_only=True):
    """An item that can be asked for: absolute http(s) URL in canonical form, clean words, believed dates in UTC.

    ``mark`` is a hash of what the item says (title, text, its own date of change): it differs when the item changed.
    """

    url: str
    guid: str | None = None
    title: str | None = None
    summary: str | None = None
    content_html: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    published_precision: Literal["instant", "day"] = "instant"
    updated_at: datetime | None = None
    mark: str = ""


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """A feed as read. ``problems`` are constants, with a count after a colon where they concern items: ``bad_link:3``."""

    kind: Kind
    title: str | None = None
    entries: tuple[Item, ...] = ()
    hints: Hints = Hints()
    problems: tuple[str, ...] = ()
    left: int = 0
    children: tuple[str, ...] = ()
    charset: str = "utf-8"

    @property
    def is_feed(self) -> bool:
        return self.kind not in ("html", "empty", "unknown")


def parse_feed(
    body: bytes, declared_charset: str | None, content_type: str | None, url: str, timezone: str, now: datetime
) -> ParsedFeed:
    """The feed in ``body``, which was found at ``url``. Dates without an offset are read in ``timezone`` (IANA name)."""
    cut = len(body) > MAX_BYTES
    decoded = decode(body[:MAX_BYTES], declared_charset)
    raw = _read(decoded.text, content_type)
    items, faults = _items(raw.items, url, zone(timezone), now)
    problems = [*raw.problems, *(f"{fault}:{count}" for fault, count in sorted(faults.items()))]
    problems += ["charset"] * decoded.healed + ["cut"] * cut + [f"left:{raw.left}"] * bool(raw.left)
    return ParsedFeed(
        kind=raw.kind,
        title=plain(raw.title, MAX_TITLE) or None,
        entries=items,
        hints=raw.hints,
        problems=tuple(problems),
        left=raw.left,
        children=_absolute(raw.children, url),
        charset=decoded.charset,
    )


def _read(text: str, content_type: str | None) -> RawFeed:
    """Chooses the reader by what the text is; the Content-Type is believed only where nothing else speaks."""
    text = text.lstrip("\ufeff\u200b \t\r\n\x00\x0b\x0c")
    if not text:
        return RawFeed(kind="empty", problems=("empty",))
    if text[0] in "{[" or ("json" in (content_type or "") and text[0] != "<"):
        from ingest.jsonfeed import read_json

        return read_json(text)
    return _read_markup(text)


def _read_markup(text: str) -> RawFeed:
    from ingest.heal import heal
    from ingest.rss import read_rss
    from ingest.sitemap import read_sitemap

    if _is_html(text[:5_000]):
        return RawFeed(kind="html", problems=("html",))
    healed = heal(text)
    match = _ROOT.search(healed.text)
    root = match[2].lower() if match else ""
    if root in ("urlset", "sitemapindex"):
        raw = read_sitemap(healed.text)
    elif root in ("rss", "feed", "rdf") or "<item" in healed.text or "<entry" in healed.text:
        raw = read_rss(healed.text, root)
    else:
        raw = RawFeed(kind="html" if root in ("html", "body", "head") else "unknown", problems=("not_a_feed",))
    problems = (*(f"mended_{fault}" for fault in healed.problems), *raw.problems)
    return structs.replace(raw, problems=problems)


def _is_html(head: str) -> bool:
    head = head.lower()
    return "<!doctype html" in head or ("<html" in head and "<rss" not in head and "<feed" not in head)


def _items(raw: Iterable[RawItem], url: str, where: tzinfo, now: datetime) -> tuple[tuple[Item, ...], Counter[str]]:
    """The items that can be asked for, one an address, and how often each fault was seen. A guid that several items share
    identifies none of them."""
    faults: Counter[str] = Counter()
    items: dict[str, Item] = {}
    for one in raw:
        item = _item(one, url, where, now, faults)
        if item is not None and item.url in items:
            faults["duplicate_url"] += 1
        elif item is not None:
            items[item.url] = item
    guids = Counter(item.guid for item in items.values())
    shared = {guid for guid, count in guids.items() if guid is not None and count > 1}
    if shared:
        faults["duplicate_guid"] = sum(guids[guid] for guid in shared)
        return tuple(_without_guid(one) if one.guid in shared else one for one in items.values()), faults
    return tuple(items.values()), faults


def _item(raw: RawItem, url: str, where: tzinfo, now: datetime, faults: Counter[str]) -> Item | None:
    link = _link(raw, url)
    if link is None:
        faults["bad_link"] += 1
        return None
    title = plain(raw.title, MAX_TITLE)
    summary = plain(raw.summary, MAX_SUMMARY)
    content = raw.content or (raw.summary if len(summary) >= _WHOLE_TEXT else "")
    published = _date(raw.published or raw.updated, where, now, faults)
    updated = _date(raw.updated, where, now, faults) if raw.updated and raw.published else None
    return Item(
        url=link,
        guid=storable(raw.guid.strip(), MAX_GUID) or None,
        title=title or None,
        summary=summary or None,
        content_html=storable(content, MAX_CONTENT_BYTES) or None,
        author=plain(raw.author, MAX_NAME) or None,
        published_at=published.at if published else None,
        published_precision=published.precision if published else "instant",
        updated_at=updated.at if updated else None,
        mark=_mark(title, raw),
    )


def _without_guid(item: Item) -> Item:
    return structs.replace(item, guid=None)


def _mark(title: str, raw: RawItem) -> str:
    """Of the words and the item's own date of change. Attributes are left out: addresses of images and counters in them
    change with every poll."""
    words = _TAGS.sub(" ", raw.content or raw.summary)
    return digest(title, " ".join(words.split()), raw.updated, size=4)


def _link(raw: RawItem, url: str) -> str | None:
    """The canonical http(s) address of the item: its link, failing that a guid that is one (never joined to the base)."""
    guid = raw.guid.strip()
    for candidate in (raw.link.strip(), guid if guid.startswith(("http://", "https://")) else ""):
        if candidate and len(candidate) <= MAX_URL:
            try:
                return canonical(candidate, raw.base or url)
            except BadUrl:
                continue
    return None


def _date(text: str, where: tzinfo, now: datetime, faults: Counter[str]) -> FeedDate | None:
    if not text.strip():
        return None
    date = read_date(text, where)
    if date is None:
        faults["unread_date"] += 1
        return None
    trusted = believed(date, now)
    if trusted is None:
        faults["unbelieved_date"] += 1
    return trusted


def _absolute(addresses: Iterable[str], url: str) -> tuple[str, ...]:
    found = []
    for address in addresses:
        try:
            found.append(canonical(address.strip(), url))
        except BadUrl:
            continue
    return tuple(dict.fromkeys(found))
