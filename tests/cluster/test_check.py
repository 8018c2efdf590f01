"""What a worker or poller asks of the broker at its start, over a fake of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from rasid.cluster import setup
from rasid.cluster.membership import STALE_STATUS
from rasid.cluster.refusal import Refused
from rasid.cluster.worker import BUG_STATUS, end_of
from rasid.settings import Settings

SETTINGS = Settings(partitions=2, prefix="t", kafka="127.0.0.1:9")


class FakeBroker:
    """Turns callers away with what is in ``troubles``, one after the other, and then has no topic."""

    def __init__(self, *troubles: Exception) -> None:
        self.troubles, self.closed = list(troubles), 0

    async def admin(self, settings: Settings) -> Any:
        if self.troubles:
            raise self.troubles.pop(0)
        return self

    async def describe_topics(self) -> list[Any]:
        return []

    async def close(self) -> None:
        self.closed += 1


def test_a_broker_that_goes_while_a_worker_starts_is_no_bug() -> None:
    status, told = end_of("merge", KafkaConnectionError("Unable to bootstrap"))
    assert status == STALE_STATUS
    assert "\n" not in told
    status, told = end_of("merge", KeyError("bug of the test"))
    assert status == BUG_STATUS
    assert "bug of the test" in told


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = asyncio.sleep
    monkeypatch.setattr(setup.asyncio, "sleep", lambda seconds: waits(0))


def check(monkeypatch: pytest.MonkeyPatch, broker: FakeBroker) -> None:
    monkeypatch.setattr(setup, "_admin", broker.admin)
    asyncio.run(setup.check(SETTINGS))


def test_a_broker_that_is_away_at_the_start_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = FakeBroker(setup.Away("away"), setup.Away("away"))
    with pytest.raises(setup.UsageError, match="rasid setup first"):  # it was asked in the end
        check(monkeypatch, broker)
    assert broker.troubles == []
    assert broker.closed == 1


def test_a_broker_that_turns_us_down_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = FakeBroker(setup.Away("away"), Refused("no such user"), setup.Away("away"))
    with pytest.raises(Refused):
        check(monkeypatch, broker)
    assert len(broker.troubles) == 1
