"""Sends records and waits until the broker has them; a broker that is away is waited for in place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

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


class TooLarge(ValueError):
    """A record above what the topics take: it would be refused for ever."""


class Outgoing(Struct, frozen=True):
    """A message on its way to a topic. ``value`` None removes the key from a compacted topic."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Sender:
    """An asynchronous context over one idempotent producer, exchanged for a fresh one after a failure that does not pass."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self.failures = 0
        """Sends that the broker did not take at once."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def send_all(self, messages: Sequence[Outgoing]) -> list[RecordMetadata]:
        """Where each message landed, in order; returns when the broker has all of them. Raises TooLarge before anything is sent."""
        for message in messages:
            _check_size(message)
        landed: dict[int, RecordMetadata] = {}
        pause = 0.25
        while len(landed) < len(messages):
            open_ = [number for number in range(len(messages)) if number not in landed]
            error = await self._try(messages, open_, landed)
            if error is not None:
                self.failures += 1
                log.warning("waiting for Kafka", reason=repr(error), messages=len(messages), seconds=pause)
                await self._close()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        return [landed[number] for number in range(len(messages))]

    async def _try(
        self, messages: Sequence[Outgoing], numbers: Sequence[int], landed: dict[int, RecordMetadata]
    ) -> KafkaError | None:
        """Sends those; notes what landed; gives the first error."""
        failed: KafkaError | None = None
        futures: list[tuple[int, asyncio.Future[RecordMetadata]]] = []
        try:
            producer = await self._open()
            for number in numbers:
                message = messages[number]
                futures.append(
                    (
                        number,
                        await producer.send(
                            message.topic,
                            message.value,
                            message.key,
                            message.partition,
                            headers=list(message.headers),
                        ),
                    )
                )
        except KafkaError as error:
            failed = error
        for number, future in futures:
            try:
                landed[number] = await future
            except KafkaError as error:
                failed = failed or error
        return failed

    async def _open(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **aiokafka_options(self._settings),
                acks="all",
                enable_idempotence=True,  # a retry inside the client neither doubles nor reorders
                linger_ms=LINGER_MS,
                max_batch_size=BATCH_BYTES,
                max_request_size=MAX_MESSAGE_BYTES,
                compression_type="lz4",
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _close(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            with suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)


def _check_size(message: Outgoing) -> None:
    size = len(message.value or b"") + len(message.key)
    if size > MAX_MESSAGE_BYTES - 4096:  # what headers and the frame may take
        raise TooLarge(f"{size} bytes, more than a topic takes ({MAX_MESSAGE_BYTES})")
