"""Waits until a cluster has worked off what came, with few and cheap questions: what is asked is the broker's work too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from contracts.records import Entry
from rasid.cluster import reading
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.lag import STEPS
from rasid.cluster.topics import Topics
from rasid.settings import Settings

LOOK_EVERY = 1.0


async def until_worked(
    settings: Settings, entries: int, seconds: float, dead: Callable[[], str | None], steps: tuple[str, ...] = STEPS
) -> float:
    """Returns, with the monotonic time, when so many entries have come and none of the steps has anything before it. Raises
    TimeoutError, and RuntimeError with what ``dead`` says."""
    topics, deadline = Topics.of(settings), time.monotonic() + seconds
    admin = AIOKafkaAdminClient(**aiokafka_options(settings))
    await admin.start()
    try:
        async with reading.consumer(settings) as reader:
            names = dict.fromkeys(name for step in STEPS for name in topics.inputs(step))
            partitions = {name: await reading.partitions(reader, name) for name in names}
            places = {step: [one for name in topics.inputs(step) for one in partitions[name]] for step in STEPS}
            while time.monotonic() < deadline:
                committed = {step: await _committed(admin, topics.group(step)) for step in steps}
                ends = await reader.end_offsets([one for found in partitions.values() for one in found])
                came = sum(ends[one] for one in partitions[topics.of_kind(Entry)])
                waiting = sum(ends[one] - committed[step].get(one, 0) for step in steps for one in places[step])
                if came >= entries and not waiting:
                    return time.monotonic()
                if said := dead():
                    raise RuntimeError(said)
                await asyncio.sleep(LOOK_EVERY)
    finally:
        await admin.close()
    raise TimeoutError(f"{settings.prefix}: {came} of {entries} entries, {waiting} records wait after {seconds:.0f} s")


async def _committed(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    """Nothing where nobody has committed yet."""
    try:
        found = await admin.list_consumer_group_offsets(group)
    except GroupCoordinatorNotAvailableError:
        return {}
    return {one: max(0, place.offset) for one, place in found.items()}
