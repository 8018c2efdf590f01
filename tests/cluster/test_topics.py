from __future__ import annotations

import pytest
from aiokafka.partitioner import DefaultPartitioner as Aiokafkas
from kafka.partitioner.default import murmur2 as kafka_pythons

from contracts.outcomes import Emitted
from contracts.records import Article, ArticleReports, Decision, Entry, Event, Page, Stamp
from rasid.cluster.topics import RECORD_TOPICS, Topics, delay_for, partition_of, specs
from rasid.settings import load
from rasid.topology import FLOW
from tests.rasid.fakes import NOW, entry, fake_topology

TOPICS = Topics("rasid", 12)
PAGE = Page(entry=entry("https://a.sy/1"), url="https://a.sy/1", status=200, headers={}, fetched_at=NOW)
ARTICLE = Article(id="a" * 32, url="https://a.sy/1", outlet="o", feed_id="f", title="", text="", fetched_at=NOW)
REPORTS = ArticleReports(article_id="a" * 32, key="SY", stamp=Stamp(1, 1))
DECISION = Decision(id="d", country="SY", action="confirm", report_id="r", evidence="", who="", decided_at=NOW)


@pytest.mark.parametrize(
    ("record", "topic", "stage_key", "key"),
    [
        (entry("https://a.sy/1"), "rasid.entries", "a.sy", entry("https://a.sy/1").id),
        (PAGE, "rasid.pages", None, None),
        (ARTICLE, "rasid.articles", "a" * 32, "a" * 32),
        (REPORTS, "rasid.merge-inputs", "SY", "a" * 32 + ":SY"),
        (DECISION, "rasid.merge-inputs", "SY", "d"),
        (Event(id="e"), "rasid.events", "e", "e"),
    ],
)
def test_record_goes_where_its_stage_looks_for_it(
    record: Emitted, topic: str, stage_key: str | None, key: str | None
) -> None:
    topology = fake_topology()
    route = TOPICS.route(topology, record)
    stage_key = stage_key or topology.stages["clean"].key(record)
    assert route.topic == topic
    assert route.partition == partition_of(stage_key, 12)
    assert route.key == (key or stage_key).encode()


def test_all_takers_of_a_kind_key_it_alike() -> None:
    """Else one of them would not see the records of a key in order."""
    topology = fake_topology()
    for record in (entry("https://a.sy/1"), PAGE, ARTICLE, REPORTS, DECISION, Event(id="e")):
        assert len(set(topology.keys_of(record).values())) == 1


@pytest.mark.parametrize("key", ["", "a.sy", "SY", "عنب-بلدي.com", "a" * 32])
def test_partition_is_that_of_kafkas_own_clients(key: str) -> None:
    everywhere = list(range(12))
    assert partition_of(key, 12) == Aiokafkas()(key.encode(), everywhere, everywhere)
    assert partition_of(key, 12) == (kafka_pythons(key.encode()) & 0x7FFFFFFF) % 12


@pytest.mark.parametrize(
    ("seconds", "delay"),
    [(0, 60), (59, 60), (60, 60), (599, 60), (600, 600), (21_600, 21_600), (90_000, 86_400), (1e7, 259_200)],
)
def test_delay_topic_is_never_longer_than_the_wait(seconds: float, delay: int) -> None:
    assert delay_for(seconds) == delay


def test_records_are_deleted_by_time_and_state_is_compacted() -> None:
    for spec in specs(load(None, kafka="h:1")):
        name = spec.name.removeprefix("rasid.")
        state = name in ("feeds", "feed-state", "control", "dead-marks") or name.endswith("-changelog")
        policy = "compact,delete" if name == "counts" else "compact" if state else "delete"
        assert spec.settings["cleanup.policy"] == policy, name
        assert spec.partitions == (
            1 if name in ("control", "counts", "dead-marks") or name.endswith(".dead") else 12
        ), name


def test_every_kind_that_travels_has_a_topic() -> None:
    assert {kind for step in FLOW for kind in (*step.takes, *step.gives)} <= set(RECORD_TOPICS)
    assert isinstance(entry("https://a.sy/1"), Entry)


def test_merge_reads_reports_and_decisions_from_one_topic() -> None:
    assert TOPICS.inputs("merge") == ("rasid.merge-inputs",)
    assert TOPICS.inputs("index") == ("rasid.articles", "rasid.events")
