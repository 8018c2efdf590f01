"""Fetching is held back while too many pages wait to be cleaned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.records import Entry, Page
from rasid.cluster.backlog import Backlog, HeldBack
from rasid.cluster.membership import NotOurs
from rasid.cluster.posting import Taken
from rasid.cluster.reading import BrokerAway
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import Cluster
from tests.rasid.fakes import NOW, entry
from tests.servers.broker import KafkaServer

BATCH = [Taken("rasid.entries", 0, 0, b"k", b"v", 0, 0.0)]


def held(
    counts: list[int | Exception], leaves: Callable[[], bool] = lambda: False, until: Callable[[], bool] = lambda: True
) -> tuple[list[list[Taken]], int]:
    """The batches that were handled, and how often the worker said that it lives, after a batch came; each look finds the next count."""
    handled: list[list[Taken]] = []
    beats = 0

    async def handle(batch: list[Taken]) -> None:
        handled.append(batch)

    def alive() -> None:
        nonlocal beats
        beats += 1

    async def run() -> None:
        found: Iterator[int | Exception] = iter(counts)

        async def measure() -> int:
            count = next(found, counts[-1])
            if isinstance(count, Exception):
                raise count
            return count

        backlog = Backlog(10, measure, every=0.01)
        looking = asyncio.create_task(backlog.run())
        try:
            await asyncio.wait_for(HeldBack(handle, backlog, alive, leaves)(BATCH), 20)
        finally:
            looking.cancel()

    asyncio.run(run())
    return handled, beats


def test_a_batch_waits_while_more_pages_wait_than_may_and_says_that_it_lives() -> None:
    handled, beats = held([11, 11, 10])
    assert handled == [BATCH]
    assert beats > 0


def test_a_worker_that_must_go_leaves_the_batch_undone() -> None:
    with pytest.raises(NotOurs):
        held([11], leaves=lambda: True)


def test_a_broker_that_does_not_answer_holds_nothing_back() -> None:
    assert held([BrokerAway("away")])[0] == [BATCH]


@pytest.mark.server
def test_fetch_workers_pause_while_clean_is_behind_and_go_on_when_it_has_caught_up(
    kafka_server: KafkaServer, tmp_path: Path
) -> None:
    settings = cluster_settings(kafka_server.bootstrap, tmp_path, max_waiting_pages=5)
    urls = [f"https://{host}.sy/{number}" for host in "ab" for number in range(10)]
    with Cluster(settings) as cluster:
        cluster.put(Page(entry=entry(url), url=url, status=200, headers={}, fetched_at=NOW, body=b"x") for url in urls)
        before = cluster.ends(cluster.topics.of_kind(Page))
        cluster.put(entry(f"{url}/new") for url in urls)
        fetch = cluster.start("fetch")
        cluster.until(lambda: "fetching pauses" in fetch.said(), "a pause")
        assert cluster.ends(cluster.topics.of_kind(Page)) == before
        assert fetch.stop() == 0  # a worker that is held back can be stopped
        assert cluster.behind("fetch") == len(urls)
        again = cluster.start("fetch")
        cluster.until(lambda: "fetching pauses" in again.said(), "a pause")
        assert sum(cluster.ends(cluster.topics.of_kind(Entry)).values()) == len(urls)
        clean = cluster.start("clean")
        cluster.until_worked("fetch", "clean", seconds=120)
        assert "fetching goes on" in again.said()
        assert sum(cluster.ends(cluster.topics.of_kind(Page)).values()) == 2 * len(urls)
        assert [again.stop(), clean.stop()] == [0, 0]
