"""What a process counted becomes rows of health: differences, reasons, feeds; an index that is away stops nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("elasticsearch")

from contracts.outcomes import IndexRefused, Unavailable
from rasid import recorded as module
from rasid.indexes import health_settings
from rasid.local.session import opened
from rasid.metrics import Feeds, Snapshot
from rasid.recorded import Record, kept, recorded, rows
from rasid.settings import load
from sinks.elasticsearch import ElasticsearchSettings
from sinks.elasticsearch.health import FeedsHealth, ReasonHealth, StepHealth

AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
FIRST = Snapshot(counted={("clean", "received", ""): 100, ("clean", "microseconds", ""): 500_000})
THEN = Snapshot(
    counted={
        ("clean", "received", ""): 120,
        ("clean", "sent", ""): 15,
        ("clean", "dropped", "too short"): 3,
        ("clean", "dropped", "not Arabic"): 2,
        ("clean", "microseconds", ""): 700_000,
    },
    lag={"clean": 7, "merge": 0},
    oldest_at={"clean": AT.timestamp() - 90},
)


class FakeIndex:
    """Keeps the rows, or raises."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault, self.written, self.expired, self.closed = fault, [], 0, False

    def write(self, made):
        if self.fault:
            raise self.fault
        self.written += made

    def expire(self, now):
        self.expired += 1

    def close(self):
        self.closed = True


def test_a_row_says_what_a_step_did_since_the_last_look_and_what_waits_now():
    clean, *_ = rows(FIRST, THEN, AT, "one-1")
    assert clean == StepHealth(
        at=AT, process="one-1", step="clean", received=20, sent=15, dropped=5, lag=7, oldest_s=90.0, ms_each=10.0
    )


def test_a_step_that_only_waits_has_a_row_too():
    made = [row for row in rows(FIRST, THEN, AT, "one-1") if isinstance(row, StepHealth)]
    assert [(row.step, row.received, row.lag, row.oldest_s, row.ms_each) for row in made][1] == (
        "merge",
        0,
        0,
        None,
        None,
    )


def test_each_reason_is_a_row_and_what_happens_without_one_is_not():
    made = [row for row in rows(FIRST, THEN, AT, "one-1") if isinstance(row, ReasonHealth)]
    assert [(row.what, row.reason, row.count) for row in made] == [
        ("dropped", "not Arabic", 2),
        ("dropped", "too short", 3),
    ]


def test_nothing_that_happened_and_nothing_that_waits_is_no_row():
    assert rows(FIRST, FIRST, AT, "one-1") == []


def test_a_count_that_began_again_counts_from_nothing():
    again = Snapshot(counted={("clean", "received", ""): 4})
    assert rows(FIRST, again, AT, "one-1")[0].received == 4


def test_feeds_are_told_by_their_states_with_the_longest_silence():
    feeds = Feeds(by_state={"ok": 3, "failing": 1}, oldest_success_at=AT.timestamp() - 3600, overdue=12.5)
    assert rows(FIRST, Snapshot(feeds=feeds), AT, "one-1") == [
        FeedsHealth(at=AT, process="one-1", feeds_ok=3, feeds_failing=1, oldest_success_s=3600.0, overdue_s=12.5)
    ]


def test_a_record_gives_each_difference_once():
    snapshots = iter([FIRST, THEN, THEN])
    record = Record(lambda: next(snapshots), clock=AT.timestamp, process="one-1")
    assert record.next()[0].received == 20
    assert [row.received for row in record.next() if isinstance(row, StepHealth)] == [0, 0]


@pytest.mark.parametrize("fault", [Unavailable("the node is away"), IndexRefused("no such user")])
def test_an_index_that_cannot_take_the_rows_stops_nothing(fault):
    assert kept(FakeIndex(fault), [], expire=True) is False  # type: ignore[arg-type]


def test_what_is_not_foreseen_is_raised():
    with pytest.raises(ZeroDivisionError):
        kept(FakeIndex(ZeroDivisionError()), [], expire=False)  # type: ignore[arg-type]


def test_the_last_part_of_a_minute_is_written_at_the_end(monkeypatch):
    index = FakeIndex()
    monkeypatch.setattr("sinks.elasticsearch.health.HealthIndex", lambda known: index)
    snapshots = iter([FIRST, THEN])

    async def run() -> None:
        async with recorded(ElasticsearchSettings(), lambda: next(snapshots), every=3600):
            await asyncio.sleep(0)

    asyncio.run(run())
    assert [row.received for row in index.written if isinstance(row, StepHealth)] == [20, 0]
    assert index.closed


def test_without_an_index_nothing_is_taken():
    async def run() -> None:
        async with recorded(None, lambda: pytest.fail("taken")):
            pass

    asyncio.run(run())


def test_rounds_write_and_old_months_are_looked_for_now_and_then(monkeypatch):
    index = FakeIndex()
    monkeypatch.setattr("sinks.elasticsearch.health.HealthIndex", lambda known: index)
    monkeypatch.setattr(module, "EXPIRE_ROUNDS", 2)

    async def run() -> None:
        enough = asyncio.Event()

        def take() -> Snapshot:
            if index.expired >= 2:
                enough.set()
            return THEN

        async with recorded(ElasticsearchSettings(), take, every=0):
            await asyncio.wait_for(enough.wait(), 10)

    asyncio.run(run())
    assert index.expired >= 2


FEED = """
[[outlet]]
id = "o"
name = "شبكة"
name_en = "o"
country = "SY"
timezone = "Asia/Damascus"
viewpoint = "independent"
kind = "site"
feeds = [{ id = "f", url = "http://127.0.0.1:9/feed" }]
"""


def test_a_run_with_its_events_in_elasticsearch_records_itself(monkeypatch, tmp_path: Path):
    index = FakeIndex()
    monkeypatch.setattr("sinks.elasticsearch.health.HealthIndex", lambda known: index)
    feeds = tmp_path / "feeds.toml"
    feeds.write_text(FEED, encoding="utf-8")
    known = {"index": "elasticsearch", "elasticsearch": "http://127.0.0.1:9", "allow_networks": ("127.0.0.0/8",)}
    with opened(load(None, data_dir=tmp_path, feeds=feeds, workers=1, **known)) as session:
        session.run("once", ("poll",))
    steps = {row.step: (row.received, row.failed) for row in index.written if isinstance(row, StepHealth)}
    assert steps["poll"] == (1, 1)
    assert [row.feeds_failing for row in index.written if isinstance(row, FeedsHealth)] == [1]


def test_a_node_that_does_not_answer_is_given_up_soon(monkeypatch):
    asked = []
    monkeypatch.setattr("sinks.elasticsearch.health.HealthIndex", lambda known: asked.append(known) or FakeIndex())

    async def run() -> None:
        async with recorded(ElasticsearchSettings(request_seconds=30), lambda: FIRST, every=3600):
            pass

    asyncio.run(run())
    assert asked[0].request_seconds == module.REQUEST_SECONDS < 10


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"index": "elasticsearch", "elasticsearch": "http://e:9200"}, True),
        ({"mode": "cluster", "elasticsearch": "http://e:9200"}, True),
        ({"mode": "cluster"}, False),
        ({"elasticsearch": "http://e:9200"}, False),
    ],
)
def test_what_is_counted_is_kept_where_the_events_are(given, kept):
    assert (health_settings(load(None, **given)) is not None) is kept
