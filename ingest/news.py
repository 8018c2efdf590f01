"""What a feed shows now against what was seen of it before: the entries that are new, and those that changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from contracts.ids import digest, entry_id
from contracts.records import Entry
from ingest.feeds import Feed, FeedList
from ingest.parse import Item
from ingest.schedule import FeedState
from ingest.urls import identity

WHOLESALE = 10
"""From this many known items on, a poll in which more than half of them changed says that the feed's template did, not the
articles: then no change is believed."""

_FRESH = timedelta(days=7)


class News(Struct, frozen=True, kw_only=True):
    """``entries`` oldest first; ``seen`` keys and marks of all that the feed shows; ``times`` for the rhythm; ``newest_at`` when
    the last new entry appeared, as far as is known."""

    entries: tuple[Entry, ...] = ()
    seen: dict[str, str] = {}
    times: tuple[datetime, ...] = ()
    newest_at: datetime | None = None
    new: int = 0
    changed: int = 0
    too_old: int = 0
    wholesale: int = 0


def news(
    items: tuple[Item, ...], feed: Feed, feeds: FeedList, state: FeedState, now: datetime, first_days: float
) -> News:
    """Compares by guid and by URL. On the first poll that succeeds, items older than ``first_days`` are taken as seen; the
    limit does not hold for samples."""
    is_first, sample = state.succeeded_at is None and not state.seen, feeds.outlets[feed.outlet].sample
    oldest = now - timedelta(days=first_days) if is_first and not sample else None
    fresh, changed, too_old, seen = [], [], 0, dict[str, str]()
    for item in items:
        keys = _keys(item)
        before = next((state.seen[key] for key in keys if key in state.seen), None)
        seen.update(dict.fromkeys(keys, item.mark))
        if before is None and oldest is not None and (item.published_at or now) < oldest:
            too_old += 1
        elif before is None:
            fresh.append(item)
        elif before != item.mark:
            changed.append(item)
    wholesale = len(changed) if len(changed) >= WHOLESALE and len(changed) * 2 > len(items) - len(fresh) else 0
    told = [(item, 0) for item in fresh] + [(item, -1) for item in changed if not wholesale]
    told.sort(key=lambda pair: (pair[0].published_at or now, pair[0].url))
    return News(
        entries=tuple(_entry(item, look, feed, feeds, now) for item, look in told),
        seen=seen,
        times=_times(items if is_first else fresh, is_first, now),
        newest_at=_newest(items, now) if is_first else now if fresh else None,
        new=len(fresh),
        changed=0 if wholesale else len(changed),
        too_old=too_old,
        wholesale=wholesale,
    )


def _keys(item: Item) -> tuple[str, ...]:
    """Short hashes of the guid and of the article's identity: an item is known by either."""
    by_url = digest(identity(item.url), size=5)
    if item.guid is None or item.guid == item.url:
        return (by_url,)
    return (digest("guid", item.guid, size=5), by_url)


def _entry(item: Item, look: int, feed: Feed, feeds: FeedList, now: datetime) -> Entry:
    outlet = feeds.outlet_of(item.url) or feeds.outlets[feed.outlet]
    return Entry(
        id=entry_id(item.url, look, item.mark if look else ""),
        feed_id=feed.id,
        outlet=outlet.id,
        url=item.url,
        guid=item.guid,
        title=item.title,
        summary=item.summary,
        content_html=item.content_html,
        author=item.author,
        published_at=item.published_at,
        published_precision=item.published_precision,
        updated_at=item.updated_at,
        seen_at=now,
        look=look,
    )


def _times(items: list[Item] | tuple[Item, ...], is_first: bool, now: datetime) -> tuple[datetime, ...]:
    """When the entries appeared: as published, where that is a moment and (later than the first poll) a recent one; else now,
    but at the first poll, when everything appears at once."""
    times = []
    for item in items:
        exact = item.published_at if item.published_precision == "instant" else None
        if exact is not None and (is_first or now - exact < _FRESH):
            times.append(exact)
        elif not is_first:
            times.append(now)
    return tuple(times)


def _newest(items: tuple[Item, ...], now: datetime) -> datetime | None:
    dates = [item.published_at for item in items if item.published_at is not None]
    return max(dates, default=now if items else None)
