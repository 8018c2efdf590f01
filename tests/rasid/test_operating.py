"""The operator's object of one machine; its commands have tests of their own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.feeds import FeedChange
from rasid.cluster.operations import ClusterOperations
from rasid.errors import NotFound, StorageError
from rasid.local.database import Database
from rasid.local.operating import LocalOperations
from rasid.operators import operations
from rasid.settings import Settings

LIST = """
[[outlet]]
id = "o"
name = "شبكة"
name_en = "o"
country = "SY"
timezone = "UTC"
viewpoint = "independent"
kind = "site"
feeds = [{ id = "f", url = "https://a.example/feed" }, { id = "g", url = "https://b.example/feed" }]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "feeds.toml").write_text(LIST, encoding="utf-8")
    return Settings(data_dir=tmp_path, feeds=tmp_path / "feeds.toml")


def polled(database: Database, feed: str, outcome: str) -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO feeds VALUES (?, x'7b7d', 2e9, 1e9, 1e9, NULL, ?, '', 0)", (feed, outcome)
        )


def test_the_mode_of_the_settings_chooses_the_object(settings: Settings) -> None:
    assert isinstance(operations(settings), LocalOperations)
    assert isinstance(operations(settings.model_copy(update={"mode": "cluster"})), ClusterOperations)


def test_one_machine_is_idle_when_feeds_bring_nothing_new_and_nothing_is_ready(settings: Settings) -> None:
    kept, now = LocalOperations(settings), time.time()
    with pytest.raises(StorageError, match="rasid run"):
        kept.idle(now)
    database = Database(settings.database)
    assert kept.idle(now) == "2 feeds were not asked yet"
    polled(database, "f", "new")
    polled(database, "g", "unreachable")
    assert kept.idle(now) == "the last poll of 1 feeds brought something new"
    polled(database, "f", "not_modified")
    with database.transaction() as connection:
        connection.execute("INSERT INTO queue VALUES ('clean', 1, 'k', 0, 0)")
        connection.execute("INSERT INTO queue VALUES ('fetch', 2, 'spacing', ?, 0)", (now + 2,))
        connection.execute("INSERT INTO queue VALUES ('fetch', 3, 'look again', ?, 0)", (now + 3600,))
    assert kept.idle(now) == "1 records wait for clean, 1 records wait for fetch"
    with database.transaction() as connection:
        connection.execute("DELETE FROM queue WHERE position < 3")
    assert kept.idle(now) is None


def test_changes_of_feeds_hold_from_then_on(settings: Settings) -> None:
    kept = LocalOperations(settings)
    assert sorted(kept.feed_list().feeds) == ["f", "g"]
    assert kept.feed_rows() == {}
    kept.change_feeds([FeedChange(action="remove", feed_id="f", changed_at=datetime.now(UTC))])
    assert sorted(kept.feed_list().feeds) == ["g"]


def test_the_id_of_a_dead_letter_must_be_a_number(settings: Settings) -> None:
    Database(settings.database)
    with pytest.raises(NotFound, match="topic:0:1"):
        LocalOperations(settings).dead_letter("topic:0:1")
