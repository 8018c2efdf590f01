"""What one record puts into its index: its own JSON, whole, with the fields that are derived from it at the end.

``derived`` holds what is filtered, sorted and counted by, and is shown by Kibana; ``search`` the words under which an event is
found. The latter is left out of the stored source: a third of a document otherwise says the rest again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from contracts.codec import decode, encode
from contracts.records import Actor, Article, Document, Event
from sinks import rows
from sinks.elasticsearch.schema import Kind, part_of
from sinks.places import event_keys


class Line(Struct, frozen=True):
    """One document on its way into the index, as JSON."""

    kind: Kind
    part: str
    id: str
    version: int
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body) + len(self.id) + 150  # about what stands before the document


def line(document: Document, at: datetime) -> Line:
    """The document with what is derived from it; ``at``: now, in UTC. Raises ValueError where it cannot be written as UTF-8."""
    kind, part = part_of(document)
    more: dict[str, Any] = {"derived": {"indexed_at": instant(at)}}
    if isinstance(document, Event):
        more = {"derived": derived(document, at), "search": searched(document)}
    body = encode(document)[:-1] + b"," + msgspec.json.encode(more)[1:]
    return Line(kind, part, document.id, document.version, body)


def event_of(source: object) -> Event:
    """The event in the source of a hit."""
    return decode(Event, msgspec.json.encode(source))


def article_of(source: object) -> Article:
    """The article in the source of a hit."""
    return decode(Article, msgspec.json.encode(source))


def instant(moment: datetime) -> str:
    """In UTC, to the microsecond; a moment without a zone is taken as UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def derived(event: Event, at: datetime) -> dict[str, Any]:
    """What an event is filtered, sorted and counted by."""
    row = rows.columns(event, 0)
    place = event.place
    located = place is not None and place.lat is not None and place.lon is not None
    return {
        "indexed_at": instant(at),
        **{name: row[name] for name in ("family", "country", "admin1", "place", "killed")},
        "location": {"lat": place.lat, "lon": place.lon} if place and located else None,
        "date_from": row["date_start"],
        "date_to": row["date_end"],
        "diplomatic": bool(row["diplomatic"]),
        "actors": sorted({label for label, _ in rows.actors(event)}),
        "initiators": _labels(event.initiators),
        "targets": _labels(event.targets),
        "pairs": [f"{one} → {other}" for one in _labels(event.initiators) for other in _labels(event.targets)],
        "outlets": list(rows.outlets(event).values()),
        "articles": list(dict.fromkeys(report.article_id for report in event.reports)),
        "disputed": sorted(event.disputed),
        "rising": _rises(event),
    }


def _labels(actors: Iterable[Actor]) -> list[str]:
    return list(dict.fromkeys(actor.name or actor.text for actor in actors))


def _rises(event: Event) -> bool:
    """Whether later reports tell of more killed than the first that told any."""
    told = [point.killed[0] for point in event.toll_history if point.killed]
    return bool(told) and told[-1] > told[0]


def searched(event: Event) -> dict[str, Any]:
    """Keys and words under which an event is found; see ``sinks.words`` and ``sinks.places``."""
    names, words, stems, bare, sound, sounds = rows.text_columns(event)
    return {
        "places": sorted(event_keys(event)),
        "outlets": list(rows.outlets(event)),
        "actors": sorted({words.strip() for _, words in rows.actors(event)}),
        "names": names,
        "words": words,
        "stems": stems,
        "bare": bare,
        "sound": sound,
        "sounds": sounds,
    }
