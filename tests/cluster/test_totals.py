"""What all processes of a cluster have counted, as ``rasid status`` adds it up."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from contracts.records import Article, ArticleReports, Quote, Report, Stamp
from rasid.cluster import totals
from rasid.cluster.counts import Counts
from rasid.cluster.operations import ClusterOperations
from rasid.cluster.sending import Outgoing
from rasid.cluster.setup import set_up
from rasid.cluster.topics import Topics
from rasid.settings import Settings
from rasid.yields import RECENT_DAYS, USUAL_DAYS
from tests.cluster.clusters import cluster_settings
from tests.cluster.operators import read, row, send, watched
from tests.cluster.running import Cluster, wait_for
from tests.rasid.fakes import NOW, entry
from tests.servers.broker import KafkaServer

DAY = 86_400


def of_outlet(kind: str, outlet: str) -> object:
    url = "https://a.example/1"
    quote = Quote(text="قصف", start=0, end=3)
    report = Report(id="r", article_id="a", trigger=quote, evidence=quote, outlet=outlet)
    made = {
        "entry": entry(url),
        "again": entry(url, look=1),
        "text": Article(
            id="a", url=url, outlet=outlet, feed_id="f", title="", text="نص", fetched_at=NOW, text_from="page"
        ),
        "reports": ArticleReports(article_id="a", key="SY", stamp=Stamp(1, 0), reports=(report,)),
        "none": ArticleReports(article_id="a", key="SY", stamp=Stamp(1, 0)),
    }
    return made[kind]


def test_what_comes_of_an_outlet_is_counted_by_day_and_old_days_are_not_kept() -> None:
    counts, now = Counts(), 20_000.0 * DAY
    for kind, times in (("entry", 3), ("again", 1), ("text", 2), ("reports", 1), ("none", 4)):
        for _ in range(times):
            counts.gave(of_outlet(kind, "o"), now)  # type: ignore[arg-type]
    counts.gave(of_outlet("entry", "o"), now - (USUAL_DAYS + RECENT_DAYS + 1) * DAY)  # type: ignore[arg-type]
    kept = totals.totals_of(counts, lambda: now)
    assert set(kept.yields) == {("o", 20_000, "entries", 3), ("o", 20_000, "texts", 2), ("o", 20_000, "with_events", 1)}


@pytest.fixture
def cluster(kafka_server: KafkaServer, tmp_path: Path) -> Settings:
    made = cluster_settings(kafka_server.bootstrap, tmp_path, feeds=tmp_path / "feeds.toml")
    set_up(made)
    return made


def counting(settings: Settings, counts: Counts) -> None:
    """As a process that counted this and ended."""

    async def run() -> None:
        async with totals.totalled(settings, counts):
            pass

    asyncio.run(run())


@pytest.mark.server
def test_processes_that_run_and_that_ended_are_added_up_each_by_its_newest(cluster: Settings) -> None:
    first, second = Counts(), Counts()
    first.add("clean", "sent", 3)
    first.add("clean", "dropped", 2, "unchanged")

    async def grows() -> None:
        async with totals.totalled(cluster, first, every=0.05):
            while not await asyncio.to_thread(read, cluster, Topics.of(cluster).counts):
                await asyncio.sleep(0.05)
            first.add("clean", "sent", 4)

    asyncio.run(grows())
    second.add("clean", "sent", 10)
    second.add("clean", "dropped", 1, "no text")
    counting(cluster, second)
    send(cluster, Outgoing(Topics.of(cluster).counts, 0, b"broken", b"{"))
    made = asyncio.run(totals.sums(cluster))
    assert (made.of("clean", "sent"), made.of("clean", "dropped"), made.of("merge", "sent")) == (17, 3, 0)
    assert made.counted["clean", "dropped", "unchanged"] == 2


@pytest.mark.server
def test_status_tells_totals_and_outlets_whose_texts_or_events_stopped(cluster: Settings) -> None:
    now = 20_000.0 * DAY
    watched(cluster, row("f0", "not_modified", next_at=now + 60), row("f1", "not_modified", next_at=now + 60))
    counts = Counts()
    for day in range(20_000 - 30, 20_001):
        recent = day > 20_000 - RECENT_DAYS
        counts.yields["o0", day, "entries"] = 10
        counts.yields["o0", day, "texts"] = 0 if recent else 9
        counts.yields["o1", day, "entries"] = counts.yields["o1", day, "texts"] = 10
        counts.yields["o1", day, "with_events"] = 0 if recent else 5
    given = {
        ("fetch", "received", ""): 50, ("fetch", "sent", ""): 40, ("fetch", "dropped", "fetched already"): 7,
        ("fetch", "dropped", "robots"): 1, ("fetch", "retried", "503"): 2, ("fetch", "microseconds", ""): 500_000,
        ("poll", "received", ""): 60, ("poll", "failed", "unreachable"): 5,
    }  # fmt: skip
    counts.counters.update(given)
    _kept_whatever_the_day(cluster, counts, now)
    made = ClusterOperations(cluster).status(now)
    stages = {one.name: one for one in made.stages}
    fetch = stages["fetch"]
    assert (fetch.sent, fetch.dropped, fetch.failed, fetch.milliseconds) == (40, 8, 2, 10.0)
    assert (stages["poll"].received, stages["poll"].failed) == (60, 5)
    assert made.dropped == {"fetch: fetched already": 7, "fetch: robots": 1}
    assert made.failed == {"fetch: 503": 2, "poll: unreachable": 5}
    told = [one for one in made.warnings if one.startswith(("textless", "eventless"))]
    assert [one.partition(": ")[0] + one.partition(": ")[2][:2] for one in told] == ["textlesso0", "eventlesso1"]


def _kept_whatever_the_day(settings: Settings, counts: Counts, now: float) -> None:
    made = totals.totals_of(counts, lambda: now)
    send(settings, totals._message(settings, "one", made))


@pytest.mark.server
def test_workers_write_what_they_counted_when_they_end(cluster: Settings) -> None:
    urls = [f"https://{host}.sy/{number}" for host in "ab" for number in range(5)]
    with Cluster(cluster) as running:
        worker = running.start("fetch,clean")
        running.put(entry(url) for url in urls)
        running.until_worked("fetch", "clean")
        assert worker.stop() == 0
    made = wait_for(lambda: asyncio.run(totals.sums(cluster)), 10, "totals")
    assert (made.of("fetch", "received"), made.of("fetch", "sent"), made.of("clean", "received")) == (10, 10, 10)
