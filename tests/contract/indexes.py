"""The implementations that the contract of an index is tested on. Another joins by a line in ``INDEXES``: a context manager that
takes a folder and a clock, and gives an empty index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from contracts.index import Index, Query
from contracts.records import Document
from sinks.elasticsearch import ElasticsearchIndex, ElasticsearchSettings
from sinks.elasticsearch.connection import connect
from sinks.sqlite import SqliteIndex
from tests.servers.fixtures import shared
from tests.servers.node import ElasticsearchServer

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def sqlite_in_a_file(folder: Path, clock: Clock) -> Iterator[Index]:
    connection = sqlite3.connect(folder / "rasid.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    yield SqliteIndex(connection, clock=clock)
    connection.close()


@contextmanager
def sqlite_in_memory(folder: Path, clock: Clock) -> Iterator[Index]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield SqliteIndex(connection, clock=clock)
    connection.close()


@contextmanager
def sqlite_inside_a_transaction(folder: Path, clock: Clock) -> Iterator[Index]:
    connection = sqlite3.connect(folder / "rasid.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield SqliteIndex(connection, clock=clock)
    assert connection.in_transaction, "the owner's transaction is the owner's to end"
    connection.close()


class ReadsItsWrites(ElasticsearchIndex):
    """Refreshed after each write, as a search by a person a second later finds it. Set up once: only its documents are new in each
    test."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        self.clock = Clock()
        super().__init__(settings, clock=self._at)

    def _at(self) -> datetime:
        return self.clock()

    def write(self, documents: Sequence[Document]) -> None:
        super().write(documents)
        self.refresh()

    def clear(self) -> None:
        with connect(self._settings) as client:
            indices = list(client.indices.get(index=f"{self._settings.prefix}-*", expand_wildcards="open"))
            if indices:
                client.indices.delete(index=indices)


@cache
def _on_node(url: str) -> ReadsItsWrites:
    return ReadsItsWrites(ElasticsearchSettings(urls=(url,), prefix="contract"))


@contextmanager
def elasticsearch_on_a_node(folder: Path, clock: Clock) -> Iterator[Index]:
    index = _on_node(shared(ElasticsearchServer).url)
    index.clock = clock
    yield index
    index.clear()


INDEXES = [
    sqlite_in_a_file,
    sqlite_in_memory,
    sqlite_inside_a_transaction,
    pytest.param(elasticsearch_on_a_node, marks=[pytest.mark.server, pytest.mark.timeout(600)]),
]


def examples_on(factory: object, examples: int) -> int:
    """How many examples of a property: fewer where each question is a request to a server. ``make soak`` asks more of it."""
    return max(8, examples // 6) if factory is elasticsearch_on_a_node else examples


def ids(index: Index, **filters: object) -> list[str]:
    """The ids that a query finds, sorted; its total and its export must agree."""
    results = index.search(Query(**filters))  # type: ignore[arg-type]
    found = [hit.event.id for hit in results.hits]
    assert results.total == len(found)
    assert sorted(found) == [e.id for e in index.export(Query(**filters))]  # type: ignore[arg-type]
    return sorted(found)
