"""Runs a stage again: the newest record of each key is sent once more to the topic that it lies in, under a new offset.

A partition at a time: its keys are read first, its values second, so that memory holds keys alone. What is written meanwhile is newer,
and is not sent again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from rasid.cluster import reading
from rasid.cluster.control import raise_generation
from rasid.cluster.headers import header
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import FORGET, Topics
from rasid.operators import Progress, check_replayable
from rasid.settings import Settings

BATCH = 100


async def replay(settings: Settings, stage: str, since: datetime | None, progress: Progress) -> int:
    """Raises the generation, then sends; how many records. ``since``: only what the broker took in from then on. Raises UsageError."""
    check_replayable(stage)
    await raise_generation(settings)
    done = 0
    async with reading.consumer(settings) as reader, Sender(settings) as sender:
        for topic in Topics.of(settings).inputs(stage):
            for chosen in await reading.partitions(reader, topic):
                batch: list[Outgoing] = []
                newest = await newest_offsets(reader, chosen, since)
                total = done + len(newest)
                async for record in chosen_records(reader, chosen, newest):
                    batch.append(Outgoing(topic, record.partition, record.key, record.value))
                    if len(batch) == BATCH:
                        done += await _sent(sender, batch)
                        progress(done, total)
                done += await _sent(sender, batch)
                progress(done, total)
    return done


async def _sent(sender: Sender, batch: list[Outgoing]) -> int:
    """Sends and empties the batch."""
    await sender.send_all(batch)
    n = len(batch)
    batch.clear()
    return n


async def newest_offsets(reader: AIOKafkaConsumer, chosen: TopicPartition, since: datetime | None) -> dict[bytes, int]:
    """Key -> offset of its newest record, but for what was forgotten and for null values."""
    found: dict[bytes, int] = {}
    forgotten: set[bytes] = set()
    since_ms = int(since.timestamp() * 1000) if since else None
    async for record in reading.read(reader, await reading.span(reader, [chosen], since_ms)):
        if article := header(record.headers, FORGET):
            forgotten.add(article.encode())
        elif record.key and record.value is not None:
            found[record.key] = record.offset
    return {key: offset for key, offset in found.items() if key.partition(b":")[0] not in forgotten}


async def chosen_records(
    reader: AIOKafkaConsumer, chosen: TopicPartition, newest: dict[bytes, int]
) -> AsyncIterator[ConsumerRecord]:
    """The records at these offsets, in their order."""
    if not newest:
        return
    wanted = set(newest.values())
    what = reading.Span({chosen: min(wanted)}, {chosen: max(wanted) + 1})
    async for record in reading.read(reader, what):
        if record.offset in wanted:
            yield record
