"""Real pollers on a real broker: they share the feeds, take over from one that dies, and remember."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.feeds import FeedChange, FeedList
from rasid.cluster import feedtopic
from rasid.errors import UsageError
from rasid.settings import Settings
from tests.cluster.pollers import LEAST, NotedSite, Pollers, wait_for
from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing

pytestmark = pytest.mark.server

FEEDS = 40
ITEMS = 3


@pytest.fixture
def site() -> Iterator[NotedSite]:
    with NotedSite(FEEDS, ITEMS) as made:
        yield made


@pytest.fixture
def pollers(kafka_server: KafkaServer, tmp_path: Path) -> Iterator[Pollers]:
    with Pollers(kafka_server.bootstrap, tmp_path, partitions=4) as made:
        yield made


def test_two_pollers_share_the_feeds_and_one_takes_over_when_the_other_is_killed(
    site: NotedSite, pollers: Pollers
) -> None:
    first, second = pollers.start(), pollers.start()
    wait_for(lambda: len(first.held()) == len(second.held()) == 2, 40, "sharing out")
    assert set(first.held()) | set(second.held()) == {0, 1, 2, 3}
    pollers.publish(site.listed(*range(FEEDS)))
    wait_for(lambda: len(pollers.rows()) == FEEDS, 40, "polling all feeds")
    assert min(first.polls(), second.polls()) > 0
    assert first.page("readyz") == "ok\n"
    for feed, times in site.asked.items():
        assert all(late - early > LEAST * 0.8 for early, late in pairwise(times)), f"{feed} was polled twice"
    assert set(pollers.entries().values()) == {1}

    theirs = set(first.held())
    os.kill(first.process.pid, signal.SIGKILL)
    killed = time.monotonic()
    site.items = ITEMS + 1
    wait_for(lambda: len(pollers.entries()) == FEEDS * (ITEMS + 1), 60, "taking over")
    assert time.monotonic() - killed < pollers.settings.session_seconds + LEAST + 25
    assert set(second.held()) == {0, 1, 2, 3} > theirs
    assert sum(pollers.entries().values()) <= FEEDS * (ITEMS + 1) + FEEDS  # what was under way may have come twice


def test_what_was_seen_is_remembered_over_a_restart_and_a_stopped_poller_hands_over_at_once(
    site: NotedSite, pollers: Pollers
) -> None:
    pollers.publish(site.listed(*range(8)))
    first = pollers.start()
    wait_for(lambda: len(pollers.rows()) == 8, 40, "polling all feeds")
    sent = pollers.entries()
    second = pollers.start()
    wait_for(second.held, 40, "joining")
    status, seconds = first.end()
    assert status == 0
    assert seconds < 10
    stopped = time.monotonic()
    wait_for(lambda: len(second.held()) == 4, 20, "handing over")
    assert time.monotonic() - stopped < pollers.settings.session_seconds, "it waited for the session to end"
    since = time.time()
    wait_for(lambda: all((row.attempted_at or 0) > since for row in pollers.rows().values()), 40, "polling again")
    assert pollers.entries() == sent
    assert sum(sent.values()) == 8 * ITEMS


def test_feeds_are_added_and_removed_while_pollers_run(site: NotedSite, pollers: Pollers) -> None:
    pollers.publish(site.listed(0, 1))
    pollers.start()
    wait_for(lambda: len(pollers.rows()) == 2, 40, "polling all feeds")
    added = site.listed(2)
    now = datetime.now(UTC)
    changes = [
        FeedChange(action="add", feed_id="f2", feed=added.feeds["f2"], outlet=added.outlets["o2"], changed_at=now),
        FeedChange(action="remove", feed_id="f0", changed_at=now),
    ]
    asyncio.run(feedtopic.change(pollers.settings, changes))
    wait_for(lambda: site.asked["f2"], 10, "polling the new feed")
    before = len(site.asked["f0"])
    rounds = len(site.asked["f1"])
    wait_for(lambda: len(site.asked["f1"]) >= rounds + 2, 30, "two more rounds")
    assert len(site.asked["f0"]) <= before
    assert sorted(asyncio.run(feedtopic.read_all(pollers.settings)).feeds) == ["f1", "f2"]


@pytest.mark.parametrize("kind", ["kill", pytest.param("restart", marks=pytest.mark.soak)])
def test_a_broker_that_goes_away_is_waited_for_and_nothing_is_lost(site: NotedSite, tmp_path: Path, kind: str) -> None:
    try:
        broker = KafkaServer().start()
    except Missing as reason:
        pytest.skip(f"kafka: {reason}")
    try:
        with Pollers(broker.bootstrap, tmp_path, partitions=2) as pollers:
            pollers.publish(site.listed(*range(6)))
            poller = pollers.start()
            wait_for(lambda: len(pollers.rows()) == 6, 40, "polling all feeds")
            asked = sum(map(len, site.asked.values()))
            site.items = ITEMS + 2
            (broker.kill if kind == "kill" else broker.stop)()
            wait_for(lambda: sum(map(len, site.asked.values())) > asked, 30, "polling on without a broker")
            time.sleep(LEAST)  # an outage lasts
            broker.start()
            back = time.monotonic()
            wait_for(lambda: len(pollers.entries()) == 6 * (ITEMS + 2), 60, "sending what was polled")
            assert time.monotonic() - back < 30
            assert poller.process.poll() is None
            assert poller.end()[0] == 0
    finally:
        broker.close()


def test_a_cluster_that_was_not_set_up_or_differently_is_refused(kafka_server: KafkaServer, pollers: Pollers) -> None:
    from rasid.cluster.polling import poll_forever

    other: Settings = pollers.settings.model_copy(update={"partitions": 5})
    with pytest.raises(UsageError, match="4 partitions"):
        poll_forever(other)
    with pytest.raises(UsageError, match="rasid setup"):
        poll_forever(pollers.settings.model_copy(update={"prefix": "nowhere"}))


def test_publishing_is_idempotent_and_keeps_what_was_changed_at_run_time(site: NotedSite, pollers: Pollers) -> None:
    feeds = site.listed(0, 1, 2)
    assert pollers.publish(feeds) == 4
    assert pollers.publish(feeds) == 0
    removed = FeedChange(action="remove", feed_id="f1", changed_at=datetime.now(UTC))
    asyncio.run(feedtopic.change(pollers.settings, [removed]))
    assert pollers.publish(feeds) == 0
    assert pollers.publish(FeedList(feeds.outlets, {"f0": feeds.feeds["f0"]})) == 2  # f1 and f2 are listed no longer
    assert sorted(asyncio.run(feedtopic.read_all(pollers.settings)).feeds) == ["f0"]
    assert pollers.publish(feeds) == 2
    assert sorted(asyncio.run(feedtopic.read_all(pollers.settings)).feeds) == ["f0", "f1", "f2"]
