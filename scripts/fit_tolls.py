"""Fits the weights of ``processors/lexicons/tolls.json`` on labelled articles: a conditional logit over the counts in reach of a thing.

usage: fit_tolls.py DIRECTORY [--dry]

DIRECTORY holds events-dev.jsonl and score.py, whose matching says which label a thing is, and whether a count is the label's. Only
numbers are written. Folds keep articles of one outlet, and of one incident, together; how sure a choice must be is found by folds, each
chosen for by weights that never saw it; then all articles are fitted.
Articles of ours (``fitting/written``) are learned from, and never measured on.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

import msgspec  # noqa: E402
from fitting.choice import Choice, fit_choice  # noqa: E402
from fitting.folds import fold_numbers, groups_of  # noqa: E402
from fitting.labels import OURS, load_scorer, written_lines  # noqa: E402
from fitting.matched import matched, options  # noqa: E402
from msgspec import Struct  # noqa: E402

from processors import extract  # noqa: E402
from processors.files import read_article  # noqa: E402
from processors.toll_candidates import TollCandidate, Tolls, fields_of  # noqa: E402
from processors.toll_model import TollModel, choose  # noqa: E402

TARGET = ROOT / "processors" / "lexicons" / "tolls.json"
FOLDS = 5
PRIORS = {"kept": 1.0, "none_here": 3.0, "none_next": 3.0}
"""Weights from which the fit sets out and to which it shrinks: what Arabic says plainly and the labels hardly hold."""
SURE = (1.0, 1.15, 1.3, 1.6, 2.0)
"""How much likelier than the order of words another choice must be: those that are tried."""


class Sample(Struct, frozen=True):
    """One field of a thing that meets a label: its candidates, and which of them are right; ``silent``: the label has no count."""

    article: int
    scored: bool
    candidates: list[TollCandidate]
    right: set[int]
    silent: bool


def main() -> int:
    asked = options(__doc__, half=False)
    scorer = load_scorer(asked.directory)
    lines = (asked.directory / "events-dev.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [sample for n, line in [*enumerate(lines), *written_lines()] for sample in _samples(scorer, n, line)]
    folds = fold_numbers(groups_of([json.loads(line) for line in lines]), FOLDS)
    sure, report = _by_folds(samples, folds)
    provenance = (
        f"scripts/fit_tolls.py: {len(samples)} counts of labelled events of {len(lines)} news articles and {len(written_lines())} written "
        f"ones, rules {extract.RULES}; "
        f"out of {FOLDS} folds by outlet and incident: {report}"
    )
    print(provenance)
    if not asked.dry:
        model = _fit(samples, sure, provenance)
        weights = {key: round(weight, 3) for key, weight in sorted(model.weights.items()) if abs(weight) >= 0.02}
        model = msgspec.structs.replace(model, weights=weights, none=round(model.none, 3))
        TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    return 0


def _samples(scorer: ModuleType, number: int, line: str) -> list[Sample]:
    labels, article = json.loads(line), read_article(line)
    told = extract.told_by(article)
    if told is None:
        return []
    things = extract.placed(extract.published_day(article), told)
    tolls, found = Tolls(told.passages, told.drafts, things), []
    for row in matched(scorer, labels, article, things):
        label, thing = row.label, row.thing
        for field in fields_of(thing):
            name = "detained" if field == "abducted" else field
            candidates = tolls.candidates(thing, field)
            counts = [{field: {"low": c.count.low, "high": c.count.high}} for c in candidates]
            right = {n for n, count in enumerate(counts) if label[name] and scorer.same_count(label[name], count, name)}
            if candidates:
                found.append(Sample(number, row.scored, candidates, right, label[name] is None))
    return found


def _fit(samples: list[Sample], sure: float = 1.0, provenance: str = "") -> TollModel:
    rows = [Choice([c.seen for c in s.candidates], s.right) for s in samples if s.right or s.silent]
    weights, none = fit_choice(rows, PRIORS)
    return TollModel(weights, none, sure, provenance)


def _by_folds(samples: list[Sample], folds: list[int]) -> tuple[float, str]:
    models = [_fit([s for s in samples if s.article == OURS or folds[s.article] != fold]) for fold in range(FOLDS)]
    figures: dict[float, Counter[str]] = {}
    for sure in SURE:
        count = figures[sure] = Counter()
        for sample in samples:
            if sample.scored and sample.article != OURS:
                model = msgspec.structs.replace(models[folds[sample.article]], sure=sure)
                _count(count, sample, choose(model, sample.candidates))
        print(sure, dict(count))
    best = max(SURE, key=lambda sure: figures[sure]["right"])
    got = figures[best]
    return best, f"{got['right']} of {got['of']} right, by the order of words {got['before']}"


def _count(count: Counter[str], sample: Sample, chosen: TollCandidate | None) -> None:
    kept = next((n for n, candidate in enumerate(sample.candidates) if candidate.kept), None)
    at = None if chosen is None else sample.candidates.index(chosen)
    was = sample.silent if kept is None else kept in sample.right
    now = sample.silent if at is None else at in sample.right
    count["of"] += 1
    count["before"] += was
    count["right"] += now
    count["won"] += now and not was
    count["lost"] += was and not now


if __name__ == "__main__":
    sys.exit(main())
