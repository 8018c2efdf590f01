"""The index's worker and the commands over TLS, as a user or with a key. The node itself has no security (its parts are in no registry):
a server on loopback with a certificate of the test's own authority stands before it, and lets nobody pass without the right header."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.index import Query
from rasid.errors import UsageError
from rasid.indexes import elasticsearch_index
from rasid.settings import Settings
from sinks.elasticsearch import IndexRefused
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import Cluster
from tests.servers.broker import KafkaServer
from tests.servers.certificates import Certificates, make
from tests.servers.fixtures import shared
from tests.servers.jdk import Missing
from tests.servers.node import ElasticsearchServer
from tests.servers.proxy import FaultyProxy
from tests.sinks.events import event

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]

KEY = {"elasticsearch_api_key": "c2VjcmV0"}
USER = {"elasticsearch_user": "rasid", "elasticsearch_password": "سرّ"}


def header(access: dict[str, str]) -> str:
    if access is KEY:
        return f"ApiKey {KEY['elasticsearch_api_key']}"
    pair = f"{USER['elasticsearch_user']}:{USER['elasticsearch_password']}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    try:
        return make(tmp_path_factory.mktemp("certificates"))
    except Missing as reason:
        pytest.skip(str(reason))


@pytest.fixture
def door(certificates: Certificates) -> Iterator[FaultyProxy]:
    with FaultyProxy(shared(ElasticsearchServer).url, tls=certificates.server_context()) as proxy:
        yield proxy


def settings_for(kafka: KafkaServer, folder: Path, door: FaultyProxy, **more: Any) -> Settings:
    return cluster_settings(kafka.bootstrap, folder, elasticsearch=door.url, **more)


@pytest.mark.parametrize("access", [KEY, USER], ids=["key", "user"])
def test_the_index_is_written_and_read_over_tls_by_who_may(
    kafka_server: KafkaServer, tmp_path: Path, door: FaultyProxy, certificates: Certificates, access: dict[str, str]
) -> None:
    door.wants = header(access)
    settings = settings_for(kafka_server, tmp_path, door, elasticsearch_ca=certificates.authority, **access)
    with Cluster(settings) as cluster:
        worker = cluster.start("index", "rasid.cluster.build:bind")
        cluster.put(event(f"202210-{n}", version=n) for n in range(20))
        cluster.until_worked("index", seconds=120)
        assert worker.stop() == 0, worker.said()[-3000:]
        assert not any(secret in worker.said() for secret in (*KEY.values(), USER["elasticsearch_password"]))
    index = elasticsearch_index(settings)
    index.refresh()
    assert index.search(Query()).total == 20
    index.close()
    assert door.seen
    assert {one.headers.get("authorization") for one in door.seen} == {door.wants}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"elasticsearch_api_key": "Z3Vlc3NlZA=="}, "refuses the user or key: unable to authenticate user"),
        ({**KEY, "elasticsearch_ca": None}, "certificate of Elasticsearch is not trusted"),
    ],
    ids=["key", "authority"],
)
def test_an_index_worker_that_is_turned_down_ends_with_a_clear_word_and_loses_nothing(
    kafka_server: KafkaServer,
    tmp_path: Path,
    door: FaultyProxy,
    certificates: Certificates,
    wrong: dict[str, Any],
    told: str,
) -> None:
    door.wants = header(KEY)
    settings = settings_for(kafka_server, tmp_path, door, **{"elasticsearch_ca": certificates.authority, **wrong})
    with pytest.raises(IndexRefused, match=told):
        elasticsearch_index(settings).setup()
    with Cluster(settings) as cluster:
        cluster.put([event("202210-a")])
        worker = cluster.start("index", "rasid.cluster.build:bind")
        assert worker.wait(180) == UsageError.status
        assert told in worker.said()
        assert "Z3Vlc3NlZA==" not in worker.said()
        assert cluster.behind("index") == 1
