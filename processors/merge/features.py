"""What merging compares of a report, small enough to keep by the cell."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b

import msgspec

from arabic.fold import fold
from arabic.stem import light_stem
from contracts.records import Actor, Count, Report
from processors.merge import kinds
from processors.merge.words import details, lexicon, place_name

LONGEST_WINDOW = 31
"""Days: what is dated no better than this merges with copies of its text alone."""
SPAN = 2
"""Days between the first and the last of a cluster that spans three days."""
FINE = 2
"""The coarsest place precision that still is a place of its own (district or surroundings)."""
TELLING = 3
"""Persons from which an exact toll is rarely a coincidence on one day in one governorate."""
TOLLS = ("killed", "injured", "detained", "abducted", "missing", "displaced")

Toll = tuple[int, int | None]


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """Where: names as compared, identity, the admin chain, coordinates in degrees; ``precision`` as in ``records.Place``."""

    names: frozenset[str]
    geonameid: int | None
    admin1: str
    admin2: str
    country: str
    lat: float | None
    lon: float | None
    precision: int

    @property
    def fine(self) -> bool:
        """A place of its own, not a governorate, region or country; an unknown village keeps its name and is one too."""
        return self.precision <= FINE or (self.precision == FINE + 1 and self._own_name())

    def _own_name(self) -> bool:
        return (
            self.geonameid is None
            and bool(self.admin1)
            and bool(self.names)
            and not self.names & {self.admin1, self.admin2, ""}
        )


class Side(msgspec.Struct, frozen=True, array_like=True):
    """The initiators or the targets: ontology ids, kinds, and the stems of the names that the text gives."""

    ids: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


class Features(msgspec.Struct, frozen=True, array_like=True):
    """A report as it is compared. ``first`` and ``last`` are day ordinals (``date.toordinal``) that the event lies within, both 0
    where nothing tells; ``home`` the day whose cell keeps it; ``specific``: of a known day and place (such
    reports make clusters, the vague ones only join them); ``windowed``: whether anything tells when it was; ``mark``: changes with
    anything in the report; ``signature`` is packed (see ``sketch``); ``seen``: the version at which Rasid first saw the report."""

    id: str
    article_id: str
    key: str
    group: str
    type: str | None
    first: int
    last: int
    home: int
    dated: bool
    basis: str
    spot: Spot | None
    initiators: Side
    targets: Side
    tolls: dict[str, Toll]
    weapons: frozenset[str]
    words: frozenset[str]
    objects: frozenset[str]
    times: frozenset[str]
    quarters: frozenset[str]
    sentence: int
    signature: bytes
    published: float
    status: str
    background: bool
    mark: int
    specific: bool
    windowed: bool
    seen: int = 0


def features(report: Report, key: str, seen: int = 0) -> Features:
    """The features of a report under a merge key."""
    said = details(report.evidence.text)
    first, last = _window(report)
    spot = _spot(report, key)
    named = spot.names if spot else frozenset[str]()
    initiators, targets = _side(report.initiators), _side(report.targets)
    dated = first > 0 and report.date_start is not None and report.date_precision not in ("month", "year", "unknown")
    about = {light_stem(word) for name in named for word in name.split()} | initiators.words | targets.words
    return Features(
        id=report.id,
        article_id=report.article_id,
        key=key,
        group=kinds.group(report.sub_event_type, report.plover),
        type=report.sub_event_type,
        first=first,
        last=last,
        home=first or _day(report.published_at or report.fetched_at),
        dated=dated,
        basis=report.date_basis,
        spot=spot,
        initiators=initiators,
        targets=targets,
        tolls={name: toll for name in TOLLS if (toll := _toll(getattr(report, name)))},
        weapons=frozenset(light_stem(fold(weapon)) for weapon in report.weapons),
        words=said.words - about,
        objects=said.objects,
        times=said.times,
        quarters=said.quarters,
        sentence=_hash(fold(report.evidence.text)),
        signature=_pack(report.signature),
        published=report.published_at.timestamp() if report.published_at else 0.0,
        status=report.status,
        background=report.background,
        mark=_hash(key, msgspec.json.encode(report)),
        specific=dated and last - first <= SPAN and key != "XX" and spot is not None and spot.fine,
        windowed=first > 0,
        seen=seen,
    )


def telling_tolls(report: Features) -> list[tuple[str, int]]:
    """The tolls that tell one incident from another even where the place is vague: exact numbers of several persons."""
    return sorted((name, low) for name, (low, high) in report.tolls.items() if low == high and low >= TELLING)


def _window(report: Report) -> tuple[int, int]:
    """The days that the event lies within, as ordinals; (0, 0) where the text tells nothing useful."""
    if report.date_start is not None and report.date_precision not in ("year", "unknown"):
        return _dated_window(report.date_start, report.date_end or report.date_start)
    published = _day(report.published_at)
    if report.date_start is None and published and not report.background:
        return published - SPAN, published
    return 0, 0


def _dated_window(start: date, end: date) -> tuple[int, int]:
    first, last = start.toordinal(), max(start, end).toordinal()
    return (first, last) if last - first < LONGEST_WINDOW else (0, 0)


def _day(moment: datetime | None) -> int:
    return moment.date().toordinal() if moment else 0


def _toll(count: Count | None) -> Toll | None:
    return (count.low, count.high) if count else None


def _spot(report: Report, key: str) -> Spot | None:
    place = report.place
    if place is None:
        return None
    names = {place_name(name) for name in (place.name, place.text) if name} - {""}
    return Spot(
        names=frozenset(names),
        geonameid=place.geonameid,
        admin1=place_name(place.admin1) if place.admin1 else (place.admin1_code or ""),
        admin2=place_name(place.admin2) if place.admin2 else "",
        country=place.country or ("" if key == "XX" else key),
        lat=place.lat,
        lon=place.lon,
        precision=place.precision,
    )


def _side(actors: tuple[Actor, ...]) -> Side:
    silent = lexicon().silent
    stems = (light_stem(word) for actor in actors for word in fold(f"{actor.name or ''} {actor.text}").split())
    return Side(
        ids=frozenset(actor.actor_id for actor in actors if actor.actor_id),
        kinds=frozenset(actor.kind for actor in actors if actor.kind),
        words=frozenset(stem for stem in stems if len(stem) > 1 and stem not in silent),
    )


_HASH_BYTES = 6


def _pack(signature: tuple[int, ...]) -> bytes:
    """A signature in a sixth of the room: its 48-bit hashes one after the other."""
    return b"".join((value & 0xFFFFFFFFFFFF).to_bytes(_HASH_BYTES, "big") for value in signature)


@lru_cache(maxsize=2048)
def sketch(packed: bytes) -> tuple[int, ...]:
    """The signature that was packed."""
    return tuple(int.from_bytes(packed[at : at + _HASH_BYTES], "big") for at in range(0, len(packed), _HASH_BYTES))


def _hash(*parts: str | bytes) -> int:
    """63 bits of the parts, for comparing (not for ids)."""
    hasher = blake2b(digest_size=8)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(4, "big") + data)
    return int.from_bytes(hasher.digest(), "big") >> 1
