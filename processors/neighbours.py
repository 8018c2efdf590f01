"""What the other things of an article say of one: whether a likelier telling of the same stands beside it."""

from __future__ import annotations

from collections.abc import Sequence

from processors.drafts import Draft
from processors.joining import same_family
from processors.place_relations import contains, is_known, place_fit
from processors.sameness import type_fit

WIDE = 3
"""The precision from which a place is a unit around others."""


def look_around(things: Sequence[Draft]) -> None:
    """Sets the features of each thing that need all the others."""
    for thing in things:
        others = [other for other in things if other is not thing]
        kin, strangers = _parted(thing, others)
        before = [other for other in kin if other.sentence < thing.sentence]
        thing.features["things"] = len(things)
        thing.features["kin"] = min(1.0, len(kin) / 5)
        thing.features["first_of_kin"] = float(not before)
        thing.features["same_type_place"] = float(
            any(_is_at(thing, other) and type_fit(thing, other) == 3 for other in kin)
        )
        thing.features["kin_at_place"] = float(any(_is_at(thing, other) for other in others if type_fit(thing, other)))
        parts = _parts(thing, kin)
        thing.features["part_inside"] = float(len(parts) == 1)
        thing.features["parts_inside"] = float(len(parts) > 1)
        thing.features["title_kin"] = float(thing.is_title and any(not o.is_title and not o.background for o in kin))
        thing.features["disputed"] = float(any(o.status == "denied" and o.sub_event == thing.sub_event for o in others))
        thing.features["beside_kin"] = float(any(other.sentence == thing.sentence for other in kin))
        thing.features["beside_other"] = float(any(other.sentence == thing.sentence for other in strangers))


def _parted(thing: Draft, others: Sequence[Draft]) -> tuple[list[Draft], list[Draft]]:
    """The others that are of a thing's family, and the rest."""
    kin: list[Draft] = []
    strangers: list[Draft] = []
    for other in others:
        (kin if same_family(thing, other) else strangers).append(other)
    return kin, strangers


def _parts(thing: Draft, kin: Sequence[Draft]) -> list[Draft]:
    """What is told of the same kind and day at exact places inside the wide one of a thing, or anywhere where it has none: a lead over
    the incidents that the article then tells one by one."""
    if thing.place is not None and thing.place.precision < WIDE:
        return []
    return [
        other
        for other in kin
        if other.sub_event == thing.sub_event
        and ("list" not in thing.extra or other.extra.get("list") is not thing.extra["list"])
        and other.background == thing.background
        and other.when.start == thing.when.start
        and other.place is not None
        and (other.place.precision < WIDE or not is_known(other.place))
        and (thing.place is None or contains(thing.place, other.place))
    ]


def _is_at(thing: Draft, other: Draft) -> bool:
    return place_fit(thing.place, other.place) >= 2
