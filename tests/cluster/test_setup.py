from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from msgspec import structs

from rasid.cluster import setup
from rasid.cluster.control import Control, raise_generation, read_control, write_control
from rasid.cluster.topics import Topics, specs
from rasid.errors import UsageError
from rasid.settings import load
from tests.cluster.clusters import cluster_settings
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server


def test_makes_every_topic_and_does_nothing_the_second_time(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    made = setup.set_up(settings)
    assert set(made.created) == {spec.name for spec in specs(settings)}
    assert made.first
    again = setup.set_up(settings)
    assert (again.created, again.changed, again.first) == ((), (), False)
    asyncio.run(setup.check(settings))


def test_changed_retention_is_set_anew(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    setup.set_up(settings)
    longer = load(None, **{**settings.model_dump(), "keep_pages_days": 60.0})
    assert setup.set_up(longer).changed == (Topics.of(settings).named("pages"),)
    assert setup.set_up(longer).changed == ()


def test_other_partitions_are_refused_before_anything_changes(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    setup.set_up(settings)
    other = load(None, **{**settings.model_dump(), "partitions": 3})
    with pytest.raises(setup.Mismatch, match=r"entries has 2 partitions, the settings say 3.*RASID_PARTITIONS"):
        setup.set_up(other)
    with pytest.raises(UsageError, match="has 2 partitions"):
        asyncio.run(setup.check(other))
    assert setup.set_up(settings).changed == ()


def test_topic_of_records_that_is_compacted_is_refused(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    name = Topics.of(settings).named("pages")

    async def make() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
        await admin.start()
        await admin.create_topics([NewTopic(name, 2, 1, topic_configs={"cleanup.policy": "compact"})])
        await admin.close()

    asyncio.run(make())
    with pytest.raises(setup.Mismatch, match=r"pages has cleanup.policy=compact, it must be delete"):
        setup.set_up(settings)


def test_settings_that_must_agree_are_refused(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    setup.set_up(settings)
    other = load(None, **{**settings.model_dump(), "event_expiry_days": 40})
    with pytest.raises(UsageError, match="event_expiry_days is 40 here and 400 in the cluster"):
        setup.set_up(other)


def test_worker_without_setup_is_told_so(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    with pytest.raises(UsageError, match="run rasid setup first"):
        asyncio.run(setup.check(settings))


def test_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(setup.Away, match=r"Kafka does not answer at 127\.0\.0\.1:9"):
        setup.set_up(cluster_settings("127.0.0.1:9", tmp_path))


def test_generation_grows_by_one_and_the_epoch_stays(kafka_server: KafkaServer, tmp_path: Path) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path)
    setup.set_up(settings)

    async def raised() -> tuple[Control | None, Control]:
        before = await read_control(settings)
        assert before is not None
        await write_control(settings, structs.replace(before, epoch=7))
        return before, await raise_generation(settings)

    before, after = asyncio.run(raised())
    assert before is not None
    assert (before.epoch, before.generation) == (1, 1)
    assert (after.epoch, after.generation) == (7, 2)
    assert after.agreed == before.agreed
