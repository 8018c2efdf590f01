"""Every process of a cluster keeps what it counts in Elasticsearch, where Kibana's *Health* reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("elasticsearch")

from sinks.elasticsearch.connection import ElasticsearchSettings, connect
from tests.cluster.clusters import cluster_settings
from tests.cluster.operators import watched
from tests.cluster.pollers import Poller
from tests.cluster.running import Cluster
from tests.rasid.fakes import entry
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import elasticsearch_server
from tests.servers.node import ElasticsearchServer

__all__ = ["elasticsearch_server"]

pytestmark = pytest.mark.server

STEPS = ("fetch", "clean", "extract", "merge", "index")
URLS = [f"https://{host}.sy/{number}" for host in "ab" for number in range(5)]


def test_the_poller_and_each_step_have_rows_of_one_process_each(
    kafka_server: KafkaServer, elasticsearch_server: ElasticsearchServer, tmp_path: Path
) -> None:
    settings = cluster_settings(
        kafka_server.bootstrap, tmp_path, mode="cluster", elasticsearch=elasticsearch_server.url,
        feeds=tmp_path / "feeds.toml",
    )  # fmt: skip
    with Cluster(settings) as cluster:
        watched(settings)
        poller = Poller(settings, tmp_path / "poll.log")
        try:
            worker = cluster.start(",".join((*STEPS, "delay")))
            cluster.put(entry(url) for url in URLS)
            cluster.until_worked(*STEPS, seconds=120)
            cluster.until(lambda: poller.lines("feed"), "a poll")
        finally:
            status, _ = poller.end()
        assert (worker.stop(), status) == (0, 0), worker.said()[-3000:]
    client = connect(ElasticsearchSettings(urls=(elasticsearch_server.url,)))
    index = f"{settings.prefix}-health-*"
    client.indices.refresh(index=index)
    per_step = {"process": {"cardinality": {"field": "process"}}, "taken": {"sum": {"field": "received"}}}
    asked = {"step": {"terms": {"field": "step"}, "aggregations": per_step}}
    found = client.search(index=index, size=0, aggregations=asked)["aggregations"]["step"]["buckets"]
    taken = {bucket["key"]: bucket["taken"]["value"] for bucket in found}
    assert taken.keys() >= {"poll", *STEPS}
    assert [taken[step] for step in ("fetch", "clean", "extract")] == [len(URLS)] * 3
    assert {bucket["key"]: bucket["process"]["value"] for bucket in found} == dict.fromkeys(taken, 1)
    rows = client.count(index=index, query={"term": {"kind": "feeds"}})["count"]
    assert rows > 0
    client.indices.delete(index=list(client.indices.get(index=index)))
    client.close()
