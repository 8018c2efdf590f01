"""The index of events in Elasticsearch: an implementation of ``contracts.index.Index`` over the official client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from elasticsearch import Elasticsearch

from contracts.index import Facet, Hit, Query, Results
from contracts.outcomes import RejectedDocuments
from contracts.records import Article, Document, Event
from sinks.bounds import MAX_FACET, MAX_LIMIT, safe, within
from sinks.elasticsearch import schema
from sinks.elasticsearch.bulk import Bulk, batches
from sinks.elasticsearch.conditions import Asked, Clause, asked
from sinks.elasticsearch.connection import ElasticsearchSettings, check_version, connect
from sinks.elasticsearch.documents import Line, article_of, event_of, line
from sinks.elasticsearch.faults import told
from sinks.elasticsearch.forget import forget_article
from sinks.elasticsearch.rebuild import Progress, Rebuild, Rebuilt
from sinks.elasticsearch.series import Standing, abandon, begin, delete, publish, standing
from sinks.snippet import snippet

WINDOW = 10_000
"""Hits that pages reach; all of them are had by ``export``."""
PAGE = 500
"""Events that an export reads in one request."""
_KEPT = "5m"  # how long a view is held between two pages of an export
_ORDER: dict[str, list[Clause | str]] = {
    "relevance": [{"_score": "desc"}, {"derived.date_from": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
    "date": [{"derived.date_from": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
    "killed": [
        {"derived.killed": {"order": "desc", "missing": "_last"}},
        {"derived.date_from": {"order": "desc", "missing": "_last"}},
        {"id": "asc"},
    ],
    "changed": [{"derived.indexed_at": "desc"}, {"id": "asc"}],
}
_FACETS = {
    "sub_event_type": "sub_event_type",
    "event_type": "event_type",
    "country": "derived.country",
    "admin1": "derived.admin1",
    "place": "derived.place",
    "actor": "derived.actors",
    "outlet": "derived.outlets",
    "date": "derived.date_from",
    "status": "status",
    "state": "state",
}
_STATES = ("live", "superseded", "retracted")


def _now() -> datetime:
    return datetime.now(UTC)


class ElasticsearchIndex:
    """Events and articles in indices under one prefix. What is written is durable at once, and found after the next refresh (a
    second by default, or ``refresh``). Before the first write every answer is empty. Not to be shared by threads that write.

    Every method raises Unavailable where the node is away or busy, and IndexRefused where it cannot be used."""

    def __init__(
        self,
        settings: ElasticsearchSettings,
        *,
        client: Elasticsearch | None = None,
        clock: Callable[[], datetime] = _now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._clock, self._sleep = settings, clock, sleep
        self._client = client or connect(settings)
        self._names = schema.Names(settings.prefix)
        self._bulk = Bulk(self._client, self._names, settings, sleep)
        self._is_set_up = False

    def setup(self) -> None:
        """Checks the server's version, installs the templates, and adds new fields to the indices that are written."""
        check_version(self._client)
        series = self._settings.series
        written = {series} if series is not None else self._standing().written
        schema.install(self._client, self._names, written)
        self._is_set_up = True

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def refresh(self) -> None:
        """Has everything that is written found by the searches that follow."""
        with told():
            self._client.indices.refresh(index=self._all(), allow_no_indices=True)

    def write(self, documents: Sequence[Document]) -> None:
        """Keeps the newest version of each document. Raises RejectedDocuments, once all the others are in the index."""
        if not self._is_set_up:
            self.setup()
        rejected: dict[str, str] = {}
        for batch in batches(self._lines(documents, rejected), self._settings):
            rejected |= self._written(batch)
        if rejected:
            raise RejectedDocuments(rejected)

    def _written(self, batch: Sequence[Line]) -> dict[str, str]:
        """The lines that are refused. The others are in the series that is read and in the one that is being built, as these stand after
        the last write: whoever copies the one or publishes the other cannot miss them."""
        sent = self._bulk.send(batch, self._settings.series)
        rejected, landed = dict(sent.rejected), set(sent.series)
        while self._settings.series is None and (missing := self._standing().written - landed):
            for series in sorted(missing):
                rejected |= self._bulk.send(batch, series).rejected
            landed |= missing
        return rejected

    def _standing(self) -> Standing:
        return standing(self._client, self._names)

    def _lines(self, documents: Sequence[Document], rejected: dict[str, str]) -> list[Line]:
        lines, at = [], self._clock()
        for document in documents:
            try:
                lines.append(line(document, at))
            except ValueError as error:  # halves of surrogate pairs
                rejected[document.id] = f"it cannot be written as JSON: {error}"
        return lines

    def forget(self, article_id: str) -> int:
        """Takes an article out, with what it reported, from every series; the number of documents removed (the article, and events
        that rested on it alone and are bare tombstones now). What it held leaves the disk with the merge that this asks for."""
        with told():
            return forget_article(self._client, self._names, safe(article_id), self._clock())

    def search(self, query: Query) -> Results:
        limit, offset = within(query.limit, MAX_LIMIT), max(0, query.offset)
        size = limit if offset + limit <= WINDOW else max(0, WINDOW - offset)
        found = self._asked(query)
        answer = self._search(
            query=found.query,
            sort=_ORDER[query.sort],
            from_=min(offset, WINDOW) if size else 0,
            size=size,
            track_total_hits=True,
            track_scores=bool(found.terms),
        )
        hits = tuple(_hit(hit, found) for hit in answer["hits"]["hits"])
        return Results(total=answer["hits"]["total"]["value"], hits=hits)

    def facets(self, query: Query, fields: Sequence[Facet], size: int = 10) -> dict[str, list[tuple[str, int]]]:
        """The commonest values of each field among all that match, with their numbers of events; of dates the newest."""
        size = within(size, MAX_FACET)
        answer = self._search(
            query=self._asked(query).query, size=0, aggregations={field: _facet(field, size) for field in fields}
        )
        counted = answer.get("aggregations", {})
        return {field: _counted(counted[field]["buckets"])[:size] if field in counted else [] for field in fields}

    def show(self, event_id: str) -> Event | None:
        """The event, following ``superseded_by`` as far as it leads; of ids that lead round in a circle, the one asked for."""
        first = event = self._event(event_id)
        seen = {event_id}
        while event and event.superseded_by:
            if event.superseded_by in seen:
                return first
            seen.add(event.superseded_by)
            following = self._event(event.superseded_by)
            if following is None:
                return event
            event = following
        return event

    def article(self, article_id: str) -> Article | None:
        source = self._by_id("articles", article_id)
        return None if source is None else article_of(source)

    def events_of(self, article_id: str) -> list[str]:
        """The ids of the events, tombstones too, that carry a report of the article."""
        wanted = {"term": {"derived.articles": safe(article_id)}}
        answer = self._search(query=wanted, sort=[{"id": "asc"}], size=WINDOW, source=False)
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    def export(self, query: Query) -> Iterator[Event]:
        """Every event that matched when the export began, by id, each as it stands when its page is read; what left the asked states
        meanwhile is left out. Keeps one page."""
        found = self._asked(query)
        first = self._search(query=found.query, sort=[{"id": "asc"}], size=PAGE)["hits"]["hits"]
        if len(first) < PAGE:
            yield from (event_of(hit["_source"]) for hit in first)
            return
        for names in self._matching(found.query):
            with told():
                answer = self._client.mget(docs=names)
            for document in answer["docs"]:
                if not document.get("found"):
                    continue
                event = event_of(document["_source"])
                if not query.states or event.state in query.states:
                    yield event

    def count(self) -> dict[str, int]:
        """Documents: ``articles``, ``articles.withdrawn``, ``events.<state>``, and events by ``rules.<version>``."""
        articles = self._search("articles", size=0, track_total_hits=True, aggregations={
            "withdrawn": {"filter": {"term": {"withdrawn": True}}}
        })  # fmt: skip
        fields = {field: {"terms": {"field": field, "size": MAX_FACET}} for field in ("state", "rules")}
        events = self._search(size=0, aggregations=fields).get("aggregations", {})
        counted = {
            "articles": articles["hits"]["total"]["value"],
            "articles.withdrawn": articles.get("aggregations", {}).get("withdrawn", {}).get("doc_count", 0),
            **{f"events.{state}": 0 for state in _STATES},
        }
        for field, name in (("state", "events"), ("rules", "rules")):
            buckets = events.get(field, {}).get("buckets", [])
            counted |= {f"{name}.{value}": number for value, number in sorted(_counted(buckets))}
        return counted

    def publish(self) -> list[str]:
        """Has everyone read and write the series of the settings; the indices that are left behind, for the operator to delete."""
        return publish(self._client, self._names, self._settings.series or 0)

    def series(self) -> int:
        """The series that is read."""
        return self._standing().published

    def building(self) -> int | None:
        """The series that a rebuild has begun, and not yet published."""
        return self._standing().building

    def rebuild(
        self, progress: Progress = lambda done, total: None, *, anew: bool = False, drop_old: bool = False
    ) -> Rebuilt:
        """Writes everything that is read into a new series, which then takes its place in one step; writers go on meanwhile. One that
        was begun goes on, or with ``anew`` begins again. ``drop_old``: the indices left behind are deleted."""
        check_version(self._client)
        if anew:
            abandon(self._client, self._names)
        number = begin(self._client, self._names)
        schema.install(self._client, self._names, {number})
        rebuild = Rebuild(self._client, self._names, self._bulk, self._settings, clock=self._clock, sleep=self._sleep)
        done = rebuild.run(number, progress)
        if drop_old:
            delete(self._client, list(done.left))
        return done

    def _all(self) -> list[str]:
        return [self._names.pattern(kind) for kind in schema.KINDS]

    def _asked(self, query: Query) -> Asked:
        return asked(query, self._exists)

    def _exists(self, clause: Clause) -> bool:
        answer = self._search(query=clause, size=0, terminate_after=1, track_total_hits=True)
        return bool(answer["hits"]["total"]["value"])

    def _search(self, kind: schema.Kind = "events", **request: Any) -> Any:
        """An answer from all shards, or none: half a result would pass for a whole one."""
        with told():
            return self._client.search(
                index=self._names.read(kind), ignore_unavailable=True, allow_partial_search_results=False, **request
            ).body

    def _by_id(self, kind: schema.Kind, ident: str) -> Any:
        answer = self._search(kind, query={"ids": {"values": [safe(ident)]}}, size=1)
        return next((hit["_source"] for hit in answer["hits"]["hits"]), None)

    def _event(self, event_id: str) -> Event | None:
        source = self._by_id("events", event_id)
        return None if source is None else event_of(source)

    def _matching(self, wanted: Clause) -> Iterator[list[dict[str, str]]]:
        """Index and id of all that matches in one view, page by page."""
        with told():
            view = self._client.open_point_in_time(index=self._names.read("events"), keep_alive=_KEPT)["id"]
        try:
            after: list[Any] | None = None
            while True:
                with told():
                    answer = self._client.search(
                        pit={"id": view, "keep_alive": _KEPT},
                        query=wanted,
                        sort=[{"id": "asc"}],
                        size=PAGE,
                        search_after=after,
                        source=False,
                        track_total_hits=False,
                        allow_partial_search_results=False,
                    )
                hits = answer["hits"]["hits"]
                if hits:
                    yield [{"_index": hit["_index"], "_id": hit["_id"]} for hit in hits]
                if len(hits) < PAGE:
                    return
                after = hits[-1]["sort"]
        finally:
            self._client.options(ignore_status=404).close_point_in_time(id=view)


def _facet(field: str, size: int) -> Clause:
    """Dates by time, the newest first; else the commonest, then by value. Each month's index gives more than is asked, so that the
    sum over them is right for all but the rarest."""
    order = {"_key": "desc"} if field == "date" else {"_count": "desc"}
    most = max(1, size)
    terms: dict[str, Any] = {"field": _FACETS[field], "size": most, "shard_size": most * 5 + 200, "order": order}
    return {"terms": terms}


def _counted(buckets: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(str(bucket.get("key_as_string", bucket["key"])), bucket["doc_count"]) for bucket in buckets]


def _hit(hit: dict[str, Any], found: Asked) -> Hit:
    event = event_of(hit["_source"])
    return Hit(event=event, score=hit["_score"] or 0.0, snippet=snippet(event, found.terms) if found.terms else None)
