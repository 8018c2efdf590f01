from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rasid.cluster import membership
from rasid.cluster.membership import STALE_STATUS, Membership, NotOurs


class FakeThread:
    """A consumer's thread whose coordinator answers heartbeats as it is told: True, False (no answer) or lost."""

    def __init__(self, answers: list[bool | str]) -> None:
        self.answers = answers
        self._consumer = SimpleNamespace(_coordinator=self)
        self.coordinator_id, self.generation, self.member_id = 1, 7, "m"

    async def call_thread(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        return await function(*arguments)

    async def _do_heartbeat(self) -> bool:
        answer = self.answers.pop(0)
        if answer == "lost":
            self.generation, self.member_id = -1, ""
            return False
        return bool(answer)


class Trial:
    """A membership over a clock of the test's own, and what became of it."""

    def __init__(self, answers: list[bool | str]) -> None:
        self.now, self.said, self.ended = 100.0, [], []  # type: ignore[var-annotated]
        app = SimpleNamespace(consumer=SimpleNamespace(_thread=FakeThread(answers)))
        self.membership = Membership(app, 10.0, self.said.append, end=self.ended.append, clock=lambda: self.now)
        self.membership.generation = 7


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = asyncio.sleep

    async def sleep(seconds: float) -> None:
        await waits(0)

    monkeypatch.setattr(membership.asyncio, "sleep", sleep)


def test_member_is_confirmed_by_one_heartbeat() -> None:
    trial = Trial([True])
    asyncio.run(trial.membership.confirm())
    assert (trial.said, trial.ended) == ([], [])


def test_broker_that_is_away_is_waited_for() -> None:
    trial = Trial([False, False, True])
    asyncio.run(trial.membership.confirm())
    assert len(trial.said) == 2


def test_worker_that_the_group_has_left_behind_is_told_so() -> None:
    with pytest.raises(NotOurs):
        asyncio.run(Trial([False, "lost"]).membership.confirm())


def test_worker_that_joined_again_may_not_write_what_it_took_before() -> None:
    """Records before it may have been left: a commit past them would lose them."""
    trial = Trial([True])
    trial.membership.generation = 6
    with pytest.raises(NotOurs):
        asyncio.run(trial.membership.confirm())


def test_process_that_stands_still_while_it_writes_ends_before_the_session_does() -> None:
    trial = Trial([True])
    asyncio.run(trial.membership.confirm())
    trial.now += 7.9
    trial.membership.check()
    assert trial.ended == []
    trial.now += 0.2
    trial.membership.check()
    assert trial.ended == [STALE_STATUS]


def test_process_that_stands_still_between_the_question_and_the_answer_ends_too() -> None:
    trial = Trial([])

    async def slow() -> bool:
        trial.now += 9.0
        return True

    trial.membership._app.consumer._thread._do_heartbeat = slow
    asyncio.run(trial.membership.confirm())
    assert trial.ended == [STALE_STATUS]


def test_process_that_stands_still_while_nothing_is_on_its_way_goes_on() -> None:
    trial = Trial([True])
    asyncio.run(trial.membership.confirm())
    trial.membership.over()
    trial.now += 60
    trial.membership.check()
    assert trial.ended == []


def test_thread_sees_a_lease_that_has_run_out() -> None:
    trial = Trial([True])
    asyncio.run(trial.membership.confirm())
    trial.now += 60
    trial.membership.start()
    end = time.monotonic() + 10
    while not trial.ended and time.monotonic() < end:
        time.sleep(0.01)
    trial.membership.stop()
    assert set(trial.ended) == {STALE_STATUS}
