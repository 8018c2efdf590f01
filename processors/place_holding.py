"""What holds a place that no table knows, or whose name stands elsewhere: the unit or the town named beside it.

«قرية تديل بريف حلب» lies in the countryside of Aleppo, «فندق بيبلوس في سيفاري» in Sévaré, whatever else bears the name of Byblos.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from arabic.fold import fold
from contracts.records import Place
from processors.gazetteer import Entry, Gazetteer
from processors.place_grammar import grammar
from processors.place_mentions import PlaceMention

CHAIN_REACH = 60  # folded characters between a place and the unit that holds it
TOWN_REACH = 30  # the same between a part of a town, or a village beside it, and the town
TOLD_BEFORE = 2  # sentences between a part of a town and the town
UNIT_BEFORE = 4  # sentences between a village and the countryside that was spoken of last
LEAST_SHARE = 0.15  # of the article's votes, for a country to bear out a small place
# Governorate, countryside, province, district, sub-district, region, directorate: heads that say outright what holds a place.
DIVISIONS = frozenset(map(fold, ("محافظة", "ريف", "ولاية", "قضاء", "ناحية", "إقليم", "مديرية")))
SETTLEMENTS = frozenset({"town", "capital", "village", "quarter", "camp"})
_PARTS = frozenset({"quarter", "camp", "site", "prison", "airport", "base", "bridge", "port", "crossing"})
_IN = ("في", "ب")


class PlaceContext(Struct, frozen=True):
    """What the whole article says of where: shares (summing to 1) of countries and of first-level divisions, the outlet's country,
    and the points of the places that no reader would doubt."""

    countries: dict[str, float]
    admin1: dict[str, float]
    outlet_country: str | None = None
    points: tuple[tuple[float, float], ...] = ()
    table: Gazetteer | None = None
    """Where names are looked up; the shipped gazetteer where none is given."""
    resolved: dict[int, tuple[PlaceMention, Place]] = {}
    """What each mention, by its identity, was resolved to: tellings, details and candidates ask for one and the same."""


def holding_unit(mention: PlaceMention, mentions: Sequence[PlaceMention]) -> tuple[PlaceMention | None, bool]:
    """The unit named beside a place, and whether it follows: after it first («البارة جنوبي محافظة إدلب»), else before it («بريف حلب …
    قرية تديل»)."""
    index = next((i for i, other in enumerate(mentions) if other.start == mention.start), None)
    if index is None:
        return None, False
    end = mention.folded_end
    for other in mentions[index + 1 : index + 6]:  # a list of villages ends in the unit that holds them all
        if other.folded_start - end > CHAIN_REACH or other.sentence != mention.sentence:
            break
        if _may_hold(other, mention):
            return other, True
        end = other.folded_end
    for other in reversed(mentions[max(0, index - 4) : index]):
        if other.sentence != mention.sentence:
            break
        if _may_hold(other, mention) and mention.folded_start - other.folded_end <= 2 * CHAIN_REACH:
            return other, False
    return None, False


def unit_told(mention: PlaceMention, mentions: Sequence[PlaceMention]) -> PlaceMention | None:
    """The countryside or district that the article spoke of last before a village that no table knows, and beside which nothing holds
    it: «ريف عين عيسى … استهدف الطيران قرية السويدية»."""
    if mention.entries or not mention.kinds & {"village", "town"}:
        return None
    before = [other for other in mentions if other.start < mention.start and other.head in DIVISIONS and other.entries]
    unit = before[-1] if before else None
    return unit if unit is not None and mention.sentence - unit.sentence <= UNIT_BEFORE else None


def _may_hold(unit: PlaceMention, place: PlaceMention) -> bool:
    """Is ``unit`` named as the surroundings or the division of ``place``?"""
    if not unit.entries or unit.role not in ("location", "origin") or unit.name == place.name:
        return False
    if unit.head in DIVISIONS:
        return True
    divisions = any(entry.kind in ("admin1", "region", "country") for entry in unit.entries)
    return divisions and bool(unit.relation or unit.preposition in ("في", "ب") or unit.head)


def town_beside(mention: PlaceMention, mentions: Sequence[PlaceMention]) -> PlaceMention | None:
    """The town that a part of it («حي الحويجة في بلدة ذيبان») or a village («قرية … شمالي مدينة منبج») is told to lie in or beside."""
    index = next((i for i, other in enumerate(mentions) if other.start == mention.start), None)
    if index is None:
        return None
    is_part = is_part_of_town(mention)
    after = mentions[index + 1 : index + 3]
    for other in after[: 1 + bool(after and not after[0].entries)]:  # «قرية كراف في ريف مدينة صرين جنوب كوباني»
        near = other.folded_start - mention.folded_end <= TOWN_REACH and other.sentence == mention.sentence
        told = other.relation is not None or (is_part and other.preposition in _IN)
        if near and told and _is_town(other):
            return other
    for other in mentions[max(0, index - 1) : index]:
        near = mention.folded_start - other.folded_end <= TOWN_REACH and other.sentence == mention.sentence
        if near and is_part and mention.preposition in _IN and _is_town(other):
            return other
    return None


def town_told(mention: PlaceMention, mentions: Sequence[PlaceMention]) -> PlaceMention | None:
    """The town that the article speaks of where it names a quarter, a camp or a street alone («شارع الستين أقصى شمال المدينة»): the last
    one told before it, no more than ``TOLD_BEFORE`` sentences back, where nothing else holds it."""
    if not is_part_of_town(mention) or not mention.kinds & {"quarter", "camp"} or holding_unit(mention, mentions)[0]:
        return None
    before = [
        other
        for other in mentions
        if other.start < mention.start and mention.sentence - other.sentence <= TOLD_BEFORE and _is_town(other)
    ]
    return before[-1] if before else None


def is_part_of_town(mention: PlaceMention) -> bool:
    """Whether the head of a place, or where none leads it all that bear its name, make it a quarter, a camp or a building."""
    if not mention.head:
        return bool(mention.entries) and all(entry.kind in ("quarter", "camp") for entry in mention.entries)
    return bool(mention.kinds & _PARTS) and not mention.kinds & {"village", "admin1", "region"}


def _kind(mention: PlaceMention) -> str | None:
    """The kind that the head proves, the plainest of several; a building is a site, and an area («منطقة») may be anything."""
    if {"village", "admin1"} <= mention.kinds:
        return None
    return "site" if "site" in mention.kinds else min(mention.kinds, default=None)


def _is_town(mention: PlaceMention) -> bool:
    if mention.head in DIVISIONS or mention.role not in ("location", "affiliation"):
        return False
    return any(entry.kind in ("town", "capital", "village") and entry.proof != "always" for entry in mention.entries)


def in_town(mention: PlaceMention, town: Place) -> Place:
    """An unknown place in or beside a known town: its own text, the town's point, chain and country, precision 2."""
    return Place(
        text=mention.text,
        start=mention.start,
        end=mention.end,
        name=mention.spelled or mention.name,
        kind=_kind(mention),
        admin1=town.admin1,
        admin1_en=town.admin1_en,
        admin1_code=town.admin1_code,
        admin2=town.admin2,
        country=town.country,
        lat=town.lat,
        lon=town.lon,
        precision=2,
        relation=mention.relation,
        score=0.35,
        why=f"unknown name; told beside {town.text}",
    )


def held(mention: PlaceMention, unit: PlaceMention | None, context: PlaceContext, table: Gazetteer) -> Place:
    """An unknown place: its text, and what the unit around it, or the whole article, tells."""
    holder, why = (_holder_of(unit, context), f"unknown name; held by {unit.text}") if unit else (None, "unknown name")
    if holder is None:
        code, share = max(context.admin1.items(), key=lambda pair: pair[1], default=("", 0.0))
        if share >= 0.6 and code in table.admin1:
            holder, why = table.admin1[code], "unknown name; the article speaks of this division"
    if holder is None:
        country, share = max(context.countries.items(), key=lambda pair: pair[1], default=("", 0.0))
        if share >= 0.6 and country in table.countries:
            holder, why = table.countries[country], "unknown name; the article speaks of this country"
    if holder is None:
        return Place(
            text=mention.text, start=mention.start, end=mention.end, relation=mention.relation, precision=4, why=why
        )
    division = table.admin1.get(holder.admin1_code or "")
    wide = holder.kind == "country"
    return Place(
        text=mention.text,
        start=mention.start,
        end=mention.end,
        name=mention.spelled or mention.name,
        kind=_kind(mention),
        admin1=division.name if division else None,
        admin1_en=division.name_en if division else None,
        admin1_code=holder.admin1_code,
        country=holder.country,
        lat=None if wide else holder.lat,
        lon=None if wide else holder.lon,
        precision=max(2, holder.precision),
        relation=mention.relation,
        score=0.3 if unit else 0.15,
        why=why,
    )


def _holder_of(unit: PlaceMention, context: PlaceContext) -> Entry | None:
    """The reading of the unit that the article bears out: a town before the governorate of its name where «ريف» leads it to one."""
    shares = context.countries
    common = unit.name in grammar().needs_preposition  # «الجزيرة» is a province of Sudan, and a part of Syria
    least = 0.6 * max(shares.values(), default=0.0) if common else LEAST_SHARE
    alone = len(unit.entries) == 1 and not common
    borne_out = [e for e in unit.entries if shares.get(e.country, 0.0) >= least or alone]
    return max(
        borne_out,
        key=lambda e: (
            context.countries.get(e.country, 0.0)
            + context.admin1.get(e.admin1_code or "", 0.0)
            + (1.0 if _fits(e, unit) else 0.1 * (e.kind in ("admin1", "town")))
        ),
        default=None,
    )


def _fits(entry: Entry, unit: PlaceMention) -> bool:
    return entry.kind in unit.kinds or (entry.kind == "capital" and "town" in unit.kinds)
