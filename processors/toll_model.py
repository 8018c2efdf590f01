"""Which count is a thing's: each candidate's linear score of what is seen, compared among all candidates and «none» (a conditional
logit, as for roles). Weights stand in ``lexicons/tolls.json``, fitted by ``scripts/fit_tolls.py``; the file says on what.
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
from processors.toll_candidates import TollCandidate, Tolls, fields_of


class TollModel(Struct, frozen=True):
    """Weights by feature; ``none``: the score of no count at all; ``sure``: how much likelier than what the order of words gives
    another choice must be."""

    weights: dict[str, float]
    none: float
    sure: float
    provenance: str


@cache
def model() -> TollModel:
    """The shipped weights."""
    data = (files("processors") / "lexicons" / "tolls.json").read_bytes()
    return msgspec.json.decode(data, type=TollModel)


def chances(model: TollModel, candidates: Sequence[TollCandidate]) -> tuple[list[float], float]:
    """The chance of each candidate, and of none; they sum to 1."""
    *row, none = shares(model.weights, (candidate.seen for candidate in candidates), model.none)
    return row, none


def choose(model: TollModel, candidates: Sequence[TollCandidate]) -> TollCandidate | None:
    """The likeliest count, or none; what the order of words gives stays where nothing is surely likelier, or where the same is told
    elsewhere."""
    row, none = chances(model, candidates)
    at = max(range(len(row)), key=row.__getitem__, default=-1)
    best, chance = (candidates[at], row[at]) if at >= 0 and row[at] >= none else (None, none)
    kept = next((n for n, candidate in enumerate(candidates) if candidate.kept), None)
    if kept is None:
        return None if chance < model.sure * none else best
    own = candidates[kept]
    agrees = best is not None and (best.count.low, best.count.high) == (own.count.low, own.count.high)
    return own if agrees or chance < model.sure * row[kept] else best


def settle_tolls(
    things: Sequence[Draft], passages: Sequence[tuple[Passage, Mentions]], drafts: Sequence[Draft]
) -> None:
    """Gives every thing the counts that are likeliest its own."""
    if not any(mentions.counts for _, mentions in passages):
        return
    tolls = Tolls(passages, drafts, things)
    chosen = [
        (thing, field, choose(model(), candidates))
        for thing in things
        for field in fields_of(thing)
        if (candidates := tolls.candidates(thing, field))
    ]
    for thing, field, candidate in chosen:
        if candidate is None:
            thing.counts.pop(field, None)
        else:
            thing.counts[field] = candidate.count
            thing.extra.get("shared", {}).pop(field, None)
    for thing in things:
        if not thing.extra.get("shared", True):
            del thing.extra["shared"]
