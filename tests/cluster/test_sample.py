"""The sample through the real stages of a cluster ends in what one process makes of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from contracts import codec
from contracts.records import Article, Entry, Event
from rasid.cluster import build
from rasid.cluster.parts import Parts
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.parts import bind as bind_fakes
from tests.cluster.running import ROOT, Cluster, wait_for
from tests.flow.conftest import Ran
from tests.flow.same import result
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server

STEPS = ("fetch", "clean", "extract", "merge", "index")


@asynccontextmanager
async def bind(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The real stages; the index alone is a file."""
    async with (bind_fakes if step == "index" else build.bind)(settings, step) as parts:
        yield parts


@contextmanager
def polling(settings: Settings, feeds: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``rasid poll`` with these settings."""
    given = {
        "MODE": "cluster", "KAFKA": settings.kafka, "PREFIX": settings.prefix, "PARTITIONS": str(settings.partitions),
        "DATA_DIR": str(settings.data_dir), "FEEDS": str(feeds), "WORKERS": "1",
    }  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT), **{f"RASID_{name}": value for name, value in given.items()}}
    subprocess.run([sys.executable, "-m", "rasid", "setup"], env=env, check=True, timeout=60)
    with (settings.data_dir / "poll.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "rasid", "poll"], env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.mark.timeout(300)
def test_sample_ends_in_the_same_events_as_on_one_machine(kafka_server: KafkaServer, tmp_path: Path) -> None:
    alone = Ran(tmp_path / "alone")
    done = alone.rasid("run", "--until-idle", "--no-live")
    assert done.returncode == 0, done.stderr[-3000:]
    expected = alone.rasid("search", "--diplomatic", "--json", "--limit", "1000").stdout.splitlines()
    settings = cluster_settings(
        kafka_server.bootstrap, tmp_path / "cluster", feeds=alone.folder / "feeds.toml", host_spacing=0.0
    )
    settings.data_dir.mkdir()
    with Cluster(settings) as cluster, polling(settings, settings.feeds):
        cluster.start(",".join(STEPS), "tests.cluster.test_sample:bind")
        entries = cluster.topics.of_kind(Entry)
        wait_for(lambda: sum(cluster.ends(entries).values()) >= 25, 60, "the sample's entries")
        cluster.until_worked(*STEPS, seconds=120)
        assert len(expected) > 30
        assert result(_live(cluster)) == result(expected)
        indexed = (settings.data_dir / "index.jsonl").read_bytes().splitlines()
        assert {type(codec.decode((Article, Event), line)) for line in indexed} == {Article, Event}


def _live(cluster: Cluster) -> list[bytes]:
    """The events as they stand: the newest version of each, where it lives."""
    newest: dict[str, tuple[Event, bytes]] = {}
    for record in cluster.read(cluster.topics.of_kind(Event)):
        event = codec.decode(Event, record.value)
        if event.id not in newest or newest[event.id][0].version < event.version:
            newest[event.id] = event, record.value
    return [value for event, value in newest.values() if event.state == "live"]
