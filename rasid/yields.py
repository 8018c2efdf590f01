"""What comes of each outlet, day by day: entries, texts, and texts with events. ``ingest.silence`` judges by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

from contracts.outcomes import Emitted
from contracts.records import Article, ArticleReports, Entry
from ingest.silence import OutletCounts

What = Literal["entries", "texts", "with_events"]
Yields = Mapping[tuple[str, int, str], int]
"""(outlet, day since 1970, what) -> how many."""

USUAL_DAYS, RECENT_DAYS = 60, 3
"""What is usual is told by the sixty days before the last three."""


def yielded(record: Emitted) -> tuple[str, What] | None:
    """The outlet to whose credit a record that a step gives goes, and as what; None where to nobody's."""
    match record:
        case Entry(look=0):
            return record.outlet, "entries"
        case Article(look=0, withdrawn=False, text_from="page"):
            return record.outlet, "texts"
        case ArticleReports() if any(not report.background for report in record.reports):
            return record.reports[0].outlet or "", "with_events"
    return None


def told_apart(yields: Yields, now: float) -> tuple[dict[str, OutletCounts], dict[str, OutletCounts]]:
    """By outlet: what is usual, and what was of late. ``now``: seconds since 1970."""
    today = int(now // 86_400)
    usual: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    recent: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (outlet, day, what), n in yields.items():
        if today - RECENT_DAYS < day <= today:
            recent[outlet][what] += n
        elif today - RECENT_DAYS - USUAL_DAYS <= day <= today - RECENT_DAYS:
            usual[outlet][what] += n
    return (
        {outlet: OutletCounts(**counts) for outlet, counts in usual.items()},
        {outlet: OutletCounts(**counts) for outlet, counts in recent.items()},
    )
