from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from rasid.cluster.counts import Counts, Lag
from rasid.cluster.membership import STALE_STATUS
from rasid.cluster.watchdog import Watchdog

A, CHANGELOG = TP("rasid.entries", 0), TP("rasid-fetch-fetch-changelog", 0)


class FakeConsumer:
    """Reads one partition, of which ``end`` records stand there and ``done`` are committed."""

    def __init__(self, end: int, done: int) -> None:
        self.end, self._committed_offset = end, {A: done or None}
        self.answers = True

    def assignment(self) -> set[TP]:
        return {A, CHANGELOG}

    def _is_changelog_tp(self, tp: TP) -> bool:
        return tp == CHANGELOG

    async def highwaters(self, *tps: TP) -> dict[TP, int]:
        assert tps == (A,)
        if not self.answers:
            raise ConnectionError("test")
        return {A: self.end}


class Trial:
    def __init__(self, end: int = 10, done: int = 4, **app: Any) -> None:
        self.now, self.ended = 1_000.0, []  # type: ignore[var-annotated]
        self.consumer = FakeConsumer(end, done)
        recovery = SimpleNamespace(active_offsets={CHANGELOG: 5})
        given = {"rebalancing": False, "in_recovery": False, **app}
        self.app = SimpleNamespace(consumer=self.consumer, tables=SimpleNamespace(recovery=recovery), **given)
        self.counts = Counts()
        self.watchdog = Watchdog(
            self.app, "fetch", self.counts, limit=60.0, oldest_at=lambda: 990.0, end=self.ended.append,  # type: ignore[arg-type]
            clock=lambda: self.now,
        )  # fmt: skip

    def after(self, seconds: float) -> list[int]:
        """How the process has ended, when it is looked at again after so long."""
        self.now += seconds
        asyncio.run(self.watchdog.look())
        return self.ended


def test_lag_and_the_age_of_the_oldest_record_are_measured() -> None:
    trial = Trial()
    assert trial.after(1) == []
    assert trial.counts.lags["fetch"] == Lag(6, 990.0)
    assert trial.counts.ready


def test_lag_without_progress_ends_the_process() -> None:
    trial = Trial()
    assert trial.after(59) == []
    assert trial.after(2) == [STALE_STATUS]


def test_progress_and_named_waits_are_no_stall() -> None:
    trial = Trial()
    for beat in (trial.watchdog.beat, lambda: trial.watchdog.waiting("Kafka does not answer")):
        trial.now += 50
        beat()
    assert trial.counts.trouble == "Kafka does not answer"
    assert trial.after(50) == []


def test_idle_worker_goes_on_for_ever() -> None:
    trial = Trial(end=4, done=4)
    assert [trial.after(1_000) for _ in range(3)][-1] == []
    assert trial.counts.lags["fetch"] == Lag(0, None)


@pytest.mark.parametrize("state", ["rebalancing", "in_recovery"])
def test_rebalance_or_recovery_that_hangs_ends_the_process_without_any_lag(state: str) -> None:
    trial = Trial(end=4, done=4, **{state: True})
    assert trial.after(1) == []
    assert not trial.counts.ready
    assert trial.after(100) == [STALE_STATUS]


def test_recovery_that_gets_on_is_no_stall() -> None:
    trial = Trial(in_recovery=True)
    for offset in range(10):
        trial.app.tables.recovery.active_offsets[CHANGELOG] = offset
        assert trial.after(50) == []


def test_broker_that_does_not_answer_is_no_stall_of_the_workers() -> None:
    trial = Trial()
    trial.consumer.answers = False
    assert trial.after(1_000) == []
