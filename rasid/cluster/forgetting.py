"""Takes an article out of a cluster, and keeps it out.

A mark goes into every partition of each stage's input, one stage after the other: a stage is waited for before the next is told, so that
nothing that it gave before comes after the mark. Extract is first given the article as withdrawn, so that it takes back what it reported,
in every country where it did. The topics themselves keep what they hold until their retention ends; nothing reads it any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from aiokafka import TopicPartition
from aiokafka.structs import RecordMetadata

from contracts import codec
from contracts.ids import article_id
from contracts.outcomes import Emitted
from contracts.records import Article, ArticleReports, Entry, Page, Stamp
from ingest.urls import identity
from rasid.cluster import dead, lag, reading
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import FORGET, Topics, partition_of
from rasid.operators import Forgotten
from rasid.settings import Settings

log = structlog.get_logger("rasid")

PATIENCE = 30.0
"""Seconds that a stage has to take a mark up; where it does not run, it will when it does."""
LAST_REVISION = 1 << 40
"""Above every revision that clean counts."""
NOWHERE = "http://forgotten.invalid/"
STAGES = ("fetch", "clean", "extract", "merge")


async def forget(settings: Settings, article: str, take_out: Callable[[str], int]) -> Forgotten:
    """``take_out`` removes the article from the index, and gives the number of documents."""
    topics, countries = Topics.of(settings), await reported_under(settings, article)
    async with Sender(settings) as sender:
        for stage in STAGES:
            if stage == "extract":
                withdrawn = _empty(Article, article)
                place = partition_of(article, topics.partitions)
                await sender.send_all(
                    [Outgoing(topics.of_kind(Article), place, article.encode(), codec.encode(withdrawn))]
                )
            landed = await sender.send_all(marks(topics, stage, article))
            await _taken_up(settings, stage, landed)
            if stage == "extract":
                await _taken_up(settings, "index", landed)
        letters = await dead.of_article(settings, lambda value: is_of(value, article))
        await sender.send_all(dead.marked(settings, letters, "forgotten"))
    await _worked_off(settings, "index")
    documents = await asyncio.to_thread(take_out, article)
    return Forgotten(article, len(letters), documents, len(countries))


def marks(topics: Topics, stage: str, article: str) -> list[Outgoing]:
    """A mark for every partition of what a stage reads."""
    kinds: Mapping[str, type[Emitted]] = {"fetch": Entry, "clean": Page, "extract": Article, "merge": ArticleReports}
    value, key = codec.encode(_empty(kinds[stage], article)), f"forgotten:{article}".encode()
    headers = ((FORGET, article.encode()),)
    topic = topics.of_kind(kinds[stage])
    return [Outgoing(topic, number, key, value, headers) for number in range(topics.partitions)]


def _empty(kind: type[Emitted], article: str) -> Emitted:
    """A record of the kind without any text: a reader that does not know the header takes it for what it is."""
    now = datetime.now(UTC)
    entry = Entry(id=article, feed_id="", outlet="", url=NOWHERE, seen_at=now)
    if kind is Entry:
        return entry
    if kind is Page:
        return Page(entry=entry, url=NOWHERE, status=410, headers={}, fetched_at=now)
    if kind is Article:
        return Article(
            id=article, revision=LAST_REVISION, version=(1 << 53) - 1, url=NOWHERE, outlet="", feed_id="", title="", text="",
            fetched_at=now, withdrawn=True,
        )  # fmt: skip
    return ArticleReports(article_id=article, key="XX", stamp=Stamp(0, 0))


async def _taken_up(settings: Settings, step: str, landed: Sequence[RecordMetadata]) -> None:
    """Waits until a step has read past these records, or for PATIENCE."""
    wanted = {TopicPartition(one.topic, one.partition): one.offset + 1 for one in landed}
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        committed = (await lag.standings(settings, [step]))[step].committed
        if all(committed.get(place, 0) >= offset for place, offset in wanted.items()):
            return
        await asyncio.sleep(0.5)
    log.warning("not taken up yet", stage=step, hint="it will be when its workers run; then forget once more")


async def _worked_off(settings: Settings, step: str) -> None:
    """Waits until a step has read what stands in its topics now."""
    standing = (await lag.standings(settings, [step]))[step]
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        committed = (await lag.standings(settings, [step]))[step].committed
        if all(committed.get(one, 0) >= standing.ends[one] for one in standing.heads()):
            return
        await asyncio.sleep(0.5)


async def reported_under(settings: Settings, article: str) -> set[str]:
    """The countries under which the article is known to have reported, as the topic keeps them."""
    prefix = f"{article}:".encode()
    found: dict[bytes, bool] = {}
    async for record in reading.records(settings, Topics.of(settings).of_kind(ArticleReports)):
        if record.key and record.key.startswith(prefix) and record.value:
            found[record.key] = bool(codec.decode(ArticleReports, record.value).reports)
    return {key.decode().partition(":")[2] for key, reports in found.items() if reports}


def is_of(value: bytes, article: str) -> bool:
    """Whether a record, as it lies in a topic, is one of the article."""
    try:
        record = codec.decode_any(value)
    except (codec.BadRecord, codec.NewerRecord):
        return False
    if isinstance(record, Entry | Page):
        entry = record if isinstance(record, Entry) else record.entry
        try:
            return article_id(identity(entry.url)) == article
        except ValueError:
            return False
    return getattr(record, "article_id", getattr(record, "id", None)) == article
