"""Where a thing happened: each place's linear score of what is seen, compared among all places in reach and «nowhere told» (a conditional
logit, as for roles and tolls). Weights stand in ``lexicons/places.json``, fitted by ``scripts/fit_places.py``; the file says on what.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from processors.drafts import Draft
from processors.logit import shares
from processors.mentions import Mentions
from processors.passage import Passage
from processors.place_candidates import PlaceCandidate, Whereabouts
from processors.place_holding import PlaceContext


class PlaceModel(Struct, frozen=True):
    """Weights by feature. ``sure``: how much likelier than what the rules give another place must be."""

    weights: dict[str, float]
    sure: float
    provenance: str


@cache
def model() -> PlaceModel:
    """The shipped weights."""
    data = (files("processors") / "lexicons" / "places.json").read_bytes()
    return msgspec.json.decode(data, type=PlaceModel)


def chances(model: PlaceModel, candidates: Sequence[PlaceCandidate]) -> list[float]:
    """The chance of each candidate; they sum to 1."""
    return shares(model.weights, (candidate.seen for candidate in candidates))


def choose(model: PlaceModel, candidates: Sequence[PlaceCandidate]) -> PlaceCandidate:
    """The likeliest place, or nowhere; what the rules give stays where nothing is surely likelier. ValueError without candidates."""
    row = chances(model, candidates)
    best = max(range(len(row)), key=row.__getitem__)
    kept = max((n for n, candidate in enumerate(candidates) if candidate.kept), key=row.__getitem__, default=None)
    return candidates[best] if kept is None or row[best] > model.sure * row[kept] else candidates[kept]


def has_choice(thing: Draft) -> bool:
    """Whether the place of a thing is a question: talks and agreements keep theirs, and the places of a list are told one by one."""
    return thing.sub_event not in (None, "agreement") and "list" not in thing.extra


def weigh_places(
    things: Sequence[Draft],
    passages: Sequence[tuple[Passage, Mentions]],
    context: PlaceContext,
    drafts: Sequence[Draft],
) -> None:
    """Gives every thing the likeliest of the places in reach, by what the rules gave all of them. ``drafts``: all that is told."""
    asked = [thing for thing in things if has_choice(thing)]
    if not asked:
        return
    whereabouts = Whereabouts(passages, context, drafts)
    chosen = [choose(model(), list(whereabouts.candidates(thing, things))) for thing in asked]
    for thing, candidate in zip(asked, chosen, strict=True):
        if not candidate.kept:
            thing.place = candidate.place
            thing.features.pop("place_inherited", None)
            thing.features["place_weighed"] = 1.0
