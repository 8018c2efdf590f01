"""A conditional logit: one of several candidates, or none, by the features that each shows. Plain Python, by stochastic gradients with
steps that shrink by feature; the order of rows is seeded."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

ROUNDS, RATE, SHRINK, LEAST, SEED = 10, 0.1, 0.12, 3, 7


class Choice(NamedTuple):
    """What is seen of each candidate, and which of them are right; none of them: nobody is."""

    seen: list[tuple[str, ...]]
    right: set[int]


def fit_choice(
    rows: Sequence[Choice], priors: dict[str, float], rounds: int = ROUNDS, shrink: float = SHRINK
) -> tuple[dict[str, float], float]:
    """Weights and the score of none: the mean over the later rounds. ``priors``: weights from which the fit sets out and to which it
    shrinks."""
    counts = Counter(name for seen, _ in rows for row in seen for name in row)
    known = {name for name, count in counts.items() if count >= LEAST} | set(priors)
    columns = {name: n for n, name in enumerate(sorted(known))}
    data = [([[columns[name] for name in row if name in columns] for row in seen], right) for seen, right in rows]
    size = len(columns) + 1  # the last is none's
    prior = [priors.get(name, 0.0) for name in columns] + [0.0]
    weights, squares, mean = list(prior), [1e-2] * size, [0.0] * size
    shuffler = random.Random(SEED)
    for round_ in range(rounds):
        shuffler.shuffle(data)
        for seen, right in data:
            _step(weights, squares, [*seen, [size - 1]], right or {len(seen)})
        weights = [weight + shrink * (start - weight) for weight, start in zip(weights, prior, strict=True)]
        if round_ >= rounds // 2:
            mean = [a + b / (rounds - rounds // 2) for a, b in zip(mean, weights, strict=True)]
    return {name: mean[n] for name, n in columns.items()}, mean[-1]


def _step(weights: list[float], squares: list[float], rows: list[list[int]], right: set[int]) -> None:
    """One step along the gradient of the log chance that one of the right rows is taken."""
    scores = [sum(map(weights.__getitem__, row)) for row in rows]
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total, good = sum(powers), sum(powers[n] for n in right)
    slope: dict[int, float] = {}
    for n, row in enumerate(rows):
        gap = powers[n] / total - (powers[n] / good if n in right else 0.0)
        if abs(gap) > 1e-3:
            for column in row:
                slope[column] = slope.get(column, 0.0) + gap
    for column, value in slope.items():
        squares[column] += value * value
        weights[column] -= RATE * value / math.sqrt(squares[column])
