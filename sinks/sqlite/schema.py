"""Tables of the search index inside the one SQLite file, made and migrated on demand.

Their version stands in ``index_meta``, since ``PRAGMA user_version`` belongs to the owner of the file. The text is kept in a plain
FTS5 table: a stored copy of the folded text is what lets a row be taken out by any version of the code that wrote it. FTS5's
``secure-delete`` is not set: it makes a file that SQLite before 3.42 refuses to open; ``forget`` merges the index instead.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

MIGRATIONS = (
    """
    CREATE TABLE articles (
      id TEXT PRIMARY KEY, version INTEGER NOT NULL, withdrawn INTEGER NOT NULL, indexed_at INTEGER NOT NULL,
      document BLOB NOT NULL);
    -- the columns that are filtered and counted by; documents lie apart, so that a scan reads narrow rows
    CREATE TABLE events (
      n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, state TEXT NOT NULL, superseded_by TEXT,
      family TEXT, event_type TEXT, sub_event_type TEXT, plover TEXT, country TEXT, admin1 TEXT, place TEXT,
      date_start TEXT, date_end TEXT, killed INTEGER, status TEXT NOT NULL, review TEXT NOT NULL,
      background INTEGER NOT NULL, diplomatic INTEGER NOT NULL, rules TEXT NOT NULL, indexed_at INTEGER NOT NULL);
    -- holds every column that is filtered or counted by: 100,000 events are counted in 20 ms, against 400 through the rows
    CREATE INDEX events_by_date ON events (
      state, diplomatic, date_start DESC, id, date_end, family, event_type, sub_event_type, country, admin1, place, killed,
      status, review, background);
    CREATE INDEX events_by_killed ON events (state, diplomatic, killed DESC, date_start DESC, id);
    CREATE INDEX events_by_change ON events (indexed_at);
    CREATE TABLE event_documents (n INTEGER PRIMARY KEY, document BLOB NOT NULL);
    CREATE TABLE event_places (key TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (key, n)) WITHOUT ROWID;
    CREATE INDEX event_places_by_event ON event_places (n);
    -- every actor once, with its words between spaces; who took part in what; l: the first actor of that label, to count by
    CREATE TABLE actors (a INTEGER PRIMARY KEY, label TEXT NOT NULL, words TEXT NOT NULL, UNIQUE (label, words));
    CREATE TABLE event_actors (n INTEGER NOT NULL, a INTEGER NOT NULL, l INTEGER NOT NULL, PRIMARY KEY (n, a)) WITHOUT ROWID;
    CREATE INDEX event_actors_by_actor ON event_actors (a, n);
    CREATE TABLE event_outlets (
      key TEXT NOT NULL, n INTEGER NOT NULL, outlet TEXT NOT NULL, PRIMARY KEY (key, n)) WITHOUT ROWID;
    CREATE INDEX event_outlets_by_event ON event_outlets (n, outlet);
    CREATE TABLE reports (
      article_id TEXT NOT NULL, n INTEGER NOT NULL, id TEXT NOT NULL, outlet TEXT,
      PRIMARY KEY (article_id, n, id)) WITHOUT ROWID;
    CREATE INDEX reports_by_event ON reports (n);
    -- names, words: folded; stems, bare: see sinks.words; sound: consonants of names without an English form; sounds: of all.
    -- The text is cut into words before it comes here: "ascii" leaves every sign beyond ASCII inside its word.
    CREATE VIRTUAL TABLE events_text USING fts5 (names, words, stems, bare, sound, sounds, tokenize = 'ascii');
    """,
)


class NewerIndex(Exception):
    """The tables were written by a newer version of Rasid: update it to open them."""


def version(connection: sqlite3.Connection) -> int:
    """The number of migrations that were done; 0 where the tables do not exist."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'index_meta'").fetchone():
        return 0
    found = int(connection.execute("SELECT value FROM index_meta WHERE key = 'version'").fetchone()[0])
    if found > len(MIGRATIONS):
        raise NewerIndex(f"the index has version {found}, this Rasid knows {len(MIGRATIONS)}: update Rasid to open it")
    return found


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migrate(connection: sqlite3.Connection) -> None:
    """Brings the tables to the newest version, inside the transaction that is open."""
    done = version(connection)
    if done == len(MIGRATIONS):
        return
    if done == 0:
        connection.execute("CREATE TABLE index_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        connection.execute("INSERT INTO index_meta VALUES ('version', '0')")
    for script in MIGRATIONS[done:]:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute("UPDATE index_meta SET value = ? WHERE key = 'version'", (str(len(MIGRATIONS)),))
