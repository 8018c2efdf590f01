"""Fits the weights of ``processors/lexicons/confidence.json`` on labelled articles: logistic regression by gradient descent.

usage: fit_confidence.py DIRECTORY [--dry]

DIRECTORY holds events-dev.jsonl and score.py, whose matching says which reports are events and which rows are right. Only numbers
are written. Plain Python: a fit takes a minute. Threshold and errors are found by folds over articles, each scored by models
that never saw it; then all articles are fitted.
"""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402
from msgspec import Struct  # noqa: E402

from contracts.taxonomy import SUB_EVENTS  # noqa: E402
from processors import extract  # noqa: E402
from processors.confidence import features  # noqa: E402
from processors.files import read_article  # noqa: E402

TARGET = ROOT / "processors" / "lexicons" / "confidence.json"
ROUNDS, RATE, RIDGE, FOLDS = 250, 1.2, 4e-3, 5
Fit = tuple[float, dict[str, float]]
Scored = tuple[float, float, bool, bool, bool]
"""Chance of an event, chance of the row, is an event, row is right, counts for nothing."""


class Row(Struct, frozen=True):
    """A candidate: its features, whether it is a labelled event, whether its row is right."""

    seen: dict[str, float]
    event: bool
    row: bool
    unscored: bool = False
    """Of a sentence alone or of an optional label: its row counts for nothing."""


class Sample(Struct, frozen=True):
    """The candidates of one article, and how many foreground events it is labelled with."""

    rows: list[Row]
    wanted: int


def main() -> int:
    directory = Path(sys.argv[1])
    scorer = _scorer(directory)
    lines = (directory / "events-dev.jsonl").read_text(encoding="utf-8").splitlines()
    samples = [_sample(scorer, json.loads(line), line) for line in lines]
    bare = [
        _bare(json.loads(line), line) for line in (directory / "sentences-dev.jsonl").read_text("utf-8").splitlines()
    ]
    samples = [*samples, *(sample for sample in bare if sample.rows)]
    scored = _out_of_fold(samples)
    articles = [item for item in scored if not item[4]]
    accept = _best_threshold(articles, sum(sample.wanted for sample in samples))
    error = _calibration([(row, right) for event, row, _, right, _ in articles if event >= accept])
    provenance = (
        f"scripts/fit_confidence.py: {len(articles)} candidates of {len(lines)} labelled news articles and {len(scored) - len(articles)} "
        f"of coded newswire sentences (for the chance of an event alone), rules {extract.RULES}; "
        f"threshold and calibration error {error:.3f} over {FOLDS} folds"
    )
    print(provenance)
    if "--dry" not in sys.argv:
        _write(samples, accept, provenance)
    return 0


def _scorer(directory: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", directory / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(directory / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sample(scorer: ModuleType, labels: dict[str, Any], line: str) -> Sample:
    """The candidates of an article; those that meet an optional label (background, planned) are events, and their rows count for
    nothing."""
    article = read_article(line)
    drafts = extract.candidates_of(article)
    reports = [json.loads(msgspec.json.encode(report)) for report in extract.write_drafts(article, drafts)]
    pairs = [(draft, report) for draft, report in zip(drafts, reports, strict=True) if report["sub_event_type"]]
    match, _ = scorer.score_article(labels, [report for _, report in pairs])
    by_report = {j: labels["events"][i] for i, j in match.items()}
    rows = []
    for j, (draft, report) in enumerate(pairs):
        label = by_report.get(j)
        if label is not None and _is_optional(label):
            rows.append(Row(features(draft), True, False, True))
        else:
            right = label is not None and _is_right(scorer, label, report)
            rows.append(Row(features(draft), label is not None, right))
    return Sample(rows, sum(not _is_optional(label) for label in labels["events"]))


def _bare(labels: dict[str, Any], line: str) -> Sample:
    """The candidates of a coded sentence: events where the coders say yes, none where they say an easy no."""
    spans = labels["kind"].endswith("_spans")
    if not spans and labels.get("label") not in ("yes", "easy no"):
        return Sample([], 0)
    drafts = extract.candidates_of(read_article(line))
    kind = labels["kind"].partition("_")[0].upper()
    mine = [
        draft for draft in drafts if draft.sub_event and (draft.plover or SUB_EVENTS[draft.sub_event].plover) == kind
    ]
    return Sample([Row(features(draft), spans or labels["label"] == "yes", False, True) for draft in mine], 0)


def _is_optional(label: dict[str, Any]) -> bool:
    return bool(label["background"] or label["status"] == "planned")


def _is_right(scorer: ModuleType, label: dict[str, Any], report: dict[str, Any]) -> bool:
    """The scorer's own row: type, place, date, killed and injured right, nothing invented."""
    if report["sub_event_type"] != label["type"]:
        return False
    checks = (scorer.same_place(label["place"], report), scorer.same_date(label["date"], report))
    counts = [scorer.same_count(label[name], report, name) for name in ("killed", "injured")]
    if any(check is False for check in (*checks, *counts)):
        return False
    if any(label[name] is None and report.get(name) for name in ("killed", "injured")):
        return False
    day = report.get("date_start") and report["date_precision"] not in ("month", "year", "unknown")
    pinned = (report.get("place") or {}).get("precision", 9) <= 2
    return not (label["date"] is None and day) and not (label["place"] is None and pinned)


def _fit(rows: list[tuple[dict[str, float], bool]]) -> Fit:
    """Bias and weights by batch gradient descent with momentum and a ridge."""
    names = sorted({name for seen, _ in rows for name in seen})
    columns = {name: position for position, name in enumerate(names)}
    data = [([(columns[name], value) for name, value in seen.items()], right) for seen, right in rows]
    weights, speed = [0.0] * (len(names) + 1), [0.0] * (len(names) + 1)
    for _ in range(ROUNDS):
        slope = [RIDGE * weight for weight in weights[:-1]] + [0.0]
        for seen, right in data:
            gap = (_chance(weights, seen) - right) / len(data)
            slope[-1] += gap
            for column, value in seen:
                slope[column] += gap * value
        for position, value in enumerate(slope):
            speed[position] = 0.9 * speed[position] - RATE * value
            weights[position] += speed[position]
    return weights[-1], dict(zip(names, weights, strict=False))


def _chance(weights: list[float], seen: list[tuple[int, float]]) -> float:
    return 1 / (1 + math.exp(-(weights[-1] + sum(weights[column] * value for column, value in seen))))


def _apply(fit: Fit, seen: dict[str, float]) -> float:
    bias, weights = fit
    return 1 / (1 + math.exp(-(bias + sum(weights.get(name, 0.0) * value for name, value in seen.items()))))


def _both(samples: list[Sample]) -> tuple[Fit, Fit]:
    rows = [row for sample in samples for row in sample.rows]
    own = [(row.seen, row.row) for row in rows if not row.unscored]
    return _fit([(row.seen, row.event) for row in rows]), _fit(own)


def _out_of_fold(samples: list[Sample]) -> list[Scored]:
    """Every candidate, scored by models that never saw its article."""
    scored = []
    for fold in range(FOLDS):
        event, row = _both([sample for number, sample in enumerate(samples) if number % FOLDS != fold])
        for number, sample in enumerate(samples):
            if number % FOLDS == fold:
                scored += [
                    (_apply(event, r.seen), _apply(row, r.seen), r.event, r.row, r.unscored) for r in sample.rows
                ]
    return scored


def _best_threshold(scored: list[Scored], wanted: int) -> float:
    """The least chance of an event that gives the best sum of event F1 and row F1; prints the way there."""
    best = (0.0, 0.0)
    for step in range(0, 60, 5):
        kept = [item for item in scored if item[0] >= step / 100]
        event = 2 * sum(item[2] for item in kept) / (len(kept) + wanted)
        row = 2 * sum(item[3] for item in kept) / (len(kept) + wanted)
        print(f"accept {step / 100:.2f}: {len(kept)} kept, event F1 {event:.3f}, row F1 {row:.3f}")
        best = max(best, (event + row, step / 100))
    return best[1]


def _calibration(pairs: list[tuple[float, bool]]) -> float:
    """The gap between chance and share right over ten bins of equally many reports."""
    pairs = sorted(pairs)
    size = max(1, -(-len(pairs) // 10))
    bins = [pairs[at : at + size] for at in range(0, len(pairs), size)]
    gaps = (abs(sum(chance for chance, _ in part) - sum(right for _, right in part)) for part in bins)
    return sum(gaps) / max(1, len(pairs))


def _write(samples: list[Sample], accept: float, provenance: str) -> None:
    models = dict(zip(("event", "row"), _both(samples), strict=True))
    data: dict[str, Any] = {
        name: {
            "bias": round(bias, 3),
            "weights": {key: round(value, 3) for key, value in sorted(weights.items()) if abs(value) >= 0.01},
        }
        for name, (bias, weights) in models.items()
    }
    data |= {"accept": accept, "provenance": provenance}
    TARGET.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
