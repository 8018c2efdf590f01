"""Labels and drafts brought together with the scorer's own rules: which label a telling is of, whether a row is right."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from contracts.records import Article
from processors.drafts import Draft

Label = dict[str, Any]
WRITTEN = Path(__file__).with_name("written")
"""Articles of ours, with labels: learned from, never measured on."""
OURS = -1
"""The number of each of them, where labelled articles are numbered."""


def written_lines() -> list[tuple[int, str]]:
    """Our articles with their labels as JSON, numbered ``OURS``, by file and line."""
    files = sorted(WRITTEN.glob("*.jsonl"))
    return [(OURS, line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def load_scorer(directory: Path) -> ModuleType:
    """``score.py`` as a module. Raises FileNotFoundError where it is absent."""
    spec = importlib.util.spec_from_file_location("score", directory / "score.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(directory / "score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_optional(label: Label) -> bool:
    """Background and plans count for nothing."""
    return bool(label["background"] or label["status"] == "planned")


def plain(report: Any) -> dict[str, Any]:
    """A report as its JSON object."""
    value: dict[str, Any] = json.loads(msgspec.json.encode(report))
    return value


def as_event(draft: Draft) -> dict[str, Any]:
    """What the scorer's rules of place, date and sentence read of a draft."""
    place = draft.place
    when = draft.when
    return {
        "sub_event_type": draft.sub_event,
        "trigger": {"start": draft.trigger.start, "text": draft.trigger.text},
        "place": {"text": place.text, "name": place.name} if place else None,
        "date_start": when.start.isoformat() if when.start else None,
        "date_end": when.end.isoformat() if when.end else None,
    }


class Labels:
    """The labels of one article, asked about its drafts."""

    def __init__(self, scorer: ModuleType, row: dict[str, Any], article: Article) -> None:
        self.scorer, self.row, self.article = scorer, row, article
        self.events: list[Label] = row["events"]
        self.spans = scorer.sentence_spans(row["text"])

    def of(self, draft: Draft, *, kin: bool) -> int | None:
        """The number of the label that a telling is of, None for none; ``kin``: of the same family only."""
        family, event = self.scorer.FAMILY, as_event(draft)
        best: tuple[float, int] = (0.0, -1)
        for number, label in enumerate(self.events):
            if kin and family.get(draft.sub_event) != family[label["type"]]:
                continue
            told = self.scorer.in_sentences(label, event, self.spans, self.row.get("title"))
            place, day = self.scorer.same_place(label["place"], event), self.scorer.same_date(label["date"], event)
            if not told and not (place and day and kin):
                continue
            words = set(self.scorer.fold(label["trigger"])) & set(self.scorer.fold(draft.trigger.text))
            main = bool(label["sentences"]) and self._is_main(label, event)
            score = (
                1 + 2 * (draft.sub_event == label["type"]) + 2 * bool(place) + bool(day) + told + 2 * bool(words) + main
            )
            if score > best[0]:
                best = (score, number)
        return best[1] if best[1] >= 0 else None

    def _is_main(self, label: Label, event: dict[str, Any]) -> bool:
        first, start = label["sentences"][0], event["trigger"]["start"]
        return first < len(self.spans) and bool(self.spans[first][0] <= start < self.spans[first][1])

    def is_right(self, label: Label, report: dict[str, Any]) -> bool:
        """The scorer's own row: type, place, date, killed and injured right, nothing invented."""
        scorer = self.scorer
        if report["sub_event_type"] != label["type"]:
            return False
        checks = [scorer.same_place(label["place"], report), scorer.same_date(label["date"], report)]
        checks += [scorer.same_count(label[name], report, name) for name in ("killed", "injured")]
        if any(check is False for check in checks):
            return False
        if any(label[name] is None and report.get(name) for name in ("killed", "injured")):
            return False
        day = report.get("date_start") and report["date_precision"] not in ("month", "year", "unknown")
        pinned = (report.get("place") or {}).get("precision", 9) <= 2
        return not (label["date"] is None and day) and not (label["place"] is None and pinned)
