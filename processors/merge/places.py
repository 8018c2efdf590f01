"""Whether two reports' places can be one place."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

from processors.merge.features import FINE, Spot

SAME, NEAR, WITHIN, SILENT, APART = 3, 2, 1, 0, -1

_REACH_KM = {1: 6.0, 2: 12.0}
"""How far the place named may lie from the event, by precision: an exact place with its outskirts, a district."""
_NAMESAKE_KM = 60.0
"""Beyond this two places of one name are two places."""
CELL_DEGREES = 0.15
"""Side of the squares in which near places are looked for: wider than any reach (17 km in latitude, 12 km in longitude at 42°)."""

_AROUND = ((0, 0), (0, 1), (0, -1), (1, 0), (1, 1), (1, -1), (-1, 0), (-1, 1), (-1, -1))


def relation(a: Spot | None, b: Spot | None) -> int:
    """SAME place, NEAR each other, WITHIN the unit that the coarser names, SILENT (nothing told), or APART."""
    if a is None or b is None:
        return SILENT
    if a.country and b.country and a.country != b.country:
        return APART
    if a.fine and b.fine:
        return _fine(a, b)
    return _coarse(a, b)


def _fine(a: Spot, b: Spot) -> int:
    distance = kilometres(a, b)
    if a.geonameid is not None and a.geonameid == b.geonameid:
        return SAME
    if a.names & b.names:
        return _namesakes(a, b, distance)
    if _inside(a, b) or _inside(b, a):
        return NEAR
    if distance is None or not (_pinned(a) and _pinned(b)):
        return APART
    return NEAR if distance <= max(_REACH_KM[a.precision], _REACH_KM[b.precision]) else APART


def _namesakes(a: Spot, b: Spot, distance: float | None) -> int:
    if distance is not None and distance > _NAMESAKE_KM:
        return APART
    if a.admin1 and b.admin1 and a.admin1 != b.admin1 and (distance is None or distance > _REACH_KM[2]):
        return APART
    return SAME


def _inside(part: Spot, whole: Spot) -> bool:
    """Whether one names the district by the name of its town: a quarter of Homs, and Homs."""
    return bool(part.admin2) and part.admin2 in whole.names and _same_unit(part, whole)


def _same_unit(a: Spot, b: Spot) -> bool:
    return not a.admin1 or not b.admin1 or a.admin1 == b.admin1


def _pinned(spot: Spot) -> bool:
    """Whether the coordinates are the place's own, not those of the unit that it lies in."""
    return spot.precision <= FINE and spot.lat is not None and spot.lon is not None


def _coarse(a: Spot, b: Spot) -> int:
    if a.admin1 and b.admin1:
        return WITHIN if a.admin1 == b.admin1 else APART
    return WITHIN if a.country and a.country == b.country else SILENT


def kilometres(a: Spot, b: Spot) -> float | None:
    """Great-circle distance; None where a place has no coordinates."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    if a.lat == b.lat and a.lon == b.lon:
        return 0.0
    half = (
        sin(radians(b.lat - a.lat) / 2) ** 2
        + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(radians(b.lon - a.lon) / 2) ** 2
    )
    return 12742.0 * asin(sqrt(min(1.0, half)))


def squares(spot: Spot) -> list[tuple[int, int]]:
    """The square of a pinned place, first, and the eight around it."""
    if spot.lat is None or spot.lon is None:
        return []
    row, column = int(spot.lat // CELL_DEGREES), int(spot.lon // CELL_DEGREES)
    return [(row + up, column + right) for up, right in _AROUND]
