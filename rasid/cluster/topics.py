"""Which topics there are, what each is for, and where a record goes. Names and numbers only: nothing here talks to a broker.

A topic of records is deleted by time and size and never compacted: compaction makes holes in the offsets, and a hole must mean
that records were lost. Topics of state (changelogs, feeds, control) are compacted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from aiokafka.partitioner import murmur2
from msgspec import Struct

from contracts import codec
from contracts.outcomes import Emitted
from contracts.records import Article, ArticleReports, Decision, Entry, Event, Page
from rasid.settings import Settings
from rasid.topology import FLOW, Topology

RECORD_TOPICS: Mapping[type, str] = {
    Entry: "entries",
    Page: "pages",
    Article: "articles",
    ArticleReports: "merge-inputs",
    Decision: "merge-inputs",
    Event: "events",
}
"""Kind of record -> its topic, below the prefix."""
DELAYS = (60, 600, 3600, 21_600, 86_400, 259_200)
"""Seconds that a record waits in each delay topic: retries, and looks again."""
MAX_MESSAGE_BYTES = 8 << 20
"""Of a record on the wire: a page of the largest size, compressed, as base64 in JSON."""
WITH_STATE = tuple(step.name for step in FLOW if step.kind == "stage")
"""Stages that keep a table, and so have a changelog."""

TRIES, DUE_AT, TOPIC, PARTITION, STAGE, REASON = "tries", "due_at", "topic", "partition", "stage", "reason"
"""Names of the headers. ``due_at`` is in milliseconds of the Unix epoch; all numbers are ASCII digits."""
FORGET = "forget"
"""Header of a mark: the id of an article that the operator took out. The record that carries it (``forgotten:<id>``, of the topic's
kind, empty of text) is not worked: the stage that reads it puts the id on the block list in its state, and the index takes the article's
document out. A mark lies in every partition of a stage's inputs, after everything that came before it."""

DAY = 86_400
QUEUE_DAYS = 14
"""How long a record may wait for its stage where it is not kept for a replay."""


class Route(Struct, frozen=True):
    """Where a record goes. ``key`` names it (replay takes the newest of each key), ``partition`` keeps together what a stage must
    see in order."""

    topic: str
    partition: int
    key: bytes


class TopicSpec(Struct, frozen=True):
    """A topic as ``rasid setup`` makes it."""

    name: str
    partitions: int
    settings: dict[str, str]


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int) -> int:
    """As Kafka's own clients choose it: murmur2 of the key's UTF-8, without the sign."""
    return int((murmur2(key.encode("utf-8", "surrogatepass")) & 0x7FFFFFFF) % partitions)


def delay_for(seconds: float) -> int:
    """The delay topic for a wait: the longest that is not longer (a longer wait goes round again), at least the shortest."""
    return max((delay for delay in DELAYS if delay <= seconds), default=DELAYS[0])


class Topics(Struct, frozen=True):
    """The names under one prefix, and the partition of each record."""

    prefix: str
    partitions: int

    @staticmethod
    def of(settings: Settings) -> Topics:
        return Topics(settings.prefix, settings.partitions)

    def named(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def of_kind(self, kind: type) -> str:
        """The topic of a kind of record."""
        return self.named(RECORD_TOPICS[kind])

    def inputs(self, step: str) -> tuple[str, ...]:
        """The topics that a step of the flow reads."""
        takes = next(row.takes for row in FLOW if row.name == step)
        return tuple(dict.fromkeys(self.of_kind(kind) for kind in takes))

    def dead(self, topic: str) -> str:
        return f"{topic}.dead"

    def delay(self, seconds: int) -> str:
        return self.named(f"delay.{seconds}")

    def group(self, step: str) -> str:
        """The consumer group of a step, and its app's id."""
        return f"{self.prefix}-{step}"

    def changelog(self, stage: str) -> str:
        """Named as faust names it: app, table, changelog."""
        return f"{self.group(stage)}-{stage}-changelog"

    @property
    def control(self) -> str:
        return self.named("control")

    @property
    def feeds(self) -> str:
        return self.named("feeds")

    @property
    def feed_state(self) -> str:
        return self.named("feed-state")

    @property
    def dead_marks(self) -> str:
        """Which dead letters were retried or thrown away: key ``topic:partition:offset``."""
        return self.named("dead-marks")

    @property
    def counts(self) -> str:
        """What each process has counted: see ``totals``."""
        return self.named("counts")

    def route(self, topology: Topology, record: Emitted) -> Route:
        """Topic, partition and key of a record. All takers of a kind key it alike."""
        keys = topology.keys_of(record)
        stage_key = next(iter(keys.values()))
        kept = topology.kept_key(record, keys) or getattr(record, "id", stage_key)
        return Route(
            self.of_kind(type(record)),
            partition_of(stage_key, self.partitions),
            kept.encode("utf-8", "surrogatepass"),
        )

    def feed_partition(self, host: str) -> int:
        """Of a feed and its state: a host stays with one poller."""
        return partition_of(host, self.partitions)


def specs(settings: Settings) -> tuple[TopicSpec, ...]:
    """Every topic, with its settings."""
    topics = Topics.of(settings)
    return (*_record_topics(settings, topics), *_delay_topics(topics), *_state_topics(settings, topics))


def _record_topics(settings: Settings, topics: Topics) -> Iterator[TopicSpec]:
    kept: dict[type, tuple[float, int]] = {
        Page: (settings.keep_pages_days, settings.keep_pages_bytes // settings.partitions),
        Article: (settings.event_expiry_days, -1),
        ArticleReports: (settings.event_expiry_days, -1),
    }
    made = set()
    for kind in RECORD_TOPICS:
        name = topics.of_kind(kind)
        if name in made:
            continue
        made.add(name)
        days, size = kept.get(kind, (QUEUE_DAYS, -1))
        yield TopicSpec(name, topics.partitions, _deleted(days, size))
        yield TopicSpec(topics.dead(name), 1, _deleted(settings.keep_dead_days))


def _delay_topics(topics: Topics) -> Iterator[TopicSpec]:
    for delay in DELAYS:
        yield TopicSpec(topics.delay(delay), topics.partitions, _deleted(QUEUE_DAYS + delay / DAY))


def _state_topics(settings: Settings, topics: Topics) -> Iterator[TopicSpec]:
    for stage in WITH_STATE:
        yield TopicSpec(topics.changelog(stage), topics.partitions, _compacted())
    yield TopicSpec(topics.feeds, topics.partitions, _compacted())
    yield TopicSpec(topics.feed_state, topics.partitions, _compacted())
    yield TopicSpec(topics.dead_marks, 1, _compacted())
    yield TopicSpec(topics.control, 1, _compacted())
    forgotten = str(int(settings.event_expiry_days * DAY * 1000))  # a process that ended long ago
    yield TopicSpec(topics.counts, 1, {**_compacted(), "cleanup.policy": "compact,delete", "retention.ms": forgotten})


def _deleted(days: float, size: int = -1) -> dict[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(int(days * DAY * 1000)),
        "retention.bytes": str(size),
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        # retention counts from the arrival: a producer's clock that stands years back must not delete what is unread
        "message.timestamp.type": "LogAppendTime",
    }


def _compacted() -> dict[str, str]:
    return {
        "cleanup.policy": "compact",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "segment.bytes": str(64 << 20),  # the active segment is never compacted
        "min.cleanable.dirty.ratio": "0.2",
    }


def record_kinds(topic: str, topics: Topics) -> tuple[type, ...]:
    """The kinds of record that a topic holds."""
    return tuple(kind for kind in RECORD_TOPICS if topics.of_kind(kind) == topic)


def kind_names(topic: str, topics: Topics) -> str:
    """For a reader: ``article_reports, decision``."""
    return ", ".join(codec.record_name(kind) for kind in record_kinds(topic, topics))
