from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.kills import Trouble
from tests.cluster.polltrouble import PollTrouble
from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing

pytestmark = pytest.mark.server


def run(make: Callable[[KafkaServer], Trouble], events: dict[str, int], gap: float) -> None:
    """On a broker of its own, since it is taken away."""
    try:
        server = KafkaServer().start()
    except Missing as reason:
        pytest.skip(str(reason))
    try:
        trouble, started = make(server), time.monotonic()
        trouble.run([name for name, times in events.items() for _ in range(times)], gap)
        seconds = time.monotonic() - started
        print(f"{dict(trouble.happened)}: {len(trouble.urls)} entries in {seconds:.0f} s, every offset folded")
    finally:
        server.close()


@pytest.mark.timeout(300)
def test_nothing_is_lost_over_kills_and_an_outage_of_the_broker(tmp_path: Path) -> None:
    events = {"kill": 3, "term": 1, "stop": 1, "outage": 1}
    run(lambda server: Trouble(server, tmp_path, records=1_500, seed=1), events, gap=3.0)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_nothing_is_lost_over_many_kills_rebalances_and_outages(tmp_path: Path) -> None:
    events = {"kill": 16, "term": 9, "stop": 5, "rebalance": 5, "outage": 5}
    run(lambda server: Trouble(server, tmp_path, records=20_000, seed=2), events, gap=5.0)


@pytest.mark.timeout(400)
def test_nothing_is_lost_over_kills_of_pollers_and_of_the_stages_behind_them(tmp_path: Path) -> None:
    events = {"poll_kill": 2, "poll_term": 1, "poll_stop": 1, "poll_join": 1, "kill": 1, "term": 1}
    run(lambda server: PollTrouble(server, tmp_path, feeds=40, items=20, seed=3), events, gap=2.0)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_nothing_is_lost_over_many_kills_of_pollers_and_stages_and_outages(tmp_path: Path) -> None:
    events = {
        "poll_kill": 8, "poll_term": 6, "poll_stop": 4, "poll_join": 3,
        "kill": 8, "term": 4, "stop": 2, "rebalance": 2, "outage": 3,
    }  # fmt: skip
    run(lambda server: PollTrouble(server, tmp_path, feeds=100, items=60, seed=4), events, gap=3.0)
