"""The index of events in SQLite: an implementation of ``contracts.index.Index`` over a connection that someone else owns."""

# ruff: noqa: S608 -- what is put into a statement are conditions, columns and numbers written here

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from contracts.index import Facet, Hit, Query, Results
from contracts.outcomes import Unavailable
from contracts.records import Article, Document, Event
from sinks.bounds import MAX_FACET, MAX_LIMIT, safe, within
from sinks.snippet import snippet
from sinks.sqlite.conditions import Where, microseconds, where
from sinks.sqlite.schema import migrate, version
from sinks.sqlite.write import forget_article, unpacked, write_article, write_event

MAX_OFFSET = 1_000_000
PAGE = 500
"""Events that an export reads in one short read."""

# Faults that pass by themselves or by the operator's hand, by SQLite's primary code: busy, locked, I/O error, full, cannot open.
_AWAY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
_WEIGHTS = "8.0, 4.0, 2.0, 1.0, 1.0, 0.5"  # names, words, stems, bare, sound, sounds
_ORDER = {
    "relevance": "score DESC, e.date_start DESC, e.id",
    "date": "e.date_start DESC, e.id",
    "killed": "e.killed DESC, e.date_start DESC, e.id",
    "changed": "e.indexed_at DESC, e.id",
}
_FACETS = {
    # field: what it is counted by, the further join that this needs, and what one counts
    "sub_event_type": ("e.sub_event_type", "", "*"),
    "event_type": ("e.event_type", "", "*"),
    "country": ("e.country", "", "*"),
    "admin1": ("e.admin1", "", "*"),
    "place": ("e.place", "", "*"),
    "date": ("e.date_start", "", "*"),
    "status": ("e.status", "", "*"),
    "state": ("e.state", "", "*"),
    "outlet": ("side.outlet", "CROSS JOIN event_outlets side ON side.n = e.n", "*"),
    "actor": ("side.l", "CROSS JOIN event_actors side ON side.n = e.n", "DISTINCT e.n"),
}
_FACET_LABELS = {"actor": "(SELECT label FROM actors WHERE a = g.value)"}


def _now() -> datetime:
    return datetime.now(UTC)


class SqliteIndex:
    """Events and articles in the tables of ``sinks.sqlite.schema``.

    The connection may be in a transaction of its owner: then nothing is committed here, and sqlite3's errors pass through. Else
    each write is a transaction of its own and raises Unavailable where the disk is full or the file is locked. On a connection
    that only reads, and before the first write, every answer is empty."""

    def __init__(self, connection: sqlite3.Connection, *, clock: Callable[[], datetime] = _now) -> None:
        self._connection = connection
        self._clock = clock

    def write(self, documents: Sequence[Document]) -> None:
        """Keeps the newest version of each document."""
        at = microseconds(self._clock())
        with self._writing() as connection:
            for document in documents:
                if isinstance(document, Article):
                    write_article(connection, document, at)
                else:
                    write_event(connection, document, at)

    def forget(self, article_id: str) -> int:
        """Takes an article out, with what it reported; the number of documents removed (the article, and events that rested on
        it alone and are bare tombstones now)."""
        with self._writing() as connection:
            return forget_article(connection, safe(article_id), microseconds(self._clock()))

    def search(self, query: Query) -> Results:
        limit, offset = within(query.limit, MAX_LIMIT), within(query.offset, MAX_OFFSET)
        with self._reading() as ready:
            if not ready:
                return Results(total=0, hits=())
            found = where(self._connection, query)
            total = self._rows(f"SELECT count(*) {found.source()}", found)[0][0]
            score = f"-bm25(events_text, {_WEIGHTS})" if found.scored else "0.0"
            order = _ORDER[query.sort]
            page = f"SELECT e.n, {score} AS score {found.source()} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
            scores = dict(self._rows(page, found)) if limit else {}
            events = self._documents(list(scores))
        return Results(total=total, hits=tuple(_hit(events[n], score, found) for n, score in scores.items()))

    def facets(self, query: Query, fields: Sequence[Facet], size: int = 10) -> dict[str, list[tuple[str, int]]]:
        """The commonest values of each field among all that match, with their numbers of events; of dates the newest."""
        counted: dict[str, list[tuple[str, int]]] = {field: [] for field in fields}
        with self._reading() as ready:
            if not ready:
                return counted
            found = where(self._connection, query)
            for field in counted:
                counted[field] = self._rows(_facet_sql(found, field, within(size, MAX_FACET)), found)
        return counted

    def show(self, event_id: str) -> Event | None:
        """The event, following ``superseded_by`` as far as it leads; of ids that lead round in a circle, the one asked for."""
        with self._reading() as ready:
            first = event = self._event(event_id) if ready else None
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
        with self._reading() as ready:
            sql = "SELECT document FROM articles WHERE id = ?"
            row = self._connection.execute(sql, (safe(article_id),)).fetchone() if ready else None
        return unpacked(Article, row[0]) if row else None

    def events_of(self, article_id: str) -> list[str]:
        """The ids of the events, tombstones too, that carry a report of the article."""
        with self._reading() as ready:
            sql = "SELECT DISTINCT e.id FROM reports r JOIN events e ON e.n = r.n WHERE r.article_id = ? ORDER BY e.id"
            rows = self._connection.execute(sql, (safe(article_id),)).fetchall() if ready else []
        return [row[0] for row in rows]

    def export(self, query: Query) -> Iterator[Event]:
        """Every event that matched when the export began, by id, each as it stands when its page is read. Between pages no read
        is open, so that the writer can truncate its log; what left the asked states meanwhile is left out. Keeps eight bytes
        per event, and one page."""
        numbers = self._matching(query)
        for start in range(0, len(numbers), PAGE):
            for event in self._page(numbers[start : start + PAGE]):
                if not query.states or event.state in query.states:
                    yield event

    def count(self) -> dict[str, int]:
        """Documents: ``articles``, ``articles.withdrawn``, ``events.<state>``, and events by ``rules.<version>``."""
        counted = dict.fromkeys(
            ("articles", "articles.withdrawn", "events.live", "events.superseded", "events.retracted"), 0
        )
        with self._reading() as ready:
            if not ready:
                return counted
            run = self._connection.execute
            sql = "SELECT count(*), coalesce(sum(withdrawn), 0) FROM articles"
            counted["articles"], counted["articles.withdrawn"] = run(sql).fetchone()
            counted |= {f"events.{s}": n for s, n in run("SELECT state, count(*) FROM events GROUP BY state")}
            counted |= {
                f"rules.{r}": n for r, n in run("SELECT rules, count(*) FROM events GROUP BY rules ORDER BY rules")
            }
        return counted

    def _matching(self, query: Query) -> array[int]:
        with self._reading() as ready:
            if not ready:
                return array("q")
            found = where(self._connection, query)
            sql = f"SELECT e.n {found.source()} ORDER BY e.id"
            return array("q", (row[0] for row in self._connection.execute(sql, found.values)))

    def _page(self, numbers: array[int]) -> list[Event]:
        with self._reading():
            events = self._documents(numbers.tolist())
        return [events[n] for n in numbers if n in events]

    def _documents(self, numbers: Sequence[int]) -> dict[int, Event]:
        sql = f"SELECT n, document FROM event_documents WHERE n IN ({', '.join('?' * len(numbers))})"
        return {n: unpacked(Event, data) for n, data in self._connection.execute(sql, numbers)}

    def _event(self, event_id: str) -> Event | None:
        sql = "SELECT d.document FROM events e JOIN event_documents d ON d.n = e.n WHERE e.id = ?"
        row = self._connection.execute(sql, (safe(event_id),)).fetchone()
        return unpacked(Event, row[0]) if row else None

    def _rows(self, sql: str, found: Where) -> list[tuple]:  # type: ignore[type-arg]
        return self._connection.execute(sql, found.values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: the owner's where one is open, else one of our own."""
        if self._connection.in_transaction:
            migrate(self._connection)
            yield self._connection
            return
        with self._away(), self._ended():
            self._connection.execute("BEGIN IMMEDIATE")
            migrate(self._connection)
            yield self._connection

    @contextmanager
    def _reading(self) -> Iterator[bool]:
        """One short view of the tables; False where they do not exist yet."""
        if self._connection.in_transaction:
            yield version(self._connection) > 0
            return
        with self._away(), self._ended():
            self._connection.execute("BEGIN")
            yield version(self._connection) > 0

    @contextmanager
    def _ended(self) -> Iterator[None]:
        """Commits what was begun inside, or takes it back."""
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _away(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _AWAY:
                raise Unavailable(f"the index cannot be reached: {error}") from error
            raise


def _facet_sql(found: Where, field: str, size: int) -> str:
    """The commonest values first; dates by time, the newest first."""
    value, side, counted = _FACETS[field]
    grouped = f"SELECT {value} AS value, count({counted}) AS events {found.source(side)} AND {value} IS NOT NULL GROUP BY {value}"
    label = _FACET_LABELS.get(field, "g.value")
    order = "label DESC" if field == "date" else "g.events DESC, label"
    return f"SELECT {label} AS label, g.events FROM ({grouped}) g ORDER BY {order} LIMIT {size}"


def _hit(event: Event, score: float, found: Where) -> Hit:
    return Hit(event=event, score=score, snippet=snippet(event, found.terms) if found.terms else None)
