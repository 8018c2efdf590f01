"""Stages small enough to see through, for the contract of a runner. What a record does is written in its address:

``/late``     fetch asks for it again once; ``/never``: each time
``/poison``   clean refuses it, until the file ``mended`` is in the data folder
``/kill``     merge kills its own process at it, once

The event of a host has the ids of its articles as ``outlets``; an event of each article has the numbers of its revisions there, in the order
in which they came to extract.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from contracts import codec, ids
from contracts.outcomes import Drop, Emit, Later, Outcome, Quarantine, Retry
from contracts.records import Article, ArticleReports, Document, Entry, MergeInput, Page, Quote, Report, Stamp
from contracts.records import Event as EventRecord
from contracts.stage import Context, Stage, Store
from rasid.cluster.parts import Parts
from rasid.settings import Settings
from rasid.topology import Topology
from tests.rasid.fakes import NOW, DirectPool

LOOK_AGAIN = 3600.0
FORGOTTEN = "forgotten:"


def topology(folder: Path) -> Topology:
    """``folder`` remembers what happens once."""
    own = _Stages(folder)
    stages: tuple[Stage[Any, Any], ...] = (
        Stage(name="fetch", takes=Entry, key=lambda e: _host(e.url), work=own.fetch, fold=own.fetched),
        Stage(name="clean", takes=Page, key=lambda p: ids.article_id(p.url), where="pool", work=own.clean, fold=own.cleaned),
        Stage(name="extract", takes=Article, key=lambda a: a.id, where="pool", work=lambda a, context: a, fold=own.extracted),
        Stage(name="merge", takes=MergeInput, key=lambda r: r.key, fold=own.merged),
    )  # fmt: skip
    return Topology({stage.name: stage for stage in stages})


class _Stages:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _first(self, what: str) -> bool:
        """Whether this is asked for the first time, over all processes."""
        try:
            (self._folder / f"once-{ids.article_id(what)}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    async def fetch(self, record: Entry, context: Context) -> Any:
        if "/never" in record.url or ("/late" in record.url and self._first(record.id)):
            return Retry("timeout: test")
        body = f"{record.url} look {record.look}".encode()
        return Page(entry=record, url=record.url, status=200, headers={}, body=body, fetched_at=NOW)

    def fetched(self, page: Page, store: Store, context: Context) -> Outcome:
        store.put(page.url, b"1")
        return Emit((page,))

    def clean(self, page: Page, context: Context) -> Any:
        if "/poison" in page.url and not (self._folder / "mended").exists():
            return Quarantine("poison: test")
        return _article(page.url, page.body.decode(), page.entry.look)

    def cleaned(self, article: Article, store: Store, context: Context) -> Outcome:
        if store.get(FORGOTTEN + article.id) is not None:
            return Drop("forgotten")
        store.put(article.id, article.text.encode())
        return Emit((structs.replace(article, version=context.version),))

    def extracted(self, article: Article, store: Store, context: Context) -> Outcome:
        """The revisions of the article in the order of their coming, each once; and its entry, to look again. One that is withdrawn
        says nothing of where it reported."""
        host, seen = codec.decode(tuple[str, list[int]], store.get(article.id) or b'["",[]]')
        stamp, key = Stamp(context.generation, article.revision), host or _host(article.url)
        if article.withdrawn:
            return Emit((ArticleReports(article_id=article.id, key=key, stamp=stamp),))
        if store.get(FORGOTTEN + article.id) is not None:
            return Drop("forgotten")
        if article.revision not in seen:
            seen.append(article.revision)
            store.put(article.id, codec.encode((key, seen)))
        text = f"{article.url} {' '.join(map(str, seen))}"
        quote = Quote(text=text, start=0, end=len(text))
        report = Report(id=article.id, article_id=article.id, trigger=quote, evidence=quote)
        sets = ArticleReports(article_id=article.id, key=key, stamp=stamp, reports=(report,))
        again = Entry(id=ids.entry_id(article.url, 1), feed_id="f", outlet="o", url=article.url, look=1, seen_at=NOW)
        return Emit((sets,), (Later(LOOK_AGAIN, again),) if not article.revision else ())

    def merged(self, sets: MergeInput, store: Store, context: Context) -> Outcome:
        assert isinstance(sets, ArticleReports)
        told = sets.reports[0].evidence.text if sets.reports else ""
        if "/kill" in told and self._first(f"kill {sets.article_id}"):
            os.kill(os.getpid(), signal.SIGKILL)
        held = codec.decode(dict[str, str], store.get(sets.key) or b"{}")
        held.pop(sets.article_id, None)
        if told and store.get(FORGOTTEN + sets.article_id) is None:
            held[sets.article_id] = told
        store.put(sets.key, codec.encode(held))
        events = [EventRecord(id=sets.key, version=context.version, outlets=tuple(sorted(held)))]
        if sets.article_id in held:
            own = held[sets.article_id].partition(" ")[2]
            events.append(
                EventRecord(id=f"event {sets.article_id}", version=context.version, outlets=tuple(own.split()))
            )
        return Emit(tuple(events))


def _host(url: str) -> str:
    return url.split("/")[2]


def _article(url: str, text: str, revision: int, version: int = 0) -> Article:
    return Article(
        id=ids.article_id(url), url=url, outlet="o", feed_id="f", title="خبر", text=text, fetched_at=NOW, revision=revision,
        version=version,
    )  # fmt: skip


def revision(url: str, number: int) -> Article:
    """One of many of an article, as clean gives it."""
    return _article(url, f"{url} revision {number}", number, version=number + 1)


class FileIndex:
    """An index that writes lines: documents, and ids that were taken out. ``documents`` is what it holds in the end."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, documents: Sequence[Document]) -> Mapping[str, str]:
        self._add(*(codec.encode(document) for document in documents))
        return {}

    def forget(self, article: str) -> int:
        self._add(f"-{article}".encode())
        return 1

    def _add(self, *lines: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def documents(self) -> dict[str, Any]:
        """The newest version of each."""
        held: dict[str, Any] = {}
        for line in self.path.read_bytes().splitlines() if self.path.exists() else ():
            if line.startswith(b"-"):
                held.pop(line[1:].decode(), None)
                continue
            document: Any = codec.decode((Article, EventRecord), line)  # type: ignore[call-overload]
            if document.id not in held or held[document.id].version < document.version:
                held[document.id] = document
        return held


@asynccontextmanager
async def bind(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """For workers of a cluster."""
    made, index = topology(settings.data_dir), FileIndex(settings.data_dir / "index.jsonl")
    yield Parts(made, DirectPool(dict(made.stages)), index.write, index.forget)
