"""Makes the topics, and refuses what does not fit. May run as often as one likes, also beside working workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code
from msgspec import Struct

from rasid.cluster.connection import aiokafka_options, check_versions, servers
from rasid.cluster.control import Control, agreed, check_agreed, read_control, write_control
from rasid.cluster.refusal import check_refused
from rasid.cluster.topics import TopicSpec, specs
from rasid.errors import CommandError, UsageError
from rasid.settings import Settings

log = structlog.get_logger("rasid")

SETTLE_SECONDS = 30.0
LONGEST_PAUSE = 10.0
BINDING = ("cleanup.policy",)
"""Topic settings that are refused where they differ; the others are set anew."""


class Away(CommandError):
    """Kafka does not answer."""

    status = 1


class Made(Struct, frozen=True):
    """What a set-up did: names of topics."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    first: bool
    """The cluster was never set up before."""


class Mismatch(UsageError):
    """The topics that are there do not fit the settings."""


def set_up(settings: Settings) -> Made:
    """Makes what is missing. Raises Mismatch with every fault, before anything is changed; Away."""
    check_versions()
    return asyncio.run(_set_up(settings))


async def _set_up(settings: Settings) -> Made:
    created, changed = await make_topics(settings)
    return Made(created, changed, await _agree(settings))


async def make_topics(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Makes the topics that are missing and sets the others' settings anew; the names of both. Raises Mismatch, Away."""
    wanted = specs(settings)
    admin = await _admin(settings)
    try:
        there = await _partitions(admin)
        existing = [spec for spec in wanted if spec.name in there]
        missing = [spec for spec in wanted if spec.name not in there]
        configured = await _configured(admin, existing)
        _refuse_mismatch(existing, there, configured)
        await _create(admin, missing, settings.kafka_replication)
        changed = [spec for spec in existing if _differs(spec, configured[spec.name])]
        await _alter(admin, changed)
    except KafkaError as error:
        raise Away(f"Kafka at {settings.kafka}: {error!r}") from error
    finally:
        await admin.close()
    return tuple(spec.name for spec in missing), tuple(spec.name for spec in changed)


async def _agree(settings: Settings) -> bool:
    """Writes the first control record; whether it was the first."""
    control = await read_control(settings)
    if control is not None:
        check_agreed(control, settings)
        return False
    await write_control(settings, Control(agreed=agreed(settings)))
    return True


async def check(settings: Settings, topics: Sequence[str] | None = None) -> None:
    """At the start of a worker or poller, which waits for a broker that is away: raises UsageError where topics are missing or have other
    partitions, or where the broker turns us down. ``topics`` None: all."""
    there = await _waited_for(settings)
    wanted = [spec for spec in specs(settings) if topics is None or spec.name in topics]
    missing = [spec.name for spec in wanted if spec.name not in there]
    if missing:
        raise UsageError(f"topics are missing ({', '.join(missing[:3])} …): run rasid setup first")
    _refuse_mismatch(wanted, there, {})


async def _waited_for(settings: Settings) -> dict[str, int]:
    """The partitions of the topics that are there."""
    pause = 0.5
    while True:
        try:
            admin = await _admin(settings)
            try:
                return await _partitions(admin)
            finally:
                await admin.close()
        except (Away, KafkaError) as error:
            log.warning("waiting for Kafka", reason=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def _admin(settings: Settings) -> AIOKafkaAdminClient:
    admin = AIOKafkaAdminClient(**aiokafka_options(settings), request_timeout_ms=15_000)
    try:
        await admin.start()
    except KafkaError as error:
        await admin.close()
        await check_refused(settings)
        raise Away(f"Kafka does not answer at {', '.join(servers(settings))}: {error}") from error
    return admin


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    return {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics()}


async def _configured(admin: AIOKafkaAdminClient, existing: Sequence[TopicSpec]) -> dict[str, dict[str, str]]:
    if not existing:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, spec.name) for spec in existing]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(asked):
        for code, message, _, name, entries in response.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def _refuse_mismatch(wanted: Sequence[TopicSpec], there: dict[str, int], configured: dict[str, dict[str, str]]) -> None:
    faults = [
        f"{spec.name} has {there[spec.name]} partitions, the settings say {spec.partitions}"
        for spec in wanted
        if there[spec.name] != spec.partitions
    ]
    for spec in wanted:
        have = configured.get(spec.name, {})
        faults += [
            f"{spec.name} has {name}={have[name]}, it must be {spec.settings[name]}"
            for name in BINDING
            if have and have.get(name) != spec.settings[name]
        ]
    if faults:
        raise Mismatch(
            "; ".join(faults) + ". Partitions are fixed at set-up: set RASID_PARTITIONS as it was then, or set up "
            "under another RASID_PREFIX and rebuild"
        )


def _differs(spec: TopicSpec, have: dict[str, str]) -> bool:
    return any(have.get(name) != value for name, value in spec.settings.items())


async def _create(admin: AIOKafkaAdminClient, missing: Sequence[TopicSpec], replication: int) -> None:
    if not missing:
        return
    asked = [NewTopic(spec.name, spec.partitions, replication, topic_configs=spec.settings) for spec in missing]
    response: Any = await admin.create_topics(asked)
    for name, code, *message in response.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:  # another set-up was quicker
            raise UsageError(f"topic {name}: {message[0] if message else for_code(code).__name__}")
    await _settled(admin, missing)


async def _settled(admin: AIOKafkaAdminClient, missing: Sequence[TopicSpec]) -> None:
    """Topics that were just made are not known everywhere at once."""
    names = [spec.name for spec in missing]
    end = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while True:
        described = await admin.describe_topics(names)
        unready = [topic["topic"] for topic in described if topic["error_code"] or not topic["partitions"]]
        if not unready:
            return
        if asyncio.get_running_loop().time() > end:
            raise UnknownTopicOrPartitionError(", ".join(unready))
        await asyncio.sleep(0.2)


async def _alter(admin: AIOKafkaAdminClient, changed: Sequence[TopicSpec]) -> None:
    if not changed:
        return
    asked = [ConfigResource(ConfigResourceType.TOPIC, spec.name, spec.settings) for spec in changed]
    for response in await admin.alter_configs(asked):
        for code, message, _, name in response.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")
