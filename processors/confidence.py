"""The chance that a report's row is right: a logistic model over a draft's features, its weights in ``confidence.json``.

The weights are fitted by ``scripts/fit_confidence.py``; the file says on what.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from math import exp

import msgspec
from msgspec import Struct

from processors.drafts import Draft


class Model(Struct, frozen=True):
    """``weights`` by feature name, ``bias``, and where they come from."""

    bias: float
    weights: dict[str, float]
    provenance: str


@cache
def model() -> Model:
    """The shipped model."""
    data = (files("processors") / "lexicons" / "confidence.json").read_bytes()
    return msgspec.json.decode(data, type=Model)


def features(draft: Draft) -> dict[str, float]:
    """What the model sees of a draft, each value in 0..1."""
    place, when = draft.place, draft.when
    return {
        f"type_{draft.sub_event or 'none'}": 1.0,
        f"role_{draft.group.head.trigger.role}": 1.0,
        "told": float(draft.told),
        "title": float(draft.is_title),
        "lead": float(draft.sentence in (0, 1)),
        "late": min(1.0, max(0, draft.sentence) / 12),
        "place": float(place is not None),
        "place_exact": float(place is not None and place.precision == 1),
        "place_resolved": float(place is not None and place.lat is not None),
        "place_inherited": float(draft.features.get("place_inherited", 0)),
        "day": float(when.precision == "day"),
        "day_told": float(when.basis in ("explicit", "relative")),
        "initiator": float(bool(draft.initiators)),
        "target": float(bool(draft.targets)),
        "killed": float("killed" in draft.counts),
        "injured": float("injured" in draft.counts),
        "again": min(1.0, (draft.mentions - 1) / 3),
        "list": float("list" in draft.extra),
        "background": float(draft.background),
        "definite": float(draft.definite),
        "cumulative": float(draft.features.get("cumulative", 0)),
        "claimed": float(draft.status != "asserted"),
        "things": min(1.0, float(draft.features.get("things", 1)) / 10),
    }


def confidence(draft: Draft) -> float:
    """The calibrated chance in 0..1, to three digits."""
    shipped = model()
    score = shipped.bias + sum(shipped.weights.get(name, 0.0) * value for name, value in features(draft).items())
    return round(1 / (1 + exp(-score)), 3)
