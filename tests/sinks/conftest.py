from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.fixtures import elasticsearch_server  # noqa: F401 a fixture
from tests.servers.node import ElasticsearchServer
from tests.sinks.nodes import Place, place_on


@pytest.fixture
def node(elasticsearch_server: ElasticsearchServer) -> Iterator[Place]:  # noqa: F811
    with place_on(elasticsearch_server.url) as place:
        yield place
