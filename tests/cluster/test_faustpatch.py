"""The end of a recovery, over a fake of faust: what is resumed, and when it is too late for that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from rasid.cluster import faustpatch
from rasid.cluster.faustpatch import StreamApp

INPUT, CHANGELOG = TP("t.entries", 0), TP("t-fetch-fetch-changelog", 0)


class FakeConsumer:
    """A consumer of one partition; ``committing`` runs while the broker is asked for what is committed; the first ``silent`` questions for
    offsets are not answered."""

    def __init__(self) -> None:
        self.committing = lambda: None
        self.resumed: set[TP] = set()
        self.sought: list[tuple[TP, int]] = []
        self.flows = False
        self.asked = self.silent = 0
        self._committed_offset: dict[TP, int | None] = {}
        self._acked, self._acked_index, self._gap = {}, {}, {}  # type: ignore[var-annotated]

    def assignment(self) -> set[TP]:
        return {INPUT, CHANGELOG}

    async def seek_to_committed(self) -> dict[TP, int]:
        self.committing()
        return {INPUT: 7}

    async def earliest_offsets(self, *tps: TP) -> dict[TP, int]:
        self.asked += 1
        if self.asked <= self.silent:
            await asyncio.sleep(3600)
        return dict.fromkeys(tps, 0)

    async def seek(self, tp: TP, offset: int) -> None:
        self.sought.append((tp, offset))

    def resume_partitions(self, tps: set[TP]) -> None:
        self.resumed |= tps

    def resume_flow(self) -> None:
        self.flows = True


class Trial:
    """A recovery that has come to its end in generation 3."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self.consumer = FakeConsumer()
        self.app: Any = SimpleNamespace(
            consumer_generation_id=3,
            given_up=2,
            starts={(INPUT, 2): 5},
            consumer=self.consumer,
            conf=SimpleNamespace(broker_request_timeout=0.05),
            on_rebalance_complete=SimpleNamespace(send=self._nothing),
            on_rebalance_end=lambda: self.ended.append("rebalance"),
            flow_control=SimpleNamespace(is_active=lambda: True),
            _fetcher=SimpleNamespace(maybe_start=self._nothing),
        )
        self.app.goes_on = lambda generation: StreamApp.goes_on(self.app, generation)
        self.recovery = SimpleNamespace(
            app=self.app,
            completed=asyncio.Event(),
            log=SimpleNamespace(info=lambda *_: None),
            tables=SimpleNamespace(on_actives_ready=lambda: None, on_standbys_ready=lambda: None),
            _is_changelog_tp=lambda tp: tp == CHANGELOG,
            _wait=self._wait,
        )

    async def _nothing(self) -> None:
        """What faust awaits here and no test looks at."""

    async def _wait(self, what: Awaitable[None], timeout: float) -> None:
        """As faust's own: a time that runs out raises nothing."""
        with suppress(TimeoutError):
            await asyncio.wait_for(what, timeout)

    def run(self) -> None:
        asyncio.run(faustpatch._seek_then_resume(self.recovery, 3))


def test_inputs_are_resumed_from_what_is_committed_and_nothing_else_is() -> None:
    trial = Trial()
    trial.run()
    assert trial.consumer.sought == [(INPUT, 7)]
    assert trial.consumer.resumed == {INPUT}
    assert trial.consumer.flows
    assert trial.ended == ["rebalance"]


def test_a_broker_that_does_not_answer_in_time_is_asked_again_before_anything_is_resumed() -> None:
    trial = Trial()
    trial.consumer.silent = 2
    trial.run()
    assert trial.consumer.asked == 3
    assert trial.consumer.sought == [(INPUT, 7)]
    assert trial.consumer.resumed == {INPUT}


@pytest.mark.parametrize("change", [{"given_up": 3}, {"consumer_generation_id": 4}])
@pytest.mark.parametrize("late", [False, True])
def test_nothing_is_resumed_where_the_partitions_were_asked_back_meanwhile(change: dict[str, int], late: bool) -> None:
    trial = Trial()

    def begins() -> None:
        vars(trial.app).update(change)

    if late:
        trial.consumer.committing = begins
    else:
        begins()
    trial.run()
    assert trial.consumer.resumed == set()
    assert not trial.consumer.flows
    assert not trial.recovery.completed.is_set()
    assert trial.ended == []


def test_an_app_knows_which_generation_was_asked_back() -> None:
    app = StreamApp("t-fetch", broker="aiokafka://127.0.0.1:9", store="memory://")
    app.consumer_generation_id = 3
    assert app.goes_on(3)
    app.on_rebalance_start()
    assert not app.goes_on(3)
    app.consumer_generation_id = 4
    assert app.goes_on(4)
    assert not app.goes_on(3)
