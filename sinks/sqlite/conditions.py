"""From a query to SQL: conditions on ``events e`` with their values, and the expression for the full text.

Every word of the user is a bound value; into the full-text expression go only words of letters and digits, in quotes."""

# ruff: noqa: S608 -- what is put into a statement are marks (?) and conditions written here

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from arabic.fold import fold
from contracts.index import Query
from sinks.bounds import BIG, MAX_VALUES, safe, within
from sinks.countries import country_code
from sinks.eventtypes import resolve
from sinks.places import loose_key, query_keys
from sinks.words import MAX_TERMS, Term, consonants, forms, is_latin, parse, phrase_starts, words_of


class Where(Struct, frozen=True):
    """FROM and the conditions of all that matches, with the values of their marks; ``scored``: the full text takes part, so that
    bm25 can be asked for; ``terms``: the words of the text."""

    tables: str
    conditions: str
    values: tuple[object, ...]
    scored: bool = False
    terms: tuple[Term, ...] = ()

    def source(self, side: str = "") -> str:
        """FROM … WHERE …, with a further join where one is needed."""
        return f"FROM {self.tables} {side} WHERE {self.conditions}"


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC; a moment without a zone is taken as UTC."""
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


class _Conditions:
    """Gathers conditions with their values in step."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.values: list[object] = []
        self.sets: list[tuple[str, tuple[object, ...]]] = []

    def add(self, sql: str, *values: object) -> None:
        self.parts.append(sql)
        self.values += values

    def within(self, sql: str, *values: object) -> None:
        """The event is one of those whose numbers the statement gives."""
        self.sets.append((sql, values))

    def one_of(self, column: str, values: Iterable[str]) -> None:
        values = [safe(value) for value in values][:MAX_VALUES]
        if len(values) == 1:  # not IN: only equality lets an index give the order
            self.add(f"{column} = ?", *values)
        elif values:
            self.add(f"{column} IN ({_marks(values)})", *values)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def where(connection: sqlite3.Connection, query: Query) -> Where:
    """The conditions of every filter of the query. Reads the index to choose between exact and loose names."""
    found = _Conditions()
    found.one_of("e.state", query.states)
    found.one_of("e.status", query.status)
    found.one_of("e.review", query.review)
    found.one_of("e.country", map(country_code, query.countries))
    _types(found, query)
    _dates(found, query)
    if query.killed_min is not None:
        found.add("e.killed >= ?", within(query.killed_min, BIG, -BIG))
    if query.background is not None:
        found.add("e.background = ?", int(query.background))
    if query.changed_since is not None:
        found.add("e.indexed_at >= ?", microseconds(query.changed_since))
    if query.place:
        _place(found, connection, query.place)
    if query.actor:
        _actor(found, [query.actor, *query.actor_names])
    if query.outlet:
        found.within("SELECT n FROM event_outlets WHERE key = ?", fold(safe(query.outlet)))
    terms = parse(query.text)
    if terms == ():
        found.add("0")
    return _driven(found, _match(connection, terms) if terms else None, terms or ())


def _driven(found: _Conditions, match: str | None, terms: tuple[Term, ...]) -> Where:
    """The narrowest table first, by CROSS JOIN: left alone, SQLite walks all events by date and asks the others of each one
    (seconds instead of milliseconds)."""
    tables = "events e"
    first: list[str] = []
    values: list[object] = []
    if match is not None:
        tables, first, values = (
            "events_text CROSS JOIN events e ON e.n = events_text.rowid",
            ["events_text MATCH ?"],
            [match],
        )
    elif found.sets:
        sql, inside = found.sets.pop(0)
        tables, values = f"(SELECT DISTINCT n FROM ({sql})) s CROSS JOIN events e ON e.n = s.n", list(inside)
    for sql, inside in found.sets:
        found.add(f"e.n IN ({sql})", *inside)
    conditions = " AND ".join([*first, *found.parts]) or "1"
    return Where(tables, conditions, (*values, *found.values), match is not None, terms)


def _types(found: _Conditions, query: Query) -> None:
    """Naming a PLOVER category asks for it; else what only PLOVER knows is left out."""
    types = resolve(map(safe, query.types[:MAX_VALUES]))
    chosen = _Conditions()
    chosen.one_of("e.sub_event_type", types.sub_events)
    chosen.one_of("e.family", types.families)
    chosen.one_of("e.plover", types.plover)
    if query.types:
        found.add(f"({' OR '.join(chosen.parts) or '0'})", *chosen.values)
    if not query.diplomatic and not types.plover:
        found.add("e.diplomatic = 0")


def _dates(found: _Conditions, query: Query) -> None:
    """Overlap with the event's own dates; NULL compares to nothing, so the undated fall out."""
    if query.since is not None:
        found.add("e.date_end >= ?", query.since.isoformat())
    if query.until is not None:
        found.add("e.date_start <= ?", query.until.isoformat())


def _place(found: _Conditions, connection: sqlite3.Connection, place: str) -> None:
    keys = query_keys(safe(place))
    known = f"SELECT 1 FROM event_places WHERE key IN ({_marks(keys)}) LIMIT 1"
    if not connection.execute(known, keys).fetchone():
        loose = loose_key(safe(place))
        keys = [loose] if loose else keys
    found.within(f"SELECT n FROM event_places WHERE key IN ({_marks(keys)})", *keys)


def _actor(found: _Conditions, names: Sequence[str]) -> None:
    """All words of one of the names must stand in those of one actor."""
    tests = [_named(name) for name in names[:MAX_VALUES]]
    inside = " OR ".join(f"({' AND '.join(test.parts)})" for test in tests if test.parts) or "0"
    values = [value for test in tests for value in test.values]
    found.within(f"SELECT n FROM event_actors WHERE a IN (SELECT a FROM actors WHERE {inside})", *values)


def _named(actor: str) -> _Conditions:
    tests = _Conditions()
    for word in words_of(safe(actor))[:MAX_TERMS]:
        sound = consonants(word) if is_latin(word) else None
        wanted = [f" {form} " for form in sorted(forms(word))] + ([f" ~{sound} "] if sound else [])
        tests.add(f"({' OR '.join(['instr(words, ?)'] * len(wanted))})", *wanted)
    return tests


def _match(connection: sqlite3.Connection, terms: tuple[Term, ...]) -> str:
    """Names by their sound are tried twice: where no English name is known, and, where nothing at all is found, everywhere."""
    strict = _expression(terms, "sound")
    if not any(is_latin(word) for term in terms for word in term.words):
        return strict
    found = connection.execute("SELECT 1 FROM events_text WHERE events_text MATCH ? LIMIT 1", (strict,)).fetchone()
    return strict if found else _expression(terms, "sound sounds")


def _expression(terms: tuple[Term, ...], sounds: str) -> str:
    return " AND ".join(_phrase(term) if term.phrase else _word(term.word, sounds) for term in terms)


def _word(word: str, sounds: str) -> str:
    wanted = " OR ".join(f'"{form}"' for form in sorted(forms(word)))
    expression = f"{{names words stems bare}} : ({wanted})"
    sound = consonants(word) if is_latin(word) else None
    return f'({expression} OR {{{sounds}}} : "{sound}")' if sound else f"({expression})"


def _phrase(term: Term) -> str:
    rest = " ".join(term.words[1:])
    wanted = " OR ".join(f'"{first} {rest}"' for first in phrase_starts(term.word))
    return f"({{names words}} : ({wanted}))"
