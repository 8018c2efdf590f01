from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rasid.cluster import membership
from rasid.cluster.membership import STALE_STATUS, Membership, NotOurs, Pulse


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


def confirmed(answers: list[bool | str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was said while waiting."""
    said: list[str] = []
    waits = asyncio.sleep

    async def at_once(seconds: float) -> None:
        await waits(0)

    monkeypatch.setattr(membership.asyncio, "sleep", at_once)
    app = SimpleNamespace(consumer=SimpleNamespace(_thread=FakeThread(answers)))
    asyncio.run(Membership(app, said.append).confirm())
    return said


def test_member_is_confirmed_by_one_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    assert confirmed([True], monkeypatch) == []


def test_broker_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(confirmed([False, False, True], monkeypatch)) == 2


def test_worker_that_the_group_has_left_behind_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotOurs):
        confirmed([False, "lost"], monkeypatch)


def test_process_that_stood_still_ends_before_it_does_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(membership.time, "clock_gettime", lambda clock: now[0])
    ended: list[int] = []
    pulse = Pulse(3.6, ended.append)
    now[0] += 3.5
    pulse.check()
    assert ended == []
    now[0] += 0.2
    pulse.check()
    assert ended == [STALE_STATUS]


def test_pulse_of_a_running_process_never_ends_it() -> None:
    ended: list[int] = []
    pulse = Pulse(5.0, ended.append)
    pulse.start()
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        pulse.check()
    pulse.stop()
    assert ended == []
