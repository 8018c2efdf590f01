"""The index's workers on a real node that fails: nothing is lost, nothing stays wrong, and only poison is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cluster.indexing import BUSY, STORM, IndexTrouble, close, own
from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing
from tests.servers.node import ElasticsearchServer

pytestmark = pytest.mark.server


def run(folder: Path, events: dict[str, int], *, records: int, gap: float, seed: int) -> IndexTrouble:
    """On servers of its own, since they are taken away."""
    broker, node = KafkaServer(), ElasticsearchServer(BUSY)
    try:
        own(broker, node)
    except Missing as reason:
        pytest.skip(str(reason))
    try:
        trouble = IndexTrouble(broker, node, folder, records=records, seed=seed)
        started = time.monotonic()
        trouble.run([name for name, times in events.items() for _ in range(times)], gap)
        print(
            f"{dict(trouble.happened)}: {records} records in {time.monotonic() - started:.0f} s, "
            f"{trouble.proxy.stormed} faults before the node, {trouble.rejected} parts of bulks rejected by it"
        )
    finally:
        close(broker, node)
    return trouble


@pytest.mark.timeout(600)
def test_nothing_is_lost_over_an_outage_a_storm_and_a_full_disk(tmp_path: Path) -> None:
    trouble = run(tmp_path, {"outage": 1, "storm": 1, "full": 1, "away": 1, "kill": 1}, records=700, gap=1.0, seed=1)
    assert trouble.rejected, "the node was never too busy by itself"
    assert trouble.proxy.stormed >= STORM


@pytest.mark.soak
@pytest.mark.timeout(2_400)
def test_nothing_is_lost_over_many_outages_storms_and_full_disks(tmp_path: Path) -> None:
    events = {
        "outage": 5,
        "storm": 5,
        "full": 5,
        "hang": 2,
        "away": 1,
        "kill": 5,
        "term": 4,
        "rebalance": 3,
        "broker": 3,
    }
    trouble = run(tmp_path, events, records=20_000, gap=3.0, seed=2)
    assert trouble.rejected
