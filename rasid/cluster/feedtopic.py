"""The list of feeds in the compacted topic ``<prefix>.feeds``: published from the operator's file, changed at run time, read whole and
watched by every process that needs it.

The key is the feed's id; the value holds the feed with its outlet, so that each record stands alone. A feed's record lies in the
partition of its host, which is what pollers share. A feed that is removed keeps a small record: ``rasid setup`` must not bring back what
the operator took out, and a feed that moved to another host has a record in two partitions, of which the later one counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import structlog
from msgspec import Struct, structs

from contracts import codec
from contracts.records import Instant
from ingest.feeds import Feed, FeedChange, FeedList, Outlet
from ingest.urls import host
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.tail import Tail
from rasid.cluster.topics import Topics
from rasid.settings import Settings

log = structlog.get_logger("rasid")

HEAD = "@list"
"""Key of what the list says beside its feeds; no feed's id begins so. It lies in partition 0."""


class Watched(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A feed as it stands. ``listed``: the operator's file has it, so that it goes when the file no longer does. ``removed``: it is not
    watched."""

    feed: Feed
    outlet: Outlet
    changed_at: Instant
    listed: bool = False
    removed: bool = False


class Head(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of the operator's file: what is of no feed. ``outlets`` are all of them: an outlet without feeds still owns its domains."""

    outlets: tuple[Outlet, ...] = ()
    viewpoints: dict[str, str] = {}
    feed_hosts: tuple[str, ...] = ()


def place_of(feed: Feed) -> str:
    """What decides the partition of a feed: its host; the id where it is a folder on disk."""
    return host(feed.address) or feed.id


class FeedBook:
    """What has been read of the topic; ``folder`` is what ``file:`` addresses are relative to."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.head = Head()
        self.watched: dict[str, Watched] = {}
        self._made: FeedList | None = None

    def take(self, key: str, value: bytes | None) -> None:
        """Takes a record in; the later change of a feed wins. One that cannot be read is named and passed over."""
        try:
            if value is None:
                self.watched.pop(key, None)
            elif key == HEAD:
                self.head = codec.decode(Head, value)
            else:
                self._change(codec.decode(Watched, value))
        except (codec.BadRecord, codec.NewerRecord) as error:
            log.warning("feed record passed over", feed=key, reason=str(error))
            return
        self._made = None

    def _change(self, new: Watched) -> None:
        held = self.watched.get(new.feed.id)
        if held is None or new.changed_at >= held.changed_at:
            self.watched[new.feed.id] = new

    def feeds(self) -> FeedList:
        """The list, in the order of ids."""
        if self._made is None:
            live = [one for _, one in sorted(self.watched.items()) if not one.removed]
            outlets = {one.id: one for one in self.head.outlets} | {one.outlet.id: one.outlet for one in live}
            self._made = FeedList(
                dict(sorted(outlets.items())),
                {one.feed.id: one.feed for one in live},
                self.head.viewpoints,
                self.folder,
                self.head.feed_hosts,
            )
        return self._made


class FeedWatch:
    """An asynchronous context: ``feeds()`` is the whole list on entering, and follows the topic from then on. ``version`` grows with
    every record that was read."""

    def __init__(self, settings: Settings) -> None:
        self.book = FeedBook(settings.feeds.parent)
        self.version = 0
        self._news = asyncio.Event()
        self._tail = Tail(settings, Topics.of(settings).feeds, self._take)

    def _take(self, key: str, value: bytes | None) -> None:
        self.book.take(key, value)
        self.version += 1
        self._news.set()

    def feeds(self) -> FeedList:
        return self.book.feeds()

    async def changed(self) -> None:
        """Returns when a record has come since the last call, or since the start."""
        await self._news.wait()
        self._news.clear()

    async def __aenter__(self) -> Self:
        await self._tail.__aenter__()
        self._news.clear()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tail.__aexit__()


async def read_book(settings: Settings) -> FeedBook:
    """What stands in the topic now."""
    async with FeedWatch(settings) as watch:
        return watch.book


async def read_all(settings: Settings) -> FeedList:
    """The list as it stands in the topic now. Raises UsageError where the topic is not there."""
    return (await read_book(settings)).feeds()


async def publish(settings: Settings, feeds: FeedList) -> int:
    """Makes the topic say what the operator's file says, but for what was changed at run time; how many records were written. Doing it
    again writes nothing."""
    book, now = await read_book(settings), datetime.now(UTC)
    head = Head(
        outlets=tuple(feeds.outlets.values()), viewpoints=dict(feeds.viewpoints), feed_hosts=tuple(feeds.feed_hosts)
    )
    records = [*_published(book, feeds, now), *_unlisted(book, feeds, now)]
    outgoing = [_outgoing(Topics.of(settings), one) for one in records]
    if head != book.head:
        outgoing.insert(0, Outgoing(Topics.of(settings).feeds, 0, HEAD.encode(), codec.encode(head)))
    async with Sender(settings) as sender:
        await sender.send_all(outgoing)
    return len(outgoing)


def _published(book: FeedBook, feeds: FeedList, now: datetime) -> Iterator[Watched]:
    """The feeds of the file that are new or say something else; what was added or taken out at run time stays as it is."""
    for feed in feeds.feeds.values():
        held = book.watched.get(feed.id)
        made = Watched(feed=feed, outlet=feeds.outlets[feed.outlet], changed_at=now, listed=True)
        if (
            held is None
            or (held.removed and not held.listed)
            or (held.listed and not held.removed and structs.replace(made, changed_at=held.changed_at) != held)
        ):
            yield made


def _unlisted(book: FeedBook, feeds: FeedList, now: datetime) -> Iterator[Watched]:
    """The feeds that the file had and no longer has."""
    for feed_id, held in book.watched.items():
        if held.listed and feed_id not in feeds.feeds:
            yield structs.replace(held, changed_at=now, listed=False, removed=True)


async def change(settings: Settings, changes: Iterable[FeedChange]) -> None:
    """Feeds added and removed at run time, as ``ingest.feeds.overlay`` has checked them."""
    book, now = await read_book(settings), datetime.now(UTC)
    known = book.feeds()
    made: dict[str, Watched] = {}
    outlets = dict(known.outlets)
    for one in changes:
        if one.outlet is not None:
            outlets[one.outlet.id] = one.outlet
        held = made.get(one.feed_id) or book.watched.get(one.feed_id)
        if one.action == "add" and one.feed is not None:
            made[one.feed_id] = Watched(feed=one.feed, outlet=outlets[one.feed.outlet], changed_at=now)
        elif held is not None:
            made[one.feed_id] = structs.replace(held, changed_at=now, removed=True)
    async with Sender(settings) as sender:
        await sender.send_all([_outgoing(Topics.of(settings), one) for one in made.values()])


def _outgoing(topics: Topics, record: Watched) -> Outgoing:
    partition = topics.feed_partition(place_of(record.feed))
    return Outgoing(topics.feeds, partition, record.feed.id.encode(), codec.encode(record))
