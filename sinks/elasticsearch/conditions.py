"""From a query to Elasticsearch's own: filters, and what the full text must hold.

Every word of the user is a value in JSON, and what is looked for in texts are words of letters and digits only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from arabic.fold import fold
from contracts.index import Query
from sinks.bounds import BIG, MAX_VALUES, safe, within
from sinks.countries import country_code
from sinks.elasticsearch.documents import instant
from sinks.eventtypes import resolve
from sinks.places import loose_key, query_keys
from sinks.words import MAX_TERMS, Term, consonants, forms, is_latin, parse, phrase_starts, words_of

Clause = dict[str, Any]
NOTHING: Clause = {"match_none": {}}
_TEXT = ["search.names^8", "search.words^4", "search.stems^2", "search.bare"]
_PHRASES = ["search.names^8", "search.words^4"]
_SOUND = ("search.sound", 1.0)
_SOUNDS = ("search.sounds", 0.5)
_ONE_ACTOR = 5_000  # half of the gap that the mapping puts between two actors: their words never meet
# What a date with nanoseconds can hold.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


class Asked(Struct, frozen=True):
    """The query in Elasticsearch's words; ``terms``: those of the text, which give the score."""

    query: Clause
    terms: tuple[Term, ...] = ()


def asked(query: Query, exists: Callable[[Clause], bool]) -> Asked:
    """Every filter of the query. ``exists`` says whether any event matches a clause: it chooses between exact and loose names."""
    filters = [*_plain(query), *_types(query), *_dates(query)]
    if query.place:
        filters.append(_place(query.place, exists))
    if query.actor:
        filters.append(_any_actor([query.actor, *query.actor_names]))
    if query.outlet:
        filters.append({"term": {"search.outlets": fold(safe(query.outlet))}})
    terms = parse(query.text)
    if terms == ():
        filters.append(NOTHING)
    must = [_text(terms, exists)] if terms else []
    return Asked({"bool": {"filter": filters, "must": must}}, terms or ())


def _one_of(field: str, values: Iterable[str]) -> list[Clause]:
    wanted = [safe(value) for value in values][:MAX_VALUES]
    return [{"terms": {field: wanted}}] if wanted else []


def _plain(query: Query) -> list[Clause]:
    found = [
        *_one_of("state", query.states),
        *_one_of("status", query.status),
        *_one_of("review", query.review),
        *_one_of("derived.country", map(country_code, query.countries)),
    ]
    if query.killed_min is not None:
        found.append({"range": {"derived.killed": {"gte": within(query.killed_min, BIG, -BIG)}}})
    if query.background is not None:
        found.append({"term": {"background": query.background}})
    return found


def _types(query: Query) -> list[Clause]:
    """Naming a PLOVER category asks for it; else what only PLOVER knows is left out."""
    types = resolve(map(safe, query.types[:MAX_VALUES]))
    chosen = [
        *_one_of("sub_event_type", types.sub_events),
        *_one_of("derived.family", types.families),
        *_one_of("plover", types.plover),
    ]
    found = [_any(chosen)] if query.types else []
    if not query.diplomatic and not types.plover:
        found.append({"term": {"derived.diplomatic": False}})
    return found


def _dates(query: Query) -> list[Clause]:
    """Overlap with the event's own dates: the undated fall out."""
    found: list[Clause] = []
    if query.since is not None:
        found.append({"range": {"derived.date_to": {"gte": query.since.isoformat()}}})
    if query.until is not None:
        found.append({"range": {"derived.date_from": {"lte": query.until.isoformat()}}})
    if query.changed_since is not None:
        since = query.changed_since if query.changed_since.tzinfo else query.changed_since.replace(tzinfo=UTC)
        found.append({"range": {"derived.indexed_at": {"gte": instant(min(max(since, _FIRST), _LAST))}}})
    return found


def _any(clauses: list[Clause]) -> Clause:
    return {"bool": {"should": clauses}} if clauses else NOTHING


def _place(place: str, exists: Callable[[Clause], bool]) -> Clause:
    known: Clause = {"terms": {"search.places": query_keys(safe(place))}}
    loose = loose_key(safe(place))
    return known if loose is None or exists(known) else {"term": {"search.places": loose}}


def _any_actor(names: Sequence[str]) -> Clause:
    return {"bool": {"should": [_actor(name) for name in names[:MAX_VALUES]], "minimum_should_match": 1}}


def _actor(actor: str) -> Clause:
    """All words must stand in the names of one actor."""
    tests: list[Clause] = []
    for word in words_of(safe(actor))[:MAX_TERMS]:
        sound = consonants(word) if is_latin(word) else None
        wanted = sorted(forms(word)) + ([f"~{sound}"] if sound else [])
        tests.append({"any_of": {"intervals": [{"match": {"query": form, "analyzer": "words"}} for form in wanted]}})
    if not tests:
        return NOTHING
    return {"intervals": {"search.actors": {"all_of": {"intervals": tests, "max_gaps": _ONE_ACTOR}}}}


def _text(terms: tuple[Term, ...], exists: Callable[[Clause], bool]) -> Clause:
    """Names by their sound are tried twice: where no English name is known, and, where nothing at all is found, everywhere."""
    strict = _all(terms, [_SOUND])
    if not any(is_latin(word) for term in terms for word in term.words) or exists(strict):
        return strict
    return _all(terms, [_SOUND, _SOUNDS])


def _all(terms: tuple[Term, ...], sounds: list[tuple[str, float]]) -> Clause:
    return {"bool": {"must": [_phrase(term) if term.phrase else _word(term.word, sounds) for term in terms]}}


def _word(word: str, sounds: list[tuple[str, float]]) -> Clause:
    found = [_match(" ".join(sorted(forms(word))), _TEXT, "most_fields")]
    sound = consonants(word) if is_latin(word) else None
    if sound:
        found += [{"term": {field: {"value": sound, "boost": boost}}} for field, boost in sounds]
    return _any(found)


def _phrase(term: Term) -> Clause:
    rest = " ".join(term.words[1:])
    return _any([_match(f"{first} {rest}", _PHRASES, "phrase") for first in phrase_starts(term.word)])


def _match(words: str, fields: list[str], kind: str) -> Clause:
    return {"multi_match": {"query": words, "fields": fields, "type": kind, "analyzer": "words"}}
