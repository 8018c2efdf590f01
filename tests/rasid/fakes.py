"""Readable fakes of the ends of the flow, and stages small enough to see through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import codec, ids
from contracts.outcomes import Drop, Emit, Later, Outcome, Quarantine, Retry
from contracts.records import Article, ArticleReports, Entry, Event, MergeInput, Page, Quote, Report, Stamp
from contracts.source import Polled
from contracts.stage import Context, Stage, Store
from rasid.topology import Topology

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(url: str, feed: str = "f", **more: Any) -> Entry:
    return Entry(id=ids.entry_id(url, more.get("look", 0)), feed_id=feed, outlet="o", url=url, seen_at=NOW, **more)


class FakeSource:
    """Feeds whose polls are given beforehand: a list of lists of URLs a feed; an exception's text stands for a failure."""

    def __init__(self, polls: dict[str, list[list[str] | str]], every: float = 3600.0) -> None:
        self.polls, self.every, self.asked = polls, timedelta(seconds=every), []

    def next_at(self, feed_id: str, state: bytes | None, now: datetime) -> datetime:
        return now

    async def poll(self, feed_id: str, state: bytes | None, now: datetime) -> Polled:
        number = int(state or b"0")
        self.asked.append(feed_id)
        polls = self.polls[feed_id]
        given = polls[number] if number < len(polls) else []
        if isinstance(given, str):
            return Polled(
                feed_id=feed_id, entries=(), state=str(number + 1).encode(), next_at=now + self.every,
                outcome="unreachable", detail=given, ok=False,
            )  # fmt: skip
        entries = tuple(entry(url, feed_id) for url in given)
        return Polled(
            feed_id=feed_id, entries=entries, state=str(number + 1).encode(), next_at=now + self.every,
            outcome="new" if entries else "nothing_new",
        )  # fmt: skip


class DirectPool:
    """Runs the work in this process: what the pool does to a record is tested on the real pool."""

    def __init__(self, stages: dict[str, Stage[Any, Any]]) -> None:
        from rasid import worker

        worker._stages = stages

    async def run(self, function: Any, *args: object, seconds: float) -> Any:
        return function(*args)


class ListSink:
    """Keeps the newest version of each document."""

    def __init__(self) -> None:
        self.documents: dict[str, Article | Event] = {}
        self.writes = 0

    def write(self, documents: Any) -> None:
        for document in documents:
            self.writes += 1
            held = self.documents.get(document.id)
            if held is None or held.version < document.version:
                self.documents[document.id] = document

    def events(self) -> list[Event]:
        return [d for d in self.documents.values() if isinstance(d, Event)]


async def _fetch(record: Entry, context: Context) -> Any:
    if "refused" in record.url:
        return Drop("refused: test")
    if "later" in record.url and record.look == 0:
        return Retry("timeout", after=3600.0)
    return Page(entry=record, url=record.url, status=200, headers={}, body=record.url.encode(), fetched_at=context.now)


def _store_seen(page: Page, store: Store, context: Context) -> Outcome:
    store.put(page.url, b"1")
    return Emit((page,))


def _clean(page: Page, context: Context) -> Any:
    if "poison" in page.url:
        return Quarantine("poison: test")
    if "bug" in page.url:
        raise KeyError("bug of the test")
    return Article(
        id=ids.article_id(page.url), url=page.url, outlet="o", feed_id=page.entry.feed_id, title="t", text=page.url,
        fetched_at=page.fetched_at, version=context.version,
    )  # fmt: skip


def _keep(article: Article, store: Store, context: Context) -> Outcome:
    store.put(article.id, article.text.encode())
    return Emit((article,))


def _extract(article: Article, context: Context) -> Any:
    return article


def _reports(article: Article, store: Store, context: Context) -> Outcome:
    quote = Quote(text=article.text, start=0, end=len(article.text))
    report = Report(id=article.id, article_id=article.id, trigger=quote, evidence=quote)
    stamp = Stamp(context.generation, article.revision)
    again = Entry(
        id=ids.entry_id(article.url, 1), feed_id=article.feed_id, outlet="o", url=article.url, look=1, seen_at=NOW
    )
    sets = ArticleReports(article_id=article.id, key="SY", stamp=stamp, reports=(report,))
    return Emit((sets,), (Later(3600.0, again),))


def _merge(reports: MergeInput, store: Store, context: Context) -> Outcome:
    """One event a host, with the set of its articles."""
    assert isinstance(reports, ArticleReports)
    host = reports.reports[0].evidence.text.split("/")[2]
    held = set(codec.decode(list[str], store.get(host) or b"[]")) | {reports.article_id}
    store.put(host, codec.encode(sorted(held)))
    return Emit((Event(id=host, version=context.version, outlets=tuple(sorted(held))),))


def fake_topology() -> Topology:
    stages: tuple[Stage[Any, Any], ...] = (
        Stage(name="fetch", takes=Entry, key=lambda e: e.url.split("/")[2], work=_fetch, fold=_store_seen),
        Stage(name="clean", takes=Page, key=lambda p: ids.article_id(p.url), where="pool", work=_clean, fold=_keep),
        Stage(name="extract", takes=Article, key=lambda a: a.id, where="pool", work=_extract, fold=_reports),
        Stage(name="merge", takes=MergeInput, key=lambda r: "SY", fold=_merge),
    )
    return Topology({stage.name: stage for stage in stages})
