"""Reads a compacted topic whole, and then what is added to it: feeds, control. Every process reads all of it, without a group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from rasid.cluster.connection import aiokafka_options
from rasid.cluster.refusal import check_refused
from rasid.errors import UsageError
from rasid.settings import Settings

log = structlog.get_logger("rasid")

CLOSE_SECONDS = 5.0
FETCH_WAIT_MS = 5_000
"""How long a request may wait at the broker for something new. What is new is answered at once; shorter waits are work for the broker, for
every process that follows a topic which changes once a day."""

Take = Callable[[str, bytes | None], None]
"""Called with each key and value, in the order of its partition; None: the key was removed."""


class Tail:
    """An asynchronous context: inside it everything that stood in the topic at the start has been taken, and what comes is taken as
    it comes. Where the broker is away at the start it is waited for; where it turns us down, entering raises Refused."""

    def __init__(self, settings: Settings, topic: str, take: Take) -> None:
        self._settings, self.topic, self._take = settings, topic, take
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._open()
        self._task = asyncio.create_task(self._follow(), name=f"tail {self.topic}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._close()

    async def _open(self) -> None:
        pause = 0.5
        while True:
            try:
                await self._read_whole()
            except KafkaError as error:
                await self._close()
                await check_refused(self._settings)
                log.warning("waiting for Kafka", topic=self.topic, reason=repr(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
            except BaseException:
                await self._close()
                raise
            else:
                return

    async def _read_whole(self) -> None:
        consumer = self._consumer = AIOKafkaConsumer(
            **aiokafka_options(self._settings),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
        )
        await consumer.start()
        partitions = await _partitions(consumer, self.topic)
        ends = await consumer.end_offsets(partitions)  # before anything is fetched: it would wait behind that
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        while any([await consumer.position(one) < end for one, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    self._give(record.key, record.value)

    def _give(self, key: bytes | None, value: bytes | None) -> None:
        if key is not None:
            self._take(key.decode("utf-8", "surrogatepass"), value)

    async def _follow(self) -> None:
        assert self._consumer is not None
        while True:
            try:
                for records in (await self._consumer.getmany(timeout_ms=1_000)).values():
                    for record in records:
                        self._give(record.key, record.value)
            except KafkaError as error:
                log.warning("waiting for Kafka", topic=self.topic, reason=repr(error))
                await asyncio.sleep(1.0)

    async def _close(self) -> None:
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            # with the broker away, stopping may raise the cancellation of its own tasks
            await asyncio.wait([asyncio.ensure_future(consumer.stop())], timeout=CLOSE_SECONDS)


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """Raises UsageError where there is no such topic."""
    consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise UsageError(f"no topic {topic}: run rasid setup first")
    return [TopicPartition(topic, number) for number in sorted(numbers)]
