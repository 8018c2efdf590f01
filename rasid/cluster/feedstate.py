"""What is remembered of each feed, in the compacted topic ``<prefix>.feed-state``: key the feed's id, in the partition of the feed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import structlog

from contracts import codec
from contracts.source import Polled
from rasid.cluster.reading import records
from rasid.cluster.sending import Outgoing
from rasid.cluster.topics import Topics
from rasid.operators import FeedRow
from rasid.settings import Settings

log = structlog.get_logger("rasid")


Place = tuple[int, str]
"""Partition and feed: a feed that moved to another host leaves a row behind in the partition of the old one."""


async def load(settings: Settings, partitions: Collection[int] | None = None) -> dict[Place, FeedRow]:
    """The rows of some partitions, or of all, as they stand now. One that cannot be read starts afresh, and is named."""
    rows: dict[Place, FeedRow] = {}
    async for record in records(settings, Topics.of(settings).feed_state, partitions):
        place = (record.partition, (record.key or b"").decode("utf-8", "replace"))
        try:
            if record.value is not None:
                rows[place] = codec.decode(FeedRow, record.value)
        except (codec.BadRecord, codec.NewerRecord) as error:
            log.warning("feed starts afresh", feed=place[1], reason=str(error))
            rows.pop(place, None)
    return rows


def newest(rows: Mapping[Place, FeedRow]) -> dict[str, FeedRow]:
    """By feed, the row of the last poll."""
    in_time = sorted(rows.items(), key=lambda item: (item[1].attempted_at or 0.0, item[0]))
    return {feed: row for (_, feed), row in in_time}


def after(before: FeedRow | None, polled: Polled, now: float) -> FeedRow:
    """The row that a poll leaves. ``now``: seconds since 1970."""
    return FeedRow(
        id=polled.feed_id,
        state=polled.state,
        next_at=polled.next_at.timestamp(),
        attempted_at=now,
        succeeded_at=now if polled.ok else before.succeeded_at if before else None,
        new_at=now if polled.entries else before.new_at if before else None,
        outcome=polled.outcome,
        detail=polled.detail[:1000],
        entries=(before.entries if before else 0) + len(polled.entries),
    )


def outgoing(topics: Topics, place: Place, row: FeedRow) -> Outgoing:
    """The message that keeps a row."""
    partition, feed = place
    return Outgoing(topics.feed_state, partition, feed.encode(), codec.encode(row))
