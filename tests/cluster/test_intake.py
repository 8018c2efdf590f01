from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from rasid.cluster import faustpatch
from rasid.cluster.adapter import Intake
from rasid.cluster.counts import Counts
from rasid.cluster.faustpatch import FOLDED, mark_folded
from rasid.cluster.holes import Hole
from rasid.cluster.membership import NotOurs
from rasid.cluster.posting import Taken

A = TP("rasid.entries", 0)


def event(offset: int, generation: int = 3, **more: Any) -> Any:
    given = {"timestamp": 5.0, "key": b"k", "value": b"v", "headers": [("tries", b"2")]}
    message = SimpleNamespace(
        topic=A.topic, partition=0, tp=A, offset=offset, generation_id=generation, **{**given, **more}
    )
    return SimpleNamespace(message=message)


class FakeStream:
    """Batches that are given beforehand; ``acked`` holds each offset with whether its acknowledgement counts."""

    def __init__(self, *batches: Sequence[Any]) -> None:
        self.batches, self.acked = batches, []  # type: ignore[var-annotated]

    async def noack_take(self, size: int, within: float) -> AsyncIterator[Sequence[Any]]:
        for batch in self.batches:
            yield batch

    async def ack(self, event: Any) -> None:
        self.acked.append((event.message.offset, getattr(event.message, "span", None) is FOLDED))


class Trial:
    def __init__(self, *, left: set[int] = frozenset(), starts: dict[Any, int] | None = None) -> None:  # type: ignore[assignment]
        self.app = SimpleNamespace(consumer_generation_id=3, starts=starts or {}, on_deleted_unread=None)
        self.batches: list[list[int]] = []
        self.begun: list[int] = []
        self.left, self.counts = left, Counts()
        self.taken: list[Taken] = []

    async def handle(self, batch: list[Taken]) -> None:
        self.batches.append([one.offset for one in batch])
        self.taken += batch
        if self.left & {one.offset for one in batch}:
            raise NotOurs("test")

    def run(self, *batches: Sequence[Any]) -> FakeStream:
        stream, app = FakeStream(*batches), self.app
        intake = Intake(app, "fetch", self.handle, self.counts, begins=self.begun.append, alive=lambda: None)  # type: ignore[arg-type]
        asyncio.run(intake.run(stream, 10))
        return stream


def test_batch_is_acknowledged_whole_and_in_order_once_it_is_handled() -> None:
    trial = Trial()
    stream = trial.run([event(0), event(1)], [event(2)])
    assert trial.batches == [[0, 1], [2]]
    assert stream.acked == [(0, True), (1, True), (2, True)]
    assert trial.begun == [3, 3]
    assert trial.counts.total("fetch", "received") == 3


def test_record_keeps_its_tries_and_a_null_is_empty() -> None:
    trial = Trial()
    trial.run([event(0, value=None, headers=None), event(1)])
    assert [(one.value, one.tries, one.arrived_at) for one in trial.taken] == [(b"", 0, 5.0), (b"v", 2, 5.0)]


def test_what_an_earlier_generation_left_behind_is_let_go_without_counting() -> None:
    trial = Trial()
    stream = trial.run([event(7, generation=2), event(0)])
    assert trial.batches == [[0]]
    assert sorted(stream.acked) == [(0, True), (7, False)]


def test_after_a_batch_that_was_left_nothing_of_its_generation_is_taken() -> None:
    """Else the next batch would be committed past it."""
    trial = Trial(left={0})
    stream = trial.run([event(0), event(1)], [event(2)])
    assert trial.batches == [[0, 1]]
    assert stream.acked == [(0, False), (1, False), (2, False)]
    assert trial.counts.total("fetch", "received") == 0


def test_the_generation_after_a_batch_that_was_left_is_taken() -> None:
    """Also where it has begun by the time the batch comes back: else nothing is taken until the watchdog ends the worker."""
    trial = Trial()
    handle = trial.handle

    async def left_late(batch: list[Taken]) -> None:
        await handle(batch)
        if trial.app.consumer_generation_id == 3:
            trial.app.consumer_generation_id = 4
            raise NotOurs("test")

    trial.handle = left_late  # type: ignore[method-assign]
    stream = trial.run([event(0)], [event(0, generation=4)])
    assert trial.batches == [[0], [0]]
    assert stream.acked == [(0, False), (0, True)]


def test_hole_is_raised_before_anything_of_the_batch_is_handled() -> None:
    trial = Trial(starts={(A, 3): 0})
    with pytest.raises(Hole):
        trial.run([event(1)])
    assert trial.batches == []


def test_error_of_the_handler_acknowledges_nothing() -> None:
    trial = Trial()

    async def fails(batch: list[Taken]) -> None:
        raise KeyError("bug of the test")

    trial.handle = fails  # type: ignore[method-assign]
    stream = FakeStream([event(0)])
    intake = Intake(trial.app, "fetch", trial.handle, trial.counts, begins=trial.begun.append, alive=lambda: None)  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        asyncio.run(intake.run(stream, 10))
    assert stream.acked == []


@pytest.mark.parametrize(
    ("span", "enabled", "counts"), [(FOLDED, True, True), (None, True, False), (None, False, True)]
)
def test_only_what_was_folded_is_committed(
    monkeypatch: pytest.MonkeyPatch, span: Any, enabled: bool, counts: bool
) -> None:
    """Faust acknowledges what it skips; of the changelogs nothing is committed anyway."""
    passed: list[Any] = []
    monkeypatch.setattr(faustpatch, "_consumer_ack", lambda consumer, message: passed.append(message) or True)
    message = SimpleNamespace(topic="t", acked=False)
    if span is not None:  # faust leaves the slot empty
        mark_folded(message)
    topics = SimpleNamespace(acks_enabled_for=lambda topic: enabled)
    consumer = SimpleNamespace(app=SimpleNamespace(topics=topics), _unacked_messages={1})
    consumer._unacked_messages = SimpleNamespace(discard=lambda one: None)
    assert faustpatch._ack_folded(consumer, message) is counts
    assert passed == ([message] if counts else [])
