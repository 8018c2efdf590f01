"""What monitoring reads of a process, and over which pages."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import aiohttp
import pytest

from ingest.feeds import Feed, FeedList, Outlet
from rasid.errors import UsageError
from rasid.health import served
from rasid.local.database import Database
from rasid.local.report import snapshot
from rasid.metrics import Feeds, Snapshot, exposition
from rasid.settings import Settings

COUNTED = {
    ("clean", "received", ""): 7,
    ("clean", "dropped", "twin"): 2,
    ("clean", "dropped", "older"): 1,
    ("fetch", "retried", "timeout"): 3,
    ("clean", "microseconds", ""): 1_500_000,
}
SEEN = Snapshot(
    counted=COUNTED, lag={"clean": 5, "merge": 0}, oldest_at={"clean": 940.0},
    feeds=Feeds({"ok": 4, "failing": 1}, oldest_success_at=400.0, overdue=12.0),
)  # fmt: skip


def told(seen: Snapshot, now: float = 1000.0) -> dict[str, float]:
    """Sample with its labels -> value."""
    text = exposition(lambda: seen, lambda: now)().decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_counts_are_told_by_step_and_by_reason() -> None:
    made = told(SEEN)
    assert made['rasid_received_records_total{step="clean"}'] == 7
    assert made['rasid_dropped_records_total{reason="twin",step="clean"}'] == 2
    assert made['rasid_retried_records_total{reason="timeout",step="fetch"}'] == 3
    assert made['rasid_work_seconds_total{step="clean"}'] == 1.5


def test_records_that_were_lost_are_told() -> None:
    assert told(Snapshot(counted={("fetch", "deleted", ""): 3}))['rasid_deleted_records_total{step="fetch"}'] == 3


def test_lag_age_and_freshness_are_told_as_of_now() -> None:
    made = told(SEEN)
    assert made['rasid_lag_records{step="clean"}'] == 5
    assert made['rasid_oldest_record_seconds{step="clean"}'] == 60
    assert made['rasid_oldest_record_seconds{step="merge"}'] == 0
    assert made['rasid_feeds{state="failing"}'] == 1
    assert made["rasid_feed_oldest_success_seconds"] == 600
    assert told(SEEN, 1100.0)['rasid_oldest_record_seconds{step="clean"}'] == 160


def test_every_metric_says_what_it_means_and_none_holds_an_address() -> None:
    text = exposition(lambda: SEEN)().decode()
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert names == set(re.findall(r"^# HELP (\S+) .+", text, re.MULTILINE))
    assert "http" not in text


def test_the_pages_tell_metrics_health_and_readiness() -> None:
    trouble: list[str | None] = [None]

    async def run() -> list[tuple[int, str]]:
        settings = Settings(metrics_port=0)
        async with served(settings, lambda: SEEN, lambda: trouble[0]) as port, aiohttp.ClientSession() as web:
            found = []
            for page in ("metrics", "healthz", "readyz"):
                async with web.get(f"http://127.0.0.1:{port}/{page}") as answer:
                    found.append((answer.status, await answer.text()))
            trouble[0] = "Kafka does not answer"
            async with web.get(f"http://127.0.0.1:{port}/readyz") as answer:
                found.append((answer.status, await answer.text()))
            return found

    metrics, healthz, ready, unready = asyncio.run(run())
    assert metrics[0] == 200
    assert 'rasid_lag_records{step="clean"} 5.0' in metrics[1]
    assert (healthz, ready) == ((200, "ok\n"), (200, "ok\n"))
    assert unready == (503, "Kafka does not answer\n")


def test_without_a_port_nothing_is_served_and_a_taken_port_is_named() -> None:
    async def run() -> None:
        async with served(Settings(), lambda: SEEN, lambda: None) as none:
            assert none is None
        async with served(Settings(metrics_port=0), lambda: SEEN, lambda: None) as port:
            with pytest.raises(UsageError, match=str(port)):
                async with served(Settings(metrics_port=port), lambda: SEEN, lambda: None):
                    raise AssertionError("two servers on one port")

    asyncio.run(run())


def test_a_run_tells_what_its_database_and_its_journal_have_counted(tmp_path: Path) -> None:
    database, now = Database(tmp_path / "rasid.sqlite"), time.time()
    with database.transaction() as connection:
        connection.execute("INSERT INTO counters VALUES ('clean', 'received', '', 5)")
        connection.execute("INSERT INTO log (kind, key, value, at) VALUES ('page', 'k', x'00', ?)", (now - 30,))
        connection.execute("INSERT INTO queue VALUES ('clean', 1, 'k', 0, 0)")
        connection.execute(
            "INSERT INTO feeds VALUES ('f', x'7b7d', ?, ?, ?, NULL, 'nothing_new', '', 0)", [now - 5] * 3
        )
    outlet = Outlet(
        id="o", name="شبكة", name_en="o", country="SY", timezone="UTC", viewpoint="independent", kind="site"
    )
    feeds = FeedList({"o": outlet}, {name: Feed(id=name, outlet="o", url=f"https://{name}.example/") for name in "fg"})
    seen = snapshot(database, feeds, {("clean", "received", ""): 2}, now)
    assert seen.counted["clean", "received", ""] == 7
    assert (seen.lag["clean"], seen.lag["merge"]) == (1, 0)
    assert seen.oldest_at["clean"] == pytest.approx(now - 30)
    assert seen.feeds is not None
    assert seen.feeds.by_state == {"ok": 1, "new": 1}
    assert seen.feeds.overdue == pytest.approx(5)
