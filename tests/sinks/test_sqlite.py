"""What the SQLite index owes to the owner of its connection, beyond what every index does."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from contracts.index import Query
from contracts.outcomes import Unavailable
from sinks.sqlite import SqliteIndex
from sinks.sqlite.schema import MIGRATIONS, NewerIndex
from tests.sinks.events import article, event, report


def opened(path: Path, mode: str = "rwc") -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=0)
    if mode == "rwc":
        connection.execute("PRAGMA journal_mode=WAL")
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rasid.db"


def test_what_the_owner_rolls_back_was_never_written_not_even_the_tables(path):
    connection = opened(path)
    index = SqliteIndex(connection)
    connection.execute("BEGIN IMMEDIATE")
    index.write([event("1")])
    assert index.search(Query(text="جاسم")).total == 1
    connection.execute("ROLLBACK")
    assert index.search(Query()).total == 0
    index.write([event("1")])
    assert index.search(Query(text="جاسم")).total == 1


def test_a_write_of_its_own_is_seen_by_another_connection_at_once(path):
    SqliteIndex(opened(path)).write([event("1"), article("a-1")])
    other = SqliteIndex(opened(path, "ro"))
    assert other.search(Query(text="Jasim")).total == 1
    assert other.article("a-1") is not None


def test_a_batch_that_fails_leaves_nothing_behind(path):
    connection = opened(path)
    index = SqliteIndex(connection)
    index.write([event("1")])
    with pytest.raises(AttributeError):
        index.write([event("2"), None])  # type: ignore[list-item]
    assert not connection.in_transaction
    assert index.count()["events.live"] == 1


def test_a_file_without_our_tables_is_read_as_an_empty_index(path):
    opened(path).execute("CREATE TABLE log (position INTEGER)")
    index = SqliteIndex(opened(path, "ro"))
    assert index.search(Query(text="جاسم")).total == 0
    assert index.count()["articles"] == 0


def test_a_locked_file_is_said_to_be_unavailable(path):
    holder = opened(path)
    index = SqliteIndex(opened(path))
    index.write([event("1")])
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        index.write([event("2")])
    holder.execute("ROLLBACK")
    index.write([event("2")])
    assert index.count()["events.live"] == 2


def full(connection: sqlite3.Connection) -> None:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 1}")


def many() -> list:
    return [event(f"{n}", reports=(report(f"r{n}", f"قصف {n} " * 400),)) for n in range(200)]


def test_a_full_disk_is_said_to_be_unavailable_and_nothing_is_half_written(path):
    connection = opened(path)
    index = SqliteIndex(connection)
    index.write([event("first")])
    full(connection)
    with pytest.raises(Unavailable, match="full"):
        index.write(many())
    connection.execute("PRAGMA max_page_count = 1000000")
    assert index.count()["events.live"] == 1
    index.write(many())
    assert index.count()["events.live"] == 201


def test_inside_the_owners_transaction_the_fault_reaches_the_owner(path):
    connection = opened(path)
    index = SqliteIndex(connection)
    index.write([event("first")])
    full(connection)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        index.write(many())


def test_an_index_of_a_newer_version_is_refused(path):
    connection = opened(path)
    index = SqliteIndex(connection)
    index.write([event("1")])
    connection.execute("UPDATE index_meta SET value = ?", (str(len(MIGRATIONS) + 1),))
    with pytest.raises(NewerIndex, match="update Rasid"):
        index.search(Query())
    with pytest.raises(NewerIndex):
        index.write([event("2")])


def test_the_owners_user_version_is_left_alone(path):
    connection = opened(path)
    connection.execute("PRAGMA user_version = 41")
    SqliteIndex(connection).write([event("1")])
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 41


def test_an_export_holds_no_read_between_its_pages(path):
    writer, reader = opened(path), opened(path, "ro")
    SqliteIndex(writer).write([event(f"{n:05}") for n in range(700)])
    going = SqliteIndex(reader).export(Query())
    next(going)
    SqliteIndex(writer).write([event("x")])
    busy, _, _ = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert busy == 0, "the log could be truncated while the export is under way"
    assert len(list(going)) == 699


def test_a_connection_with_the_modules_own_transactions_works_too(path):
    connection = sqlite3.connect(path)
    SqliteIndex(connection).write([event("1")])
    assert not connection.in_transaction
    assert SqliteIndex(opened(path, "ro")).count()["events.live"] == 1


def test_nothing_of_a_forgotten_article_stays_in_the_file(path):
    connection = opened(path)
    index = SqliteIndex(connection)
    secret = "Zarqawistan"
    told = report("r1", f"وصل {secret} إلى جاسم", article_id="a-1", title=secret)
    index.write([event(f"{n}") for n in range(50)])
    index.write([article("a-1", text=secret), event("hidden", reports=(told,), summary_en=secret)])
    index.write([event("hidden", version=2, reports=(told,), summary_en=secret)])
    index.forget("a-1")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secret.lower().encode() not in path.read_bytes().lower()
    assert index.search(Query(text="جاسم")).total == 50


def test_the_events_of_an_article_are_named_with_their_tombstones(path):
    index = SqliteIndex(opened(path))
    told = (report("r1", article_id="a-1"),)
    index.write([event("1", reports=told), event("2", reports=told, state="superseded", superseded_by="1"), event("3")])
    assert index.events_of("a-1") == ["1", "2"]
