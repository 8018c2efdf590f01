"""The implementations that the contract of an index is tested on. Another joins by a line in ``INDEXES``: a context manager that
takes a folder and a clock, and gives an empty index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from contracts.index import Index, Query
from sinks.sqlite import SqliteIndex

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


INDEXES = [sqlite_in_a_file, sqlite_in_memory, sqlite_inside_a_transaction]


def ids(index: Index, **filters: object) -> list[str]:
    """The ids that a query finds, sorted; its total and its export must agree."""
    results = index.search(Query(**filters))  # type: ignore[arg-type]
    found = [hit.event.id for hit in results.hits]
    assert results.total == len(found)
    assert sorted(found) == [e.id for e in index.export(Query(**filters))]  # type: ignore[arg-type]
    return sorted(found)
