"""Forgetting over real stages: what an article reported is taken back, and it does not come again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import codec
from contracts.ids import article_id
from contracts.records import Article, Event
from rasid.cluster import forgetting
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import Cluster, wait_for
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server

URL = "https://a.example/news/1"
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
TEXT = "قصفت قوات النظام بالمدفعية مدينة جاسم في محافظة درعا، ما أدى إلى مقتل ثلاثة مدنيين وإصابة خمسة آخرين."


def article(revision: int) -> Article:
    return Article(
        id=article_id(URL), revision=revision, url=URL, outlet="o", feed_id="f", title="قصف على جاسم", text=TEXT,
        timezone="Asia/Damascus", published_at=AT, fetched_at=AT, country="SY",
    )  # fmt: skip


@pytest.mark.timeout(240)
def test_what_a_forgotten_article_reported_is_retracted_and_it_stays_out(
    kafka_server: KafkaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path, feeds=tmp_path / "feeds.toml")
    with Cluster(settings) as cluster:
        cluster.start("extract,merge", "rasid.cluster.build:bind")

        def states() -> list[tuple[str, str]]:
            found = [codec.decode(Event, one.value) for one in cluster.read(cluster.topics.of_kind(Event))]
            return [(event.id, event.state) for event in found]

        cluster.put([article(0)])
        ((event, state), *_) = wait_for(states, 120, "an event")
        assert state == "live"
        # fetch, clean and index do not run: they are not waited for long, and find their marks when they do
        monkeypatch.setattr(forgetting, "PATIENCE", 3.0)
        forgotten = asyncio.run(forgetting.forget(settings, article_id(URL), lambda one: 1))
        assert forgotten.withdrawn == 1
        wait_for(lambda: states()[-1] == (event, "retracted"), 60, "retracting")
        told = len(states())
        cluster.put([article(7)])
        cluster.until_worked("extract", "merge")
        assert len(states()) == told
