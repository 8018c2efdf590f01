"""Sends records and waits until the broker has them; a broker that is away is waited for in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, Self

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from msgspec import Struct

from rasid.cluster.connection import aiokafka_options
from rasid.cluster.topics import MAX_MESSAGE_BYTES
from rasid.settings import Settings

log = structlog.get_logger("rasid")

LINGER_MS = 20
BATCH_BYTES = 256 << 10
"""Twice the records a second of the defaults, at half the CPU each."""
LONGEST_PAUSE = 10.0
CLOSE_SECONDS = 5.0
SAY_EVERY = 5.0
"""Seconds without an answer after which the wait is said."""
SPARE_BYTES = 64 << 10
"""Room for the headers that a record gets when it is delayed or dead."""


class TooLarge(ValueError):
    """A record above what the topics take: it would be refused for ever."""


class Outgoing(Struct, frozen=True):
    """A message on its way to a topic. ``value`` None removes the key from a compacted topic."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def oversize(message: Outgoing, spare: int = SPARE_BYTES) -> str | None:
    """What to say of a message above what a topic takes, with ``spare`` bytes left free; None where it fits."""
    size = len(message.value or b"") + len(message.key) + sum(len(name) + len(value) for name, value in message.headers)
    if size > MAX_MESSAGE_BYTES - spare:
        return f"{size} bytes, more than a topic takes ({MAX_MESSAGE_BYTES - spare})"
    return None


class Fence(Protocol):
    """Says before each try whether it may be made. ``confirm`` ends the sending by what it raises; a try then takes at most
    ``seconds``, and ``over`` is called once nothing of it is on its way any more."""

    seconds: float

    async def confirm(self) -> None: ...
    def over(self) -> None: ...


class Sender:
    """An asynchronous context over one producer, exchanged for a fresh one after a failure. ``waiting`` is told each time that the
    broker is waited for. With a ``fence`` what a try had not sent at its end is never sent; without one the producer is idempotent and
    goes on by itself."""

    def __init__(
        self, settings: Settings, *, waiting: Callable[[str], None] = lambda reason: None, fence: Fence | None = None
    ) -> None:
        self._settings, self._waiting, self._fence = settings, waiting, fence
        self._seconds = fence.seconds if fence is not None else None
        self._producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)

    async def send_all(self, messages: Sequence[Outgoing]) -> list[RecordMetadata]:
        """Where each message landed, in order; returns when the broker has all of them. Raises TooLarge before anything is sent, and
        what the fence raises."""
        for message in messages:
            if too_large := oversize(message, spare=4096):
                raise TooLarge(f"{message.topic}: {too_large}")
        landed: dict[int, RecordMetadata] = {}
        pause = 0.25
        while len(landed) < len(messages):
            error = await self._fenced(messages, landed)
            if error is not None:
                self._waiting(f"Kafka: {error!r}")
                log.warning("waiting for Kafka", reason=repr(error), messages=len(messages), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        return [landed[number] for number in range(len(messages))]

    async def _fenced(self, messages: Sequence[Outgoing], landed: dict[int, RecordMetadata]) -> Exception | None:
        if self._fence is not None:
            await self._fence.confirm()
        try:
            error = await self._try(messages, landed)
            if error is not None:
                await self._drop()
            return error
        finally:
            if self._fence is not None:
                self._fence.over()

    async def _try(self, messages: Sequence[Outgoing], landed: dict[int, RecordMetadata]) -> Exception | None:
        """Sends what has not landed, notes what has, and gives the first error."""
        futures: dict[int, asyncio.Future[RecordMetadata]] = {}
        failed: Exception | None = None
        try:
            async with asyncio.timeout(self._seconds):
                producer = await self._open()
                for number, message in enumerate(messages):
                    if number not in landed:
                        futures[number] = await _send(producer, message)
                await self._settled(list(futures.values()))
        except (KafkaError, TimeoutError) as error:
            failed = error
        for number, future in futures.items():
            if not future.done():
                continue
            try:
                landed[number] = future.result()
            except KafkaError as error:
                failed = failed or error
        return failed

    async def _settled(self, futures: list[asyncio.Future[RecordMetadata]]) -> None:
        open_: set[asyncio.Future[RecordMetadata]] = set(futures)
        while open_:
            _, open_ = await asyncio.wait(open_, timeout=SAY_EVERY)
            if open_:
                self._waiting("Kafka does not answer")

    async def _open(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **aiokafka_options(self._settings),
                acks="all",
                enable_idempotence=self._fence is None,  # a retry inside the client neither doubles nor reorders
                request_timeout_ms=int((self._seconds or 40.0) * 1000),
                linger_ms=LINGER_MS,
                max_batch_size=BATCH_BYTES,
                max_request_size=MAX_MESSAGE_BYTES,
                compression_type="zstd",  # at a third of what lz4 costs here, which its client packs at its highest level
            )
            try:
                await producer.start()
            except BaseException:
                await _cut(producer)
                raise
            self._producer = producer
        return self._producer

    async def _drop(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await _cut(producer)


async def _send(producer: AIOKafkaProducer, message: Outgoing) -> asyncio.Future[RecordMetadata]:
    future: asyncio.Future[RecordMetadata] = await producer.send(
        message.topic, message.value, message.key, message.partition, headers=list(message.headers)
    )
    return future


async def _cut(producer: AIOKafkaProducer) -> None:
    """Closes the producer without sending what it still holds: that is sent again by its successor, or must not be sent at all."""
    producer._closed = True
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            if producer._sender is not None and producer._sender.sender_task is not None:
                await producer._sender.close()
            await producer.client.close()
