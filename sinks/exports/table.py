"""An event as one flat row: the columns that CSV, XLSX and GeoJSON share, in their order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date, datetime

from contracts.records import Actor, Count, Event
from contracts.taxonomy import SUB_EVENTS
from sinks.places import event_country

Cell = str | int | float | bool | date | datetime | None
JOINT = "; "
"""Between the values of a cell that holds several."""

# A Latin or Arabic spreadsheet takes a text that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """A text that no spreadsheet reads as a formula: with an apostrophe before it where it begins like one."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS) else text


def coordinates(event: Event) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, where the event has such as lie on the Earth."""
    place = event.place
    if place is None or place.lat is None or place.lon is None:
        return None
    if not (math.isfinite(place.lat) and math.isfinite(place.lon) and abs(place.lat) <= 90 and abs(place.lon) <= 180):
        return None
    return place.lat, place.lon


def _joined(values: Iterable[str | None]) -> str | None:
    return JOINT.join(dict.fromkeys(filter(None, values))) or None


def _actors(actors: Iterable[Actor]) -> str | None:
    return _joined(actor.name or actor.text for actor in actors)


def _low(count: Count | None) -> int | None:
    return count.low if count else None


def _high(count: Count | None) -> int | None:
    return count.high if count else None


def _place(field: str) -> Callable[[Event], Cell]:
    return lambda event: getattr(event.place, field) if event.place else None


def _type_ar(event: Event) -> str | None:
    return SUB_EVENTS[event.sub_event_type].name_ar if event.sub_event_type in SUB_EVENTS else None


COLUMNS: dict[str, Callable[[Event], Cell]] = {
    "id": lambda e: e.id,
    "state": lambda e: e.state,
    "superseded_by": lambda e: e.superseded_by,
    "version": lambda e: e.version,
    "date_start": lambda e: e.date_start,
    "date_end": lambda e: e.date_end,
    "date_precision": lambda e: e.date_precision,
    "event_type": lambda e: e.event_type,
    "sub_event_type": lambda e: e.sub_event_type,
    "sub_event_type_ar": _type_ar,
    "plover": lambda e: e.plover,
    "plover_mode": lambda e: e.plover_mode,
    "quad_class": lambda e: e.quad_class,
    "place": lambda e: (e.place.name or e.place.text) if e.place else None,
    "place_en": _place("name_en"),
    "admin1": _place("admin1"),
    "admin1_en": _place("admin1_en"),
    "admin2": _place("admin2"),
    "country": event_country,
    "latitude": lambda e: (coordinates(e) or (None, None))[0],
    "longitude": lambda e: (coordinates(e) or (None, None))[1],
    "place_precision": _place("precision"),
    "initiators": lambda e: _actors(e.initiators),
    "targets": lambda e: _actors(e.targets),
    "fatalities_low": lambda e: e.fatalities.low if e.fatalities else None,
    "fatalities_best": lambda e: e.fatalities.best if e.fatalities else None,
    "fatalities_high": lambda e: e.fatalities.high if e.fatalities else None,
    "fatalities_civilians": lambda e: e.fatalities.civilians if e.fatalities else None,
    "injured_low": lambda e: _low(e.injured),
    "injured_high": lambda e: _high(e.injured),
    "detained_low": lambda e: _low(e.detained),
    "detained_high": lambda e: _high(e.detained),
    "abducted_low": lambda e: _low(e.abducted),
    "abducted_high": lambda e: _high(e.abducted),
    "missing_low": lambda e: _low(e.missing),
    "missing_high": lambda e: _high(e.missing),
    "displaced_low": lambda e: _low(e.displaced),
    "displaced_high": lambda e: _high(e.displaced),
    "weapons": lambda e: _joined(e.weapons),
    "status": lambda e: e.status,
    "speaker": lambda e: (e.speaker.name or e.speaker.text) if e.speaker else None,
    "background": lambda e: e.background,
    "confidence": lambda e: e.confidence,
    "review": lambda e: e.review,
    "disputed": lambda e: _joined(sorted(e.disputed)),
    "outlets": lambda e: _joined(e.outlets),
    "independent_sources": lambda e: e.independent_sources,
    "reports": lambda e: len(e.reports) + len(e.more_reports),
    "evidence": lambda e: e.reports[0].evidence.text if e.reports else None,
    "url": lambda e: e.reports[0].url if e.reports else None,
    "summary_ar": lambda e: e.summary_ar,
    "summary_en": lambda e: e.summary_en,
    "first_seen_at": lambda e: e.first_seen_at,
    "last_seen_at": lambda e: e.last_seen_at,
    "rules": lambda e: e.rules,
}
"""Column -> its value. ``date_*`` are calendar dates at the place of the outlet, ``*_at`` moments in UTC; an empty cell is what
nobody told; an empty ``*_high`` beside a filled ``*_low`` is an open bound."""


def row(event: Event) -> dict[str, Cell]:
    """The event's cells by column."""
    return {column: cell(event) for column, cell in COLUMNS.items()}
