"""``rasid replay --rebuild`` beside an index worker on real servers: killed, given again, and nothing of what the worker wrote is missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("elasticsearch")

from contracts.ids import article_id
from contracts.records import Article
from rasid.indexes import elasticsearch_index
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import ROOT, Cluster
from tests.rasid.fakes import NOW
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import elasticsearch_server
from tests.servers.node import ElasticsearchServer
from tests.servers.proxy import FaultyProxy

__all__ = ["elasticsearch_server"]

pytestmark = pytest.mark.server

N = 500
COMMAND = [sys.executable, "-m", "rasid", "replay", "--rebuild"]


def articles(batch: str) -> list[Article]:
    urls = [f"https://a.example/{batch}/{number}" for number in range(N)]
    return [
        Article(id=article_id(url), url=url, outlet="o", feed_id="f", title="خبر", text="نص", fetched_at=NOW, version=1)
        for url in urls
    ]


@pytest.mark.timeout(300)
def test_a_rebuild_that_is_killed_and_given_again_beside_a_worker_loses_nothing(
    kafka_server: KafkaServer, elasticsearch_server: ElasticsearchServer, tmp_path: Path
) -> None:
    settings = cluster_settings(
        kafka_server.bootstrap, tmp_path, mode="cluster", elasticsearch=elasticsearch_server.url
    )
    index = elasticsearch_index(settings)

    def held() -> int:
        index.refresh()
        return index.count()["articles"]

    with Cluster(settings) as cluster, FaultyProxy(elasticsearch_server.url) as proxy:
        worker = cluster.start("index", "rasid.cluster.build:bind")
        cluster.put(articles("before"))
        cluster.until(lambda: held() == N, "the first articles", 120)
        given = {
            "RASID_MODE": "cluster", "RASID_KAFKA": settings.kafka, "RASID_PREFIX": settings.prefix,
            "RASID_ELASTICSEARCH": proxy.url, "RASID_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        bulks = iter(range(1_000_000))
        proxy.storm = lambda: "none" if next(bulks) < 1 else "503"
        rebuild = subprocess.Popen(COMMAND, env={**os.environ, **given}, stderr=subprocess.DEVNULL)
        try:
            cluster.until(lambda: proxy.stormed, "half a rebuild", 60)
            cluster.put(articles("during"))
            cluster.until(lambda: held() == 2 * N, "articles beside a rebuild", 120)
        finally:
            rebuild.send_signal(signal.SIGKILL)
            rebuild.wait(30)
        assert (index.series(), index.building()) == (0, 1)
        cluster.put(articles("between"))
        cluster.until(lambda: held() == 3 * N, "articles after a killed rebuild", 120)
        proxy.storm = None
        cluster.put(articles("again"))
        done = subprocess.run(
            COMMAND, env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        cluster.put(articles("after"))
        cluster.until(lambda: held() == 5 * N, "every article in the new indices", 120)
        assert (index.series(), index.building()) == (1, None)
        assert worker.stop() == 0
    index.close()
