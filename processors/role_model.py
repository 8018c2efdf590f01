"""Which of the candidates took part: for each side a linear score of what is seen, compared among all candidates and «nobody».

The chance of a candidate is its share among the exponentials of all scores (a conditional logit over the actors in reach), so that
actors compete; mentions of one actor add up. Weights stand in ``lexicons/roles.json``, fitted by ``scripts/fit_roles.py``; the
file says on what.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from processors.drafts import Draft
from processors.logit import shares
from processors.participants import Candidate, Cast
from processors.resolving import actor_of

MOST = 4
"""Actors of one side at most."""


class SideWeights(Struct, frozen=True):
    """Weights by feature; ``nobody``: the score of no candidate at all. A side is empty where nobody's chance is above ``silent``;
    beside the likeliest actor those are given whose chance is at least ``ratio`` of its."""

    weights: dict[str, float]
    nobody: float
    silent: float
    ratio: float


class RoleModel(Struct, frozen=True):
    """Both sides, and where the weights come from."""

    initiator: SideWeights
    target: SideWeights
    provenance: str


@cache
def model() -> RoleModel:
    """The shipped weights."""
    data = (files("processors") / "lexicons" / "roles.json").read_bytes()
    return msgspec.json.decode(data, type=RoleModel)


def chances(side: SideWeights, seen: Sequence[Sequence[str]]) -> tuple[list[float], float]:
    """The chance of each candidate, and of nobody; they sum to 1."""
    *row, nobody = shares(side.weights, seen, side.nobody)
    return row, nobody


def choose(roles: RoleModel, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Initiators and targets, the likeliest first; each actor on its likelier side only."""
    seen = [candidate.seen for candidate in candidates]
    rows = [chances(side, seen) for side in (roles.initiator, roles.target)]
    totals = [_by_actor(candidates, row) for row, _ in rows]
    chosen: list[list[Candidate]] = []
    for side, (row, nobody), total, other in zip(
        (roles.initiator, roles.target), rows, totals, totals[::-1], strict=True
    ):
        ranked = sorted((who for who in total if total[who] >= other[who]), key=lambda who: -total[who])
        if not ranked or nobody > side.silent:
            chosen.append([])
            continue
        taken = [who for who in ranked[:MOST] if total[who] >= side.ratio * total[ranked[0]]]
        chosen.append([_best_mention(candidates, row, who) for who in taken])
    return chosen[0], chosen[1]


def _by_actor(candidates: Sequence[Candidate], row: Sequence[float]) -> dict[str, float]:
    total: dict[str, float] = {}
    for candidate, chance in zip(candidates, row, strict=True):
        total[candidate.who] = total.get(candidate.who, 0.0) + chance
    return total


def _best_mention(candidates: Sequence[Candidate], row: Sequence[float], who: str) -> Candidate:
    """The likeliest mention of an actor, one in the sentence that is quoted before those of other tellings and the rest."""
    numbers = [n for n, candidate in enumerate(candidates) if candidate.who == who]
    return candidates[max(numbers, key=lambda n: (candidates[n].nearness, row[n]))]


def settle_roles(things: Sequence[Draft], cast: Cast) -> None:
    """Gives every thing its initiators and targets; what words alone tell (talks, demands) keeps the reading of the rules."""
    for thing in things:
        if thing.sub_event is None:
            continue
        initiators, targets = choose(model(), list(cast.candidates(thing)))
        thing.initiators = tuple(actor_of(candidate.actor, candidate.is_title) for candidate in initiators)
        thing.targets = tuple(actor_of(candidate.actor, candidate.is_title) for candidate in targets)
