"""One file with what a cluster cannot do without: the list of feeds with their state, articles, reports, decisions, and events.

JSON lines, compressed with gzip: first a head, then one record a line as ``{"kind", "key", "value"}``. Of every key the newest record
stands, as of the moment at which its partition was opened.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from contracts import codec
from contracts.records import Article, ArticleReports, Event, Instant
from rasid import __version__
from rasid.cluster import reading
from rasid.cluster.control import read_control
from rasid.cluster.replaying import chosen_records, newest_offsets
from rasid.cluster.topics import Topics
from rasid.errors import StorageError, UsageError
from rasid.operators import Progress
from rasid.settings import Settings

EVERY = 500


class Head(Struct, frozen=True):
    """The first line."""

    rasid: str
    epoch: int
    generation: int
    began_at: Instant
    format: int = 1


class Line(Struct, frozen=True):
    """A record: the topic's name without prefix, or ``events`` from the index; ``value`` as it lies there."""

    kind: str
    key: str
    value: msgspec.Raw


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
    control = await read_control(settings)
    if control is None:
        raise UsageError("the cluster is not set up: run rasid setup first")
    out.write(codec.encode(Head(__version__, control.epoch, control.generation, datetime.now(UTC))) + b"\n")
    done = 0
    async for line in _kept(settings):
        out.write(codec.encode(line) + b"\n")
        done += 1
        if done % EVERY == 0:
            progress(done, done + 1)
    for event in events():
        out.write(codec.encode(Line("events", event.id, msgspec.Raw(codec.encode(event)))) + b"\n")
        done += 1
    progress(done, done)


async def _kept(settings: Settings) -> AsyncIterator[Line]:
    topics = Topics.of(settings)
    names = (topics.feeds, topics.feed_state, topics.of_kind(Article), topics.of_kind(ArticleReports))
    async with reading.consumer(settings) as reader:
        for name in names:
            for chosen in await reading.partitions(reader, name):
                newest = await newest_offsets(reader, chosen, None)
                async for record in chosen_records(reader, chosen, newest):
                    if (value := _json(record.value)) is not None:
                        key = record.key.decode("utf-8", "replace")
                        yield Line(name.removeprefix(f"{settings.prefix}."), key, value)


def _json(value: bytes) -> msgspec.Raw | None:
    """None for bytes that are no JSON: poison, which is among the dead letters."""
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return msgspec.Raw(value)
