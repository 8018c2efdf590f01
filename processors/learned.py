"""Small linear models whose weights stand in ``lexicons/models.json``, fitted by ``scripts/fit_models.py``.

A feature has a name and a value in 0..1; one that a model does not know weighs nothing. Each file says on what it was fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import exp

import msgspec
from msgspec import Struct

Features = dict[str, float]


class Weights(Struct, frozen=True):
    """A logistic model of one question."""

    bias: float = 0.0
    weights: dict[str, float] = {}

    def score(self, seen: Mapping[str, float]) -> float:
        """The log of the odds."""
        known = self.weights
        return self.bias + sum([known[name] * value for name, value in seen.items() if name in known])

    def chance(self, seen: Mapping[str, float]) -> float:
        """The probability in 0..1 of what the features show."""
        return 1 / (1 + exp(-max(-30.0, min(30.0, self.score(seen)))))


class Models(Struct, frozen=True):
    """All that is learned: ``same``, that two drafts tell one thing, from ``join`` on;
    ``event``, that a draft is one, from ``accept`` on; ``row``, that its whole row is right."""

    same: Weights
    event: Weights
    row: Weights
    join: float
    accept: float
    provenance: str
    rare: frozenset[str] = frozenset()
    """Types with few labels."""


@cache
def models() -> Models:
    """The shipped models."""
    data = (files("processors") / "lexicons" / "models.json").read_bytes()
    return msgspec.json.decode(data, type=Models)
