"""One thing once within an article: title, lead, details and recap join; what only points back adds to what it points at."""

from __future__ import annotations

from collections.abc import Sequence

from arabic.fold import fold
from contracts.records import Count, Place
from contracts.taxonomy import SUB_EVENTS
from processors.casualties import is_vague
from processors.drafts import Draft
from processors.gazetteer import distance_km
from processors.participants import tellings_of
from processors.tolls import SHARED

_NEAR_TYPES = (
    frozenset({"armed_clash", "attack"}),
    frozenset({"suicide_bomb", "remote_explosive_landmine_ied"}),
    frozenset({"shelling_artillery_missile_attack", "air_drone_strike", "chemical_weapon"}),
    frozenset({"arrests", "abduction_forced_disappearance"}),
    frozenset(
        {"peaceful_protest", "protest_with_intervention", "excessive_force_against_protesters", "violent_demonstration"}
    ),
)
"""Types that one thing may be told as: «تفجير» in the lead, «انتحاري» in the details."""
VIOLENT = frozenset({"battles", "explosions", "civilians"})


def join_drafts(drafts: Sequence[Draft]) -> list[Draft]:
    """The article's things, each once, in the order of the text; what is only pointed back at and fits nothing is left out."""
    things: list[Draft] = []
    for draft in drafts:
        if _is_statistic(draft):
            continue
        _take_means(things, draft)
        home = _home(things, draft)
        if home is not None:
            absorb(home, draft)
        elif (draft.features.get("supported", 1.0) or draft.status == "denied") and not _only_points_back(
            draft, things
        ):
            things.append(draft)
    for thing in things:
        _share_vague_toll(thing, things)
    return things


def _take_means(things: Sequence[Draft], draft: Draft) -> None:
    """«استهدفت» without a weapon goes on in the way told before: after drone strikes it is one."""
    if draft.told or draft.group.head.trigger.id not in ("weapon_hit", "assault", "massacre"):
        return
    told = [
        thing.sub_event
        for thing in things
        if thing.told and thing.sub_event in _STRIKES and not thing.background and _can_be_one_side(thing, draft)
    ]
    if told:
        draft.sub_event = told[-1]


def _can_be_one_side(a: Draft, b: Draft) -> bool:
    """Whether the doers of two drafts may be the same: one is silent, or a name is shared."""
    names_a, names_b = ({actor.name or actor.text for actor in draft.initiators} for draft in (a, b))
    return not names_a or not names_b or bool(names_a & names_b)


_STRIKES = frozenset({"shelling_artillery_missile_attack", "air_drone_strike"})


def _is_statistic(draft: Draft) -> bool:
    """Years of violence, what goes on since spring, harm without a number: no single thing."""
    harm = draft.group.is_outcome_only and draft.group.head.trigger.id in ("kill", "hurt")
    if harm and not draft.told and not draft.counts:
        return True
    if draft.sub_event == "agreement":
        return False
    lasting = draft.sub_event in ("change_to_group_activity", None)  # troops that stand since spring are news of spring
    since = draft.features.get("cumulative", 0) > 0 and draft.when.precision != "day" and not lasting
    return draft.when.precision == "year" or since


def _only_points_back(draft: Draft, things: Sequence[Draft]) -> bool:
    if (draft.is_title or draft.headline) and any(_related(thing, draft) for thing in things):
        return True  # a headline sums up what the text tells
    """«الهجوم» without a place or day of its own, after something was told, is no news of its own; nor is violence of no kind."""
    if draft.place is not None or draft.counts or not things or draft.status == "denied":
        return False
    if not draft.told and draft.sentence > 0:
        return True
    return draft.when.start is None and draft.definite and any(_related(thing, draft) for thing in things)


def _home(things: Sequence[Draft], draft: Draft) -> Draft | None:
    """The thing that a draft tells again, the best fit, the nearest among equals."""
    if draft.other or draft.status == "denied":
        return None
    scored = [(score, i) for i, thing in enumerate(things) if (score := fit(thing, draft)) > 0]
    return things[max(scored)[1]] if scored else None


def fit(thing: Draft, draft: Draft) -> int:
    """How well two drafts tell one thing; 0: they do not."""
    types = _type_fit(thing, draft)
    if types == 0 or not thing.when.agrees(draft.when):
        return 0
    if thing.background != draft.background and draft.when.start is not None and thing.when.start is not None:
        return 0
    place = place_fit(thing.place, draft.place)
    if (
        place == 0
        and draft.definite
        and 0 <= draft.sentence - thing.sentence <= 2
        and _may_be_inside(thing.place, draft.place)
    ):
        place = 2
    if place == 0 or _contradict(thing, draft, same_place=place >= 3):
        return 0
    if (
        place == 1
        and draft.place is not None
        and thing.sentence >= 0
        and not draft.definite
        and draft.sentence - thing.sentence > 3
    ):
        return 0
    return 4 * place + 2 * types + (thing.sentence == draft.sentence - 1)


def _type_fit(thing: Draft, draft: Draft) -> int:
    if thing.sub_event == draft.sub_event:
        same = draft.sub_event != "change_to_group_activity" or _trigger(thing) == _trigger(draft)
        return 3 if thing.plover == draft.plover and same else 0
    if thing.sub_event is None or draft.sub_event is None:
        return 0
    if any({thing.sub_event, draft.sub_event} <= near for near in _NEAR_TYPES):
        return 2
    return 1 if _violent(thing, draft) and not (thing.told and draft.told) else 0


def _trigger(draft: Draft) -> str:
    return draft.group.head.trigger.id


def _violent(thing: Draft, draft: Draft) -> bool:
    slugs = (thing.sub_event, draft.sub_event)
    return all(slug is not None and SUB_EVENTS[slug].family in VIOLENT for slug in slugs)


def _related(thing: Draft, draft: Draft) -> bool:
    return same_family(thing, draft) or _violent(thing, draft)


def same_family(a: Draft, b: Draft) -> bool:
    """Whether both are of one ACLED family."""
    if a.sub_event is None or b.sub_event is None:
        return a.sub_event is b.sub_event and a.plover == b.plover
    return SUB_EVENTS[a.sub_event].family == SUB_EVENTS[b.sub_event].family


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
    return fold(a.name or a.text) == fold(b.name or b.text)


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
    if outer.precision == 3:
        return outer.admin1_code is None or inner.admin1_code is None or outer.admin1_code == inner.admin1_code
    return outer.kind in _DISTRICTS and inner.admin2 is not None and inner.admin2 in (outer.name, outer.admin2)


def _may_be_inside(outer: Place | None, inner: Place | None) -> bool:
    """Whether a more exact place, told right after, may lie in a district told before."""
    if outer is None or inner is None or outer.precision < 2 or inner.precision > outer.precision:
        return False
    return outer.admin1_code is None or inner.admin1_code is None or outer.admin1_code == inner.admin1_code


def is_known(place: Place) -> bool:
    """Whether the gazetteer knows the place; else its point and precision are those of the unit around it."""
    return place.geonameid is not None or place.name_en is not None


def _is_part(town: Place, part: Place) -> bool:
    """Whether the one can be a quarter or camp of the other."""
    if part.kind not in _PARTS or town.kind in _PARTS or not is_known(town) or town.precision > 2:
        return False
    if None in (town.lat, town.lon, part.lat, part.lon) or not is_known(part):
        return False
    assert town.lat is not None and town.lon is not None and part.lat is not None and part.lon is not None  # noqa: PT018
    return distance_km(town.lat, town.lon, part.lat, part.lon) <= TOWN_KM


TOWN_KM = 12.0
_PARTS = frozenset({"quarter", "camp"})
_DISTRICTS = frozenset({"admin2", "district"})


def _contradict(thing: Draft, draft: Draft, *, same_place: bool) -> bool:
    """Exact tolls that differ part two drafts, unless place and pointing back say that it is the same thing."""
    if same_place or draft.definite or draft.is_title or thing.is_title:
        return False
    return any(_differ(thing.counts[name], draft.counts[name]) for name in thing.counts.keys() & draft.counts.keys())


def _differ(a: Count, b: Count) -> bool:
    return a.high is not None and b.high is not None and (a.low, a.high) != (b.low, b.high)


def _share_vague_toll(thing: Draft, things: Sequence[Draft]) -> None:
    """«قتيلان بقصف على ريف إدلب», then three villages: the toll of the whole belongs to none of them."""
    names = thing.extra.get("vague", ())
    whole = thing.extra.get("vague_place")
    alike = (other for other in things if other is not thing and other.sub_event == thing.sub_event)
    if names and any(not other.background and _is_of(other, thing, whole) for other in alike):
        _share(thing, {name: thing.counts.pop(name) for name in names if name in thing.counts})


def _is_of(other: Draft, thing: Draft, whole: Place | None) -> bool:
    """Whether another thing may be part of what was told of the whole: elsewhere in it, on the same day."""
    if whole is None or other.place is None:
        return True
    return (
        contains(whole, other.place)
        and not same_place(other.place, thing.place or whole)
        and thing.when.agrees(other.when)
    )


def _share(thing: Draft, counts: dict[str, Count]) -> None:
    tolls = {name: count for name, count in counts.items() if name in SHARED}
    if tolls:
        thing.extra.setdefault("shared", {}).update(tolls)


def absorb(thing: Draft, draft: Draft) -> None:
    """Details of a second telling fill what the first left open; the more exact place and type win. A toll told of a row of places
    without a place of its own is the whole row's."""
    thing.mentions += 1
    thing.extra["tellings"] = (*tellings_of(thing), *tellings_of(draft))
    told_of_it = draft.features.get("points_back", 0) > 0
    if not told_of_it and thing.place is not None and draft.place is not None and contains(thing.place, draft.place):
        thing.extra["vague"] = tuple(name for name in thing.counts if name not in draft.counts)
        thing.extra["vague_place"] = thing.place
    if (thing.is_title and not draft.is_title) or (thing.headline and not draft.headline):
        thing.headline = draft.headline
        thing.trigger, thing.evidence, thing.group = draft.trigger, draft.evidence, draft.group
    if draft.told and not thing.told:
        thing.sub_event, thing.plover, thing.told = draft.sub_event, draft.plover, True
    elif draft.sub_event in ("suicide_bomb", "chemical_weapon") and draft.told:
        thing.sub_event, thing.plover = draft.sub_event, draft.plover
    if thing.place is None or (draft.place is not None and contains(thing.place, draft.place)):
        thing.place = draft.place
    if thing.when.start is None or (thing.when.said and draft.when.start is not None):
        thing.when = draft.when
    thing.initiators = thing.initiators or draft.initiators
    thing.targets = thing.targets or draft.targets
    if "list" in thing.extra and draft.place is None:
        _share(thing, draft.counts)
    else:
        for name, count in draft.counts.items():
            thing.counts[name] = _better(thing.counts.get(name), count)
    thing.weapons = tuple(dict.fromkeys((*thing.weapons, *draft.weapons)))
    source = draft.extra.get("source")
    if source is not None and source.independent:
        thing.extra["confirmed"] = True


def _better(kept: Count | None, new: Count) -> Count:
    """An exact figure before a vague one, else what was told first."""
    if kept is None:
        return new
    return new if is_vague(kept) and (new.high is not None or new.low > kept.low) else kept
