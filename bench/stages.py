"""Each stage alone, in this process, on records that the stages before it gave: what one record costs in CPU."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import cramjam
from msgspec import Struct

from bench import feeds
from bench.changed import cpu_of, polls
from bench.news import tell
from bench.pages import page
from bench.report import Figure, figure, progress
from contracts.ids import entry_id
from contracts.index import Query
from contracts.outcomes import Emit, Outcome
from contracts.records import Article, ArticleReports, Document, Entry, Event, Page
from contracts.stage import Context, MemoryStore, Stage
from ingest.clean import clean_stage
from ingest.feeds import FeedList, load
from processors.merge.stage import merge_stage
from processors.stage import extract_stage
from rasid.local.database import Database
from sinks.sqlite import SqliteIndex

BASE = "http://127.0.0.1:1"
BATCH = 200
"""Documents written in one transaction, as the runner does."""

SEARCHES = {
    "one word": Query(text="قصف"),  # shelling
    "three words": Query(text="مقتل أشخاص انفجار"),  # killed, persons, explosion
    "Latin letters": Query(text="Daraa", sort="relevance"),
    "inside a country": Query(place="سوريا", killed_min=5),  # Syria
    "an actor": Query(actor="قوات النظام", sort="killed"),  # regime forces
}


class Timed(Struct):
    """CPU seconds of calls, and how many there were."""

    seconds: float = 0.0
    calls: int = 0

    @property
    def each(self) -> float:
        """Milliseconds."""
        return 1e3 * self.seconds / max(1, self.calls)


class Alone(Struct, frozen=True):
    """What the stages cost by name, over so many pages, and the searches in what they made."""

    pages: int
    stages: dict[str, Timed]
    searches: tuple[Figure, ...]

    def a_page(self) -> dict[str, float]:
        """Milliseconds of each stage for a page of the flow: the cost of its records, spread over the pages."""
        return {name: 1e3 * spent.seconds / self.pages for name, spent in self.stages.items()}


def stages_alone(count: int) -> list[Figure]:
    """``count`` feeds of pages through every stage, one after the other."""
    alone = measure(count)
    whole = sum(alone.a_page().values())
    figures = []
    for name, spent in alone.stages.items():
        note = f"{1e3 / spent.each:,.0f} a second; {spent.calls:,} measured" if spent.calls else "none"
        figures.append(figure("stage alone", f"{name}, CPU a record", [spent.each], "ms", note=note))
    for name, each in alone.a_page().items():
        figures.append(figure("share of the stages", name, [100 * each / whole], "%", note=f"{each:.2f} ms a page"))
    return [*figures, *alone.searches]


def measure(count: int) -> Alone:
    """The same, for others to reckon with."""
    today = datetime.now(UTC)
    progress(f"{count * feeds.ITEMS:,} pages through each stage alone")
    with tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder:
        path = Path(folder, "feeds.toml")
        feeds.write_list(path, [BASE] * count)
        listed = load(path)
        pages = [page_record(feed, key, today) for feed in range(count) for key in feeds.shown(feed)]
        polling = _poll(listed, count, today)
        articles, cleaning = _through(clean_stage(listed), pages, today)
        reports, extracting = _through(extract_stage(), [a for a in articles if isinstance(a, Article)], today)
        events, merging = _through(merge_stage(), [r for r in reports if isinstance(r, ArticleReports)], today)
        documents = [record for record in (*articles, *events) if isinstance(record, Article | Event)]
        database = Database(Path(folder, "index.sqlite"))
        index = SqliteIndex(database.connection)
        writing = _write(index, documents)
        found = _search(index)
        database.close()
    stages = {"poll": polling, "clean": cleaning, "extract": extracting, "merge fold": merging, "index write": writing}
    return Alone(len(pages), stages, tuple(found))


def _poll(listed: FeedList, count: int, today: datetime) -> Timed:
    bodies = [feeds.rss(feed, 0, BASE, today) for feed in range(count)]
    return Timed(cpu_of(lambda: asyncio.run(polls(listed, [None] * count, bodies, today))), count)


def page_record(feed: int, key: feeds.Key, today: datetime, base: str = BASE) -> Page:
    """As fetch hands it to clean."""
    article, url = tell(*key, today), feeds.address(base, key)
    body = page(article, url).encode()
    entry = Entry(
        id=entry_id(url, 0), feed_id=f"f{feed}", outlet=f"o{feed}", url=url, title=article.title,
        summary=article.paragraphs[0], published_at=article.published_at, seen_at=today,
    )  # fmt: skip
    return Page(
        entry=entry, url=url, status=200, headers={"content-type": "text/html; charset=utf-8"}, content_type="text/html",
        charset="utf-8", body=bytes(cramjam.zstd.compress(body)), content_hash=sha256(body).hexdigest(), fetched_at=today,
    )  # fmt: skip


def _through(stage: Stage[Any, Any], records: Sequence[Any], today: datetime) -> tuple[list[Any], Timed]:
    """What a stage emits for the records, one after the other."""
    store, spent = MemoryStore(), Timed()
    given: list[Any] = []
    context = Context(today, 0, 1, 1)
    for record in records[:3]:  # tables that are built at first use
        _ = stage.work and stage.work(record, context)
    gc.collect()
    for position, record in enumerate(records, 1):
        context = Context(today, position, 1, 1)
        started = process_time()
        worked: Any = stage.work(record, context) if stage.work else record
        ended = stage.fold is None or isinstance(worked, Outcome)
        outcome = worked if ended else stage.fold(worked, store, context)  # type: ignore[misc]
        spent.seconds += process_time() - started
        spent.calls += 1
        if isinstance(outcome, Emit):
            given.extend(outcome.records)
    return given, spent


def _write(index: SqliteIndex, documents: Sequence[Document]) -> Timed:
    spent = Timed()
    for at in range(0, len(documents), BATCH):
        batch = documents[at : at + BATCH]
        started = process_time()
        index.write(batch)
        spent.seconds += process_time() - started
        spent.calls += len(batch)
    return spent


def _search(index: SqliteIndex, times: int = 15) -> list[Figure]:
    found = []
    for name, query in SEARCHES.items():
        waits = []
        for _ in range(times):
            started = perf_counter()
            total = index.search(query).total
            waits.append(1e3 * (perf_counter() - started))
        found.append(figure("search", name, waits, "ms", note=f"{total:,} events found"))
    return found
