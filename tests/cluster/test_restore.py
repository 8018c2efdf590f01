"""A backup of a cluster put back into an empty one, on real servers: nothing is lost, nothing is done twice, nothing is written over."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("elasticsearch")

from contracts import codec
from contracts.index import Query
from contracts.records import Article, Entry, Event
from rasid.cluster import backup, lag, reading, restoring
from rasid.cluster.control import read_control
from rasid.cluster.operations import ClusterOperations
from rasid.cluster.sending import Outgoing
from rasid.cluster.setup import set_up
from rasid.cluster.topics import DUE_AT, TOPIC, TRIES, Topics
from rasid.errors import StorageError, UsageError
from rasid.indexes import elasticsearch_index
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.operators import article, commit, placed, read, row, send, watched
from tests.cluster.polled import polling
from tests.cluster.running import ROOT, Cluster, wait_for
from tests.flow.ran import Ran
from tests.flow.same import result
from tests.rasid.fakes import entry
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import elasticsearch_server
from tests.servers.node import ElasticsearchServer

__all__ = ["elasticsearch_server"]

pytestmark = pytest.mark.server

STEPS = ("fetch", "clean", "extract", "merge", "index")


@pytest.fixture
def cluster(kafka_server: KafkaServer, tmp_path: Path) -> Settings:
    made = cluster_settings(kafka_server.bootstrap, tmp_path, feeds=tmp_path / "feeds.toml")
    set_up(made)
    return made


def another(settings: Settings, folder: Path, **more: Any) -> Settings:
    """A cluster that nobody has set up, on the same servers."""
    return cluster_settings(settings.kafka, folder, **more)


def nothing(done: int, total: int) -> None:
    pass


def committed(settings: Settings, step: str) -> dict[tuple[str, int], int]:
    known = asyncio.run(lag.standings(settings, [step]))[step].committed
    return {(one.topic.removeprefix(f"{settings.prefix}."), one.partition): at for one, at in known.items()}


def test_what_waited_waits_again_and_what_was_read_is_not_read_again(cluster: Settings, tmp_path: Path) -> None:
    topics = Topics.of(cluster)
    watched(cluster, row("f0", "not_modified"))
    send(cluster, placed(cluster, Entry, "a.example", "read", entry("https://a.example/0")))
    commit(cluster, "fetch")
    delayed = Outgoing(
        topics.delay(60), 1, b"k", b"{}", ((TOPIC, topics.of_kind(Entry).encode()), (DUE_AT, b"17"), (TRIES, b"2"))
    )
    state = [Outgoing(topics.changelog("merge"), 0, key, value) for key, value in
             ((b"cell\xff", b"old"), (b"cell\xff", b"\x00new"), (b"gone", b"x"), (b"gone", None))]  # fmt: skip
    send(cluster, article(cluster, 1), article(cluster, 2), *state, delayed)
    commit(cluster, "extract")
    send(cluster, article(cluster, 1, "جديد"), placed(cluster, Entry, "a.example", "new", entry("https://a.example/1")))
    file, written = tmp_path / "copy.jsonl.gz", []
    event = Event(id="202603-x", key="SY", version=7)
    backup.backup(cluster, lambda: iter([event]), file, nothing)

    other = another(cluster, tmp_path / "other")
    there = Topics.of(other)
    records = restoring.restore(other, file, 0, written.extend, nothing)
    assert records == 3 + 1 + 1 + 1 + 2 + 1 + 1  # feeds, state, delay, entry, articles, merge's state, event
    assert [one.key for one in read(other, there.of_kind(Entry))] == [b"new"]
    (waiting,) = read(other, there.delay(60))
    assert (waiting.partition, dict(waiting.headers)[TOPIC], dict(waiting.headers)[TRIES]) == (
        1,
        there.of_kind(Entry).encode(),
        b"2",
    )
    assert [(one.partition, one.key, one.value) for one in read(other, there.changelog("merge"))] == [
        (0, b"cell\xff", b"\x00new")
    ]
    assert {one.id for one in written} == {
        "202603-x",
        *(codec.decode(Article, one.value).id for one in read(cluster, topics.of_kind(Article))),
    }
    standings = asyncio.run(lag.standings(other))
    assert {step: one.waiting for step, one in standings.items() if one.waiting} == {
        "fetch": 1, "extract": 1, "index": 2, "delay": 1,
    }  # fmt: skip
    (unread,) = _unread(other, "extract")
    assert codec.decode(Article, unread.value).text == "جديد"
    control = asyncio.run(read_control(other))
    assert control is not None
    assert (control.epoch, control.generation) == (2, 2)
    assert list(ClusterOperations(other).feed_rows()) == ["f0"]
    with pytest.raises(restoring.NotEmpty, match="set up already"):
        restoring.restore(other, file, 0, written.extend, nothing)


def _unread(settings: Settings, step: str) -> list[Any]:
    async def run() -> list[Any]:
        standing = (await lag.standings(settings, [step]))[step]
        heads = standing.heads()
        async with reading.consumer(settings) as reader:
            span = reading.Span(heads, {one: standing.ends[one] for one in heads})
            return [record async for record in reading.read(reader, span)]

    return asyncio.run(run())


def test_a_restore_that_was_interrupted_goes_on_with_its_own_file_alone(cluster: Settings, tmp_path: Path) -> None:
    send(cluster, article(cluster, 1), article(cluster, 2))
    commit(cluster, "extract")
    first, second = tmp_path / "first.gz", tmp_path / "second.gz"
    for file in (first, second):
        backup.backup(cluster, lambda: iter([]), file, nothing)
    other = another(cluster, tmp_path / "other")

    def away(documents: Any) -> None:
        raise OSError("the disk of the test")

    with pytest.raises(StorageError):
        restoring.restore(other, first, 0, away, nothing)
    assert asyncio.run(read_control(other)) is None  # no worker starts on half of it
    with pytest.raises(restoring.NotEmpty, match="not empty"):
        restoring.restore(other, second, 0, list, nothing)
    restoring.restore(other, first, 2, list, nothing)
    assert {step: one.waiting for step, one in asyncio.run(lag.standings(other)).items() if one.waiting} == {"index": 4}


def test_what_does_not_fit_is_refused_before_anything_is_written(cluster: Settings, tmp_path: Path) -> None:
    file = tmp_path / "copy.gz"
    backup.backup(cluster, lambda: iter([]), file, nothing)
    with pytest.raises(UsageError, match="RASID_PARTITIONS=2"):
        restoring.restore(another(cluster, tmp_path, partitions=3), file, 0, list, nothing)
    with pytest.raises(restoring.NotEmpty, match="set up already"):
        restoring.restore(cluster, file, 0, list, nothing)
    with pytest.raises(restoring.NotEmpty, match="12 documents"):
        restoring.restore(another(cluster, tmp_path), file, 12, list, nothing)
    with gzip.open(tmp_path / "older.gz", "wb") as out:
        out.write(b'{"format": 1}\n')
    with pytest.raises(UsageError, match="format 2"):
        restoring.restore(another(cluster, tmp_path), tmp_path / "older.gz", 0, list, nothing)
    (tmp_path / "cut.gz").write_bytes(file.read_bytes()[:-20])
    with pytest.raises(StorageError):
        restoring.restore(another(cluster, tmp_path), tmp_path / "cut.gz", 0, list, nothing)


# --- the sample ---


def environment(settings: Settings, feeds: Path) -> dict[str, str]:
    given = {
        "MODE": "cluster", "KAFKA": settings.kafka, "PREFIX": settings.prefix, "PARTITIONS": str(settings.partitions),
        "DATA_DIR": str(settings.data_dir), "FEEDS": str(feeds), "ELASTICSEARCH": settings.elasticsearch, "WORKERS": "1",
    }  # fmt: skip
    return {**os.environ, "PYTHONPATH": str(ROOT), **{f"RASID_{name}": value for name, value in given.items()}}


def rasid(settings: Settings, feeds: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "rasid", *arguments]
    done = subprocess.run(
        command, env=environment(settings, feeds), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def events(settings: Settings) -> Iterator[Event]:
    index = elasticsearch_index(settings)
    index.refresh()
    yield from index.export(Query(diplomatic=True))
    index.close()


@pytest.mark.timeout(600)
def test_a_restored_cluster_holds_the_same_events_and_goes_on_where_the_other_was(
    kafka_server: KafkaServer, elasticsearch_server: ElasticsearchServer, tmp_path: Path
) -> None:
    sample = Ran(tmp_path / "sample")
    feeds = sample.folder / "feeds.toml"
    known = {"mode": "cluster", "elasticsearch": elasticsearch_server.url, "feeds": feeds, "host_spacing": 0.0}
    first = cluster_settings(kafka_server.bootstrap, tmp_path / "first", **known)
    first.data_dir.mkdir()
    with Cluster(first) as cluster:
        with polling(first, feeds):
            worker = cluster.start(",".join(STEPS), "rasid.cluster.build:bind")
            wait_for(
                lambda: sum(cluster.ends(cluster.topics.of_kind(Entry)).values()) >= 25, 90, "the sample's entries"
            )
            cluster.until_worked(*STEPS, seconds=180)
        assert worker.stop() == 0
    held = {one.id: one for one in events(first)}
    assert len(held) > 30
    rasid(first, feeds, "backup", str(tmp_path / "copy.gz"))

    second = cluster_settings(kafka_server.bootstrap, tmp_path / "second", **known)
    second.data_dir.mkdir()
    assert "restored:" in rasid(second, feeds, "restore", str(tmp_path / "copy.gz"))
    assert {one.id: one for one in events(second)} == held
    assert {
        step: one.waiting for step, one in asyncio.run(lag.standings(second)).items() if one.waiting and step != "delay"
    } == {}
    rasid(second, feeds, "setup")  # fits what was restored
    rasid(second, feeds, "replay", "--from", "extract")
    with Cluster(second) as cluster:
        worker = cluster.start("extract,merge,index", "rasid.cluster.build:bind")
        cluster.until_worked("extract", "merge", "index", seconds=180)
        assert worker.stop() == 0
    after = {one.id: one for one in events(second)}
    assert result([codec.encode(one) for one in after.values()]) == result([codec.encode(one) for one in held.values()])
    assert after.keys() == held.keys()  # the ids hang on state: it was there
    assert all(after[one].version > held[one].version for one in held)
    assert "series 1 is read now" in rasid(second, feeds, "replay", "--rebuild")
    assert {one.id: one for one in events(second)} == after
