"""When a page says that it was published and changed. Dates without an offset are the outlet's; what cannot be true is not believed.

Order: the feed's date, JSON-LD, meta elements, the outlet's rule, time elements, date lines, and htmldate where nothing else speaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from lxml import etree
from msgspec import Struct

from contracts.records import Entry
from ingest.dates import FeedDate, believed, read_date
from ingest.pagemeta import PageMeta
from ingest.prune import Spots
from ingest.siterules import SiteRule, found

_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "datecreated",
    "dc.date.issued",
    "dc.date",
    "dcterms.created",
    "dcterms.date",
    "publishdate",
    "publish-date",
    "publish_date",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "date",
)
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified", "lastmod")
_LONGEST = 120
_DAY = timedelta(days=1)
_SAME = timedelta(minutes=2)


class PageDates(Struct, frozen=True):
    """``published`` None: nobody says. ``updated`` only where it is later than that."""

    published: FeedDate | None
    updated: datetime | None


def dates_of(
    tree: Any, meta: PageMeta, spots: Spots, rule: SiteRule, entry: Entry, where: tzinfo, now: datetime
) -> PageDates:
    """The dates of a page; ``where`` is the outlet's zone, ``now`` when it was fetched."""
    fed = feed_date(entry, now)
    said = next((date for text in _texts(tree, meta, spots, rule) if (date := _read(text, where, now))), None)
    changed = _read(meta.said("dateModified") or meta.first(*_MODIFIED), where, now)
    if fed is not None and said is not None and said.at < fed.at and _is_of_change(fed, changed, entry):
        fed = None
    published = finer(fed, said) if fed else said or _last_resort(tree, entry.url, where, now)
    return PageDates(published, later(published, changed.at if changed else None, entry, now))


def feed_date(entry: Entry, now: datetime) -> FeedDate | None:
    """The feed's date, where it can be true."""
    if entry.published_at is None:
        return None
    return believed(FeedDate(entry.published_at.astimezone(UTC), entry.published_precision), now)


def later(published: FeedDate | None, changed: datetime | None, entry: Entry, now: datetime) -> datetime | None:
    """The moment of the last change, the feed's failing the page's, where it is after publication."""
    fed = believed(FeedDate(entry.updated_at.astimezone(UTC)), now) if entry.updated_at else None
    for at in (changed, fed.at if fed else None):
        if at is not None and (published is None or at > published.at):
            return at
    return None


def _is_of_change(fed: FeedDate, changed: FeedDate | None, entry: Entry) -> bool:
    """Whether a feed moved its date of publication to that of a change: it is the page's or the feed's own date of change."""
    others = (changed.at if changed else None, entry.updated_at)
    return any(at is not None and abs(at - fed.at) < _SAME for at in others)


def finer(fed: FeedDate, said: FeedDate | None) -> FeedDate:
    """The page's moment inside the calendar day that is all that the feed gives; else the feed's."""
    if (
        said is not None
        and fed.precision == "day"
        and said.precision == "instant"
        and fed.at <= said.at < fed.at + _DAY
    ):
        return said
    return fed


def _texts(tree: Any, meta: PageMeta, spots: Spots, rule: SiteRule) -> Iterator[str]:
    """What may hold the date of publication, best first."""
    yield meta.said("datePublished")
    yield from (meta.meta.get(name, "") for name in _PUBLISHED)
    yield meta.said("dateCreated")
    ruled = found(rule.date, tree)
    yield _short(ruled) if ruled is not None else ""
    times = sorted(
        spots.times[:10], key=lambda time: time.get("itemprop") != "datePublished" and time.get("pubdate") is None
    )
    for time in times:
        yield time.get("datetime") or _short(time)
    for element in spots.dated:
        yield element.get("datetime") or element.get("content") or _short(element)


def _short(element: Any) -> str:
    """The words of an element that can be a date line; empty where there are too many."""
    text = ""
    for piece in element.itertext():
        text += f" {piece}"
        if len(text) > _LONGEST:
            return ""
    return text


def _read(text: str, where: tzinfo, now: datetime) -> FeedDate | None:
    return believed(read_date(text, where), now) if text and len(text) <= _LONGEST else None


def _last_resort(tree: Any, url: str, where: tzinfo, now: datetime) -> FeedDate | None:
    """htmldate's patterns without its extensive search: a bare day."""
    import logging

    from htmldate import find_date

    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    latest = (now + _DAY).strftime("%Y-%m-%d")
    pruned = etree.tostring(tree, encoding="unicode", method="html")
    found_day = find_date(pruned, extensive_search=False, original_date=True, url=url, max_date=latest)
    return _read(found_day or "", where, now)
