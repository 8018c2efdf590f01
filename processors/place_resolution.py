"""From a name in the text to a place on the map: the candidate that the article's own words bear out, or none.

What decides, in this order: the unit named right beside it («جاسم شمالي محافظة درعا»), what its head proves («قرية», «محافظة»), the
countries and governorates that the rest of the article names, the outlet's country, and the size of the place. Where two
candidates stand level, or the best is far from everything else that the article names, the place keeps its text alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log10

from msgspec import structs

from arabic.fold import fold
from contracts.records import Place
from processors.demonyms import adjectives
from processors.gazetteer import Entry, Gazetteer, distance_km, shipped
from processors.place_grammar import grammar
from processors.place_holding import (
    DIVISIONS,
    LEAST_SHARE,
    SETTLEMENTS,
    PlaceContext,
    held,
    holding_unit,
    in_town,
    is_part_of_town,
    town_beside,
    town_told,
    unit_told,
)
from processors.place_mentions import PlaceMention
from processors.place_ways import ROAD, ROADS, shifted

CHAIN_BONUS, HEAD_BONUS, COUNTRY_WEIGHT, ADMIN1_WEIGHT, OUTLET_WEIGHT, NEAR_WEIGHT = 5.0, 1.5, 5.0, 2.5, 1.0, 1.0
NEAR_KM = 80.0
NEAR_DEGREES = 0.73  # of latitude: farther apart than this, two points are not near
UNLED = (
    0.6  # against a district without its head, and against a village of the operator's table beside a place that ships
)
FAR_KM = 120.0
# How far from the middle of a region a place in it may lie: within one governorate («جبل الزاوية»), across several («البادية»).
SMALL_REGION_KM, WIDE_REGION_KM = 60.0, 250.0
ELSEWHERE_KM = 40.0  # farther than this from the town beside it, a quarter of that name is another's
LONGEST_ROAD_KM = 500.0
LEAST_SCORE = 1.2  # below it a lone candidate abroad is not believed
LEAST_MARGIN = 0.3
KNOWN_EVERYWHERE = 1_000_000  # people: such a city is meant even where the article speaks of other countries


def article_context(
    mentions: Sequence[PlaceMention],
    words: Iterable[str] = (),
    outlet_country: str | None = None,
    table: Gazetteer | None = None,
) -> PlaceContext:
    """Votes of all mentions (names that stand for one country alone count whole) and of adjectives («السورية») in ``words``."""
    countries: defaultdict[str, float] = defaultdict(float)
    admin1: defaultdict[str, float] = defaultdict(float)
    points = []
    for mention in mentions:
        if not mention.entries or mention.role == "government":
            continue
        entries = _likely(mention)
        if not entries:
            continue
        own = {entry.country for entry in entries}
        for country in own:
            countries[country] += 1.0 / len(own) ** 2
        codes = {entry.admin1_code for entry in entries if entry.admin1_code}
        for code in codes:
            admin1[code] += (2.0 if mention.head else 1.0) / len(codes) ** 2
        if len({(entry.country, entry.admin1_code) for entry in entries}) == 1:
            points += [
                (e.lat, e.lon) for e in entries[-1:] if e.lat is not None and e.lon is not None and e.precision == 1
            ]
    for spoken_of in filter(None, map(adjectives().get, words)):
        countries[spoken_of] += 0.3
    if outlet_country:
        countries[outlet_country] += 0.5
    return PlaceContext(_shares(countries), _shares(admin1), outlet_country, tuple(dict.fromkeys(points)), table)


def _likely(mention: PlaceMention) -> tuple[Entry, ...]:
    """The readings of a name that say where an article is: villages that share the name of a town, and bare names of the operator's
    table, which may be any word, say nothing of it."""
    sure = tuple(entry for entry in mention.entries if not entry.proof)
    if not sure and not mention.head:
        return tuple(entry for entry in mention.entries if entry.proof != "always")
    return sure or mention.entries


def _shares(votes: Mapping[str, float]) -> dict[str, float]:
    total = sum(votes.values())
    return {key: value / total for key, value in votes.items()} if total else {}


def resolve_place(
    mention: PlaceMention,
    mentions: Sequence[PlaceMention],
    context: PlaceContext,
    gazetteer: Gazetteer | None = None,
) -> Place:
    """The place of a mention. ``mentions``: all of the article, in order. Without a sure candidate the place has its text, and the
    country, division and point of the named unit around it, with that unit's precision."""
    if gazetteer is not None:
        return _resolve(mention, mentions, context, gazetteer)
    known = context.resolved.get(id(mention))
    if known is None or known[0] is not mention:
        known = mention, _resolve(mention, mentions, context, context.table or shipped())
        context.resolved[id(mention)] = known
    return known[1]


def _resolve(mention: PlaceMention, mentions: Sequence[PlaceMention], context: PlaceContext, table: Gazetteer) -> Place:
    unit, follows = holding_unit(mention, mentions)
    entries = mention.entries
    if (
        not entries and mention.head
    ):  # a spelling that only shares its key with a known name: believed where the head fits
        entries = tuple(entry for entry in table.lookup(mention.name) if _kind_fits(entry, mention.kinds))
    if not mention.head and any(not entry.proof for entry in entries):
        spoken_of = {code for code, share in context.countries.items() if share >= 0.5}
        entries = tuple(entry for entry in entries if not entry.proof or entry.country in spoken_of)
    binding = (
        unit if follows or not entries or _is_inside_any(entries, unit) else None
    )  # a unit of an earlier clause may be another's
    ranked = sorted(((_score(entry, mention, binding, context), entry) for entry in entries), key=lambda pair: -pair[0])
    sure = bool(ranked) and _is_sure(ranked, mention, binding, context)
    town = _town_of(mention, ranked[0][1] if sure else None, mentions, context, table)
    if town is not None:
        return in_town(mention, town)
    if sure:
        place = _resolved(mention, ranked[0][1], ranked[0][0], table, unit)
        return _on_road(mention, ranked[0][1], place) if mention.far else place
    return held(mention, unit or unit_told(mention, mentions), context, table)


def _on_road(mention: PlaceMention, start: Entry, place: Place) -> Place:
    """A road between two towns: halfway, where its far end is known to lie within reach; else as its first town."""
    ends = [entry for entry in mention.far if entry.kind in SETTLEMENTS and _apart(start, entry) < LONGEST_ROAD_KM]
    end = min(ends, key=lambda entry: _apart(start, entry), default=None)
    if end is None or None in (start.lat, start.lon, end.lat, end.lon):
        return place
    assert start.lat is not None and start.lon is not None and end.lat is not None and end.lon is not None  # noqa: PT018
    return structs.replace(
        place,
        name=mention.text,
        name_en=f"{start.name_en} – {end.name_en}" + " road" * (mention.head in ROADS and ROAD in fold(mention.text)),
        geonameid=None,
        kind="site",
        lat=round((start.lat + end.lat) / 2, 4),
        lon=round((start.lon + end.lon) / 2, 4),
        precision=2 if _apart(start, end) < 2 * NEAR_KM else 3,
        why=f"between {start.name} and {end.name}",
    )


def _town_of(
    mention: PlaceMention,
    chosen: Entry | None,
    mentions: Sequence[PlaceMention],
    context: PlaceContext,
    table: Gazetteer,
) -> Place | None:
    """The known town beside a place that is unknown, or whose only known reading lies elsewhere."""
    if (not mention.head or chosen is not None) and not is_part_of_town(mention):
        return None
    beside = town_beside(mention, mentions) or (town_told(mention, mentions) if chosen is None else None)
    town = resolve_place(beside, mentions, context, table) if beside is not None else None
    if town is None or town.kind not in SETTLEMENTS or town.lat is None or town.lon is None or town.precision > 2:
        return None
    if chosen is None:
        return town
    if chosen.lat is None or chosen.lon is None:
        return None
    return town if distance_km(chosen.lat, chosen.lon, town.lat, town.lon) > ELSEWHERE_KM else None


def _is_inside_any(entries: Iterable[Entry], unit: PlaceMention | None) -> bool:
    return unit is not None and any(_is_inside(entry, unit) for entry in entries)


def _score(entry: Entry, mention: PlaceMention, unit: PlaceMention | None, context: PlaceContext) -> float:
    """How well a candidate fits; about 0 where nothing speaks for it."""
    score = 0.15 * log10(entry.population + 10)
    if mention.kinds:
        score += _head_bonus(entry, mention.kinds)
    elif entry.kind in ("country", "admin1", "capital"):
        score += 0.5
    elif entry.kind == "admin2":
        score -= UNLED  # a bare name is the town's, not its district's
    score -= UNLED * (entry.proof == "always")
    if unit is not None:
        score += CHAIN_BONUS if _is_inside(entry, unit) else -2.0 * (unit.head in DIVISIONS)
    score += COUNTRY_WEIGHT * context.countries.get(entry.country, 0.0)
    score += ADMIN1_WEIGHT * context.admin1.get(entry.admin1_code or "", 0.0)
    score += OUTLET_WEIGHT * (entry.country == context.outlet_country)
    return score + NEAR_WEIGHT * _is_near(entry, context.points)


def _head_bonus(entry: Entry, kinds: frozenset[str]) -> float:
    """«محافظة» leads first-level divisions, and the governorates of Palestine, which stand on the second level."""
    if _kind_fits(entry, kinds):
        return HEAD_BONUS
    return 0.0 if entry.kind == "admin2" and "admin1" in kinds else -HEAD_BONUS


def _kind_fits(entry: Entry, kinds: frozenset[str]) -> bool:
    return (
        entry.kind in kinds
        or (entry.kind == "capital" and "town" in kinds)
        or (entry.kind == "town" and "village" in kinds)
    )


def _is_inside(entry: Entry, unit: PlaceMention) -> bool:
    """Does a candidate lie in (one reading of) the unit?"""
    for holder in unit.entries:
        if holder.kind == "country":
            if holder.country == entry.country:
                return True
        elif (
            holder.kind != "region" and holder.admin1_code and holder.admin1_code == entry.admin1_code
        ) or _is_in_region(entry, holder):
            return True
    return False


def _is_in_region(entry: Entry, region: Entry) -> bool:
    if region.kind != "region" or region.country != entry.country:
        return False
    return _apart(entry, region) < (SMALL_REGION_KM if region.admin1_code else WIDE_REGION_KM)


def _apart(a: Entry, b: Entry) -> float:
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return float("inf")
    return distance_km(a.lat, a.lon, b.lat, b.lon)


def _is_far(entry: Entry, context: PlaceContext) -> bool:
    """Do the article's other places all lie elsewhere?"""
    if entry.lat is None or entry.lon is None:
        return False
    others = [distance_km(entry.lat, entry.lon, *p) for p in context.points if p != (entry.lat, entry.lon)]
    return bool(others) and min(others) > FAR_KM


def _is_near(entry: Entry, points: Sequence[tuple[float, float]]) -> bool:
    if entry.lat is None or entry.lon is None:
        return False
    lat, lon = entry.lat, entry.lon
    for point in points:
        if abs(point[0] - lat) < NEAR_DEGREES and point != (lat, lon) and distance_km(lat, lon, *point) < NEAR_KM:
            return True
    return False


def _is_sure(
    ranked: list[tuple[float, Entry]], mention: PlaceMention, unit: PlaceMention | None, context: PlaceContext
) -> bool:
    """Is the best candidate good enough, and clear of others that lie elsewhere?"""
    score, best = ranked[0]
    large = best.kind in ("country", "admin1", "capital", "region") or best.population > 200_000
    outside = unit is not None and not _is_inside(best, unit)
    if outside and unit and "quarter" in mention.kinds and "town" in unit.kinds:
        return False  # «حي الزهراء بمدينة حمص» is no place of that name elsewhere
    if outside and unit and unit.head in DIVISIONS and best.kind in SETTLEMENTS and not large:
        return False
    rivals = [s for s, entry in ranked[1:] if _apart(best, entry) > 40.0 and not _same_division(best, entry)]
    if rivals and score - rivals[0] < LEAST_MARGIN:
        return False
    share, most = context.countries.get(best.country, 0.0), max(context.countries.values(), default=0.0)
    if mention.name in grammar().needs_head and not outside and unit is None and _is_far(best, context):
        return False
    supported = share >= LEAST_SHARE and (share >= 0.4 * most or best.country == context.outlet_country)
    known_abroad = (
        best.kind in ("country", "capital")
        or (best.kind == "region" and len(ranked) == 1)  # «شمال العراق»
        or best.population > KNOWN_EVERYWHERE
        or (large and score >= LEAST_SCORE)
    )
    return known_abroad or (supported and score >= LEAST_SCORE) or (unit is not None and _is_inside(best, unit))


def _same_division(a: Entry, b: Entry) -> bool:
    """A governorate and its own town bear one name: two readings of one place."""
    return a.admin1_code is not None and a.admin1_code == b.admin1_code and "admin1" in (a.kind, b.kind)


def _resolved(mention: PlaceMention, entry: Entry, score: float, table: Gazetteer, unit: PlaceMention | None) -> Place:
    """The place of a chosen entry; what lies around a town is less precise than the town."""
    precision = max(entry.precision, mention.precision or 1)
    if mention.surroundings:
        precision = max(precision, 2)
    if entry.kind in ("admin1", "country", "region"):
        precision = max(precision, entry.precision)
    lat, lon = entry.lat, entry.lon
    if mention.shift is not None and lat is not None and lon is not None:
        (lat, lon), precision = shifted(lat, lon, mention.shift), max(precision, 2)
    division = table.admin1.get(entry.admin1_code or "")
    why = "the only place of that name" if len(mention.entries) == 1 else "best fit with the article's other places"
    if unit is not None and _is_inside(entry, unit):
        why = f"lies in {unit.text}"
    if mention.shift is not None:
        why += "; so far from it as the text says"
    return Place(
        text=mention.text,
        start=mention.start,
        end=mention.end,
        name=entry.name,
        name_en=entry.name_en,
        geonameid=entry.geonameid,
        kind=entry.kind,
        admin1=division.name if division else None,
        admin1_en=division.name_en if division else None,
        admin1_code=entry.admin1_code,
        admin2=entry.admin2,
        country=entry.country,
        lat=lat,
        lon=lon,
        precision=precision,
        relation=mention.relation,
        score=round(min(1.0, max(0.05, score / 10)), 2),
        why=why,
    )
