"""Workers on a real broker: what passes, what is refused, what survives."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from contracts import codec, ids
from contracts.records import SCHEMA_VERSION, Article, ArticleReports, Entry, Event, Page, Quote, Report, Stamp
from rasid.cluster.sending import Outgoing
from rasid.settings import load
from tests.cluster.running import Cluster, WorkerProcess, wait_for
from tests.flow.runs import offspring
from tests.rasid.fakes import entry

pytestmark = pytest.mark.server

FAULTS = "tests.cluster.parts:bind_faults"


def reports(url: str) -> ArticleReports:
    """The set of an article with one report, which the fake merge folds into the event of its host."""
    article = ids.article_id(url)
    quote = Quote(text=url, start=0, end=len(url))
    report = Report(id=article, article_id=article, trigger=quote, evidence=quote)
    return ArticleReports(article_id=article, key="SY", stamp=Stamp(1, 0), reports=(report,))


def newest(records: list[Any]) -> dict[str, Event]:
    """The last version of each event."""
    found: dict[str, Event] = {}
    for record in records:
        event = codec.decode(Event, record.value)
        if event.id not in found or found[event.id].version < event.version:
            found[event.id] = event
    return found


def headers(record: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


def ended(worker: WorkerProcess, status: int, seconds: float = 60) -> str:
    assert worker.wait(seconds) == status, worker.said()
    return worker.said()


def test_records_pass_through_every_stage_and_a_stopped_worker_ends_well(cluster: Cluster) -> None:
    urls = [f"https://{host}.sy/{number}" for host in "abc" for number in range(20)]
    worker = cluster.start("fetch,clean,extract,merge,index")
    cluster.put(entry(url) for url in urls)
    cluster.until_worked("fetch", "clean", "extract", "merge", "index")
    assert worker.stop() == 0
    events = newest(cluster.read(cluster.topics.of_kind(Event)))
    assert {event.id: len(event.outlets) for event in events.values()} == {f"{host}.sy": 20 for host in "abc"}
    lines = (cluster.settings.data_dir / "index.jsonl").read_bytes().splitlines()
    indexed = {codec.decode((Article, Event), line).id for line in lines}  # type: ignore[attr-defined]
    assert indexed == {ids.article_id(url) for url in urls} | set(events)
    looks = cluster.read(cluster.topics.delay(3600))
    assert {codec.decode(Entry, record.value).look for record in looks} == {1}
    assert len(looks) == 60
    assert {headers(record)["topic"] for record in looks} == {cluster.topics.of_kind(Entry)}


def test_dead_letters_are_exactly_the_poison(cluster: Cluster) -> None:
    """Undecodable, empty and null values, records of another kind, what a stage or the index refuses."""
    topics = cluster.topics
    bad = [b"\xff\xfe\x00", b"", None, codec.encode(Event(id="e")), b'{"record":"page"}']
    inputs = [topics.of_kind(kind) for kind in (Entry, Page, ArticleReports, Event)]
    cluster.put_raw(
        [Outgoing(topic, n % 2, f"k{n}".encode(), value) for topic in inputs for n, value in enumerate(bad)]
    )
    cluster.put([entry("https://a.sy/1"), entry("https://a.sy/poison"), entry("https://a.sy/bug"), Event(id="refused")])
    worker = cluster.start("fetch,clean,merge,index")
    cluster.until_worked("fetch", "clean", "merge", "index")
    assert worker.stop() == 0
    letters = {topic: cluster.read(topics.dead(topic)) for topic in inputs}
    assert [len(found) for found in letters.values()] == [5, 7, 5, 5]
    told = {(headers(one)["stage"], one.key): headers(one)["reason"] for found in letters.values() for one in found}
    assert told["fetch", b"k0"].startswith("bad record: not a Entry")
    assert told["merge", b"k1"] == told["index", b"k2"] == "empty"
    assert told["index", b"refused"] == "refused by the index: test"
    assert told["clean", ids.article_id("https://a.sy/poison").encode()] == "poison: test"
    assert told["clean", ids.article_id("https://a.sy/bug").encode()].startswith("bug: KeyError")
    assert len(cluster.read(topics.of_kind(Article))) == 1


def test_passing_fault_and_newer_record_wait_in_a_delay_topic(cluster: Cluster) -> None:
    newer = codec.encode(entry("https://a.sy/1")).replace(
        b'"schema_version":%d' % SCHEMA_VERSION, b'"schema_version":%d' % (SCHEMA_VERSION + 1)
    )
    cluster.put_raw([Outgoing(cluster.topics.of_kind(Entry), 0, b"newer", newer)])
    cluster.put([entry("https://a.sy/later")])
    worker = cluster.start("fetch")
    cluster.until_worked("fetch")
    assert worker.stop() == 0
    waiting = {record.key: headers(record) for record in cluster.read(cluster.topics.delay(3600))}
    assert waiting[b"newer"]["tries"] == "0"
    assert waiting[entry("https://a.sy/later").id.encode()]["tries"] == "1"
    assert cluster.read(cluster.topics.dead(cluster.topics.of_kind(Entry))) == []


def test_value_above_the_limit_never_reaches_the_table_and_its_record_leaves_nothing(cluster: Cluster) -> None:
    cluster.put([reports("https://a.sy/1"), reports("https://huge.sy/1"), reports("https://a.sy/2")])
    worker = cluster.start("merge", FAULTS)
    cluster.until_worked("merge")
    assert worker.stop() == 0
    (letter,) = cluster.read(cluster.topics.dead(cluster.topics.of_kind(ArticleReports)))
    assert headers(letter)["reason"].startswith("too large: state at 'huge': 262145 bytes")
    assert set(newest(cluster.read(cluster.topics.of_kind(Event)))) == {"a.sy"}
    assert {record.key for record in cluster.read(cluster.topics.changelog("merge"))} == {b"a.sy"}


def test_error_of_a_fold_ends_the_worker_with_70_and_the_third_time_becomes_a_dead_letter(cluster: Cluster) -> None:
    cluster.put([reports("https://a.sy/1"), reports("https://crash.sy/1"), reports("https://a.sy/2")])
    for _ in range(2):
        said = ended(cluster.start("merge", FAULTS), 70)
        assert "KeyError" in said
        assert "Traceback" in said
    assert cluster.behind("merge") == 3
    worker = cluster.start("merge", FAULTS)
    cluster.until_worked("merge")
    assert worker.stop() == 0
    (letter,) = cluster.read(cluster.topics.dead(cluster.topics.of_kind(ArticleReports)))
    assert "bug of the test" in headers(letter)["reason"]
    events = newest(cluster.read(cluster.topics.of_kind(Event)))
    assert {event.id: len(event.outlets) for event in events.values()} == {"a.sy": 2}


def test_state_comes_back_from_the_changelog_after_a_kill(cluster: Cluster) -> None:
    """On a machine that never saw it: the local store is gone too."""
    cluster.put(reports(f"https://a.sy/{number}") for number in range(30))
    worker = cluster.start("merge")
    cluster.until_worked("merge")
    worker.kill()
    shutil.rmtree(cluster.settings.data_dir / "cluster")
    cluster.put(reports(f"https://a.sy/{number}") for number in range(30, 60))
    again = cluster.start("merge")
    cluster.until_worked("merge")
    assert again.stop() == 0
    assert len(newest(cluster.read(cluster.topics.of_kind(Event)))["a.sy"].outlets) == 60


def test_state_stands_in_the_partition_of_its_record(cluster: Cluster) -> None:
    """Pages of many hosts in batches over both partitions: what fetch keeps lies where its entries lay."""
    cluster.put(entry(f"https://h{number}.sy/1") for number in range(40))
    worker = cluster.start("fetch")
    cluster.until_worked("fetch")
    assert worker.stop() == 0
    kept = {record.key.decode(): record.partition for record in cluster.read(cluster.topics.changelog("fetch"))}
    came = {
        codec.decode(Entry, record.value).url: record.partition
        for record in cluster.read(cluster.topics.of_kind(Entry))
    }
    assert kept == came
    assert set(kept.values()) == {0, 1}


def test_hole_in_the_offsets_ends_the_worker_with_70(cluster: Cluster) -> None:
    """The end of a transaction takes an offset that no reader is given: the only hole that a test can make."""
    topic = cluster.topics.of_kind(Entry)

    async def make() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=cluster.settings.kafka, transactional_id=cluster.settings.prefix)
        await producer.start()
        async with producer.transaction():
            await producer.send_and_wait(topic, codec.encode(entry("https://a.sy/1")), b"k", 0)
        await producer.stop()

    asyncio.run(make())
    cluster.put_raw([Outgoing(topic, 0, b"k", codec.encode(entry("https://a.sy/2")))])
    said = ended(cluster.start("fetch"), 70)
    assert "partition 0: 1 to 1 never came, 2 did" in said


def test_records_that_retention_deleted_unread_are_told_and_the_rest_is_worked(cluster: Cluster) -> None:
    topic = cluster.topics.of_kind(Entry)

    def some(first: int) -> list[Outgoing]:
        return [
            Outgoing(topic, 0, b"k", codec.encode(entry(f"https://a.sy/{number}")))
            for number in range(first, first + 10)
        ]

    cluster.put_raw(some(0))
    worker = cluster.start("fetch")
    cluster.until_worked("fetch")
    assert worker.stop() == 0
    cluster.put_raw(some(10))

    async def delete() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=cluster.settings.kafka)
        await admin.start()
        await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(15)})
        await admin.close()

    asyncio.run(delete())
    worker = cluster.start("fetch")
    cluster.until_worked("fetch")
    assert worker.stop() == 0
    assert "records deleted unread" in worker.said()
    assert '"records": 5' in worker.said()
    assert len(cluster.read(cluster.topics.of_kind(Page))) == 15


def test_worker_that_stood_still_goes_on_with_the_state_of_the_one_that_took_over(cluster: Cluster) -> None:
    first = cluster.start("merge")
    cluster.put([reports("https://a.sy/0")])
    cluster.until_worked("merge")
    first.send(signal.SIGSTOP)
    second = cluster.start("merge")
    cluster.put([reports("https://a.sy/1")])
    cluster.until_worked("merge")  # by the second, once the first's session of 6 s is over
    first.send(signal.SIGCONT)
    assert second.stop() == 0
    cluster.put([reports("https://a.sy/2")])
    cluster.until_worked("merge")
    assert first.stop() == 0
    assert len(newest(cluster.read(cluster.topics.of_kind(Event)))["a.sy"].outlets) == 3


def test_another_worker_takes_over_from_a_killed_one(cluster: Cluster) -> None:
    first, second = cluster.start("merge"), cluster.start("merge")
    wait_for(lambda: all("worker starts" in one.said() for one in (first, second)), 30, "both to start")
    cluster.put(reports(f"https://a.sy/{number}") for number in range(20))
    cluster.until_worked("merge")
    first.kill()
    cluster.put(reports(f"https://a.sy/{number}") for number in range(20, 40))
    cluster.until_worked("merge")
    assert second.stop() == 0
    assert len(newest(cluster.read(cluster.topics.of_kind(Event)))["a.sy"].outlets) == 40


def test_supervisor_starts_a_killed_child_again(cluster: Cluster) -> None:
    worker = cluster.start("merge,index")
    cluster.put([reports("https://a.sy/0")])
    cluster.until_worked("merge", "index")
    for process in offspring(worker.process.pid):
        command = Path(f"/proc/{process}/cmdline").read_bytes()
        if b"spawn_main" in command:
            os.kill(process, signal.SIGKILL)
    wait_for(lambda: worker.said().count("worker ended") >= 2, 20, "the supervisor to see it")
    cluster.put([reports("https://a.sy/1")])
    cluster.until_worked("merge", "index")
    assert worker.stop() == 0
    assert offspring(worker.process.pid) == set()


def test_wrong_settings_end_all_children_with_2(cluster: Cluster) -> None:
    settings = load(None, **{**cluster.settings.model_dump(), "event_expiry_days": 40})
    log = settings.data_dir / "wrong.log"
    worker = WorkerProcess(settings, "merge,index", "tests.cluster.parts:bind", log)
    cluster.workers.append(worker)
    said = ended(worker, 1)
    assert "event_expiry_days is 40 here and 400 in the cluster" in said
