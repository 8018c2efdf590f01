"""Which partitions of the feeds this poller holds: a member of a consumer group of kafka-python, asked from the event loop.

The group only shares the partitions out; no record is read through it, and nothing is committed. Whoever takes partitions over reads the
state of their feeds anew, so that a hand-over loses nothing, whenever it comes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from rasid.cluster.connection import kafka_python_options
from rasid.settings import Settings

log = structlog.get_logger("rasid")

LOOK_MS = 500
"""How long one look at the group waits."""
LOOKS_APART_MS = 60_000
"""A poller whose event loop hangs for so long loses its partitions."""
REVOKE_SECONDS = 2.0
"""What a revocation waits for a write under way: well below the session, whose heartbeats wait with it."""
LEAVE_MS = 3_000
BOOTSTRAP_MS = 5_000
LONGEST_PAUSE = 5.0
ANEW_SECONDS = 60.0
"""A client that has failed for so long is exchanged for a fresh one."""

Held = Mapping[int, int]
"""Partition -> the generation of the group since which it has been held without a break."""

NOTHING: Held = MappingProxyType({})


class Holding:
    """The partitions held now. Changed from the thread of the client; read and written under from the event loop's."""

    def __init__(self) -> None:
        self.held: Held = NOTHING
        self.settled = False
        """False while the group is sharing out anew: what was held may still be ours."""
        self._before: Held = NOTHING
        self._generation = -1
        self._idle = threading.Event()
        self._idle.set()

    def revoked(self, *, lost: bool) -> None:
        """Nothing is held until the next assignment. ``lost``: others may have held it before we learn of it."""
        self._before = NOTHING if lost else self.held or self._before
        self.settled, self.held = False, NOTHING
        if not self._idle.wait(REVOKE_SECONDS):
            log.warning("partitions given up during a write", seconds=REVOKE_SECONDS)

    def assigned(self, partitions: Iterable[int], generation: int) -> None:
        """What was held in the generation before stays ours without a break."""
        kept = self._before if generation == self._generation + 1 else NOTHING
        self._generation, self._before = generation, NOTHING
        self.held = MappingProxyType({number: kept.get(number, generation) for number in partitions})
        self.settled = True

    @contextmanager
    def writing(self) -> Iterator[Held]:
        """What is held now; a revocation waits a little for the end of the block."""
        self._idle.clear()
        try:
            yield self.held
        finally:
            self._idle.set()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # kafka-python has no types
    def __init__(self, group: PollerGroup) -> None:
        self._group = group

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        self._group.holding.revoked(lost=False)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self._group.holding.revoked(lost=True)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._group.joined(list(assigned))


class PollerGroup:
    """``run`` keeps the membership; ``holding`` says what it gives."""

    def __init__(self, settings: Settings, topic: str, group: str) -> None:
        self.holding = Holding()
        self.trouble: str | None = "not a member of the group yet"
        self._topic = topic
        self._options: dict[str, Any] = {
            **kafka_python_options(settings),
            "group_id": group,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
            "session_timeout_ms": int(settings.session_seconds * 1000),
            "heartbeat_interval_ms": int(settings.session_seconds * 1000 / 4),
            "max_poll_interval_ms": LOOKS_APART_MS,
            "bootstrap_timeout_ms": BOOTSTRAP_MS,
        }
        self._consumer: Any = None
        self._leaving = asyncio.Event()

    async def run(self) -> None:
        """Until it has left; a broker that is away is waited for."""
        pause, well_at = 0.5, time.monotonic()
        while not self._leaving.is_set():
            try:
                await asyncio.to_thread(self._look)
            except KafkaError as error:  # from poll() too, where the broker went away in the middle of it
                self.trouble = f"Kafka does not answer: {error!r}"
                log.warning("waiting for Kafka", reason=repr(error), seconds=pause)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                if time.monotonic() - well_at > ANEW_SECONDS:
                    await self._leave()
                    await asyncio.to_thread(lambda: self.holding.revoked(lost=True))
                    well_at = time.monotonic()
            else:
                well_at = time.monotonic()
                self.trouble = None if self.holding.settled else "the group shares its partitions out"
                pause = 0.5
        await self._leave()

    def _look(self) -> None:
        if self._consumer is None:
            made = KafkaConsumer(**self._options)
            made.subscribe([self._topic], listener=_Listener(self))
            self._consumer = made
        self._consumer.poll(timeout_ms=LOOK_MS)

    def joined(self, assigned: list[TopicPartition]) -> None:
        """In the client's thread, before it would fetch."""
        self._consumer.pause(*assigned)
        generation = int(self._consumer.group_metadata().generation_id)
        self.holding.assigned((one.partition for one in assigned), generation)
        log.info("partitions", held=sorted(one.partition for one in assigned), generation=generation)

    def leave(self) -> None:
        """Ends ``run`` soon: the partitions are given back at once, so that others need not wait for the session's end."""
        self._leaving.set()

    async def _leave(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with suppress(KafkaError):
                await asyncio.to_thread(lambda: consumer.close(autocommit=False, timeout_ms=LEAVE_MS))
