"""What one event puts into an index: columns to filter by, its keys, and the words by which it is found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from arabic.fold import fold
from arabic.stem import light_stem
from contracts.records import Actor, Event
from contracts.taxonomy import EVENT_TYPES, SUB_EVENTS
from sinks.countries import countries
from sinks.named import names
from sinks.places import event_country
from sinks.words import WORD, bare_forms, consonants, forms, words_of

MAX_REPORTS = 50
MAX_SIGNS = 40_000
"""Code points of an event's texts that are indexed."""
_APART = "¶"  # a token that no query holds: a phrase never reaches from one text into the next
_JOINT = f" {_APART} "
_TOKEN = re.compile(f"{WORD.pattern}|{_APART}")


def columns(event: Event, indexed_at: int) -> dict[str, object]:
    """What is filtered and counted by; ``indexed_at`` in microseconds since 1970. Dates as ISO text, the open end of a date is its start."""
    sub, place = SUB_EVENTS.get(event.sub_event_type or ""), event.place
    start = event.date_start or event.date_end
    end = event.date_end or start
    return {
        "id": event.id,
        "version": event.version,
        "state": event.state,
        "superseded_by": event.superseded_by,
        "family": sub.family if sub else _family_of(event.event_type),
        "event_type": event.event_type,
        "sub_event_type": event.sub_event_type,
        "plover": event.plover,
        "country": event_country(event),
        "admin1": place.admin1 if place else None,
        "place": (place.name or place.text) if place else None,
        "date_start": start.isoformat() if start else None,
        "date_end": end.isoformat() if end else None,
        "killed": killed(event),
        "status": event.status,
        "review": event.review,
        "background": int(event.background),
        "diplomatic": int(event.sub_event_type is None and event.plover is not None),
        "rules": event.rules,
        "indexed_at": indexed_at,
    }


def _family_of(event_type: str | None) -> str | None:
    return next((slug for slug, (name_en, _) in EVENT_TYPES.items() if name_en == event_type), None)


def killed(event: Event) -> int | None:
    """The best figure of the killed; None where nothing is told."""
    if event.fatalities:
        return event.fatalities.best
    return event.killed.low if event.killed else None


def outlets(event: Event) -> dict[str, str]:
    """Folded name -> the outlet as it stands."""
    named = chain(event.outlets, (report.outlet for report in event.reports))
    return {fold(outlet): outlet for outlet in named if outlet}


def reports(event: Event) -> Iterator[tuple[str, str, str | None]]:
    """Article id, report id and outlet of every report that the event carries whole."""
    for report in event.reports:
        yield report.article_id, report.id, report.outlet


def actors(event: Event) -> set[tuple[str, str]]:
    """Label and words (see ``actor_words``) of everyone who took part."""
    return {(actor.name or actor.text, actor_words(actor)) for actor in (*event.initiators, *event.targets)}


def actor_words(actor: Actor) -> str:
    """Every form under which the actor is looked for, between spaces; ``~`` before a sound."""
    return _actor_words(actor.text, actor.name, actor.name_en)


@lru_cache(maxsize=4096)
def _actor_words(text: str, name: str | None, name_en: str | None) -> str:
    words = set(words_of(_JOINT.join(filter(None, (text, name, name_en)))))
    sounds = set() if name_en else {f"~{sound}" for word in words if (sound := consonants(word))}
    return f" {' '.join(sorted(set().union(*map(forms, words), sounds)))} "


def text_columns(event: Event) -> tuple[str, str, str, str, str, str]:
    """names, words, stems, bare (see ``sinks.words``), sound (consonants of names without an English form) and sounds (of all)."""
    titles, words = _tokens(_names(event)), _tokens(_texts(event))
    every = [word for word in dict.fromkeys([*titles, *words]) if word != _APART]
    bare = chain.from_iterable(map(bare_forms, every))
    return (
        " ".join(titles),
        " ".join(words),
        " ".join(light_stem(word) for word in (*titles, *words) if word != _APART),
        " ".join(dict.fromkeys(bare)),
        _sounds(_named(event, english=False)),
        _sounds(_named(event, english=True)),
    )


def _tokens(texts: Iterable[str | None]) -> list[str]:
    """The words of all the texts, folded in one go (a fold of a short text costs nearly that of a long one)."""
    joined = _JOINT.join(dict.fromkeys(filter(None, texts)))
    return _TOKEN.findall(fold(joined[:MAX_SIGNS]))


def _names(event: Event) -> Iterator[str | None]:
    place, country = event.place, countries().get(event_country(event) or "")
    if place:
        yield from (place.name, place.name_en, place.text, place.admin2, place.admin1, place.admin1_en)
    if country:
        yield from country.names[2:]
    for actor in (*event.initiators, *event.targets):
        yield from (actor.name, actor.name_en, actor.text)


def _texts(event: Event) -> Iterator[str | None]:
    sub = SUB_EVENTS.get(event.sub_event_type or "")
    if sub:
        yield from (sub.name_ar, sub.name_en, *EVENT_TYPES[sub.family])
    yield from (event.summary_ar, event.summary_en, *event.weapons)
    for report in event.reports[:MAX_REPORTS]:
        yield from (report.trigger.text, report.evidence.text, report.title)
    if event.speaker:
        yield from (event.speaker.text, event.speaker.name)


def _named(event: Event, *, english: bool) -> Iterator[str]:
    """Names of places and actors: those whose English form is known, or those where it is not."""
    for named in names(event):
        if bool(named.name_en) == english:
            yield from filter(None, (named.name, named.name_en, named.text))


def _sounds(names: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(filter(None, map(consonants, words_of(_JOINT.join(names))))))
