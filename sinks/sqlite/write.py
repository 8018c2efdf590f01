"""Writing of documents: the newest version of each id stays. Every function runs inside the transaction that is open."""

# ruff: noqa: S608 -- only names of our own tables and columns are put into a statement

from __future__ import annotations

import sqlite3
import zlib
from typing import TypeVar

from contracts.codec import decode, encode
from contracts.records import Article, Event
from sinks import rows
from sinks.forgetting import is_bare, without
from sinks.places import event_keys

_SIDE_TABLES = ("event_places", "event_actors", "event_outlets", "reports")
T = TypeVar("T", Article, Event)


def packed(document: Article | Event) -> bytes:
    """The document as it is kept: its JSON, compressed (a third to a quarter of its size)."""
    return zlib.compress(encode(document), 1)


def unpacked(kind: type[T], data: bytes) -> T:
    return decode(kind, zlib.decompress(data))


def write_article(connection: sqlite3.Connection, article: Article, indexed_at: int) -> bool:
    """Keeps the article where it is newer than what is there; whether it was."""
    cursor = connection.execute(
        "INSERT INTO articles VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
        " withdrawn = excluded.withdrawn, indexed_at = excluded.indexed_at, document = excluded.document"
        " WHERE excluded.version > version",
        (article.id, article.version, int(article.withdrawn), indexed_at, packed(article)),
    )
    return cursor.rowcount > 0


def write_event(connection: sqlite3.Connection, event: Event, indexed_at: int) -> bool:
    """Keeps the event where it is newer than what is there; whether it was."""
    known = connection.execute("SELECT n, version FROM events WHERE id = ?", (event.id,)).fetchone()
    if known and known[1] >= event.version:
        return False
    put_event(connection, event, indexed_at, known[0] if known else None)
    return True


def put_event(connection: sqlite3.Connection, event: Event, indexed_at: int, n: int | None) -> None:
    """Writes the event's rows in all tables, in place of those of row ``n``."""
    if n is not None:
        _clear(connection, n)
    row = {"n": n, **rows.columns(event, indexed_at)}
    marks = ", ".join("?" * len(row))
    cursor = connection.execute(
        f"INSERT OR REPLACE INTO events ({', '.join(row)}) VALUES ({marks})",
        tuple(row.values()),
    )
    n = cursor.lastrowid
    connection.execute("INSERT OR REPLACE INTO event_documents VALUES (?, ?)", (n, packed(event)))
    connection.executemany("INSERT INTO event_places VALUES (?, ?)", [(key, n) for key in sorted(event_keys(event))])
    connection.executemany(
        "INSERT INTO event_outlets VALUES (?, ?, ?)", [(key, n, outlet) for key, outlet in rows.outlets(event).items()]
    )
    connection.executemany(
        "INSERT OR IGNORE INTO reports VALUES (?, ?, ?, ?)",
        [(article, n, report, outlet) for article, report, outlet in rows.reports(event)],
    )
    _put_actors(connection, event, n)
    connection.execute(
        "INSERT INTO events_text (rowid, names, words, stems, bare, sound, sounds) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (n, *rows.text_columns(event)),
    )


def _clear(connection: sqlite3.Connection, n: int) -> None:
    for table in _SIDE_TABLES:
        connection.execute(f"DELETE FROM {table} WHERE n = ?", (n,))
    connection.execute("DELETE FROM events_text WHERE rowid = ?", (n,))


def _put_actors(connection: sqlite3.Connection, event: Event, n: int | None) -> None:
    for label, words in sorted(rows.actors(event)):
        connection.execute("INSERT OR IGNORE INTO actors (label, words) VALUES (?, ?)", (label, words))
        connection.execute(
            "INSERT OR IGNORE INTO event_actors"
            " SELECT ?, a, (SELECT min(a) FROM actors WHERE label = ?) FROM actors WHERE label = ? AND words = ?",
            (n, label, label, words),
        )


def forget_article(connection: sqlite3.Connection, article_id: str, indexed_at: int) -> int:
    """Takes out the article, its reports inside events, and the events that rest on it alone (a bare tombstone keeps their ids
    resolving). The number of documents removed: the article and the emptied events."""
    secure = connection.execute("PRAGMA secure_delete").fetchone()[0]
    connection.execute("PRAGMA secure_delete = ON").fetchone()
    removed = connection.execute("DELETE FROM articles WHERE id = ?", (article_id,)).rowcount
    touched = connection.execute("SELECT DISTINCT n FROM reports WHERE article_id = ?", (article_id,)).fetchall()
    for (n,) in touched:
        removed += _forget_in_event(connection, n, article_id, indexed_at)
    connection.execute(
        "DELETE FROM actors WHERE a NOT IN (SELECT a FROM event_actors) AND a NOT IN (SELECT l FROM event_actors)"
    )
    # Deleted words stay in older segments of the full text until these are merged, those of earlier versions too.
    connection.execute("INSERT INTO events_text (events_text) VALUES ('optimize')")
    connection.execute(f"PRAGMA secure_delete = {int(secure)}").fetchone()
    return removed


def _forget_in_event(connection: sqlite3.Connection, n: int, article_id: str, indexed_at: int) -> int:
    data = connection.execute("SELECT document FROM event_documents WHERE n = ?", (n,)).fetchone()[0]
    left = without(unpacked(Event, data), article_id)
    put_event(connection, left, indexed_at, n)
    return int(is_bare(left))
