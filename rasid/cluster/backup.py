"""One file with all that a cluster would need to go on elsewhere: feeds with their state, what waits in queues, the newest of what is kept,
the state of every stage, and the index's events.

JSON lines, compressed with gzip: first a head, then one record a line (``Line``). Queues are read in the order of the flow, so that a
record that moves on meanwhile is met further down, and the state of a stage after what it has yet to read and before what it gives: what
stands twice in the file is harmless (a fold is idempotent), and nothing is missing.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from msgspec import Struct

from contracts import codec
from contracts.records import Article, ArticleReports, Entry, Event, Instant, Page
from rasid import __version__
from rasid.cluster import lag, reading
from rasid.cluster.control import read_control
from rasid.cluster.replaying import chosen_records, newest_offsets
from rasid.cluster.topics import WITH_STATE, Topics
from rasid.errors import StorageError, UsageError
from rasid.operators import Progress
from rasid.settings import Settings

EVERY = 500
FORMAT = 2
INDEX = "index"
"""Kind of what comes from the index."""
STATE = "state."
"""What the kind of a stage's state begins with."""

Committed = Mapping[str, Mapping[str, int]]
"""Step -> ``topic:partition``, the topic without prefix -> the first offset that it had not read."""


class Head(Struct, frozen=True, kw_only=True):
    """The first line: the cluster as it stood when the backup began."""

    rasid: str
    prefix: str
    partitions: int
    epoch: int
    generation: int
    began_at: Instant
    committed: Committed
    format: int = FORMAT


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record. ``kind``: its topic without prefix, ``state.<stage>``, or ``index``. What is no JSON of one line, or no text, stands as
    base64 in ``raw`` and ``raw_key``."""

    kind: str
    key: str = ""
    partition: int = 0
    offset: int = 0
    value: msgspec.Raw = msgspec.Raw(b"null")
    headers: tuple[tuple[str, bytes], ...] = ()
    raw: bytes | None = None
    raw_key: bytes | None = None


def backup(settings: Settings, events: Callable[[], Iterator[Event]], file: Path, progress: Progress) -> int:
    """The size of the file in bytes. Raises UsageError where it exists, StorageError where it cannot be written."""
    if file.exists():
        raise UsageError(f"{file} exists already; name another file")
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(part, "wb", compresslevel=6) as out:
            asyncio.run(_write(settings, events, out, progress))
        part.rename(file)
        return file.stat().st_size
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StorageError(f"{file}: {error}") from error


async def _write(
    settings: Settings, events: Callable[[], Iterator[Event]], out: gzip.GzipFile, progress: Progress
) -> None:
    out.write(codec.encode(await _head(settings)) + b"\n")
    done = 0
    async for line in _kept(settings):
        out.write(codec.encode(line) + b"\n")
        done += 1
        if done % EVERY == 0:
            progress(done, done + 1)
    for event in events():
        out.write(codec.encode(Line(kind=INDEX, key=event.id, value=msgspec.Raw(codec.encode(event)))) + b"\n")
        done += 1
    progress(done, done)


async def _head(settings: Settings) -> Head:
    control = await read_control(settings)
    if control is None:
        raise UsageError("the cluster is not set up: run rasid setup first")
    standings = await lag.standings(settings)
    return Head(
        rasid=__version__,
        prefix=settings.prefix,
        partitions=settings.partitions,
        epoch=control.epoch,
        generation=control.generation,
        began_at=datetime.now(UTC),
        committed={step: _placed(settings, standing.committed) for step, standing in standings.items()},
    )


def _placed(settings: Settings, offsets: Mapping[TopicPartition, int]) -> dict[str, int]:
    return {f"{_kind(settings, one.topic)}:{one.partition}": offset for one, offset in offsets.items()}


async def _kept(settings: Settings) -> AsyncIterator[Line]:
    copy = _Copy(settings)
    topics = copy.topics
    async with reading.consumer(settings) as copy.reader:
        for topic in (topics.feeds, topics.feed_state, topics.counts):
            async for line in copy.newest(topic):
                yield line
        async for line in copy.delayed():
            yield line
        async for line in copy.stage("fetch", topics.of_kind(Entry)):
            yield line
        async for line in copy.delayed():  # what fetch put off since
            yield line
        for stage, topic in (
            ("clean", topics.of_kind(Page)),
            ("extract", topics.of_kind(Article)),
            ("merge", topics.of_kind(ArticleReports)),
        ):
            async for line in copy.stage(stage, topic):
                yield line
        async for line in copy.unread(topics.of_kind(Event), "index"):
            yield line


class _Copy:
    """Reads what a backup keeps."""

    reader: AIOKafkaConsumer

    def __init__(self, settings: Settings) -> None:
        self._settings, self.topics = settings, Topics.of(settings)
        self._kept = {self.topics.of_kind(Article), self.topics.of_kind(ArticleReports)}
        self._delays: dict[TopicPartition, int] = {}

    async def stage(self, stage: str, topic: str) -> AsyncIterator[Line]:
        """What a stage reads (the newest of each key where it is kept, else what is unread), then its state."""
        async for line in self.newest(topic) if topic in self._kept else self.unread(topic, stage):
            yield line
        if stage in WITH_STATE:
            for chosen in await reading.partitions(self.reader, self.topics.changelog(stage)):
                offsets = await _state_offsets(self.reader, chosen)
                async for record in chosen_records(self.reader, chosen, offsets):
                    yield line_of(f"{STATE}{stage}", record)

    async def newest(self, topic: str) -> AsyncIterator[Line]:
        """But for poison, which is among the dead letters."""
        for chosen in await reading.partitions(self.reader, topic):
            offsets = await newest_offsets(self.reader, chosen, None)
            async for record in chosen_records(self.reader, chosen, offsets):
                if _is_json(record.value):
                    yield line_of(_kind(self._settings, topic), record)

    async def unread(self, topic: str, step: str) -> AsyncIterator[Line]:
        standing = (await lag.standings(self._settings, [step]))[step]
        heads = {place: at for place, at in standing.heads().items() if place.topic == topic}
        async for record in reading.read(self.reader, reading.Span(heads, {one: standing.ends[one] for one in heads})):
            yield line_of(_kind(self._settings, topic), record)

    async def delayed(self) -> AsyncIterator[Line]:
        """What waits to be due; the second time, what came since the first."""
        standing = (await lag.standings(self._settings, [lag.DELAY]))[lag.DELAY]
        heads = {one: max(at, self._delays.get(one, 0)) for one, at in standing.heads().items()}
        self._delays |= standing.ends
        span = reading.Span(heads, {one: standing.ends[one] for one in heads})
        async for record in reading.read(self.reader, span):
            yield line_of(_kind(self._settings, record.topic), record)


async def _state_offsets(reader: AIOKafkaConsumer, chosen: TopicPartition) -> dict[bytes, int]:
    """Key -> offset of its value in a changelog; keys that were deleted have none."""
    found: dict[bytes, int] = {}
    async for record in reading.read(reader, await reading.span(reader, [chosen])):
        if record.value is None:
            found.pop(record.key, None)
        else:
            found[record.key] = record.offset
    return found


def line_of(kind: str, record: ConsumerRecord) -> Line:
    """A message as a line."""
    key, value = record.key or b"", record.value or b""
    readable = kind.startswith(STATE) is False and _is_json(value) and b"\n" not in value
    return Line(
        kind=kind,
        key=_text(key) or "",
        raw_key=key if _text(key) is None else None,
        partition=record.partition,
        offset=record.offset,
        value=msgspec.Raw(value if readable else b"null"),
        raw=None if readable else value,
        headers=tuple((name, bytes(told or b"")) for name, told in record.headers or ()),
    )


def _kind(settings: Settings, topic: str) -> str:
    return topic.removeprefix(f"{settings.prefix}.")


def _text(key: bytes) -> str | None:
    try:
        return key.decode()
    except UnicodeDecodeError:
        return None


def _is_json(value: bytes) -> bool:
    try:
        msgspec.json.decode(value)
    except codec.UNREADABLE:
        return False
    return True
