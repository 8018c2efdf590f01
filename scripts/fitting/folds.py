"""The labelled articles, read once, and the three models fitted on any part of them.

Each model is fitted on what the ones before it make of the text: that two tellings are of one thing on tellings joined as the labels
say; the chance of an event and of a right row on the things that this joins.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

from msgspec import structs

from contracts.records import Article
from contracts.taxonomy import SUB_EVENTS
from fitting.labels import Labels, is_optional, load_scorer, plain, written_lines
from fitting.learn import fit_logistic
from processors import confidence, extract, joining, sameness
from processors.confidence import features, is_accepted
from processors.drafts import Draft
from processors.files import read_article
from processors.learned import Features, Models, Weights
from processors.sameness import chance_of_same, pair_features

NOTHING = Models(Weights(), Weights(), Weights(), 0.5, 0.0, "")
JOIN = 0.5
SAME_RIDGE, EVENT_RIDGE, ROW_RIDGE = 1e-2, 2e-2, 3e-2
"""Found by folds: a weaker one fits the articles at hand better and new ones worse."""
EVENT_LEAST = 4
"""Rows that must have a feature of the chance of an event."""
QUIET = Path(__file__).with_name("quiet.txt")
LITTLE = 0.01
"""How near to the best sum of event F1 and row F1 the laxest threshold must come: between equals, more is reported."""
FEW = 15
"""Labels below which a type is rare: the models know little of it."""


class Story:
    """One article: its labels, and what its sentences tell, read once."""

    def __init__(self, article: Article, labels: Labels) -> None:
        self.article, self.labels = article, labels
        self._told = extract.told_by(article)

    def tellings(self) -> list[Draft]:
        """Fresh copies, which joining may change."""
        return [self._fresh(draft) for draft in self._told.drafts] if self._told else []

    def _fresh(self, draft: Draft) -> Draft:
        new = copy(draft)
        new.counts, new.features, new.extra = dict(draft.counts), dict(draft.features), dict(draft.extra)
        new.when = copy(draft.when)
        return new

    def things(self, chance: joining.Chance = chance_of_same) -> list[Draft]:
        if self._told is None:
            return []
        told = structs.replace(self._told, drafts=self.tellings())
        return extract.with_parts(told, extract.joined(self.article, told, chance))


class Example:
    """A thing with what the labels say of it."""

    def __init__(self, draft: Draft, event: bool, right: bool, scored: bool) -> None:
        self.judged, self.seen = draft.extra["seen"], features(draft)
        self.event, self.right, self.scored = event, right, scored


class Corpus:
    """The labelled articles and sentences of a directory."""

    def __init__(self, directory: Path) -> None:
        self.scorer = load_scorer(directory)
        rows = [json.loads(line) for line in (directory / "events-dev.jsonl").read_text("utf-8").splitlines()]
        use(NOTHING)
        self.stories = [self._story(row) for row in rows]
        lines = (directory / "sentences-dev.jsonl").read_text("utf-8").splitlines()
        self.sentences = [(json.loads(line), self._story({**json.loads(line), "events": []})) for line in lines]
        self.groups = groups_of(rows)
        self.quiet = [self._story({**row, "events": []}) for row in _quiet_rows(directory)]
        self.written = [self._story(json.loads(line)) for _, line in written_lines()]

    def _story(self, row: dict[str, Any]) -> Story:
        article = read_article(json.dumps(row))
        return Story(article, Labels(self.scorer, row, article))

    def fit(
        self,
        stories: Sequence[Story],
        sentences: Sequence[tuple[dict[str, Any], Story]],
        quiet: Sequence[Story],
    ) -> Models:
        """The models of these stories and the written ones; for the chance of an event, of these coded sentences and articles without
        events too; for that of a right row, of these stories alone."""
        every = [*stories, *self.written]
        blank = structs.replace(NOTHING, rare=_rare(every))
        use(blank)
        made = structs.replace(
            blank, join=JOIN, same=fit_logistic([pair for story in every for pair in _same_rows(story)], SAME_RIDGE)
        )
        use(made)
        examples = [example for story in stories for example in self.examples(story)]
        ours = [example for story in self.written for example in self.examples(story)]
        none = [(draft.extra["seen"], False) for story in quiet for draft in story.things() if draft.sub_event]
        bare = [example for row, story in sentences for example in _bare(row, story)]
        event = fit_logistic(
            [*((e.judged, e.event) for e in (*examples, *ours, *bare)), *none], EVENT_RIDGE, least=EVENT_LEAST
        )
        return structs.replace(
            made,
            event=event,
            row=fit_logistic([(e.seen, e.right) for e in examples if e.scored], ROW_RIDGE),
        )

    def examples(self, story: Story) -> list[Example]:
        """The things of an article; those that meet an optional label are events, and their rows count for nothing."""
        drafts = story.things()
        reports = [plain(report) for report in extract.write_drafts(story.article, drafts)]
        pairs = [(d, r) for d, r in zip(drafts, reports, strict=True) if r["sub_event_type"]]
        match, _ = self.scorer.score_article(story.labels.row, [report for _, report in pairs])
        by_report = {j: story.labels.events[i] for i, j in match.items()}
        made = []
        for j, (draft, report) in enumerate(pairs):
            label = by_report.get(j)
            if label is not None and is_optional(label):
                made.append(Example(draft, True, False, False))
            else:
                right = label is not None and story.labels.is_right(label, report)
                made.append(Example(draft, label is not None, right, True))
        return made

    def by_folds(self, count: int) -> tuple[dict[str, Any], float]:
        """The scorer's figures over articles unseen, and the best threshold there."""
        folds = fold_numbers(self.groups, count)
        judged: list[tuple[float, float, Example]] = []
        kept: dict[float, dict[int, list[dict[str, Any]]]] = {step / 20: {} for step in range(2, 13)}
        bare: list[tuple[float, dict[str, Any], str]] = []
        loud: list[float] = []
        for fold in range(count):
            train = [s for s, f in zip(self.stories, folds, strict=True) if f != fold]
            apart = [s for n, s in enumerate(self.sentences) if n % count != fold]
            made = self.fit(train, apart, [s for n, s in enumerate(self.quiet) if n % count != fold])
            use(made)
            for number, story in enumerate(self.stories):
                if folds[number] == fold:
                    self._judge(story, number, kept)
                    judged += [(made.event.chance(e.judged), made.row.chance(e.seen), e) for e in self.examples(story)]
            bare += [
                item for n, pair in enumerate(self.sentences) if n % count == fold for item in _chances(*pair, made)
            ]
            loud += [_loudest(story) for n, story in enumerate(self.quiet) if n % count == fold]
        return self._figures(kept, judged, bare, loud)

    def _judge(self, story: Story, number: int, kept: dict[float, dict[int, list[dict[str, Any]]]]) -> None:
        things = story.things()
        reports = [plain(report) for report in extract.write_drafts(story.article, things)]
        for accept, by_story in kept.items():
            by_story[number] = [
                report
                for thing, report in zip(things, reports, strict=True)
                if thing.sub_event and is_accepted(thing, accept)
            ]

    def _figures(
        self,
        kept: dict[float, dict[int, list[dict[str, Any]]]],
        judged: list[tuple[float, float, Example]],
        bare: list[tuple[float, dict[str, Any], str]],
        loud: list[float],
    ) -> tuple[dict[str, Any], float]:
        tried: list[tuple[float, float, dict[str, Any]]] = []
        for accept, by_story in kept.items():
            figures = self._score(by_story)
            figures["sentences"] = _sentence_scores(bare, accept + confidence.ALONE)
            figures["reports where nothing happened"] = sum(chance >= accept for chance in loud), len(loud)
            pairs = [(row, e.right) for event, row, e in judged if event >= accept and e.scored]
            figures["ece"] = _calibration(pairs)
            print(f"accept {accept:.2f}: {figures}")
            tried.append((figures["event"]["f1"] + figures["row"]["f1"], accept, figures))
        best = max(total for total, _, _ in tried)
        _, accept, figures = next(item for item in tried if item[0] >= best - LITTLE)
        return figures, accept

    def _score(self, by_story: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
        """Precision, recall and F1 of events, types and rows."""
        wanted = predicted = 0
        hits = {"event": 0, "type": 0, "row": 0}
        for number, reports in by_story.items():
            labels = self.stories[number].labels
            match, _ = self.scorer.score_article(labels.row, reports)
            wanted += sum(not is_optional(label) for label in labels.events)
            predicted += len(reports)
            for i, j in match.items():
                if is_optional(labels.events[i]):
                    predicted -= 1
                    continue
                hits["event"] += 1
                hits["type"] += reports[j]["sub_event_type"] == labels.events[i]["type"]
                hits["row"] += labels.is_right(labels.events[i], reports[j])
        return {
            name: {
                "precision": round(hit / max(1, predicted), 3),
                "recall": round(hit / max(1, wanted), 3),
                "f1": round(2 * hit / max(1, predicted + wanted), 3),
            }
            for name, hit in hits.items()
        }

    def fit_all(self, accept: float, figures: dict[str, Any]) -> Models:
        """The models of all articles, with their provenance."""
        made = self.fit(self.stories, self.sentences, self.quiet)
        note = (
            f"scripts/fit_models.py: {len(self.stories)} labelled news articles, {len(self.written)} written ones (not for the chance of "
            f"a right row) and {len(self.sentences)} coded newswire sentences (these for the chance of an event alone), "
            f"rules {extract.RULES}; by folds over articles unseen: "
            f"{json.dumps(figures)}"
        )
        return structs.replace(made, accept=accept, provenance=note)


def _rare(stories: Sequence[Story]) -> frozenset[str]:
    """The types with few labels."""
    count = Counter(label["type"] for story in stories for label in story.labels.events if not is_optional(label))
    return frozenset(slug for slug in SUB_EVENTS if count[slug] < FEW)


def _quiet_rows(directory: Path) -> list[dict[str, Any]]:
    """Articles of everyday news without events; none where the file is absent."""
    path = directory / "general-dev.jsonl.gz"
    wanted = set(QUIET.read_text("utf-8").split("\n"))
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [row for row in map(json.loads, lines) if row["id"] in wanted]


def _loudest(story: Story) -> float:
    """The chance of the likeliest thing of an article."""
    return max((draft.features["event"] for draft in story.things() if draft.sub_event), default=0.0)


def use(models: Models) -> None:
    """Makes the engine judge by these models."""
    for module in (confidence, joining, sameness):
        module.models = lambda: models  # type: ignore[attr-defined]


def _same_rows(story: Story) -> list[tuple[Features, bool]]:
    """Pairs of a thing and a later telling, joined so far as the labels say."""
    rows: list[tuple[Features, bool]] = []
    told: dict[int, int | None] = {}

    def number_of(draft: Draft) -> int | None:
        if id(draft) not in told:
            told[id(draft)] = story.labels.of(draft, kin=True) if draft.sub_event else None
        return told[id(draft)]

    def by_labels(thing: Draft, draft: Draft) -> float:
        a, b = number_of(thing), number_of(draft)
        if a is None and b is None:
            return chance_of_same(thing, draft)
        if a is not None and b is not None:
            rows.append((pair_features(thing, draft), a == b))
        return float(a == b)

    story.things(by_labels)
    return rows


def _of_kind(row: dict[str, Any], story: Story) -> list[Draft]:
    kind = row["kind"].partition("_")[0].upper()
    return [d for d in story.things() if d.sub_event and (d.plover or SUB_EVENTS[d.sub_event].plover) == kind]


def _bare(row: dict[str, Any], story: Story) -> list[Example]:
    """The things of a coded sentence: events where the coders say yes, none where they say an easy no."""
    spans = row["kind"].endswith("_spans")
    if not spans and row.get("label") not in ("yes", "easy no"):
        return []
    return [Example(draft, spans or row["label"] == "yes", False, False) for draft in _of_kind(row, story)]


def _chances(row: dict[str, Any], story: Story, made: Models) -> list[tuple[float, dict[str, Any], str]]:
    if row.get("label") not in ("yes", "easy no") or row["kind"].endswith("_spans"):
        return []
    best = max((made.event.chance(d.extra["seen"]) for d in _of_kind(row, story)), default=0.0)
    return [(best, row, row["kind"])]


def _sentence_scores(bare: list[tuple[float, dict[str, Any], str]], accept: float) -> dict[str, float]:
    scores = {}
    for kind in sorted({kind for _, _, kind in bare}):
        own = [(chance >= accept, row["label"] == "yes") for chance, row, k in bare if k == kind]
        hit = sum(a and b for a, b in own)
        scores[kind] = round(2 * hit / max(1, sum(a for a, _ in own) + sum(b for _, b in own)), 3)
    return scores


def _calibration(pairs: list[tuple[float, bool]]) -> float:
    """The gap between chance and share right over ten bins of equally many reports."""
    pairs = sorted(pairs)
    size = max(1, -(-len(pairs) // 10))
    bins = [pairs[at : at + size] for at in range(0, len(pairs), size)]
    gaps = (abs(sum(chance for chance, _ in part) - sum(right for _, right in part)) for part in bins)
    return round(sum(gaps) / max(1, len(pairs)), 3)


def groups_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A name for each article that those of its outlet and of its incidents share; great outlets fall into parts by incident."""
    parent: dict[Any, Any] = {}

    def root(x: Any) -> Any:
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    outlets: dict[str, int] = {}
    for row in rows:
        outlets[row.get("outlet") or ""] = outlets.get(row.get("outlet") or "", 0) + 1
    for row in rows:
        if row.get("outlet") and outlets[row["outlet"]] <= 12:
            parent[root(row["id"])] = root(("outlet", row["outlet"]))
        for label in row["events"]:
            if label["place"] and label["date"] and not label["background"]:
                parent[root(row["id"])] = root((label["date"], label["place"].split()[-1]))
    return [str(root(row["id"])) for row in rows]


def fold_numbers(groups: Sequence[str], count: int) -> list[int]:
    """A fold for each group, the greatest groups first into the emptiest fold."""
    sizes = {group: groups.count(group) for group in set(groups)}
    names = sorted(sizes)
    random.Random(7).shuffle(names)
    names.sort(key=lambda name: -sizes[name])
    filled = [0] * count
    fold_of: dict[str, int] = {}
    for name in names:
        fold = filled.index(min(filled))
        fold_of[name] = fold
        filled[fold] += sizes[name]
    return [fold_of[group] for group in groups]
