from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cluster.kills import Trouble
from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing

pytestmark = pytest.mark.server


def run(folder: Path, events: dict[str, int], *, records: int, gap: float, seed: int) -> Trouble:
    """On a broker of its own, since it is taken away."""
    try:
        server = KafkaServer().start()
    except Missing as reason:
        pytest.skip(str(reason))
    try:
        trouble = Trouble(server, folder, records=records, seed=seed)
        started = time.monotonic()
        trouble.run([name for name, times in events.items() for _ in range(times)], gap)
        print(f"{dict(trouble.happened)}: {records} entries in {time.monotonic() - started:.0f} s, every offset folded")
    finally:
        server.close()
    return trouble


@pytest.mark.timeout(300)
def test_nothing_is_lost_over_kills_and_an_outage_of_the_broker(tmp_path: Path) -> None:
    run(tmp_path, {"kill": 3, "term": 1, "stop": 1, "outage": 1}, records=1_500, gap=3.0, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_nothing_is_lost_over_many_kills_rebalances_and_outages(tmp_path: Path) -> None:
    events = {"kill": 16, "term": 9, "stop": 5, "rebalance": 5, "outage": 5}
    run(tmp_path, events, records=20_000, gap=5.0, seed=2)
