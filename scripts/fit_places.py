"""Fits the weights of ``processors/lexicons/places.json`` on labelled articles: a conditional logit over the places in reach of a thing.

usage: fit_places.py DIRECTORY [--dry] [--half N]

DIRECTORY holds events-dev.jsonl and score.py, whose matching says which label a thing is, and whether a place is the label's. Only
numbers are written. Folds keep articles of one outlet, and of one incident, together; how sure a choice must be is found by folds, each
chosen for by weights that never saw it; then all articles are fitted (``--half``: only those of one parity, to measure on the others).
Articles of ours (``fitting/written``) are learned from, and never measured on.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

import msgspec  # noqa: E402
from fitting.choice import Choice, fit_choice  # noqa: E402
from fitting.folds import fold_numbers, groups_of  # noqa: E402
from fitting.labels import OURS, load_scorer, written_lines  # noqa: E402
from fitting.matched import matched, options  # noqa: E402
from msgspec import Struct  # noqa: E402

from contracts.records import Place  # noqa: E402
from processors import extract  # noqa: E402
from processors.files import read_article  # noqa: E402
from processors.place_candidates import PlaceCandidate, Whereabouts  # noqa: E402
from processors.place_model import PlaceModel, choose, has_choice  # noqa: E402

TARGET = ROOT / "processors" / "lexicons" / "places.json"
FOLDS, ROUNDS, SHRINK = 5, 10, 0.3
"""Few labels differ from the rules: a strong pull to zero keeps the fit from learning single articles."""
SURE = (1.0, 1.25, 1.5, 2.0, 3.0)
"""How much likelier than what the rules give another place must be: those that are tried."""


class Sample(Struct, frozen=True):
    """A thing that meets a label: its candidates, which of them are right, and whether the place of the rules is."""

    article: int
    scored: bool
    candidates: list[PlaceCandidate]
    right: set[int]
    before: bool


def main() -> int:
    asked = options(__doc__)
    scorer = load_scorer(asked.directory)
    lines = (asked.directory / "events-dev.jsonl").read_text(encoding="utf-8").splitlines()
    numbered = [(n, line) for n, line in enumerate(lines) if asked.half is None or n % 2 == asked.half]
    samples = [sample for n, line in [*numbered, *written_lines()] for sample in _samples(scorer, n, line)]
    folds = fold_numbers(groups_of([json.loads(line) for line in lines]), FOLDS)
    sure, report = _by_folds(samples, folds)
    provenance = (
        f"scripts/fit_places.py: {len(samples)} labelled events of {len(numbered)} news articles and {len(written_lines())} written ones, "
        f"rules {extract.RULES}; "
        f"out of {FOLDS} folds by outlet and incident: {report}"
    )
    print(provenance)
    if not asked.dry:
        model = _fit(samples, sure, provenance)
        weights = {key: round(weight, 3) for key, weight in sorted(model.weights.items()) if abs(weight) >= 0.02}
        model = msgspec.structs.replace(model, weights=weights)
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    return 0


def _samples(scorer: ModuleType, number: int, line: str) -> list[Sample]:
    labels, article = json.loads(line), read_article(line)
    told = extract.told_by(article)
    if told is None:
        return []
    things = extract.located(extract.published_day(article), told)
    whereabouts, found = Whereabouts(told.passages, told.context, told.drafts), []
    for row in matched(scorer, labels, article, things):
        if has_choice(row.thing):
            candidates = list(whereabouts.candidates(row.thing, things))
            right = {n for n, candidate in enumerate(candidates) if _is_right(scorer, row.label, candidate.place)}
            before = _is_right(scorer, row.label, row.thing.place)
            found.append(Sample(number, row.scored, candidates, right, before))
    return found


def _is_right(scorer: ModuleType, label: dict[str, Any], place: Place | None) -> bool:
    if label["place"] is None or place is None:
        return label["place"] is None and place is None
    return bool(scorer.same_place(label["place"], {"place": {"text": place.text, "name": place.name}}))


def _fit(samples: list[Sample], sure: float = 1.0, provenance: str = "") -> PlaceModel:
    rows = [Choice([c.seen for c in s.candidates], s.right) for s in samples if s.right]
    weights, _ = fit_choice(rows, {}, ROUNDS, SHRINK)
    return PlaceModel(weights, sure, provenance)


def _by_folds(samples: list[Sample], folds: list[int]) -> tuple[float, str]:
    models = [_fit([s for s in samples if s.article == OURS or folds[s.article] != fold]) for fold in range(FOLDS)]
    figures: dict[float, Counter[str]] = {}
    for sure in SURE:
        count = figures[sure] = Counter()
        for sample in samples:
            if sample.scored and sample.article != OURS:
                model = msgspec.structs.replace(models[folds[sample.article]], sure=sure)
                now = sample.candidates.index(choose(model, sample.candidates)) in sample.right
                count["of"] += 1
                count["before"] += sample.before
                count["right"] += now
                count["won"] += now and not sample.before
                count["lost"] += sample.before and not now
                count[f"half {sample.article % 2}"] += now - sample.before
        print(sure, dict(count))
    best = max(SURE, key=lambda sure: figures[sure]["right"])
    got = figures[best]
    return best, f"{got['right']} of {got['of']} right, by the rules {got['before']}"


if __name__ == "__main__":
    sys.exit(main())
