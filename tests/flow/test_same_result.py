"""The sample through one process, through one process with Elasticsearch, and through a cluster with Elasticsearch: the same documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.records import Entry
from rasid.indexes import elasticsearch_index
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.polled import polling, rasid
from tests.cluster.running import Cluster, wait_for
from tests.flow.ran import Ran
from tests.flow.same import result
from tests.servers.broker import KafkaServer
from tests.servers.node import ElasticsearchServer

pytestmark = pytest.mark.server

EVENTS = ("search", "--json", "--diplomatic", "--limit", "1000")
STEPS = ("fetch", "clean", "extract", "merge", "index")


def counted(settings: Settings) -> dict[str, int]:
    """Documents of the index by what they are, but for events that are gone: which of them there were depends on the order of coming."""
    index = elasticsearch_index(settings)
    try:
        index.refresh()
        kept = ("articles", "events.live")
        return {name: number for name, number in index.count().items() if name in kept}
    finally:
        index.close()


@pytest.mark.timeout(900)
def test_the_sample_ends_in_the_same_documents_three_ways(
    sample: Ran, tmp_path: Path, elasticsearch_server: ElasticsearchServer, kafka_server: KafkaServer
) -> None:
    expected = sample.rasid(*EVENTS).stdout.splitlines()
    assert len(expected) > 40
    ran = Ran(tmp_path)
    more = {"feeds": ran.folder / "feeds.toml", "elasticsearch": elasticsearch_server.url, "index": "elasticsearch"}

    alone = cluster_settings("", tmp_path / "alone", host_spacing=0.0, **more)
    rasid(alone, "run", "--until-idle", "--no-live")
    assert result(rasid(alone, *EVENTS).splitlines()) == result(expected)
    assert "جاسم" in rasid(alone, "search", "Jasim").decode()

    settings = cluster_settings(kafka_server.bootstrap, tmp_path / "cluster", mode="cluster", host_spacing=0.0, **more)
    settings.data_dir.mkdir()
    with Cluster(settings) as cluster, polling(settings, settings.feeds):
        cluster.start(",".join(STEPS), "rasid.cluster.build:bind")
        entries = cluster.topics.of_kind(Entry)
        wait_for(lambda: sum(cluster.ends(entries).values()) >= 25, 120, "the sample's entries")
        cluster.until_worked(*STEPS, seconds=240)
        assert counted(settings) == counted(alone)
        assert result(rasid(settings, *EVENTS).splitlines()) == result(expected)
    assert json.loads(expected[0])["reports"], "events must be told with their reports"
