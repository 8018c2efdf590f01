"""Puts a backup into an empty cluster: queues, what is kept, the state of every stage, what each had read, and the index.

The control record comes last: no worker starts without it, and a cluster that has one is never written over. A restore that was
interrupted may be given again with the same file: records that stand twice in a topic are harmless, since folds are idempotent. The epoch
is raised, so that what is written from now on is newer than all that was, whatever the new offsets are.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts import codec
from contracts.records import Article, Document, Event
from rasid.cluster import reading, setup
from rasid.cluster.backup import FORMAT, INDEX, STATE, Head, Line
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.control import Control, agreed, read_control, write_control
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import TOPIC, WITH_STATE, Topics, specs
from rasid.errors import StorageError, UsageError
from rasid.operators import Progress
from rasid.settings import Settings

BATCH = 500
MARK = b"restoring"
"""Key in the topic of control: the head of the file that is being put back."""

Write = Callable[[Sequence[Document]], object]


class NotEmpty(UsageError):
    """There is something already where the backup would go."""


def restore(settings: Settings, file: Path, documents: int, write: Write, progress: Progress) -> int:
    """How many records. ``documents``: how many the index holds; ``write`` puts documents there. Raises NotEmpty, UsageError where the
    backup does not fit the settings, StorageError where the file cannot be read."""
    try:
        with gzip.open(file, "rb") as lines:
            head = _head(file, lines.readline())
            return asyncio.run(_Restore(settings, head, write, progress).run(map(_line, lines), documents))
    except (OSError, EOFError) as error:
        raise StorageError(f"{file}: {error}") from error
    except (msgspec.DecodeError, codec.BadRecord) as error:
        raise StorageError(f"{file} is damaged: {error}") from error


def _head(file: Path, line: bytes) -> Head:
    try:
        head = msgspec.json.decode(line)
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise UsageError(f"{file} is no backup of a cluster of format {FORMAT}, which this Rasid restores")
        return codec.decode(Head, line)
    except msgspec.DecodeError as error:
        raise UsageError(f"{file} is no backup of a cluster: {error}") from error


def _line(line: bytes) -> Line:
    return codec.decode(Line, line)


class _Restore:
    def __init__(self, settings: Settings, head: Head, write: Write, progress: Progress) -> None:
        self._settings, self._head, self._write, self._progress = settings, head, write, progress
        self._topics = Topics.of(settings)
        self._names = {f"{STATE}{stage}": self._topics.changelog(stage) for stage in WITH_STATE}
        self._moved: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
        """Topic without prefix, partition -> old and new offset of each record, in order."""

    async def run(self, lines: Iterator[Line], documents: int) -> int:
        if self._head.partitions != self._settings.partitions:
            raise UsageError(
                f"the backup has {self._head.partitions} partitions, the settings say {self._settings.partitions}: state lies by partition; "
                f"set RASID_PARTITIONS={self._head.partitions}"
            )
        await setup.make_topics(self._settings)
        async with Sender(self._settings) as sender:
            await self._claim(sender, documents)
            done = 0
            for batch in _batches(lines):
                await self._put(sender, batch)
                done += len(batch)
                self._progress(done, done + 1)
        await self._commit()
        control = Control(
            epoch=self._head.epoch + 1, generation=self._head.generation + 1, agreed=agreed(self._settings)
        )
        await write_control(self._settings, control)
        self._progress(done, done)
        return done

    async def _claim(self, sender: Sender, documents: int) -> None:
        """Sees that nothing is there, or only what an interrupted restore of the same file left."""
        if await read_control(self._settings) is not None:
            raise NotEmpty(
                f"the cluster {self._settings.prefix!r} was set up already. Restore before `rasid setup`, under another RASID_PREFIX, "
                "or after deleting its topics and indices"
            )
        mark, ours = codec.encode(self._head), False
        async for record in reading.records(self._settings, self._topics.control):
            ours = record.key == MARK and record.value == mark
        if ours:
            return
        async with reading.consumer(self._settings) as reader:
            for spec in specs(self._settings):
                ends = await reader.end_offsets(await reading.partitions(reader, spec.name))
                if spec.name != self._topics.control and any(ends.values()):
                    raise NotEmpty(f"the topic {spec.name} is not empty: restore under another RASID_PREFIX")
        if documents:
            raise NotEmpty(f"the index holds {documents} documents: delete its indices, or use another RASID_PREFIX")
        await sender.send_all([Outgoing(self._topics.control, 0, MARK, mark)])

    async def _put(self, sender: Sender, batch: Sequence[Line]) -> None:
        sent = [line for line in batch if line.kind != INDEX]
        landed = await sender.send_all([self._outgoing(line) for line in sent])
        for line, where in zip(sent, landed, strict=True):
            self._moved[line.kind, line.partition].append((line.offset, where.offset))
        documents: list[Document] = [codec.decode(Event, bytes(line.value)) for line in batch if line.kind == INDEX]
        articles = self._topics.of_kind(Article)
        documents += [codec.decode(Article, bytes(line.value)) for line in sent if self._named(line.kind) == articles]
        if documents:
            await asyncio.to_thread(self._write, documents)

    def _named(self, kind: str) -> str:
        return self._names.get(kind) or self._topics.named(kind)

    def _outgoing(self, line: Line) -> Outgoing:
        key = line.key.encode() if line.raw_key is None else line.raw_key
        value = bytes(line.value) if line.raw is None else line.raw
        headers = tuple((name, self._renamed(told) if name == TOPIC else told) for name, told in line.headers)
        return Outgoing(self._named(line.kind), line.partition, key, value, headers)

    def _renamed(self, topic: bytes) -> bytes:
        """What waits names the topic to which it goes on: of this cluster, whatever its prefix."""
        return self._topics.named(topic.decode().removeprefix(f"{self._head.prefix}.")).encode()

    async def _commit(self) -> None:
        """What each step had read, it has read here: the first record beyond that is where it goes on."""
        for step, places in self._head.committed.items():
            offsets: dict[TopicPartition, int] = {}
            for place, committed in places.items():
                kind, _, number = place.rpartition(":")
                moved = self._moved.get((kind, int(number)), [])
                unread = [new for old, new in moved if old >= committed]
                if moved:
                    offsets[TopicPartition(self._named(kind), int(number))] = min(unread, default=moved[-1][1] + 1)
            if offsets:
                await self._committed(step, offsets)

    async def _committed(self, step: str, offsets: dict[TopicPartition, int]) -> None:
        group = self._topics.group(step)
        consumer = AIOKafkaConsumer(**aiokafka_options(self._settings), group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(list(offsets))
            await consumer.commit(offsets)
        finally:
            await consumer.stop()


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
