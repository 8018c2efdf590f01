"""Fits the weights of ``processors/lexicons/confidence.json`` on labelled articles: logistic regression by gradient descent.

usage: fit_confidence.py DIRECTORY

DIRECTORY holds events-dev.jsonl and score.py, whose matching says which rows are right. Only numbers are written. Plain
Python: a fit takes some seconds. The error of calibration is given by five folds over articles, then all articles are fitted.
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

from processors import extract  # noqa: E402
from processors.confidence import features  # noqa: E402
from processors.files import read_article  # noqa: E402

TARGET = ROOT / "processors" / "lexicons" / "confidence.json"
Row = tuple[dict[str, float], bool]
ROUNDS, RATE, RIDGE, FOLDS = 400, 1.0, 2e-3, 5


def main() -> int:
    directory = Path(sys.argv[1])
    scorer = _scorer(directory)
    lines = (directory / "events-dev.jsonl").read_text(encoding="utf-8").splitlines()
    articles = [_rows(scorer, json.loads(line), line) for line in lines]
    error = _calibration(articles)
    bias, weights = _fit([row for rows in articles for row in rows])
    provenance = (
        f"scripts/fit_confidence.py: {sum(map(len, articles))} reports of {len(articles)} labelled news articles, "
        f"rules {extract.RULES}; calibration error over {FOLDS} folds {error:.3f}"
    )
    kept = {name: round(value, 3) for name, value in sorted(weights.items()) if abs(value) >= 0.005}
    data = {"bias": round(bias, 3), "weights": kept, "provenance": provenance}
    TARGET.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(provenance)
    return 0


def _scorer(directory: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", directory / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(directory / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _rows(scorer: ModuleType, labels: dict[str, Any], line: str) -> list[Row]:
    """The features of each scored report of an article, and whether its row is right."""
    article = read_article(line)
    drafts = extract.drafts_of(article)
    reports = [json.loads(msgspec.json.encode(report)) for report in extract.write_drafts(article, drafts)]
    pairs = [(draft, report) for draft, report in zip(drafts, reports, strict=True) if report["sub_event_type"]]
    match, _ = scorer.score_article(labels, [report for _, report in pairs])
    by_report = {j: labels["events"][i] for i, j in match.items()}
    rows = []
    for j, (draft, report) in enumerate(pairs):
        label = by_report.get(j)
        if label is not None and (label["background"] or label["status"] == "planned"):
            continue
        rows.append((features(draft), label is not None and _is_right(scorer, label, report)))
    return rows


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


def _fit(rows: list[Row]) -> tuple[float, dict[str, float]]:
    """Bias and weights by batch gradient descent with momentum and a ridge."""
    names = sorted({name for seen, _ in rows for name in seen})
    columns = {name: position for position, name in enumerate(names)}
    data = [([(columns[name], value) for name, value in seen.items() if value], right) for seen, right in rows]
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


def _calibration(articles: list[list[Row]]) -> float:
    """The gap between chance and share right, over ten bins of equally many reports, each scored by a fit that never saw its article."""
    pairs: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        bias, weights = _fit([row for number, rows in enumerate(articles) if number % FOLDS != fold for row in rows])
        for seen, right in (row for number, rows in enumerate(articles) if number % FOLDS == fold for row in rows):
            score = bias + sum(weights.get(name, 0.0) * value for name, value in seen.items())
            pairs.append((1 / (1 + math.exp(-score)), right))
    pairs.sort()
    size = max(1, -(-len(pairs) // 10))
    bins = [pairs[at : at + size] for at in range(0, len(pairs), size)]
    return sum(abs(sum(chance for chance, _ in part) - sum(right for _, right in part)) for part in bins) / max(
        1, len(pairs)
    )


if __name__ == "__main__":
    sys.exit(main())
