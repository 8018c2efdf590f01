"""Events in ACLED's columns, as CSV. ACLED-like, not ACLED: ``docs/acled.md`` lists where the rows depart from its codebook."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, timedelta
from typing import BinaryIO

from msgspec import Struct

from contracts.records import Actor, ActorKind, Event, Place, Status
from contracts.taxonomy import SUB_EVENTS, SubEvent
from sinks.countries import Country, countries
from sinks.exports.delimited import csv_rows, csv_text
from sinks.exports.table import JOINT, Cell, coordinates
from sinks.exports.written import Written
from sinks.places import event_country

COLUMNS = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type",
    "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting",
    "iso", "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision",
    "source", "source_scale", "notes", "fatalities", "tags", "timestamp",
)  # fmt: skip
MAX_DAYS = 31
"""A stated period of more days becomes one row of time precision 3."""

_INTER: dict[ActorKind, int] = {
    "state_forces": 1, "rebel": 2, "political_militia": 3, "identity_militia": 4, "rioters": 5, "protesters": 6, "civilians": 7,
    "external": 8,
}  # fmt: skip
# Kinds of people that ACLED names by what they are and the country; whose they are goes to the associated actor.
_PEOPLE: dict[ActorKind, str] = {"rioters": "Rioters", "protesters": "Protesters", "civilians": "Civilians"}
_DISORDER = {
    "battles": "Political violence",
    "explosions": "Political violence",
    "civilians": "Political violence",
    "protests": "Demonstrations",
    "riots": "Demonstrations",
    "strategic": "Strategic developments",
}
_DISORDER_BY_SUB_EVENT = {
    "excessive_force_against_protesters": "Political violence; Demonstrations",
    "mob_violence": "Political violence",
}
_COUNTRY_PRECISION = 4
_LOOSE_DATES = {"week": 2, "month": 3}


class _Side(Struct, frozen=True):
    """One party: the main actor, those with it, and ACLED's code of its kind (0: none)."""

    actor: str | None = None
    associated: str | None = None
    inter: int = 0


class _Day(Struct, frozen=True):
    day: date
    precision: int


def _called(actor: Actor) -> str:
    return actor.name_en or actor.name or actor.text


def _side(actors: Sequence[Actor], country: str) -> _Side:
    """The first actor, with the rest associated."""
    if not actors:
        return _Side()
    main, *others = actors
    names = [_called(actor) for actor in others]
    people = _PEOPLE.get(main.kind) if main.kind else None
    associated = JOINT.join(dict.fromkeys([_called(main), *names] if people else names))
    actor = f"{people} ({country})" if people else _called(main)
    return _Side(actor, associated or None, _INTER[main.kind] if main.kind else 0)


def _implied(kind: ActorKind, country: str) -> _Side:
    return _Side(f"{_PEOPLE[kind]} ({country})", None, _INTER[kind])


def _sides(event: Event, sub: SubEvent, country: str) -> tuple[_Side, _Side]:
    """Both parties; who demonstrates, and whom violence against civilians hits, is implied by the type."""
    first, second = _side(event.initiators, country), _side(event.targets, country)
    if sub.family == "protests" and 6 not in (first.inter, second.inter) and first.actor is None:
        first = _implied("protesters", country)
    if sub.family == "riots" and 5 not in (first.inter, second.inter) and first.actor is None:
        first = _implied("rioters", country)
    if sub.family == "civilians" and second.actor is None:
        second = _implied("civilians", country)
    return (first, second) if first.actor else (second, _Side())


def _interaction(first: _Side, second: _Side) -> int:
    """Both codes as one number, the lower first; 10 to 80 where there is one party."""
    low, high = sorted((first.inter, second.inter))
    return low * 10 + high if low else high * 10


def _targets_civilians(event: Event, sub: SubEvent) -> bool:
    if sub.family == "civilians" or sub.slug == "excessive_force_against_protesters":
        return True
    return sub.family in ("explosions", "riots") and bool(event.targets) and event.targets[0].kind == "civilians"


def _days(event: Event) -> list[_Day]:
    """The days of the event, one row each; a week or month is one row of a lower precision, what is vaguer has none."""
    start = event.date_start
    if start is None:
        return []
    if event.date_precision in _LOOSE_DATES:
        return [_Day(start, _LOOSE_DATES[event.date_precision])]
    if event.date_precision != "day":
        return []
    span = ((event.date_end or start) - start).days
    if span >= MAX_DAYS:
        return [_Day(start, 3)]
    return [_Day(start + timedelta(days=day), 1) for day in range(max(span, 0) + 1)]


def _fatalities(event: Event) -> int:
    """The best figure. ACLED has no empty cell here: what nobody told is 0."""
    if event.fatalities:
        return event.fatalities.best
    return event.killed.low if event.killed else 0


def _tags(event: Event, sub: SubEvent) -> str:
    crowd = ["crowd size=no report"] if sub.family in ("protests", "riots") else []
    return JOINT.join([*crowd, f"status={event.status}", f"confidence={event.confidence:.2f}", f"rasid_id={event.id}"])


def _where(event: Event, place: Place, country: Country) -> dict[str, Cell]:
    latitude, longitude = coordinates(event) or (None, None)
    return {
        "iso": country.numeric or None,
        "region": country.region,
        "country": country.name_en,
        "admin1": place.admin1_en or place.admin1,
        "admin2": place.admin2,
        "admin3": None,
        "location": place.name_en or place.name or place.text,
        "latitude": latitude,
        "longitude": longitude,
        "geo_precision": place.precision,
    }


def _who(event: Event, sub: SubEvent, country: str) -> dict[str, Cell]:
    first, second = _sides(event, sub, country)
    return {
        "actor1": first.actor,
        "assoc_actor_1": first.associated,
        "inter1": first.inter,
        "actor2": second.actor,
        "assoc_actor_2": second.associated,
        "inter2": second.inter,
        "interaction": _interaction(first, second),
        "civilian_targeting": "Civilian targeting" if _targets_civilians(event, sub) else None,
    }


def _what(event: Event, sub: SubEvent) -> dict[str, Cell]:
    evidence = event.reports[0].evidence.text if event.reports else None
    seen = event.last_seen_at
    return {
        "disorder_type": _DISORDER_BY_SUB_EVENT.get(sub.slug, _DISORDER[sub.family]),
        "event_type": sub.event_type,
        "sub_event_type": sub.name_en,
        "source": JOINT.join(event.outlets) or None,
        "source_scale": None,
        "notes": event.summary_en or event.summary_ar or evidence,
        "tags": _tags(event, sub),
        "timestamp": int(seen.astimezone(UTC).timestamp()) if seen else None,
    }


def acled_rows(event: Event) -> list[dict[str, Cell]]:
    """The event's rows, one a day, the toll on the first alone. None for what ACLED has no row for: without an ACLED type, a
    date of month or better, or a place inside a known country."""
    sub, country = SUB_EVENTS.get(event.sub_event_type or ""), countries().get(event_country(event) or "")
    place = event.place
    if sub is None or country is None or place is None or place.precision >= _COUNTRY_PRECISION:
        return []
    same = _what(event, sub) | _who(event, sub, country.name_en) | _where(event, place, country)
    rows = []
    for number, at in enumerate(_days(event)):
        own: dict[str, Cell] = {
            "event_id_cnty": f"{country.iso3}{event.id}" + (f".{number + 1}" if number else ""),
            "event_date": at.day,
            "year": at.day.year,
            "time_precision": at.precision,
            "fatalities": 0 if number else _fatalities(event),
        }
        rows.append(same | own)
    return rows


def write_acled(
    events: Iterable[Event],
    file: BinaryIO,
    *,
    statuses: Collection[Status] = ("asserted", "claimed"),
    background: bool = False,
    bom: bool = False,
) -> Written:
    """ACLED's columns, UTF-8: only live events that no analyst rejected, of these ``statuses``, and what is only recalled from
    before the news where ``background`` is asked for. The rest is counted in ``left_out``."""
    rows = left_out = without = 0
    with csv_rows(file, COLUMNS, bom=bom) as writer:
        for event in events:
            wanted = event.state == "live" and event.status in statuses and event.review != "rejected"
            found = acled_rows(event) if wanted and (background or not event.background) else []
            for cells in found:
                writer.writerow([csv_text(cells[column]) for column in COLUMNS])
                without += cells["latitude"] is None
            rows += len(found)
            left_out += not found
    return Written(rows=rows, left_out=left_out, without_coordinates=without)
