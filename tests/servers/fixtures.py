"""The servers that tests share, started once in a test run, at first use."""

from __future__ import annotations

import atexit
from functools import cache
from typing import TypeVar

import pytest

from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing
from tests.servers.node import ElasticsearchServer
from tests.servers.process import JavaServer

S = TypeVar("S", bound=JavaServer)


@cache
def _started(kind: type[S]) -> S | str:
    """The server, or why there is none."""
    server = kind()
    atexit.register(server.close)
    try:
        return server.start()
    except Missing as reason:
        return str(reason)


def shared(kind: type[S]) -> S:
    """The one server of its kind of this test run, running. Skips the test with the reason where it cannot be had here."""
    found = _started(kind)
    if isinstance(found, str):
        pytest.skip(f"{kind.name}: {found}")
    if not found.running:
        found.start()
    return found


@pytest.fixture(scope="session")
def elasticsearch_server() -> ElasticsearchServer:
    """For tests that leave it running and what others wrote alone: names of indices are theirs to choose."""
    return shared(ElasticsearchServer)


@pytest.fixture(scope="session")
def kafka_server() -> KafkaServer:
    """For tests that leave it running; names of topics are theirs to choose."""
    return shared(KafkaServer)
