"""Fits the weights of ``processors/lexicons/roles.json`` on labelled articles: a conditional logit over the actors in reach.

usage: fit_roles.py DIRECTORY [--dry] [--half N]

DIRECTORY holds events-dev.jsonl and score.py, whose matching says which label a thing is, and whether an actor is one of the label's.
Only numbers are written; the names of features come from the code and from ``roles.toml``. Plain Python, by stochastic gradients with
steps that shrink by feature. Ratios and errors are found by folds over articles, each chosen for by weights that never saw it; then
all articles are fitted (``--half``: only those of one parity, to measure on the others).
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
from fitting.labels import OURS, load_scorer, written_lines  # noqa: E402
from fitting.matched import matched, options  # noqa: E402
from msgspec import Struct  # noqa: E402

from processors import extract  # noqa: E402
from processors.files import read_article  # noqa: E402
from processors.participants import Candidate  # noqa: E402
from processors.role_model import RoleModel, SideWeights, choose  # noqa: E402

TARGET = ROOT / "processors" / "lexicons" / "roles.json"
FOLDS = 5
SILENT = 0.7
"""Above this chance of nobody a side is left empty: an article's silence is worth keeping, a guess may still be right."""
AIM = 0.8
"""Share of the actors given that a label names which is enough: past it, right sides count alone."""
SHRINK = 0.25
"""Stronger than for the other choices: an actor shows many features, and articles of outlets that no label knows are read better."""
PRIORS = (
    {"accused": 2.5, "accuser": -2.0, "word-1=left": 2.0, "word-1=left_force": 1.0},
    {"accuser": -1.0, "accused": -1.0},
)
"""Weights from which a side's fit sets out and to which it shrinks: what Arabic says plainly and the labels hardly hold."""


class Sample(Struct, frozen=True):
    """A thing that meets a label: its candidates, the report's form of each, and the label's two sides, as the report tells them."""

    article: int
    candidates: list[Candidate]
    forms: list[dict[str, Any]]
    label: dict[str, Any]
    sides: tuple[list[str], list[str]]


def main() -> int:
    asked = options(__doc__)
    scorer = load_scorer(asked.directory)
    lines = (asked.directory / "events-dev.jsonl").read_text(encoding="utf-8").splitlines()
    numbered = [(n, line) for n, line in enumerate(lines) if asked.half is None or n % 2 == asked.half]
    samples = [sample for n, line in [*numbered, *written_lines()] for sample in _samples(scorer, n, line)]
    ratios, report = _out_of_fold(scorer, samples)
    provenance = (
        f"scripts/fit_roles.py: {len(samples)} labelled events of {len(numbered)} news articles and {len(written_lines())} written ones, "
        f"{sum(len(sample.candidates) for sample in samples)} actors in reach, rules {extract.RULES}; "
        f"out of {FOLDS} folds by article: {report}"
    )
    print(provenance)
    if not asked.dry:
        _write(_fit_both(scorer, samples, ratios, provenance))
    return 0


def _samples(scorer: ModuleType, number: int, line: str) -> list[Sample]:
    labels, article = json.loads(line), read_article(line)
    things, cast = extract.things_of(article)
    found = []
    for label, thing, report in matched(scorer, labels, article, things):
        candidates = list(cast.candidates(thing)) if cast is not None else []
        forms = [{"text": c.actor.mention.text, "name": c.actor.mention.name} for c in candidates]
        found.append(Sample(number, candidates, forms, label, _oriented(scorer, label, report)))
    return found


def _oriented(scorer: ModuleType, label: dict[str, Any], report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The sides of a label; in a clash, where which comes first is no statement, in the order in which the rules tell them."""
    first, second = label["initiators"], label["targets"]

    def agreement(a: list[str], b: list[str]) -> int:
        return bool(scorer.same_actor(a, report["initiators"])) + bool(scorer.same_actor(b, report["targets"]))

    swap = label["type"] == "armed_clash" and agreement(second, first) > agreement(first, second)
    return (second, first) if swap else (first, second)


def _side(scorer: ModuleType, sample: Sample, number: int) -> Choice | None:
    """The choice that a label makes among the candidates; None where it names an actor that was not found."""
    label = sample.sides[number]
    right = {n for n, form in enumerate(sample.forms) if any(scorer.is_actor(name, form) for name in label)}
    return None if label and not right else Choice([candidate.seen for candidate in sample.candidates], right)


def _fit_both(
    scorer: ModuleType, samples: list[Sample], ratios: tuple[float, float] = (0.5, 0.5), provenance: str = ""
) -> RoleModel:
    sides = []
    for number in (0, 1):
        rows = [side for sample in samples if (side := _side(scorer, sample, number)) is not None]
        weights, nobody = fit_choice(rows, PRIORS[number], shrink=SHRINK)
        sides.append(SideWeights(weights, nobody, SILENT, ratios[number]))
    return RoleModel(sides[0], sides[1], provenance)


def _out_of_fold(scorer: ModuleType, samples: list[Sample]) -> tuple[tuple[float, float], str]:
    """For each side the ratio that gives the most right sides, and right actors up to what is aimed at, with the figures."""
    models = [
        _fit_both(scorer, [s for s in samples if s.article == OURS or s.article % FOLDS != fold])
        for fold in range(FOLDS)
    ]
    figures: list[dict[float, tuple[float, float]]] = [{}, {}]
    for ratio in (0.4, 0.5, 0.6, 0.7, 0.8):
        for number, figure in enumerate(_figures(scorer, samples, models, ratio)):
            figures[number][ratio] = figure
            print(f"{('initiator', 'target')[number]} ratio {ratio}: right {figure[0]:.3f}, given {figure[1]:.3f}")
    best = [max(rows, key=lambda ratio: rows[ratio][0] + min(AIM, rows[ratio][1]) / 4) for rows in figures]
    text = ", ".join(
        f"{name} right {figures[n][best[n]][0]:.3f}, given {figures[n][best[n]][1]:.3f}"
        for n, name in enumerate(("initiator", "target"))
    )
    return (best[0], best[1]), text


def _figures(
    scorer: ModuleType, samples: list[Sample], models: list[RoleModel], ratio: float
) -> list[tuple[float, float]]:
    counts = [Counter[str](), Counter[str]()]
    for sample in (sample for sample in samples if sample.article != OURS):
        fold = models[sample.article % FOLDS]
        sides = [msgspec.structs.replace(side, ratio=ratio) for side in (fold.initiator, fold.target)]
        chosen = choose(RoleModel(sides[0], sides[1], ""), sample.candidates)
        told = [[{"text": c.actor.mention.text, "name": c.actor.mention.name} for c in side] for side in chosen]
        told = list(scorer.sides(sample.label, {"initiators": told[0], "targets": told[1]}))
        for count, given, label in zip(
            counts, told, (sample.label["initiators"], sample.label["targets"]), strict=True
        ):
            if label:
                count["labels"] += 1
                count["right"] += bool(scorer.same_actor(label, given))
                count["given"] += len(given)
                count["named"] += sum(any(scorer.is_actor(name, actor) for name in label) for actor in given)
    return [(c["right"] / max(1, c["labels"]), c["named"] / max(1, c["given"])) for c in counts]


def _write(model: RoleModel) -> None:
    """Weights to three digits; what weighs nearly nothing is left out."""
    data = msgspec.to_builtins(model)
    for name in ("initiator", "target"):
        side = data[name]
        side["weights"] = {key: round(w, 3) for key, w in sorted(side["weights"].items()) if abs(w) >= 0.01}
        side["nobody"] = round(side["nobody"], 3)
    TARGET.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
