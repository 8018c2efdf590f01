"""What a poller holds, over the generations of its group."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import ClassVar

import pytest
from kafka import TopicPartition
from kafka.errors import IllegalStateError, KafkaConnectionError

from rasid.cluster import group
from rasid.cluster.group import Holding, PollerGroup
from rasid.settings import Settings


def test_what_is_held_in_the_next_generation_too_is_held_without_a_break() -> None:
    holding = Holding()
    holding.assigned([0, 1], 4)
    holding.revoked(lost=False)
    assert not holding.settled
    assert dict(holding.held) == {}
    holding.assigned([1, 2], 5)
    assert dict(holding.held) == {1: 4, 2: 5}
    assert holding.settled


def test_a_generation_that_was_missed_breaks_the_holding() -> None:
    holding = Holding()
    holding.assigned([0], 4)
    holding.revoked(lost=False)
    holding.assigned([0], 6)
    assert dict(holding.held) == {0: 6}


def test_a_membership_that_was_lost_breaks_the_holding() -> None:
    holding = Holding()
    holding.assigned([0], 4)
    holding.revoked(lost=True)
    holding.assigned([0], 5)
    assert dict(holding.held) == {0: 5}


def test_two_revocations_in_a_row_forget_nothing() -> None:
    holding = Holding()
    holding.assigned([0], 4)
    holding.revoked(lost=False)
    holding.revoked(lost=False)
    holding.assigned([0], 5)
    assert dict(holding.held) == {0: 4}


def test_a_revocation_waits_for_what_is_being_written() -> None:
    holding = Holding()
    holding.assigned([0], 1)
    given_up = threading.Event()

    def revoke() -> None:
        holding.revoked(lost=False)
        given_up.set()

    with holding.writing() as held:
        assert dict(held) == {0: 1}
        thread = threading.Thread(target=revoke)
        thread.start()
        assert not given_up.wait(0.2)
        assert dict(holding.held) == {}  # the next write finds nothing
    assert given_up.wait(1.0)
    thread.join()


class _Consumer:
    """Stands in for kafka-python's: what each look at the group gives, an error or a share of partitions."""

    made: ClassVar[list[_Consumer]] = []
    looks: ClassVar[list[object]] = []

    def __init__(self, **options: object) -> None:
        self.options, self.paused, self.closed = options, [], False
        self.made.append(self)

    def subscribe(self, topics: list[str], listener: object) -> None:
        self.topics, self.listener = topics, listener

    def poll(self, timeout_ms: int) -> None:
        look = self.looks.pop(0) if self.looks else None
        if isinstance(look, Exception):
            raise look
        if look is not None:
            self.listener.on_partitions_assigned([TopicPartition("t.feeds", one) for one in look])
        time.sleep(0.005)

    def pause(self, *partitions: TopicPartition) -> None:
        self.paused += partitions

    def group_metadata(self) -> SimpleNamespace:
        return SimpleNamespace(generation_id=3)

    def close(self, **options: object) -> None:
        self.closed = True


def _run(looks: list[object], monkeypatch: pytest.MonkeyPatch, until: Callable[[PollerGroup], bool]) -> PollerGroup:
    monkeypatch.setattr(group, "KafkaConsumer", _Consumer)
    monkeypatch.setattr(_Consumer, "made", [])
    monkeypatch.setattr(_Consumer, "looks", looks)

    async def run() -> PollerGroup:
        made = PollerGroup(Settings(kafka="127.0.0.1:1", prefix="t"), "t.feeds", "t-poll")
        task = asyncio.create_task(made.run())
        async with asyncio.timeout(10):
            while not until(made):
                assert not task.done(), task.exception()
                await asyncio.sleep(0.01)
            made.leave()
            await task
        return made

    return asyncio.run(run())


def test_a_connection_that_breaks_during_a_look_is_waited_for_and_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str | None] = []

    def until(made: PollerGroup) -> bool:
        seen.append(made.trouble)
        return not _Consumer.looks and made.trouble is None

    made = _run([(0, 1), KafkaConnectionError("the broker went away"), None], monkeypatch, until)
    assert dict(made.holding.held) == {0: 3, 1: 3}
    assert any(said and "Kafka does not answer" in said for said in seen)
    assert len(_Consumer.made) == 1


def test_no_record_is_read_through_the_group_and_it_is_left_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    _run([(0, 1)], monkeypatch, lambda made: made.trouble is None)
    (consumer,) = _Consumer.made
    assert [one.partition for one in consumer.paused] == [0, 1]
    assert consumer.closed


def test_the_group_finds_a_broker_that_is_back_within_a_second_and_commits_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _run([(0,)], monkeypatch, lambda made: made.trouble is None)
    options = _Consumer.made[0].options
    assert options["reconnect_backoff_max_ms"] == 1000
    assert options["enable_auto_commit"] is False
    assert options["session_timeout_ms"] == 10_000


def test_a_client_that_fails_for_long_is_exchanged_for_a_fresh_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "ANEW_SECONDS", 0.0)
    looks: list[object] = [(0, 1), IllegalStateError("closed"), (0,)]
    made = _run(looks, monkeypatch, lambda made: len(_Consumer.made) == 2 and made.trouble is None)
    first, second = _Consumer.made
    assert first.closed
    assert [one.partition for one in second.paused] == [0]
    assert dict(made.holding.held) == {0: 3}
