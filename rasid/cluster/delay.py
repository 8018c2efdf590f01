"""The delay topics: records wait here until they are due, and go on to the topic and partition that their headers name.

A partition is read in order. Its head waits until it is due, or until it has waited as long as the topic says; then it goes on, or round
again for what is left. So no record waits behind one that is due much later.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from msgspec import Struct

from contracts.records import Entry
from rasid.cluster import setup
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.control import ControlWatch, check_agreed
from rasid.cluster.counts import Counts
from rasid.cluster.posting import delayed
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import DELAYS, DUE_AT, PARTITION, REASON, STAGE, TOPIC, TRIES, Topics
from rasid.cluster.totals import totalled
from rasid.health import served
from rasid.indexes import health_settings
from rasid.logs import configure_logs
from rasid.recorded import recorded
from rasid.settings import Settings

log = structlog.get_logger("rasid")

STEP = "delay"
BATCH = 500
POLL_MS = 500
FETCH_BYTES = 1 << 20


class Waiting(Struct, frozen=True):
    """What the headers of a delayed record say. Times in seconds of the epoch."""

    topic: str
    partition: int
    due_at: float
    tries: int


def waiting_of(headers: Mapping[str, bytes]) -> Waiting | None:
    """None where the headers are not those of a delayed record."""
    try:
        return Waiting(
            headers[TOPIC].decode(), int(headers[PARTITION]), int(headers[DUE_AT]) / 1000, int(headers.get(TRIES, b"0"))
        )
    except (KeyError, ValueError):
        return None


class Onward:
    """Decides what a delayed record becomes. ``clock`` gives seconds of the epoch."""

    def __init__(self, topics: Topics, clock: Callable[[], float] = time.time) -> None:
        self._topics, self._clock = topics, clock

    def ready_in(self, record: Any, length: int) -> float:
        """Seconds until a record may leave its topic, whose length is given; 0 or less: now."""
        waiting = waiting_of(dict(record.headers))
        if waiting is None:
            return 0.0
        return min(waiting.due_at, float(record.timestamp) / 1000 + length) - self._clock()

    def message(self, record: Any) -> Outgoing:
        """Where it goes from here: on, round again, or among the dead letters where nobody knows whose it is."""
        waiting = waiting_of(dict(record.headers))
        if waiting is None:
            log.error("delayed record without a target", topic=record.topic, offset=record.offset)
            headers = ((STAGE, STEP.encode()), (REASON, b"delayed without a target"), (TRIES, b"0"))
            dead = self._topics.dead(self._topics.of_kind(Entry))
            return Outgoing(dead, 0, record.key or b"", record.value, headers)
        out = Outgoing(waiting.topic, waiting.partition, record.key or b"", record.value)
        left = waiting.due_at - self._clock()
        if left > 0:
            return delayed(self._topics, out, waiting.due_at, left, waiting.tries)
        return Outgoing(out.topic, out.partition, out.key, out.value, ((TRIES, str(waiting.tries).encode()),))


class DelayService:
    """One consumer of the group; any number may run."""

    def __init__(
        self, settings: Settings, sender: Sender, counts: Counts, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._sender, self._counts = settings, sender, counts
        self._topics = Topics.of(settings)
        self._onward = Onward(self._topics, clock)
        self._lengths = {self._topics.delay(length): length for length in DELAYS}
        self._asleep: dict[TopicPartition, float] = {}  # until when, by the event loop's clock

    async def run(self, stopping: asyncio.Event) -> None:
        consumer = AIOKafkaConsumer(
            *self._lengths,
            **aiokafka_options(self._settings),
            group_id=self._topics.group(STEP),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._settings.session_seconds * 1000),
            heartbeat_interval_ms=int(self._settings.session_seconds * 250),
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        await _started(consumer)
        self._counts.ready = True
        try:
            while not stopping.is_set():
                self._wake(consumer)
                batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)
                await self._pass_on(consumer, batches)
        finally:
            await consumer.stop()

    def _wake(self, consumer: AIOKafkaConsumer) -> None:
        now = asyncio.get_running_loop().time()
        assigned = consumer.assignment()
        for partition, until in list(self._asleep.items()):
            if until <= now or partition not in assigned:
                del self._asleep[partition]
                if partition in assigned:
                    consumer.resume(partition)

    async def _pass_on(self, consumer: AIOKafkaConsumer, batches: Mapping[TopicPartition, list[Any]]) -> None:
        out: list[Outgoing] = []
        done: dict[TopicPartition, int] = {}
        for partition, records in batches.items():
            length = self._lengths[partition.topic]
            for record in records:
                wait = self._onward.ready_in(record, length)
                if wait > 0:
                    self._sleep(consumer, partition, record.offset, wait)
                    break
                out.append(self._onward.message(record))
                done[partition] = record.offset + 1
        if done:
            await self._sender.send_all(out)
            self._counts.add(STEP, "received", len(out))
            self._counts.add(STEP, "sent", len(out))
            await _commit(consumer, done)

    def _sleep(self, consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int, wait: float) -> None:
        try:
            consumer.seek(partition, offset)
            consumer.pause(partition)
        except IllegalStateError:  # another's by now
            return
        self._asleep[partition] = asyncio.get_running_loop().time() + wait


async def _started(consumer: AIOKafkaConsumer) -> None:
    pause = 0.5
    while True:
        try:
            await consumer.start()
        except KafkaError as error:
            log.warning("waiting for Kafka", reason=repr(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10.0)
        else:
            return


async def _commit(consumer: AIOKafkaConsumer, done: dict[TopicPartition, int]) -> None:
    """What cannot be committed is passed on again later: its takers know it."""
    try:
        await consumer.commit(
            {partition: offset for partition, offset in done.items() if partition in consumer.assignment()}
        )
    except (CommitFailedError, IllegalStateError) as error:
        log.info("delays not committed", reason=repr(error))
    except KafkaError as error:
        log.warning("delays not committed", reason=repr(error))


def run_delay(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises UsageError where the cluster was not set up."""
    configure_logs(settings.log_level, quiet=False)
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with ControlWatch(settings) as control, Sender(settings) as sender:
        check_agreed(control.known, settings)
        await setup.check(settings)
        log.info("worker starts", stage=STEP)
        counts = Counts()
        async with (
            served(settings, counts.snapshot, counts.unready),
            recorded(health_settings(settings), counts.snapshot),
            totalled(settings, counts),
        ):
            await DelayService(settings, sender, counts).run(stopping)
    log.info("worker ended", stage=STEP)
