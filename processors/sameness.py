"""Whether two drafts of an article tell one thing: what is looked at, and the learned chance that they do."""

from __future__ import annotations

from collections.abc import Sequence

from arabic.fold import fold
from contracts.records import Actor, Count, Place
from contracts.taxonomy import SUB_EVENTS
from processors.drafts import Draft
from processors.learned import Features, models
from processors.participants import tellings_of
from processors.place_relations import contains, is_known, place_fit

NEAR_TYPES = (
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


def chance_of_same(thing: Draft, draft: Draft) -> float:
    """The chance in 0..1 that a draft tells a thing again."""
    chance = models().same.chance(pair_features(thing, draft))
    return AFTERMATH + (1 - AFTERMATH) * chance if is_aftermath(thing, draft) else chance


AFTERMATH = 0.8
"""That a bare toll right after the violence is its toll: few labels show it, since the longer articles name the violence again."""


def can_be_same(thing: Draft, draft: Draft) -> bool:
    """What no likeness outweighs: another kind of thing, the places of one list, talk against deeds."""
    if (thing.sub_event is None) != (draft.sub_event is None):
        return False
    if "list" in thing.extra and thing.extra["list"] is draft.extra.get("list"):
        return False
    return type_fit(thing, draft) > 0 and not _is_older(thing, draft) and not _are_beside(thing, draft)


def _are_beside(thing: Draft, draft: Draft) -> bool:
    """«اعتقلت قوات الأمن شبانا، وخطف مسلحون طبيبا»: one sentence that says both tells two things."""
    types = {thing.sub_event, draft.sub_event}
    return types == {"arrests", "abduction_forced_disappearance"} and thing.sentence == draft.sentence


def _is_older(thing: Draft, draft: Draft) -> bool:
    """«وكانت القوات قد انتشرت مطلع أيلول»: what is recalled with a day of its own is not the news told before without one."""
    recalled = draft.features.get("leads_recall", 0) > 0 and not thing.features.get("leads_recall", 0)
    return recalled and thing.when.start is None and draft.when.start is not None and draft.place is not None


def pair_features(thing: Draft, draft: Draft) -> Features:
    """What the model sees of two drafts, each value in 0..1; those that are 0 are left out. ``draft.extra["rivals"]``: all the things
    that it may tell again."""
    place = _place_fit(thing, draft)
    when = _when_fit(thing, draft)
    words = _shared_words(thing, draft)
    distance = draft.sentence - thing.sentence
    title = draft.is_title or draft.headline or thing.is_title or thing.headline
    seen = {
        f"type_{type_fit(thing, draft)}": 1.0,
        f"place_{place}": 1.0,
        f"when_{when}": 1.0,
        f"place_{place}_when_{when}": 1.0,
        f"far_{min(4, max(0, distance))}": float(not title),
        "title": float(title),
        f"title_place_{place}": float(title),
        f"same_sentence_place_{place}": float(distance == 0 and not title),
        f"next_place_{place}": float(distance == 1 and not title),
        f"family_{_family(draft)}": 1.0,
        "definite": float(draft.definite),
        f"definite_place_{place}": float(draft.definite),
        f"definite_far_{min(4, max(0, distance))}": float(draft.definite and not title),
        "other": float(draft.other),
        "points_back": draft.features.get("points_back", 0.0),
        "noun": float(not draft.group.head.verb),
        "outcome": float(draft.group.is_outcome_only),
        f"outcome_place_{place}": float(draft.group.is_outcome_only),
        "same_trigger": float(draft.group.head.trigger.id == thing.group.head.trigger.id),
        "told_both": float(thing.told and draft.told),
        "untold": float(not draft.told),
        f"list_place_{place}": float("list" in thing.extra or "list" in draft.extra),
        "recall": float(draft.features.get("recall", 0) != thing.features.get("recall", 0)),
        "cumulative": float(draft.features.get("cumulative", 0)),
        "light": float(draft.features.get("light", 0)),
        **_count_features(thing, draft, place),
        "words": words,
        f"words_place_{place}": words,
        f"initiators_{_actors_fit(thing.initiators, draft.initiators)}": 1.0,
        f"targets_{_actors_fit(thing.targets, draft.targets)}": 1.0,
        **{f"both_{kind}": 1.0 for kind in {*thing.weapons} & {*draft.weapons}},
        **_order_features(thing, draft, place),
        **_name_features(thing, draft, place),
        f"types_{'_or_'.join(sorted({str(thing.sub_event), str(draft.sub_event)}))}": float(
            type_fit(thing, draft) == 1
        ),
        "aftermath": float(is_aftermath(thing, draft)),
    }
    return {name: value for name, value in seen.items() if value}


def _order_features(thing: Draft, draft: Draft, place: str) -> Features:
    """How lately a thing was told, and whether another that may be meant was told later or fits better."""
    rivals: Sequence[Draft] = draft.extra.get("rivals", (thing,))
    since = draft.sentence - last_told(thing)
    later = sum(last_told(other) > last_told(thing) for other in rivals)
    others = [other for other in rivals if other is not thing]
    title = draft.is_title or draft.headline
    near = min(3, max(0, since))
    return {
        f"since_{near}": float(not title),
        f"since_{near}_place_{place}": float(not title),
        f"later_{min(2, later)}": 1.0,
        f"later_{min(2, later)}_place_{place}": 1.0,
        "only": float(not others),
        f"only_place_{place}": float(not others),
        "other_at_place": float(place != "same" and any(_place_fit(other, draft) == "same" for other in others)),
        "other_of_type": float(type_fit(thing, draft) < 3 and any(type_fit(other, draft) == 3 for other in others)),
    }


def last_told(thing: Draft) -> int:
    """The number of the sentence that told a thing last; -1 in the title."""
    return max(-1 if told.group.passage.is_title else told.group.sentence.index for told in tellings_of(thing))


def _name_features(thing: Draft, draft: Draft, place: str) -> Features:
    """Whether the sentence of one names the place of the other."""
    return {
        f"names_place_{place}": float(_names(draft, thing.place)),
        f"place_named_{place}": float(_names(thing, draft.place)),
    }


def _names(draft: Draft, place: Place | None) -> bool:
    if place is None:
        return False
    words = fold(place.text).split()
    return bool(words) and words[-1].removeprefix("ال") in _long_words(draft)


def is_aftermath(thing: Draft, draft: Draft) -> bool:
    """«وقالت وزارة الصحة إن امرأة وطفلين قتلوا»: a bare toll right after the violence that has none."""
    return (
        not draft.told
        and draft.group.is_outcome_only
        and draft.place is None
        and not (draft.initiators or draft.other or draft.is_title or draft.headline)
        and bool(draft.counts)
        and not draft.counts.keys() & thing.counts.keys()
        and 0 <= draft.sentence - last_told(thing) <= 1
        and thing.told
        and not (thing.is_title or thing.headline)
        and both_violent(thing, draft)
        and thing.when.agrees(draft.when)
    )


def _family(draft: Draft) -> str:
    return SUB_EVENTS[draft.sub_event].family if draft.sub_event else "talk"


def type_fit(thing: Draft, draft: Draft) -> int:
    """3 the same type, 2 types that one thing may be told as, 1 both violent and one of no told kind, 0 two kinds of things."""
    if thing.sub_event == draft.sub_event:
        same = draft.sub_event != "change_to_group_activity" or _trigger(thing) == _trigger(draft)
        return 3 if thing.plover == draft.plover and same else 0
    if thing.sub_event is None or draft.sub_event is None:
        return 0
    if any({thing.sub_event, draft.sub_event} <= near for near in NEAR_TYPES):
        return 2
    return 1 if both_violent(thing, draft) else 0


def _trigger(draft: Draft) -> str:
    return draft.group.head.trigger.id


def both_violent(thing: Draft, draft: Draft) -> bool:
    """Whether both are battles, explosions or violence against civilians."""
    slugs = (thing.sub_event, draft.sub_event)
    return all(slug is not None and SUB_EVENTS[slug].family in VIOLENT for slug in slugs)


def _place_fit(thing: Draft, draft: Draft) -> str:
    a, b = thing.place, draft.place
    if a is None or b is None:
        return "none" if a is b else ("thing_silent" if a is None else "draft_silent")
    fit = place_fit(a, b)
    if fit == 3:
        return "same"
    if fit == 2:
        return "inside" if contains(a, b) else "around"
    if not is_known(a) or not is_known(b):
        return "unknown"
    return "apart" if a.admin1_code != b.admin1_code else "apart_near"


def _when_fit(thing: Draft, draft: Draft) -> str:
    a, b = thing.when, draft.when
    if a.start is None or b.start is None:
        return "silent" if b.start is None else "new"
    if a.start == b.start and a.end == b.end:
        return "same"
    if a.agrees(b):
        return "overlap"
    gap = abs((a.start - b.start).days)
    return "next_day" if gap <= 1 else ("apart" if gap <= 7 else "long_apart")


def _count_features(thing: Draft, draft: Draft, place: str) -> Features:
    shared = thing.counts.keys() & draft.counts.keys()
    equal = [name for name in shared if not _differ(thing.counts[name], draft.counts[name])]
    return {
        "counts_equal": float(bool(equal)),
        "killed_equal": float(any(_is_number(draft.counts[name]) for name in equal)),
        "counts_differ": float(len(equal) < len(shared)),
        f"counts_differ_{place}": float(len(equal) < len(shared)),
        "new_counts": float(bool(draft.counts) and not shared),
        "no_counts": float(not draft.counts),
    }


def _is_number(count: Count) -> bool:
    return count.high is not None and count.low > 1


def _differ(a: Count, b: Count) -> bool:
    return a.high is not None and b.high is not None and (a.low, a.high) != (b.low, b.high)


def _shared_words(thing: Draft, draft: Draft) -> float:
    """Share of the longer words of the shorter of two sentences that stand in the other too."""
    a, b = _long_words(thing), _long_words(draft)
    return len(a & b) / max(1, min(len(a), len(b)))


def _long_words(draft: Draft) -> frozenset[str]:
    return draft.group.passage.long_words(draft.group.sentence)


def _actors_fit(a: tuple[Actor, ...], b: tuple[Actor, ...]) -> str:
    if not a or not b:
        return "none" if not b else "new"
    if {actor.name or actor.text for actor in a} & {actor.name or actor.text for actor in b}:
        return "same"
    return "kin" if {actor.kind for actor in a} & {actor.kind for actor in b} else "apart"
