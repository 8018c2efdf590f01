"""The operator's commands on a real broker: what they read, what they send, and what they leave alone."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition

from contracts import codec
from contracts.ids import article_id
from contracts.records import Article, ArticleReports, Decision, Entry, Event, Page, Quote, Report, Stamp
from ingest.urls import canonical, identity
from rasid.cluster import backup, dead, forgetting, reading, replaying
from rasid.cluster.control import read_control
from rasid.cluster.headers import header
from rasid.cluster.operations import ClusterOperations
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.setup import set_up
from rasid.cluster.topics import FORGET, TRIES, Topics, partition_of
from rasid.errors import NotFound, UsageError
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.operators import article, bury, commit, placed, read, row, send, watched
from tests.rasid.fakes import NOW, entry
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server

URL = canonical("https://a.example/news/1")
ARTICLE = article_id(identity(URL))


@pytest.fixture
def cluster(kafka_server: KafkaServer, tmp_path: Path) -> Settings:
    made = cluster_settings(kafka_server.bootstrap, tmp_path, feeds=tmp_path / "feeds.toml")
    set_up(made)
    return made


# --- dead letters ---


def test_dead_letters_are_listed_shown_and_retried_once(cluster: Settings) -> None:
    bury(cluster, "poison", b"\xff\x00", reason="bad record: قيمة")
    bury(cluster, "other", b"{}", stage="extract")
    operations = ClusterOperations(cluster)
    assert {one.stage for one in operations.dead_letters(None, 10)} == {"clean", "extract"}
    (letter,) = operations.dead_letters("clean", 10)
    assert (letter.kind, letter.key, letter.reason, letter.tries) == ("page", "poison", "bad record: قيمة", 2)
    assert letter.value == b""
    assert operations.dead_letter(str(letter.id)).value == b"\xff\x00"
    assert operations.retry_dead([str(letter.id)]) == 1
    (again,) = read(cluster, Topics.of(cluster).of_kind(Page))
    assert (again.partition, again.key, again.value) == (1, b"poison", b"\xff\x00")
    assert header(again.headers, TRIES) == ""
    assert [one.stage for one in operations.dead_letters(None, 10)] == ["extract"]


@pytest.mark.parametrize("wanted", ["nothing", "{topic}:0:99", "{topic}:5:0", "other.topic:0:0", "{topic}:0:-1"])
def test_an_unknown_dead_letter_is_named_and_nothing_is_sent(cluster: Settings, wanted: str) -> None:
    bury(cluster, "poison", b"x")
    pages = Topics.of(cluster).of_kind(Page)
    wanted = wanted.format(topic=Topics.of(cluster).dead(pages))
    with pytest.raises(NotFound, match="no dead letter"):
        asyncio.run(dead.retry(cluster, [f"{Topics.of(cluster).dead(pages)}:0:0", wanted]))
    assert read(cluster, pages) == []


# --- replay ---


def test_replay_sends_the_newest_record_of_each_key_again_under_a_new_generation(cluster: Settings) -> None:
    send(
        cluster,
        article(cluster, 1, "قديم"),
        article(cluster, 2),
        article(cluster, 1, "جديد", revision=1),
        article(cluster, 3),
    )
    steps: list[tuple[int, int]] = []
    assert ClusterOperations(cluster).replay("extract", None, lambda *step: steps.append(step)) == 3
    records = read(cluster, Topics.of(cluster).of_kind(Article))
    assert len(records) == 7
    again = [codec.decode(Article, one.value) for one in sorted(records, key=lambda one: one.timestamp)[4:]]
    assert sorted(one.text for one in again) == ["جديد", "نص", "نص"]
    assert {one.key: one.partition for one in records} == {
        one.key: partition_of(one.key.decode(), cluster.partitions) for one in records
    }
    control = asyncio.run(read_control(cluster))
    assert control is not None
    assert control.generation == 2
    assert steps[-1] == (3, 3)


def test_replay_since_takes_only_what_came_since(cluster: Settings) -> None:
    send(cluster, article(cluster, 1))
    (first,) = read(cluster, Topics.of(cluster).of_kind(Article))
    since = datetime.fromtimestamp(first.timestamp / 1000, UTC) + timedelta(milliseconds=1)
    send(cluster, article(cluster, 2), article(cluster, 3))
    assert asyncio.run(replaying.replay(cluster, "extract", since, lambda *_: None)) == 2
    assert (
        asyncio.run(replaying.replay(cluster, "extract", datetime.now(UTC) + timedelta(hours=1), lambda *_: None)) == 0
    )


def test_replay_leaves_out_what_was_forgotten_and_the_marks_themselves(cluster: Settings) -> None:
    forgotten = article_id("https://a.example/news/1")
    send(cluster, article(cluster, 1), article(cluster, 2), *forgetting.marks(Topics.of(cluster), "extract", forgotten))
    assert asyncio.run(replaying.replay(cluster, "extract", None, lambda *_: None)) == 1


def test_replay_from_a_stage_that_keeps_nothing_is_refused_before_anything_is_changed(cluster: Settings) -> None:
    with pytest.raises(UsageError, match="clean, extract, merge"):
        ClusterOperations(cluster).replay("fetch", None, lambda *_: None)
    control = asyncio.run(read_control(cluster))
    assert control is not None
    assert control.generation == 1


# --- forget ---


def reports(settings: Settings, key: str, *found: Report) -> Outgoing:
    made = ArticleReports(article_id=ARTICLE, key=key, stamp=Stamp(1, 0), reports=found)
    return placed(settings, ArticleReports, key, f"{ARTICLE}:{key}", made)


def told() -> Report:
    quote = Quote(text="قصف", start=0, end=3)
    return Report(id="r", article_id=ARTICLE, trigger=quote, evidence=quote)


def test_forgetting_marks_every_partition_of_every_stage_and_withdraws_the_article_first(
    cluster: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PATIENCE", 0.1)  # no worker is there to take the marks up
    send(cluster, reports(cluster, "SY", told()), reports(cluster, "IQ"))
    bury(cluster, ARTICLE, codec.encode(Page(entry=entry(URL), url=URL, status=200, headers={}, fetched_at=NOW)))
    bury(cluster, "other", b"{}")
    taken_out: list[str] = []
    gone = asyncio.run(forgetting.forget(cluster, ARTICLE, lambda one: taken_out.append(one) or 2))  # type: ignore[func-returns-value]
    assert (gone.article_id, gone.records, gone.documents, gone.withdrawn) == (ARTICLE, 1, 2, 1)
    assert taken_out == [ARTICLE]
    for kind in (Entry, Page, Article, ArticleReports):
        records = read(cluster, Topics.of(cluster).of_kind(kind))
        marked = [one for one in records if header(one.headers, FORGET) == ARTICLE]
        assert sorted(one.partition for one in marked) == [0, 1]
        assert all(isinstance(codec.decode(kind, one.value), kind) for one in marked)
    home = partition_of(ARTICLE, 2)
    before, mark = [one for one in read(cluster, Topics.of(cluster).of_kind(Article)) if one.partition == home]
    withdrawn = codec.decode(Article, before.value)
    assert (withdrawn.id, withdrawn.withdrawn, withdrawn.text) == (ARTICLE, True, "")
    assert before.offset < mark.offset
    assert [one.key for one in asyncio.run(dead.letters(cluster))] == ["other"]


def test_forgetting_waits_until_a_stage_has_taken_the_mark_up(cluster: Settings) -> None:
    async def run() -> list[bool]:
        async with Sender(cluster) as sender:
            landed = await sender.send_all(forgetting.marks(Topics.of(cluster), "clean", ARTICLE))
        waiting = asyncio.create_task(forgetting._taken_up(cluster, "clean", landed))
        done = [bool((await asyncio.wait({waiting}, timeout=1.0))[0])]
        await asyncio.to_thread(commit, cluster, "clean")
        await asyncio.wait_for(waiting, 10)
        return [*done, waiting.done()]

    assert asyncio.run(run()) == [False, True]


@pytest.mark.parametrize(
    ("record", "is_of"),
    [
        (entry(URL), True),
        (entry("https://a.example/news/2"), False),
        (ArticleReports(article_id=ARTICLE, key="SY", stamp=Stamp(1, 0)), True),
        (Article(id=ARTICLE, url=URL, outlet="o", feed_id="f", title="", text="", fetched_at=NOW), True),
    ],
)
def test_records_of_an_article_are_known(record: Any, is_of: bool) -> None:
    assert forgetting.is_of(codec.encode(record), ARTICLE) is is_of
    assert forgetting.is_of(b"\xff", ARTICLE) is False


# --- backup ---


def test_a_backup_holds_the_newest_of_each_kind_and_overwrites_nothing(cluster: Settings, tmp_path: Path) -> None:
    watched(cluster, row("f0", "not_modified"))
    decision = Decision(
        id="d", country="SY", action="confirm", report_id="r", evidence="قصف", who="محللة", decided_at=NOW
    )
    send(
        cluster, article(cluster, 1, "قديم"), article(cluster, 1, "جديد"), reports(cluster, "SY", told()), placed(cluster, Decision, "SY", "d", decision),
        Outgoing(Topics.of(cluster).of_kind(Article), 0, b"poison", b"\xff\x00"),
    )  # fmt: skip
    file = tmp_path / "copies" / "copy.jsonl.gz"
    event = Event(id="202603-x", key="SY", version=7)
    size = backup.backup(cluster, lambda: iter([event]), file, lambda *_: None)
    assert size == file.stat().st_size
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        head, *records = map(json.loads, lines)
    assert (head["format"], head["epoch"], head["generation"]) == (2, 1, 1)
    kinds = sorted(one["kind"] for one in records)
    assert kinds == ["articles", "feed-state", "feeds", "feeds", "feeds", "index", "merge-inputs", "merge-inputs"]
    (kept,) = [one["value"] for one in records if one["kind"] == "articles"]
    assert kept["text"] == "جديد"
    assert codec.decode(Decision, json.dumps(next(o["value"] for o in records if o["key"] == "d")).encode()) == decision
    with pytest.raises(UsageError, match="exists"):
        backup.backup(cluster, lambda: iter([]), file, lambda *_: None)


# --- reading ---


def test_reading_ends_where_the_topic_ended_at_the_beginning_and_passes_over_holes(cluster: Settings) -> None:
    async def run() -> list[int]:
        topic = Topics.of(cluster).of_kind(Article)
        async with reading.consumer(cluster) as reader, Sender(cluster) as sender:
            place = TopicPartition(topic, 0)
            await sender.send_all([Outgoing(topic, 0, b"k", b"%d" % n) for n in range(5)])
            span = await reading.span(reader, [place])
            await sender.send_all([Outgoing(topic, 0, b"k", b"later")])
            assert span.records == 5
            return [record.offset async for record in reading.read(reader, span)]

    assert asyncio.run(run()) == [0, 1, 2, 3, 4]
