from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.fixtures import elasticsearch_server, shared  # noqa: F401 a fixture
from tests.servers.node import ElasticsearchServer
from tests.sinks.nodes import Place, place_on


@pytest.fixture
def node() -> Iterator[Place]:
    with place_on(shared(ElasticsearchServer).url) as place:
        yield place
