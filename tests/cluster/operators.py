"""What tests of operators' commands put into a cluster, and read out of it."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from contracts import codec
from contracts.ids import article_id
from contracts.outcomes import Quarantine
from contracts.records import Article
from ingest.feeds import FeedList, load
from rasid.cluster import feedstate, feedtopic, lag, reading
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.counts import Counts
from rasid.cluster.posting import Posting, Taken
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import Topics, partition_of
from rasid.operators import FeedRow
from rasid.settings import Settings
from tests.rasid.fakes import NOW, fake_topology


def send(settings: Settings, *messages: Outgoing) -> None:
    async def run() -> None:
        async with Sender(settings) as sender:
            await sender.send_all(messages)

    asyncio.run(run())


def read(settings: Settings, topic: str) -> list[ConsumerRecord]:
    async def run() -> list[ConsumerRecord]:
        return [record async for record in reading.records(settings, topic)]

    return asyncio.run(run())


def commit(settings: Settings, step: str) -> None:
    """As if the step had read everything that stands in its topics."""

    async def run() -> None:
        topics = Topics.of(settings)
        standing = (await lag.standings(settings, [step]))[step]
        consumer = AIOKafkaConsumer(**aiokafka_options(settings), group_id=topics.group(step), enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(list(standing.ends))
            await consumer.commit({place: end for place, end in standing.ends.items() if end})
        finally:
            await consumer.stop()

    asyncio.run(run())


def article(settings: Settings, number: int, text: str = "نص", **more: Any) -> Outgoing:
    url = f"https://a.example/news/{number}"
    made = Article(id=article_id(url), url=url, outlet="o", feed_id="f", title="خبر", text=text, fetched_at=NOW, **more)
    return placed(settings, Article, made.id, made.id, made)


def placed(settings: Settings, kind: type, stage_key: str, key: str, record: object) -> Outgoing:
    """A message where the stage that takes it would look for it."""
    place = partition_of(stage_key, settings.partitions)
    return Outgoing(Topics.of(settings).of_kind(kind), place, key.encode(), codec.encode(record))


def bury(settings: Settings, key: str, value: bytes, stage: str = "clean", reason: str = "bad record: test") -> None:
    """Lets the stage's own posting make the letter."""
    topics = Topics.of(settings)
    topic = topics.inputs(stage)[0]
    posting = Posting(stage, topics, fake_topology, Counts(), lambda: 0.0)
    taken = Taken(topic, 1, 7, key.encode(), value, 2, 0.0)
    send(settings, *posting.messages(taken, Quarantine(reason)))


def row(feed: str, outcome: str, **more: Any) -> FeedRow:
    given: dict[str, Any] = {
        "id": feed, "state": b"{}", "next_at": 2e9, "attempted_at": 1e9, "succeeded_at": 1e9, "new_at": None,
        "outcome": outcome, "detail": "", "entries": 2,
    }  # fmt: skip
    return FeedRow(**{**given, **more})


def watched(settings: Settings, *rows: FeedRow) -> FeedList:
    """Publishes two feeds, and what is remembered of some of them."""
    text = "".join(
        f'[[outlet]]\nid = "o{n}"\nname = "شبكة"\nname_en = "n"\ncountry = "SY"\ntimezone = "UTC"\nviewpoint = "independent"\n'
        f'kind = "site"\nfeeds = [{{ id = "f{n}", url = "https://h{n}.example/feed" }}]\n'
        for n in range(2)
    )
    settings.feeds.write_text(text, encoding="utf-8")
    feeds = load(settings.feeds)
    asyncio.run(feedtopic.publish(settings, feeds))
    topics = Topics.of(settings)
    for one in rows:
        place = topics.feed_partition(feedtopic.place_of(feeds.feeds[one.id]))
        send(settings, feedstate.outgoing(topics, (place, one.id), one))
    return feeds
