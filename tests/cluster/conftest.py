from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.clusters import cluster_settings
from tests.cluster.running import Cluster
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import kafka_server

__all__ = ["kafka_server"]


@pytest.fixture
def cluster(kafka_server: KafkaServer, tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of the test's own on the shared broker, set up, without workers."""
    with Cluster(cluster_settings(kafka_server.bootstrap, tmp_path)) as opened:
        yield opened
