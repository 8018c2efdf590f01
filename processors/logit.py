"""The conditional logit of the role, place and toll models: rivals compared by the sums of the weights of what each shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat
from math import exp

_NOTHING = repeat(0.0)
"""What each feature without a weight weighs."""


def shares(weights: Mapping[str, float], rows: Iterable[Iterable[str]], *others: float) -> list[float]:
    """The chance of each row of features, and after them of each of ``others``, which bring scores of their own (nobody, none); they sum
    to 1. A feature without a weight weighs nothing. Empty where there is nothing to choose from."""
    weigh = weights.get
    scores = [*(sum(map(weigh, row, _NOTHING)) for row in rows), *others]
    top = max(scores, default=0.0)
    powers = [exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
