"""Whether two drafts of an article tell one thing: what is looked at, and the learned chance that they do."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

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
SAME_TYPE = 3
"""What ``type_fit`` gives for one type."""
VIOLENT = frozenset({"battles", "explosions", "civilians"})


def chance_of_same(thing: Draft, draft: Draft) -> float:
    """The chance in 0..1 that a draft tells a thing again."""
    seen = pair_features(thing, draft)
    chance = models().same.chance(seen)
    return AFTERMATH + (1 - AFTERMATH) * chance if "aftermath" in seen else chance


AFTERMATH = 0.8
"""That a bare toll right after the violence is its toll: few labels show it, since the longer articles name the violence again."""


def can_be_same(thing: Draft, draft: Draft) -> bool:
    """What no likeness outweighs: another kind of thing, the places of one list, talk against deeds."""
    if (thing.sub_event is None) != (draft.sub_event is None):
        return False
    if "list" in thing.extra and thing.extra["list"] is draft.extra.get("list"):
        return False
    two = _are_apart(thing, draft) or _are_beside(thing, draft) or _is_older(thing, draft)
    return type_fit(thing, draft) > 0 and not two


_EXACT = 2
"""The precision up to which a place is a town or smaller, or a district."""


def _are_apart(thing: Draft, draft: Draft) -> bool:
    """«قصف الطيران مدينة خان شيخون، فيما قصف مدينة كفرزيتا»: one sentence that names two towns for two deeds tells two."""
    a, b = thing.place, draft.place
    if a is None or b is None or thing.sentence != draft.sentence or thing.is_title != draft.is_title:
        return False
    told = thing.group is not draft.group and not any(one.features.get("place_inherited") for one in (thing, draft))
    exact = all(place.precision <= _EXACT or not is_known(place) for place in (a, b))
    return told and exact and place_fit(a, b) == 0


def _are_beside(thing: Draft, draft: Draft) -> bool:
    """«اعتقلت قوات الأمن شبانا، وخطف مسلحون طبيبا»: one sentence that says both tells two things."""
    types = {thing.sub_event, draft.sub_event}
    return types == {"arrests", "abduction_forced_disappearance"} and thing.sentence == draft.sentence


def _is_older(thing: Draft, draft: Draft) -> bool:
    """«وكانت القوات قد انتشرت مطلع أيلول»: what is recalled with a day of its own is not the news told before without one."""
    recalled = draft.features.get("leads_recall", 0) > 0 and not thing.features.get("leads_recall", 0)
    return recalled and thing.when.start is None and draft.when.start is not None and draft.place is not None


class Rival(Struct, frozen=True):
    """A thing that a draft may tell again: the sentence that told it last, and how its place and its type fit the draft's."""

    thing: Draft
    last: int
    place: str
    type: int


def rivals_of(things: Sequence[Draft], draft: Draft) -> list[Rival]:
    """The things that a draft may tell again, each looked at once for all the pairs that the draft is in."""
    return [Rival(thing, last_told(thing), _place_fit(thing, draft), type_fit(thing, draft)) for thing in things]


def pair_features(thing: Draft, draft: Draft) -> Features:
    """What the model sees of two drafts, each value in 0..1; those that are 0 are left out. ``draft.extra["rivals"]``: the
    ``rivals_of`` all the things that it may tell again; of the thing alone where it is not set."""
    rivals: Sequence[Rival] = draft.extra.get("rivals") or rivals_of((thing,), draft)
    own = next(rival for rival in rivals if rival.thing is thing)
    place, when = own.place, _when_fit(thing, draft)
    names = [
        f"type_{own.type}",
        f"place_{place}",
        f"when_{when}",
        f"place_{place}_when_{when}",
        f"initiators_{_actors_fit(thing.initiators, draft.initiators)}",
        f"targets_{_actors_fit(thing.targets, draft.targets)}",
        *_draft_features(draft, place),
        *_both_features(thing, draft, place),
        *_distance_features(thing, draft, place),
        *_count_features(thing, draft, place),
        *_order_features(draft, own, rivals),
    ]
    if own.type == 1:
        names.append(f"types_{'_or_'.join(sorted({str(thing.sub_event), str(draft.sub_event)}))}")
    seen = dict.fromkeys(names, 1.0)
    words = _shared_words(thing, draft)
    if words:
        seen["words"] = seen[f"words_place_{place}"] = words
    for name in ("points_back", "cumulative", "light"):
        if value := draft.features.get(name, 0.0):
            seen[name] = float(value)
    return seen


def _draft_features(draft: Draft, place: str) -> list[str]:
    """What the draft says by itself of being told again."""
    head = draft.group.head
    names = [f"family_{_family(draft)}"]
    if draft.definite:
        names += ["definite", f"definite_place_{place}"]
    if draft.other:
        names.append("other")
    if not head.verb:
        names.append("noun")
    if draft.group.is_outcome_only:
        names += ["outcome", f"outcome_place_{place}"]
    if not draft.told:
        names.append("untold")
    return names


def _both_features(thing: Draft, draft: Draft, place: str) -> list[str]:
    """What both say: the same words, means and places."""
    names = [f"both_{kind}" for kind in {*thing.weapons} & {*draft.weapons}]
    if draft.group.head.trigger.id == thing.group.head.trigger.id:
        names.append("same_trigger")
    if thing.told and draft.told:
        names.append("told_both")
    if "list" in thing.extra or "list" in draft.extra:
        names.append(f"list_place_{place}")
    if draft.features.get("recall", 0) != thing.features.get("recall", 0):
        names.append("recall")
    if is_aftermath(thing, draft):
        names.append("aftermath")
    if _names(draft, thing.place):
        names.append(f"names_place_{place}")
    if _names(thing, draft.place):
        names.append(f"place_named_{place}")
    return names


def _distance_features(thing: Draft, draft: Draft, place: str) -> list[str]:
    """How far the sentences stand apart; a headline stands nowhere."""
    if draft.is_title or draft.headline or thing.is_title or thing.headline:
        return ["title", f"title_place_{place}"]
    distance = draft.sentence - thing.sentence
    far = min(4, max(0, distance))
    names = [f"far_{far}"]
    if distance == 0:
        names.append(f"same_sentence_place_{place}")
    if distance == 1:
        names.append(f"next_place_{place}")
    if draft.definite:
        names.append(f"definite_far_{far}")
    return names


def _order_features(draft: Draft, own: Rival, rivals: Sequence[Rival]) -> list[str]:
    """How lately a thing was told, and whether another that may be meant was told later or fits better."""
    later = min(2, sum(other.last > own.last for other in rivals))
    names = [f"later_{later}", f"later_{later}_place_{own.place}"]
    if not (draft.is_title or draft.headline):
        near = min(3, max(0, draft.sentence - own.last))
        names += [f"since_{near}", f"since_{near}_place_{own.place}"]
    if len(rivals) == 1:
        names += ["only", f"only_place_{own.place}"]
    if own.place != "same" and any(other.place == "same" for other in rivals):
        names.append("other_at_place")
    if own.type < SAME_TYPE and any(other.type == SAME_TYPE for other in rivals):
        names.append("other_of_type")
    return names


def last_told(thing: Draft) -> int:
    """The number of the sentence that told a thing last; -1 in the title."""
    return max([-1 if told.group.passage.is_title else told.group.sentence.index for told in tellings_of(thing)])


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


def _count_features(thing: Draft, draft: Draft, place: str) -> list[str]:
    if not draft.counts:
        return ["no_counts"]
    shared = thing.counts.keys() & draft.counts.keys()
    if not shared:
        return ["new_counts"]
    names = []
    equal = [name for name in shared if not _differ(thing.counts[name], draft.counts[name])]
    if equal:
        names.append("counts_equal")
    if any(_is_number(draft.counts[name]) for name in equal):
        names.append("killed_equal")
    if len(equal) < len(shared):
        names += ["counts_differ", f"counts_differ_{place}"]
    return names


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
