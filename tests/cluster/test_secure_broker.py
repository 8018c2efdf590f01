"""A real broker with TLS and a login: all clients get in with the right settings, and are told what is wrong with others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.records import Event
from rasid.cluster import feedtopic, reading, setup
from rasid.cluster.lag import standings
from rasid.cluster.operations import ClusterOperations
from rasid.cluster.refusal import Refused
from rasid.cluster.tail import Tail
from rasid.settings import Settings, load
from tests.cluster.clusters import cluster_settings
from tests.cluster.pollers import Poller
from tests.cluster.polltrouble import GrowingSite
from tests.cluster.running import Cluster, WorkerProcess, wait_for
from tests.rasid.fakes import entry
from tests.servers.jdk import Missing
from tests.servers.secure import PASSWORD, USER, SecureKafkaServer

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def broker() -> Iterator[SecureKafkaServer]:
    server = SecureKafkaServer()
    try:
        yield server.start()
    except Missing as reason:
        pytest.skip(str(reason))
    finally:
        server.close()


def admitted(broker: SecureKafkaServer, folder: Path, **more: Any) -> Settings:
    given = {
        "kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_user": USER,
        "kafka_password": PASSWORD, "kafka_ca": broker.certificates.authority,
    }  # fmt: skip
    return cluster_settings(broker.bootstrap, folder, feeds=folder / "feeds.toml", **{**given, **more})


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_workers_pollers_and_commands_log_in_over_tls(
    broker: SecureKafkaServer, tmp_path: Path, mechanism: str
) -> None:
    settings = admitted(broker, tmp_path, kafka_sasl_mechanism=mechanism)
    with Cluster(settings) as cluster, GrowingSite(2) as site:
        worker = cluster.start("fetch,clean,extract,merge,index,delay")
        cluster.put(entry(f"https://a.sy/{number}") for number in range(10))
        steps = ("fetch", "clean", "extract", "merge", "index")
        cluster.until_worked(*steps, seconds=240)
        assert cluster.read(cluster.topics.of_kind(Event))
        asyncio.run(_publish(settings, site))
        site.items = 3
        poller = Poller(settings, tmp_path / "poller.log")
        try:
            wait_for(
                lambda: sum(cluster.ends(cluster.topics.inputs("fetch")[0]).values()) == 16, 120, "the feeds' entries"
            )
            assert poller.end()[0] == 0
        finally:
            poller.process.kill()
        cluster.until_worked(*steps, seconds=240)
        assert worker.stop() == 0, worker.said()[-3000:]
    assert ClusterOperations(settings).replay("merge", None, lambda *_: None) == 16
    assert ClusterOperations(settings).dead_letters(None, 10) == []


async def _publish(settings: Settings, site: GrowingSite) -> None:
    await feedtopic.publish(settings, site.listed())


WRONG = [
    ({"kafka_password": "guessed"}, "refuses the login of 'rasid'"),
    ({"kafka_ca": None}, "certificate of Kafka at .* is not trusted"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_a_login_or_certificate_that_does_not_fit_is_said_and_not_waited_for(
    broker: SecureKafkaServer, tmp_path: Path, wrong: dict[str, Any], told: str
) -> None:
    settings = admitted(broker, tmp_path)
    setup.set_up(settings)
    other = load(None, **{**settings.model_dump(), "kafka_password": PASSWORD, **wrong})

    async def tail() -> None:
        async with Tail(other, "t", lambda key, value: None):
            pass

    async def read() -> None:
        async with reading.consumer(other):
            pass

    with pytest.raises(Refused, match=told) as refused:
        setup.set_up(other)
    assert "guessed" not in str(refused.value)
    assert "\n" not in str(refused.value)
    for ask in (tail, read, lambda: standings(other)):
        with pytest.raises(Refused, match=told):
            asyncio.run(ask())  # type: ignore[arg-type]


def test_a_worker_that_is_turned_down_ends_with_a_clear_word(broker: SecureKafkaServer, tmp_path: Path) -> None:
    settings = admitted(broker, tmp_path)
    setup.set_up(settings)
    other = load(None, **{**settings.model_dump(), "kafka_password": "guessed"})
    worker = WorkerProcess(other, "merge", "tests.cluster.parts:bind", tmp_path / "worker.log")
    try:
        assert worker.wait(120) == 1  # the test's own program; the command line makes it the status of wrong settings
    finally:
        worker.kill()
    assert "refuses the login of 'rasid'" in worker.said()
    assert "guessed" not in worker.said()


def test_a_broker_that_is_away_is_no_refusal(broker: SecureKafkaServer, tmp_path: Path) -> None:
    with pytest.raises(setup.Away, match="does not answer"):
        setup.set_up(admitted(broker, tmp_path, kafka="127.0.0.1:9"))
