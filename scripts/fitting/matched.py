"""What the fits of roles, places and tolls share: their options, and which label each thing of an article is."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

from contracts.records import Article
from processors.drafts import Draft
from processors.extract import write_drafts


class Matched(NamedTuple):
    """A thing, its report as JSON gives it, and its label."""

    label: dict[str, Any]
    thing: Draft
    report: dict[str, Any]

    @property
    def scored(self) -> bool:
        """Whether the label counts: history and plans are optional."""
        return not self.label["background"] and self.label["status"] != "planned"


def matched(scorer: ModuleType, labels: dict[str, Any], article: Article, things: Sequence[Draft]) -> list[Matched]:
    """The things that the scorer matches with a label."""
    reports = [json.loads(msgspec.json.encode(report)) for report in write_drafts(article, things)]
    pairs = [(thing, report) for thing, report in zip(things, reports, strict=True) if report["sub_event_type"]]
    match, _ = scorer.score_article(labels, [report for _, report in pairs])
    return [Matched(labels["events"][i], *pairs[j]) for i, j in match.items()]


def options(description: str | None, *, half: bool = True) -> argparse.Namespace:
    """DIRECTORY, ``--dry`` and, where articles can be held back, ``--half``."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--dry", action="store_true", help="measure only")
    if half:
        parser.add_argument("--half", type=int, choices=(0, 1), help="fit the articles of one parity alone")
    return parser.parse_args()
