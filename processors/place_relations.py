"""How two places stand to each other: one, one inside the other, or two."""

from __future__ import annotations

from functools import lru_cache

from arabic.fold import fold
from contracts.records import Place
from processors.gazetteer import distance_km

_folded = lru_cache(maxsize=4096)(fold)


def place_fit(a: Place | None, b: Place | None) -> int:
    """3 the same, 2 one inside the other, 1 one is silent, 0 two places."""
    if a is None or b is None:
        return 1
    if same_place(a, b):
        return 3
    return 2 if contains(a, b) or contains(b, a) else 0


def same_place(a: Place, b: Place) -> bool:
    """Whether two mentions name one place."""
    if a.geonameid is not None and b.geonameid is not None:
        return a.geonameid == b.geonameid
    return _folded(a.name or a.text) == _folded(b.name or b.text)


def contains(outer: Place, inner: Place) -> bool:
    """Whether a district, governorate or country holds a more exact place. The surroundings of a town hold no other town; a name
    that no table knows holds nothing, and is itself held by its unit."""
    exact = inner.precision if is_known(inner) else 1
    if _is_part(outer, inner):
        return True
    if not is_known(outer) or outer.precision <= exact:
        return False
    if outer.precision >= 4:
        return outer.country is None or inner.country is None or outer.country == inner.country
    if outer.kind in _DISTRICTS:
        return inner.admin2 in (outer.name, outer.admin2) if inner.admin2 else _is_near(outer, inner, DISTRICT_KM)
    if outer.precision == 3:
        return outer.admin1_code is None or inner.admin1_code is None or outer.admin1_code == inner.admin1_code
    return False


def is_known(place: Place) -> bool:
    """Whether the gazetteer knows the place; else its point and precision are those of the unit around it."""
    return place.geonameid is not None or place.name_en is not None


def _is_part(town: Place, part: Place) -> bool:
    """Whether the one can be a quarter or camp of the other."""
    if part.kind not in _PARTS or town.kind in _PARTS or not is_known(town) or town.precision > 2:
        return False
    return is_known(part) and _is_near(town, part, TOWN_KM)


def _is_near(a: Place, b: Place, km: float) -> bool:
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return False
    return a.country == b.country and distance_km(a.lat, a.lon, b.lat, b.lon) <= km


TOWN_KM = 12.0
DISTRICT_KM = 20.0
"""How far from the middle of a second-level division a place in it lies, where the table does not say in which it is."""
_PARTS = frozenset({"quarter", "camp"})
_DISTRICTS = frozenset({"admin2", "district"})
