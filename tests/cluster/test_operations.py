"""The operator's commands on a real broker: what they read, what they send, and what they leave alone."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from contracts import codec
from contracts.ids import article_id
from contracts.outcomes import Quarantine
from contracts.records import Article, ArticleReports, Decision, Entry, Event, Page, Quote, Report, Stamp
from ingest.feeds import FeedList
from ingest.urls import canonical, identity
from rasid.cluster import backup, dead, feedstate, feedtopic, forgetting, lag, reading, replaying, report
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.control import read_control
from rasid.cluster.counts import Counts
from rasid.cluster.headers import header
from rasid.cluster.operations import ClusterOperations
from rasid.cluster.posting import Posting, Taken
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.setup import set_up
from rasid.cluster.topics import FORGET, TRIES, Topics, partition_of
from rasid.errors import NotFound, UsageError
from rasid.operators import FeedRow
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.rasid.fakes import NOW, entry, fake_topology
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server

URL = canonical("https://a.example/news/1")
ARTICLE = article_id(identity(URL))


@pytest.fixture
def cluster(kafka_server: KafkaServer, tmp_path: Path) -> Settings:
    made = cluster_settings(kafka_server.bootstrap, tmp_path, feeds=tmp_path / "feeds.toml")
    set_up(made)
    return made


def send(settings: Settings, *messages: Outgoing) -> None:
    async def run() -> None:
        async with Sender(settings) as sender:
            await sender.send_all(messages)

    asyncio.run(run())


def read(settings: Settings, topic: str) -> list[ConsumerRecord]:
    async def run() -> list[ConsumerRecord]:
        return [record async for record in reading.records(settings, topic)]

    return asyncio.run(run())


def commit(settings: Settings, step: str) -> None:
    """As if the step had read everything that stands in its topics."""

    async def run() -> None:
        topics = Topics.of(settings)
        standing = (await lag.standings(settings, [step]))[step]
        consumer = AIOKafkaConsumer(**aiokafka_options(settings), group_id=topics.group(step), enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(list(standing.ends))
            await consumer.commit({place: end for place, end in standing.ends.items() if end})
        finally:
            await consumer.stop()

    asyncio.run(run())


def article(number: int, text: str = "نص", **more: Any) -> Outgoing:
    url = f"https://a.example/news/{number}"
    made = Article(id=article_id(url), url=url, outlet="o", feed_id="f", title="خبر", text=text, fetched_at=NOW, **more)
    return placed(Article, made.id, made.id, made)


def placed(kind: type, stage_key: str, key: str, record: object, *, prefix: str = "", partitions: int = 2) -> Outgoing:
    return Outgoing(
        Topics(prefix or PREFIX[0], partitions).of_kind(kind),
        partition_of(stage_key, partitions),
        key.encode(),
        codec.encode(record),
    )


PREFIX = [""]


@pytest.fixture(autouse=True)
def _prefix(cluster: Settings) -> Iterator[None]:
    PREFIX[0] = cluster.prefix
    yield
    PREFIX[0] = ""


# --- dead letters ---


def bury(settings: Settings, key: str, value: bytes, stage: str = "clean", reason: str = "bad record: test") -> None:
    """Lets the stage's own posting make the letter."""
    topics = Topics.of(settings)
    topic = topics.inputs(stage)[0]
    posting = Posting(stage, topics, fake_topology, Counts(), lambda: 0.0)
    taken = Taken(topic, 1, 7, key.encode(), value, 2, 0.0)
    send(settings, *posting.messages(taken, Quarantine(reason)))


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
    send(cluster, article(1, "قديم"), article(2), article(1, "جديد", revision=1), article(3))
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
    send(cluster, article(1))
    (first,) = read(cluster, Topics.of(cluster).of_kind(Article))
    since = datetime.fromtimestamp(first.timestamp / 1000, UTC) + timedelta(milliseconds=1)
    send(cluster, article(2), article(3))
    assert asyncio.run(replaying.replay(cluster, "extract", since, lambda *_: None)) == 2
    assert (
        asyncio.run(replaying.replay(cluster, "extract", datetime.now(UTC) + timedelta(hours=1), lambda *_: None)) == 0
    )


def test_replay_leaves_out_what_was_forgotten_and_the_marks_themselves(cluster: Settings) -> None:
    forgotten = article_id("https://a.example/news/1")
    send(cluster, article(1), article(2), *forgetting.marks(Topics.of(cluster), "extract", forgotten))
    assert asyncio.run(replaying.replay(cluster, "extract", None, lambda *_: None)) == 1


def test_replay_from_a_stage_that_keeps_nothing_is_refused_before_anything_is_changed(cluster: Settings) -> None:
    with pytest.raises(UsageError, match="clean, extract, merge"):
        ClusterOperations(cluster).replay("fetch", None, lambda *_: None)
    control = asyncio.run(read_control(cluster))
    assert control is not None
    assert control.generation == 1


# --- lag and idle ---


def test_lag_is_what_a_group_has_not_committed_and_its_oldest_record_is_known(cluster: Settings) -> None:
    send(cluster, article(1), article(2), article(3))
    standings = asyncio.run(lag.standings(cluster))
    assert {step: one.waiting for step, one in standings.items() if one.waiting} == {"extract": 3, "index": 3}
    first = min(one.timestamp for one in read(cluster, Topics.of(cluster).of_kind(Article))) / 1000
    assert asyncio.run(lag.oldest(cluster, standings["extract"])) == first
    commit(cluster, "extract")
    standings = asyncio.run(lag.standings(cluster))
    assert (standings["extract"].waiting, standings["extract"].read) == (0, 3)
    assert standings["index"].waiting == 3
    assert asyncio.run(lag.oldest(cluster, standings["extract"])) is None


def row(feed: str, outcome: str, **more: Any) -> FeedRow:
    given: dict[str, Any] = {
        "id": feed, "state": b"{}", "next_at": 2e9, "attempted_at": 1e9, "succeeded_at": 1e9, "new_at": None,
        "outcome": outcome, "detail": "", "entries": 2,
    }  # fmt: skip
    return FeedRow(**{**given, **more})


def watched(settings: Settings, *rows: FeedRow) -> FeedList:
    """Publishes two feeds, and what is remembered of some of them."""
    text = "".join(
        f'[[outlet]]\nid = "o{n}"\nname = "شبكة"\nname_en = "n"\ncountry = "SY"\ntimezone = "UTC"\nviewpoint = "independent"\n'
        f'kind = "site"\nfeeds = [{{ id = "f{n}", url = "https://h{n}.example/feed" }}]\n'
        for n in range(2)
    )
    settings.feeds.write_text(text, encoding="utf-8")
    from ingest.feeds import load

    feeds = load(settings.feeds)
    asyncio.run(feedtopic.publish(settings, feeds))
    topics = Topics.of(settings)
    for one in rows:
        place = topics.feed_partition(feedtopic.place_of(feeds.feeds[one.id]))
        send(settings, feedstate.outgoing(topics, (place, one.id), one))
    return feeds


def test_the_cluster_is_idle_when_feeds_bring_nothing_new_and_nothing_waits(cluster: Settings) -> None:
    operations = ClusterOperations(cluster)
    watched(cluster, row("f0", "not_modified"))
    assert operations.idle(2e9) == "1 feeds were not asked yet"
    send(cluster, feedstate.outgoing(Topics.of(cluster), (0, "f1"), row("f1", "new")))
    assert operations.idle(2e9) == "the last poll of 1 feeds brought something new"
    send(cluster, feedstate.outgoing(Topics.of(cluster), (0, "f1"), row("f1", "nothing_new", attempted_at=1.1e9)))
    send(cluster, article(1))
    assert operations.idle(2e9) == "1 records wait for extract, 1 records wait for index"
    commit(cluster, "extract")
    commit(cluster, "index")
    assert operations.idle(2e9) is None


def test_what_waits_for_its_host_is_waited_for_but_no_retry_and_no_look_again(cluster: Settings) -> None:
    topics = Topics.of(cluster)
    watched(cluster, row("f0", "nothing_new"), row("f1", "nothing_new"))
    later = Outgoing(topics.delay(3600), 0, b"k", b"{}", ((TRIES, b"0"),))
    tried = Outgoing(topics.delay(60), 0, b"k", b"{}", ((TRIES, b"1"),))
    send(cluster, later, tried)
    assert asyncio.run(report.idle(cluster, 2e9)) is None
    send(cluster, Outgoing(topics.delay(60), 1, b"k", b"{}", ((TRIES, b"0"),)))
    assert asyncio.run(report.idle(cluster, 2e9)) == "1 records wait for the turn of their host"
    commit(cluster, "delay")
    assert asyncio.run(report.idle(cluster, 2e9)) is None


def test_status_tells_lag_dead_letters_stale_feeds_and_that_the_index_is_away(cluster: Settings) -> None:
    now = 2e9
    watched(
        cluster,
        row("f0", "not_modified", next_at=now - 3600),
        row("f1", "unreachable", succeeded_at=None, next_at=now + 60),
    )
    send(cluster, article(1))
    bury(cluster, "poison", b"x")
    made = ClusterOperations(cluster).status(now)
    stages = {one.name: one for one in made.stages}
    assert list(stages) == ["poll", "fetch", "clean", "extract", "merge", "index", "delay"]
    assert (stages["extract"].waiting, stages["clean"].dead, stages["poll"].waiting) == (1, 1, 1)
    assert {one.id: one.state for one in made.feeds} == {"f0": "ok", "f1": "failing"}
    assert any(warning.startswith("stale: f0:") for warning in made.warnings)
    assert any("RASID_ELASTICSEARCH" in warning for warning in made.warnings)
    assert made.kept["articles"] == (1, None)


def test_lag_past_half_of_the_retention_is_a_warning(cluster: Settings) -> None:
    send(cluster, placed(Entry, "a.example", "k", entry(URL)))
    watched(cluster)
    now = datetime.now(UTC).timestamp()
    assert not any(one.startswith("lag:") for one in ClusterOperations(cluster).status(now).warnings)
    late = ClusterOperations(cluster).status(now + 8 * 86_400).warnings
    assert [one.partition(" its")[0] for one in late if one.startswith("lag:")] == ["lag: fetch:"]


# --- forget ---


def reports(key: str, *found: Report) -> Outgoing:
    made = ArticleReports(article_id=ARTICLE, key=key, stamp=Stamp(1, 0), reports=found)
    return placed(ArticleReports, key, f"{ARTICLE}:{key}", made)


def told() -> Report:
    quote = Quote(text="قصف", start=0, end=3)
    return Report(id="r", article_id=ARTICLE, trigger=quote, evidence=quote)


def test_forgetting_marks_every_partition_of_every_stage_and_withdraws_the_article_first(
    cluster: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PATIENCE", 0.1)  # no worker is there to take the marks up
    send(cluster, reports("SY", told()), reports("IQ"))
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
        cluster, article(1, "قديم"), article(1, "جديد"), reports("SY", told()), placed(Decision, "SY", "d", decision),
        Outgoing(Topics.of(cluster).of_kind(Article), 0, b"poison", b"\xff\x00"),
    )  # fmt: skip
    file = tmp_path / "copies" / "copy.jsonl.gz"
    event = Event(id="202603-x", key="SY", version=7)
    size = backup.backup(cluster, lambda: iter([event]), file, lambda *_: None)
    assert size == file.stat().st_size
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        head, *records = map(json.loads, lines)
    assert (head["format"], head["epoch"], head["generation"]) == (1, 1, 1)
    kinds = sorted(one["kind"] for one in records)
    assert kinds == ["articles", "events", "feed-state", "feeds", "feeds", "feeds", "merge-inputs", "merge-inputs"]
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
