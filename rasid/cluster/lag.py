"""How far each step is: what its group has committed, against where its topics end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from msgspec import Struct

from rasid.cluster import reading
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.reading import BrokerAway
from rasid.cluster.refusal import check_refused
from rasid.cluster.topics import DELAYS, Topics
from rasid.settings import Settings
from rasid.topology import FLOW

STEPS = tuple(step.name for step in FLOW if step.kind != "source")
DELAY = "delay"
"""The step that forwards what waits in the delay topics."""


class Standing(Struct, frozen=True):
    """Of one step: the offsets committed by partition, where its topics begin, and where they end."""

    committed: Mapping[TopicPartition, int]
    begin: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]

    def heads(self) -> dict[TopicPartition, int]:
        """The first unread offset of each partition in which some records are unread."""
        heads = {one: max(self.committed.get(one, 0), self.begin[one]) for one in self.ends}
        return {one: at for one, at in heads.items() if at < self.ends[one]}

    @property
    def waiting(self) -> int:
        """Records unread."""
        return sum(self.ends[one] - at for one, at in self.heads().items())

    @property
    def read(self) -> int:
        """Records ever read."""
        return sum(self.committed.values())


def topics_of(topics: Topics, step: str) -> tuple[str, ...]:
    """What a step reads."""
    return tuple(map(topics.delay, DELAYS)) if step == DELAY else topics.inputs(step)


async def standings(settings: Settings, steps: Iterable[str] = (*STEPS, DELAY)) -> dict[str, Standing]:
    """By step. What is committed is read before the ends: where nothing waits, nothing waited at the moment between the two, in any
    step. Raises BrokerAway, UsageError."""
    topics, names = Topics.of(settings), tuple(steps)
    committed = await _committed(settings, [topics.group(name) for name in names])
    async with reading.consumer(settings) as reader:
        return {name: await _standing(reader, topics_of(topics, name), committed[topics.group(name)]) for name in names}


async def _standing(
    reader: AIOKafkaConsumer, topics: Iterable[str], committed: Mapping[TopicPartition, int]
) -> Standing:
    chosen = [one for topic in topics for one in await reading.partitions(reader, topic)]
    return Standing(
        {one: committed[one] for one in chosen if one in committed},
        await reader.beginning_offsets(chosen),
        await reader.end_offsets(chosen),
    )


async def _committed(settings: Settings, groups: Iterable[str]) -> dict[str, dict[TopicPartition, int]]:
    """A group that never committed has nothing. A broker that has no coordinator yet, as after its start, is asked again."""
    end = time.monotonic() + reading.PATIENCE
    while True:
        admin = AIOKafkaAdminClient(**aiokafka_options(settings), request_timeout_ms=15_000)
        try:
            await admin.start()
            return {group: _known(await admin.list_consumer_group_offsets(group)) for group in groups}
        except KafkaError as error:
            if time.monotonic() > end or not getattr(error, "retriable", False):
                await check_refused(settings)
                raise BrokerAway(f"Kafka at {settings.kafka}: {error!r}") from error
        finally:
            await admin.close()
        await asyncio.sleep(reading.PAUSE)


def _known(offsets: Mapping[TopicPartition, Any]) -> dict[TopicPartition, int]:
    return {one: found.offset for one, found in offsets.items() if found.offset >= 0}


async def oldest(settings: Settings, standing: Standing) -> float | None:
    """When the oldest unread record of a step came to the broker, in seconds since 1970; None where none waits."""
    heads = standing.heads()
    if not heads:
        return None
    async with reading.consumer(settings) as reader:
        span = reading.Span(heads, {one: at + 1 for one, at in heads.items()})
        return min([record.timestamp async for record in reading.read(reader, span)], default=0) / 1000 or None
