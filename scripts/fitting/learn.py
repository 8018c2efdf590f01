"""Logistic regression with a ridge, by AdaGrad over single rows; the weights are the mean over the later epochs, which hang less on the
order of the rows. Plain Python; that order is seeded."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from processors.learned import Features, Weights

EPOCHS, RATE, RIDGE = 20, 0.25, 3e-3
LEAST = 4
"""Rows that must have a feature; what is rarer is not learned from."""


def _index(rows: Sequence[Features], least: int = LEAST) -> dict[str, int]:
    seen: dict[str, int] = {}
    for row in rows:
        for name in row:
            seen[name] = seen.get(name, 0) + 1
    return {name: at for at, name in enumerate(sorted(name for name, count in seen.items() if count >= least))}


def fit_logistic(
    rows: Sequence[tuple[Features, bool]], ridge: float = RIDGE, epochs: int = EPOCHS, least: int = LEAST
) -> Weights:
    """Weights of the chance that a row is true, of the features that ``least`` rows have."""
    columns = _index([seen for seen, _ in rows], least)
    bias = len(columns)
    data = [([(columns[n], v) for n, v in seen.items() if n in columns] + [(bias, 1.0)], right) for seen, right in rows]
    weights, slopes = [0.0] * (bias + 1), [1e-8] * (bias + 1)
    mean = [0.0] * (bias + 1)
    order = random.Random(1)
    for epoch in range(epochs):
        order.shuffle(data)
        for seen, right in data:
            score = sum(weights[at] * value for at, value in seen)
            gap = 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - right
            for at, value in seen:
                slope = gap * value + (ridge * weights[at] if at != bias else 0.0)
                slopes[at] += slope * slope
                weights[at] -= RATE * slope / math.sqrt(slopes[at])
        if epoch >= epochs // 2:
            mean = [a + b / (epochs - epochs // 2) for a, b in zip(mean, weights, strict=True)]
    return _weights(columns, mean)


def _weights(columns: dict[str, int], weights: Sequence[float]) -> Weights:
    kept = {name: round(weights[at], 3) for name, at in columns.items() if abs(weights[at]) >= 0.02}
    return Weights(round(weights[-1], 3), kept)
