"""One thing once within an article: title, lead, details and recap join; what only points back adds to what it points at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contracts.records import Count, Place
from contracts.taxonomy import SUB_EVENTS
from processors.casualties import is_vague
from processors.drafts import Draft
from processors.learned import models
from processors.participants import tellings_of
from processors.place_relations import contains, same_place
from processors.sameness import both_violent, can_be_same, chance_of_same, last_told, rivals_of
from processors.tolls import SHARED

Chance = Callable[[Draft, Draft], float]
"""The chance that the second draft tells again what the first told."""


def join_drafts(drafts: Sequence[Draft], chance: Chance = chance_of_same, least: float | None = None) -> list[Draft]:
    """The article's things, each once, in the order of the text; what is only pointed back at and fits nothing is left out.
    ``least``: the chance from which two are one."""
    least = models().join if least is None else least
    things: list[Draft] = []
    for draft in drafts:
        if _is_statistic(draft):
            continue
        _take_means(things, draft)
        home = _home(things, draft, chance, least)
        if home is not None:
            absorb(home, draft)
        else:
            draft.features["points_only"] = float(_only_points_back(draft, things))
            things.append(draft)
    for thing in things:
        _share_vague_toll(thing, things)
    return things


def _take_means(things: Sequence[Draft], draft: Draft) -> None:
    """«استهدفت» without a weapon goes on in the way told before: after drone strikes it is one; so does «القصف», or «وقصفت» in the
    sentence of those."""
    if draft.told:
        if draft.weapons or not draft.extra.get("any_strike"):
            return
    elif draft.group.head.trigger.id not in ("weapon_hit", "assault", "massacre") or {"guns", "blades"} & {
        *draft.weapons
    }:
        return
    told = [
        thing
        for thing in things
        if thing.told and thing.sub_event in _STRIKES and not thing.background and _can_be_one_side(thing, draft)
    ]
    if told and (not draft.told or draft.definite or last_told(told[-1]) == draft.sentence):
        draft.sub_event = told[-1].sub_event


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
    """«الهجوم» without a place or day of its own, after something was told, is no news of its own; nor is violence of no kind."""
    if (draft.is_title or draft.headline) and any(_related(thing, draft) for thing in things):
        return True  # a headline sums up what the text tells
    if draft.place is not None or draft.counts or not things or draft.status == "denied":
        return False
    if not draft.told and draft.sentence > 0:
        return True
    return draft.when.start is None and draft.definite and any(_related(thing, draft) for thing in things)


def _home(things: Sequence[Draft], draft: Draft, chance: Chance, least: float) -> Draft | None:
    """The thing that a draft tells again, the likeliest; None where none is likely enough."""
    if draft.status == "denied":
        return None
    rivals = [thing for thing in things if can_be_same(thing, draft)]
    draft.extra["rivals"] = rivals_of(rivals, draft)
    scored = [(chance(thing, draft), i) for i, thing in enumerate(rivals)]
    del draft.extra["rivals"]
    best, at = max(scored, default=(0.0, -1))
    draft.features["likest"] = best
    return rivals[at] if scored and best >= least else None


def _related(thing: Draft, draft: Draft) -> bool:
    return same_family(thing, draft) or both_violent(thing, draft)


def same_family(a: Draft, b: Draft) -> bool:
    """Whether both are of one ACLED family."""
    if a.sub_event is None or b.sub_event is None:
        return a.sub_event is b.sub_event and a.plover == b.plover
    return SUB_EVENTS[a.sub_event].family == SUB_EVENTS[b.sub_event].family


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
