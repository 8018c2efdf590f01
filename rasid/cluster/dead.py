"""Dead letters of a cluster: the topics ``<topic>.dead``, and the marks of those that were retried or thrown away.

A letter's id is where it lies: ``topic:partition:offset``. A topic cannot lose single records, so a compacted topic of marks says which
letters are done with; both are kept for as long.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord
from msgspec import Struct

from contracts import codec
from contracts.records import Instant
from rasid.cluster import reading
from rasid.cluster.headers import header, number
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import PARTITION, REASON, RECORD_TOPICS, STAGE, TRIES, Topics, kind_names
from rasid.errors import NotFound
from rasid.operators import DeadLetter
from rasid.settings import Settings


class Mark(Struct, frozen=True):
    """What was done with a letter: ``retried`` or ``forgotten``."""

    done: str
    at: Instant


async def letters(settings: Settings, stage: str | None = None) -> list[DeadLetter]:
    """Those that were not seen to, the newest first, without their values."""
    marks = await _marks(settings)
    found = [
        _letter(record, Topics.of(settings), b"")
        async for record in _dead(settings)
        if letter_id(record) not in marks and stage in (None, header(record.headers, STAGE))
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


async def letter(settings: Settings, wanted: str) -> DeadLetter:
    """One with its value, also where it was seen to. Raises NotFound."""
    record = await _record(settings, wanted)
    return _letter(record, Topics.of(settings), record.value or b"")


async def retry(settings: Settings, wanted: Sequence[str]) -> int:
    """Sends letters to the topics that they came from, as if never tried, and marks them; how many. Raises NotFound before anything is
    sent."""
    records = [await _record(settings, one) for one in wanted]
    for start in range(0, len(records), 100):
        some = records[start : start + 100]
        async with Sender(settings) as sender:
            await sender.send_all([_again(record) for record in some])
            await sender.send_all(marked(settings, map(letter_id, some), "retried"))
    return len(records)


async def of_article(settings: Settings, is_of: Callable[[bytes], bool]) -> list[str]:
    """The ids of all letters whose record is one of an article."""
    return [letter_id(record) async for record in _dead(settings) if is_of(record.value or b"")]


def marked(settings: Settings, ids: Iterable[str], done: str) -> list[Outgoing]:
    """The messages that mark letters."""
    value = codec.encode(Mark(done, datetime.now(UTC)))
    return [Outgoing(Topics.of(settings).dead_marks, 0, one.encode(), value) for one in ids]


def letter_id(record: ConsumerRecord) -> str:
    return f"{record.topic}:{record.partition}:{record.offset}"


async def _marks(settings: Settings) -> set[str]:
    marks: set[str] = set()
    async for record in reading.records(settings, Topics.of(settings).dead_marks):
        marks.add((record.key or b"").decode("utf-8", "replace"))
    return marks


async def _dead(settings: Settings) -> AsyncIterator[ConsumerRecord]:
    topics = Topics.of(settings)
    for topic in dict.fromkeys(map(topics.of_kind, RECORD_TOPICS)):
        async for record in reading.records(settings, topics.dead(topic)):
            yield record


async def _record(settings: Settings, wanted: str) -> ConsumerRecord:
    topic, place, offset = _place(settings, wanted)
    async with reading.consumer(settings) as reader:
        chosen = TopicPartition(topic, place)
        if chosen in await reading.partitions(reader, topic):
            first = (await reader.beginning_offsets([chosen]))[chosen]
            end = (await reader.end_offsets([chosen]))[chosen]
            if first <= offset < end:
                async for record in reading.read(reader, reading.Span({chosen: offset}, {chosen: offset + 1})):
                    return record
    raise _unknown(wanted)


def _place(settings: Settings, wanted: str) -> tuple[str, int, int]:
    topic, _, rest = wanted.partition(":")
    place, _, offset = rest.partition(":")
    topics = Topics.of(settings)
    known = {topics.dead(topics.of_kind(kind)) for kind in RECORD_TOPICS}
    if topic not in known or not place.isdecimal() or not offset.isdecimal():
        raise _unknown(wanted)
    return topic, int(place), int(offset)


def _unknown(wanted: str) -> NotFound:
    return NotFound(f"no dead letter {wanted}; `rasid dead list` shows those there are, as topic:partition:offset")


def _letter(record: ConsumerRecord, topics: Topics, value: bytes) -> DeadLetter:
    return DeadLetter(
        id=letter_id(record),
        stage=header(record.headers, STAGE, "unknown"),
        kind=kind_names(origin(record.topic), topics),
        key=(record.key or b"").decode("utf-8", "replace"),
        reason=header(record.headers, REASON),
        tries=number(record.headers, TRIES),
        at=record.timestamp / 1000,
        value=value,
    )


def origin(dead_topic: str) -> str:
    """The topic whose dead letters these are."""
    return dead_topic.removesuffix(".dead")


def _again(record: ConsumerRecord) -> Outgoing:
    return Outgoing(origin(record.topic), number(record.headers, PARTITION), record.key or b"", record.value)
