"""Reads a topic from somewhere to where it ends now, without a group: what operators' commands and starting processes do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from rasid.cluster.connection import aiokafka_options
from rasid.cluster.refusal import check_refused
from rasid.errors import CommandError, UsageError
from rasid.settings import Settings

log = structlog.get_logger("rasid")

PATIENCE = 30.0
"""Seconds without an answer from the broker after which a command gives up."""
PAUSE = 1.0
FETCH_WAIT_MS = 50
"""How long a request may wait at the broker for records that are not there: the next partition is asked only after it."""


class BrokerAway(CommandError):
    """Kafka does not answer; nothing was done that must be undone."""


@asynccontextmanager
async def consumer(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer without a group. Raises BrokerAway, Refused."""
    made = AIOKafkaConsumer(
        **aiokafka_options(settings),
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    try:
        await made.start()
    except KafkaError as error:
        await made.stop()
        await check_refused(settings)
        raise BrokerAway(f"Kafka does not answer at {settings.kafka}: {error}") from error
    try:
        yield made
    finally:
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(made.stop(), 5.0)


async def partitions(reader: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """All of a topic. Raises UsageError where it is not there."""
    reader._client.add_topic(topic)
    await reader._client.force_metadata_update()
    numbers = reader.partitions_for_topic(topic)
    if not numbers:
        raise UsageError(f"no topic {topic}: run rasid setup first")
    return [TopicPartition(topic, number) for number in sorted(numbers)]


class Span:
    """What is read of some partitions: from ``starts`` up to ``ends`` (offsets), as they stood at the beginning."""

    def __init__(self, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> None:
        self.at, self.ends = dict(starts), dict(ends)

    @property
    def records(self) -> int:
        """At most so many: compacted topics have holes."""
        return sum(max(0, self.ends[one] - self.at[one]) for one in self.ends)

    def open(self) -> list[TopicPartition]:
        return [one for one, end in self.ends.items() if self.at[one] < end]


async def span(reader: AIOKafkaConsumer, chosen: Sequence[TopicPartition], since_ms: int | None = None) -> Span:
    """Everything of these partitions; with ``since_ms`` only what the broker took in from that moment on (ms since 1970)."""
    ends = await reader.end_offsets(chosen)
    starts = await reader.beginning_offsets(chosen)
    if since_ms is not None:
        found = await reader.offsets_for_times(dict.fromkeys(chosen, since_ms))
        starts = {one: found[one].offset if found.get(one) else ends[one] for one in chosen}
    return Span(starts, ends)


async def read(reader: AIOKafkaConsumer, what: Span) -> AsyncIterator[ConsumerRecord]:
    """The records of a span, in order within each partition. A broker that goes away is waited for; raises BrokerAway after PATIENCE
    seconds without one."""
    reader.assign(list(what.ends))
    for one, offset in what.at.items():
        reader.seek(one, offset)
    silent = 0.0
    while open_ := what.open():
        before = dict(what.at)
        for one, batch in (await _more(reader, open_)).items():
            for record in batch:
                if record.offset < what.ends[one]:
                    yield record
        for one in open_:
            what.at[one] = await reader.position(one)  # past holes too
        silent = 0.0 if what.at != before else silent + PAUSE
        if silent > PATIENCE:
            raise BrokerAway(f"Kafka gives no more of {open_[0].topic}; try again")


async def _more(
    reader: AIOKafkaConsumer, chosen: Sequence[TopicPartition]
) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
    try:
        found: Mapping[TopicPartition, Sequence[ConsumerRecord]] = await reader.getmany(
            *chosen, timeout_ms=int(PAUSE * 1000)
        )
    except KafkaError as error:
        log.warning("waiting for Kafka", reason=repr(error))
        await asyncio.sleep(PAUSE)
        return {}
    return found


async def records(
    settings: Settings, topic: str, numbers: Collection[int] | None = None, since_ms: int | None = None
) -> AsyncIterator[ConsumerRecord]:
    """Of a topic, or of some of its partitions, up to where it ends now."""
    async with consumer(settings) as reader:
        chosen = [one for one in await partitions(reader, topic) if numbers is None or one.partition in numbers]
        async for record in read(reader, await span(reader, chosen, since_ms)):
            yield record
