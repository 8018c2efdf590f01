"""The chance that a report is of an event at all, and that its whole row is right: two logistic models over a draft's features.

What is less likely an event than ``accept`` is turned down: precision is the product.
"""

from __future__ import annotations

from contracts.taxonomy import SUB_EVENTS
from processors.drafts import Draft
from processors.learned import models


def features(draft: Draft) -> dict[str, float]:
    """What the models see of a draft, each value in 0..1; those that are 0 are left out."""
    head = draft.group.head
    seen = {
        **_own_features(draft),
        f"family_{_family(draft)}": 1.0,
        f"family_{_family(draft)}_verb": float(head.verb),
        f"{'verb' if head.verb else 'noun'}_{head.trigger.role}": 1.0,
        **_alone_features(draft),
        **_place_features(draft),
        **_time_features(draft),
        **_telling_features(draft),
        **_neighbour_features(draft),
        "initiator": float(bool(draft.initiators)),
        "initiator_known": float(any(actor.actor_id for actor in draft.initiators)),
        "target": float(bool(draft.targets)),
        "both_sides": float(bool(draft.initiators and draft.targets)),
        "killed": float("killed" in draft.counts),
        "injured": float("injured" in draft.counts),
        "no_toll": float(not draft.counts),
        "vague_toll": float(any(count.high is None and count.low <= 1 for count in draft.counts.values())),
    }
    return {name: value for name, value in seen.items() if value}


def _own_features(draft: Draft) -> dict[str, float]:
    """What is of one type and one trigger alone; nothing for types with few labels, which would learn them by heart."""
    slug = draft.sub_event or "none"
    if slug in models().rare:
        return {}
    return {
        f"type_{slug}": 1.0,
        f"trigger_{draft.group.head.trigger.id}": 1.0,
        f"type_{slug}_both": float(bool(draft.initiators and draft.targets)),
        f"type_{slug}_toll": float(bool(draft.counts)),
        f"type_{slug}_once": float(draft.mentions == 1),
    }


def _family(draft: Draft) -> str:
    """Types with few labels lean on their family."""
    return SUB_EVENTS[draft.sub_event].family if draft.sub_event else "talk"


def _alone_features(draft: Draft) -> dict[str, float]:
    """A bare sentence without title and date lacks what an article has: there, other things tell."""
    if not draft.features.get("alone"):
        return {}
    head = draft.group.head
    return {
        "alone": 1.0,
        f"alone_{'verb' if head.verb else 'noun'}_{head.trigger.role}": 1.0,
        f"alone_{head.trigger.id}": 1.0,
        "alone_toll": float(bool(draft.counts)),
        "alone_place": float(draft.place is not None),
        "alone_definite": float(draft.definite),
        "alone_told_day": float(draft.when.basis in ("explicit", "relative")),
        "alone_sides": float(bool(draft.initiators)) + float(bool(draft.targets)),
    }


def _place_features(draft: Draft) -> dict[str, float]:
    place = draft.place
    return {
        "place": float(place is not None),
        "place_exact": float(place is not None and place.precision == 1),
        "place_wide": float(place is not None and place.precision >= 3),
        "place_known": float(place is not None and place.geonameid is not None),
        "place_score": place.score if place is not None else 0.0,
        "place_inherited": float(draft.features.get("place_inherited", 0)),
        "list": float("list" in draft.extra),
    }


def _time_features(draft: Draft) -> dict[str, float]:
    when = draft.when
    return {
        "day": float(when.precision == "day"),
        "day_explicit": float(when.basis == "explicit"),
        "day_relative": float(when.basis == "relative"),
        "day_published": float(when.basis == "published"),
        "period": float(when.start is not None and when.start != when.end),
        "background": float(draft.background),
        "recall": float(draft.features.get("recall", 0)),
        "cumulative": float(draft.features.get("cumulative", 0)),
    }


def _telling_features(draft: Draft) -> dict[str, float]:
    return {
        "told": float(draft.told),
        "title": float(draft.is_title or draft.headline),
        "lead": float(draft.sentence in (0, 1)),
        "late": min(1.0, max(0, draft.sentence) / 12),
        "again": min(1.0, (draft.mentions - 1) / 3),
        "once": float(draft.mentions == 1),
        "definite": float(draft.definite),
        "supported": float(draft.features.get("supported", 1.0)),
        "unsupported": 1.0 - float(draft.features.get("supported", 1.0)),
        "unsupported_placeless": float(not draft.features.get("supported", 1.0) and draft.place is None),
        "points_only": float(draft.features.get("points_only", 0)),
        "placeless_definite": float(
            draft.definite and (draft.place is None or bool(draft.features.get("place_inherited")))
        ),
        "placeless_untold": float(
            not draft.told and (draft.place is None or bool(draft.features.get("place_inherited")))
        ),
        "light": float(draft.features.get("light", 0.0)),
        "outcome_only": float(draft.group.is_outcome_only),
        "hits": min(1.0, len(draft.group.hits) / 4),
        "independent": float(draft.features.get("independent", 0)),
        "claimed": float(draft.status == "claimed"),
        "denied": float(draft.status == "denied"),
        "planned": float(draft.status == "planned"),
        "things": min(1.0, float(draft.features.get("things", 1)) / 10),
        "armed": float(draft.features.get("armed", 0)),
        "civil": float(draft.features.get("civil", 0)),
        "length": min(1.0, (draft.group.sentence.stop - draft.group.sentence.first) / 60),
    }


NEIGHBOURS = (
    "kin",
    "first_of_kin",
    "same_type_place",
    "kin_at_place",
    "beside_kin",
    "beside_other",
    "likest",
    "part_inside",
    "parts_inside",
    "title_kin",
)


def _neighbour_features(draft: Draft) -> dict[str, float]:
    """What the other things of the article say of this one."""
    return {name: float(draft.features.get(name, 0)) for name in NEIGHBOURS}


HISTORY = 0.1
"""How much less likely what is recalled may be and still be reported: it is told as history, and counts for less."""


PLANNED = 0.3
"""The same for what is announced or threatened: few labels are plans, so that the models know little of them."""
RARE = 0.3
"""The same for types that few labels have."""
EVERYDAY = 0.15
"""How much likelier where a long article hardly speaks of arms: most of what fires there happened long ago, or not at all."""
FEW, MANY = 0.1, 3
"""How much less likely a thing may be for each thing that an article tells fewer than so many: it is the news."""
ALONE = 0.15
"""How much likelier a thing must be that a bare sentence tells, without title and date: nothing around it bears it out."""


def is_accepted(draft: Draft, least: float | None = None) -> bool:
    """Whether a draft is likely enough an event (``least``: that of the models) to be reported."""
    return not is_judged(draft) or event_chance(draft) >= asked_of(draft, least)


def is_judged(draft: Draft) -> bool:
    """What only PLOVER knows has no labels, denials and what is denied too few: they pass."""
    disputed = draft.status == "claimed" and draft.features.get("disputed")
    return draft.sub_event is not None and draft.status != "denied" and not disputed


def event_chance(draft: Draft) -> float:
    """The chance in 0..1 that a draft is an event, as it was judged before its roles were chosen."""
    return draft.features["event"]


def judge(draft: Draft) -> None:
    """Judges how likely an event a draft is, by what its own sentences and the rules say: roles are chosen for what passes alone."""
    draft.extra["seen"] = features(draft)
    draft.features["event"] = models().event.chance(draft.extra["seen"])


def asked_of(draft: Draft, least: float | None = None) -> float:
    """The chance from which a draft is reported: less for what is recalled or planned and for the news of a brief, more for a bare
    sentence."""
    return (
        (models().accept if least is None else least)
        - HISTORY * draft.background
        - PLANNED * (draft.status == "planned")
        - RARE * (draft.sub_event in models().rare) * (1 - draft.features.get("alone", 0.0))
        + ALONE * draft.features.get("alone", 0.0)
        + EVERYDAY * draft.features.get("everyday", 0.0)
        - FEW * max(0.0, MANY - draft.features.get("things", MANY)) * (1 - draft.features.get("alone", 0.0))
    )


def confidence(draft: Draft) -> float:
    """The calibrated chance in 0..1 that the row is right, to three digits."""
    return round(models().row.chance(features(draft)), 3)
