"""Builds a new series of indices out of what is read, beside writers at work, and has it take the other's place in one step.

Every document is made anew from its record, with today's mapping, analyzers and words. What is written while this runs is in both series
(see ``series``). A forgetting is, too: each page is compared with its source after it was written, until nothing has changed under it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch, NotFoundError
from msgspec import Struct

from contracts.outcomes import RejectedDocuments, Unavailable
from sinks.elasticsearch import series
from sinks.elasticsearch.bulk import Bulk, batches
from sinks.elasticsearch.connection import ElasticsearchSettings
from sinks.elasticsearch.documents import Line, article_of, event_of, line
from sinks.elasticsearch.faults import told
from sinks.elasticsearch.schema import Kind, Names

PAGE = 200
PATIENCE = 120.0
"""Seconds that a node which is away or busy is waited for; then the operator is told, and may go on later."""
_KEPT = "10m"  # how long a view is held between two pages
_LONGEST_PAUSE = 10.0

Progress = Callable[[int, int], None]


class Rebuilt(Struct, frozen=True):
    """``series``: the one that is read from now on; ``documents``: how many were written; ``left``: indices that nobody reads any more."""

    series: int
    documents: int
    left: tuple[str, ...]


class _Seen(Struct, frozen=True):
    """A document of the source as it was read."""

    line: Line
    change: tuple[int, int]
    """Sequence number and primary term: another after every write."""


class Rebuild:
    """One rebuild. ``clock`` gives the time for documents that do not say when they were indexed."""

    def __init__(
        self,
        client: Elasticsearch,
        names: Names,
        bulk: Bulk,
        settings: ElasticsearchSettings,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._names, self._bulk, self._settings = client, names, bulk, settings
        self._clock, self._sleep = clock, sleep
        self._number = 0
        self._done = self._total = 0

    def run(self, number: int, progress: Progress) -> Rebuilt:
        """Copies what the series lacks, and publishes it. Raises RejectedDocuments where it does not take some, and Unavailable; in both
        cases what was read before is read on, and another run goes on from there."""
        self._number, self._done = number, 0
        sources = series.read_now(self._client, self._names)
        before = series.copied(self._client, self._names, number)
        left = [(kind, index) for kind, index in sources if index not in before]
        with told():
            counted = [int(self._client.count(index=index)["count"]) for _, index in left]
        self._total = sum(counted)
        progress(0, self._total)
        for kind, index in left:
            self._patiently(kind, index, progress)
            series.mark_copied(self._client, self._names, number, index)
        progress(self._done, self._done)
        return Rebuilt(number, self._done, tuple(series.publish(self._client, self._names, number)))

    def _patiently(self, kind: Kind, index: str, progress: Progress) -> None:
        """Copies an index. One that goes away meanwhile is waited for, and then copied from its beginning: most is there already."""
        began, pause, waited = self._done, 0.5, 0.0
        while True:
            try:
                for page in self._pages(kind, index):
                    self._copy(index, page)
                    self._done, waited = self._done + len(page), 0.0
                    progress(self._done, max(self._total, self._done))
            except (Unavailable, NotFoundError) as error:  # not found: the view, which a node forgets with its end
                if waited >= PATIENCE:
                    raise Unavailable(f"{error}; give the command again later: it goes on with {index}") from error
                self._sleep(pause)
                self._done, waited, pause = began, waited + pause, min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _pages(self, kind: Kind, index: str) -> Iterator[list[_Seen]]:
        """All that was written to the index before now."""
        with told():
            self._client.indices.refresh(index=index)
            view = self._client.open_point_in_time(index=index, keep_alive=_KEPT)["id"]
        after: list[Any] | None = None
        try:
            while True:
                with told():
                    answer = self._client.search(
                        pit={"id": view, "keep_alive": _KEPT}, sort=[{"_shard_doc": "asc"}], size=PAGE, search_after=after,
                        seq_no_primary_term=True, track_total_hits=False, allow_partial_search_results=False,
                    )  # fmt: skip
                hits = answer["hits"]["hits"]
                if hits:
                    yield [self._seen(kind, hit) for hit in hits]
                if len(hits) < PAGE:
                    return
                after = hits[-1]["sort"]
        finally:
            with told():
                self._client.options(ignore_status=404).close_point_in_time(id=view)

    def _seen(self, kind: Kind, hit: Any) -> _Seen:
        source = hit["_source"]
        told_at = source.get("derived", {}).get("indexed_at")
        at = datetime.fromisoformat(told_at) if told_at else self._clock()
        document = article_of(source) if kind == "articles" else event_of(source)
        return _Seen(line(document, at), _change(hit))

    def _copy(self, index: str, page: Sequence[_Seen]) -> None:
        """Writes a page, until what was written is what the source holds."""
        self._write([one.line for one in page], newer=True)
        known = {one.line.id: one for one in page}
        while known:
            changed = self._changed(index, known)
            self._write([one.line for one in changed], newer=False)
            known = {one.line.id: one for one in changed}

    def _changed(self, index: str, known: dict[str, _Seen]) -> list[_Seen]:
        """What stands otherwise in the source than it was read; what is no longer there is taken out of the series."""
        changed: list[str] = []
        for document in self._documents(index, list(known), source=False):
            one = known[document["_id"]].line
            if not document.get("found"):
                with told():
                    target = self._names.index(one.kind, one.part, self._number)
                    self._client.options(ignore_status=404).delete(index=target, id=one.id)
            elif _change(document) != known[one.id].change:
                changed.append(one.id)
        if not changed:
            return []
        kind = next(iter(known.values())).line.kind
        again = self._documents(index, changed, source=True)
        there = [self._seen(kind, document) for document in again if document.get("found")]
        gone = {one: known[one] for one in changed} if len(there) < len(changed) else {}
        return [*there, *(self._changed(index, gone) if gone else [])]

    def _documents(self, index: str, ids: list[str], *, source: bool) -> list[Any]:
        """As they stand at this moment, refreshed or not."""
        with told():
            answer = self._client.mget(index=index, ids=ids, source=source)
        found: list[Any] = answer["docs"]
        return found

    def _write(self, lines: Sequence[Line], *, newer: bool) -> None:
        rejected: dict[str, str] = {}
        for batch in batches(lines, self._settings):
            rejected |= self._bulk.send(batch, self._number, newer=newer).rejected
        if rejected:
            raise RejectedDocuments(rejected)


def _change(document: Any) -> tuple[int, int]:
    return int(document["_seq_no"]), int(document["_primary_term"])
