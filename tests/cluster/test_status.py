"""What an operator sees of a cluster on a real broker: lag, rest, what is stale or dead."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.records import Article, Entry
from rasid.cluster import feedstate, lag, report
from rasid.cluster.operations import ClusterOperations
from rasid.cluster.sending import Outgoing
from rasid.cluster.setup import set_up
from rasid.cluster.topics import TRIES, Topics
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.operators import article, bury, commit, placed, read, row, send, watched
from tests.rasid.fakes import entry
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server

URL = "https://a.example/news/1"


@pytest.fixture
def cluster(kafka_server: KafkaServer, tmp_path: Path) -> Settings:
    made = cluster_settings(kafka_server.bootstrap, tmp_path, feeds=tmp_path / "feeds.toml")
    set_up(made)
    return made


def test_lag_is_what_a_group_has_not_committed_and_its_oldest_record_is_known(cluster: Settings) -> None:
    send(cluster, article(cluster, 1), article(cluster, 2), article(cluster, 3))
    standings = asyncio.run(lag.standings(cluster))
    assert {step: one.waiting for step, one in standings.items() if one.waiting} == {"extract": 3, "index": 3}
    first = min(one.timestamp for one in read(cluster, Topics.of(cluster).of_kind(Article))) / 1000
    assert asyncio.run(lag.oldest(cluster, standings["extract"])) == first
    commit(cluster, "extract")
    standings = asyncio.run(lag.standings(cluster))
    assert (standings["extract"].waiting, standings["extract"].read) == (0, 3)
    assert standings["index"].waiting == 3
    assert asyncio.run(lag.oldest(cluster, standings["extract"])) is None


def test_the_cluster_is_idle_when_feeds_bring_nothing_new_and_nothing_waits(cluster: Settings) -> None:
    operations = ClusterOperations(cluster)
    watched(cluster, row("f0", "not_modified"))
    assert operations.idle(2e9) == "1 feeds were not asked yet"
    send(cluster, feedstate.outgoing(Topics.of(cluster), (0, "f1"), row("f1", "new")))
    assert operations.idle(2e9) == "the last poll of 1 feeds brought something new"
    send(cluster, feedstate.outgoing(Topics.of(cluster), (0, "f1"), row("f1", "nothing_new", attempted_at=1.1e9)))
    send(cluster, article(cluster, 1))
    assert operations.idle(2e9) == "1 records wait for extract, 1 records wait for index"
    commit(cluster, "extract")
    commit(cluster, "index")
    assert operations.idle(2e9) is None


def test_what_waits_for_its_host_is_waited_for_but_no_retry_and_no_look_again(cluster: Settings) -> None:
    topics = Topics.of(cluster)
    watched(cluster, row("f0", "nothing_new"), row("f1", "nothing_new"))
    later = Outgoing(topics.delay(3600), 0, b"k", b"{}", ((TRIES, b"0"),))
    tried = Outgoing(topics.delay(60), 0, b"k", b"{}", ((TRIES, b"1"),))
    send(cluster, later, tried)
    assert asyncio.run(report.idle(cluster, 2e9)) is None
    send(cluster, Outgoing(topics.delay(60), 1, b"k", b"{}", ((TRIES, b"0"),)))
    assert asyncio.run(report.idle(cluster, 2e9)) == "1 records wait for the turn of their host"
    commit(cluster, "delay")
    assert asyncio.run(report.idle(cluster, 2e9)) is None


def test_status_tells_lag_dead_letters_stale_feeds_and_that_the_index_is_away(cluster: Settings) -> None:
    now = 2e9
    watched(
        cluster,
        row("f0", "not_modified", next_at=now - 3600),
        row("f1", "unreachable", succeeded_at=None, next_at=now + 60),
    )
    send(cluster, article(cluster, 1))
    bury(cluster, "poison", b"x")
    made = ClusterOperations(cluster).status(now)
    stages = {one.name: one for one in made.stages}
    assert list(stages) == ["poll", "fetch", "clean", "extract", "merge", "index", "delay"]
    assert (stages["extract"].waiting, stages["clean"].dead, stages["poll"].waiting) == (1, 1, 1)
    assert {one.id: one.state for one in made.feeds} == {"f0": "ok", "f1": "failing"}
    assert any(warning.startswith("stale: f0:") for warning in made.warnings)
    assert any("RASID_ELASTICSEARCH" in warning for warning in made.warnings)
    assert made.kept["articles"] == (1, None)


def test_lag_past_half_of_the_retention_is_a_warning(cluster: Settings) -> None:
    send(cluster, placed(cluster, Entry, "a.example", "k", entry(URL)))
    watched(cluster)
    now = datetime.now(UTC).timestamp()
    assert not any(one.startswith("lag:") for one in ClusterOperations(cluster).status(now).warnings)
    late = ClusterOperations(cluster).status(now + 8 * 86_400).warnings
    assert [one.partition(" its")[0] for one in late if one.startswith("lag:")] == ["lag: fetch:"]
