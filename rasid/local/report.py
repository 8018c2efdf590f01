"""The state of one machine, read from its database, whether or not a runner is at work."""

from __future__ import annotations

from ingest.feeds import FeedList
from rasid.local import operations
from rasid.local.database import Database
from rasid.status import StageRow, Status, feed_status, told_warnings
from rasid.topology import FLOW
from sinks.sqlite import SqliteIndex


def report(database: Database, feeds: FeedList, now: float) -> Status:
    """``now``: seconds since 1970."""
    progress = operations.progress(database, now)
    rows = {row.id: row for row in operations.feed_rows(database)}
    return Status(
        stages=tuple(_stage(step.name, progress, now) for step in FLOW),
        feeds=tuple(feed_status(feed.id, feed.outlet, rows.get(feed.id)) for feed in feeds.active()),
        warnings=tuple(told_warnings(feeds, rows.values(), *operations.yields(database, now), now)),
        documents=SqliteIndex(database.connection).count(),
        kept=dict(progress.kept),
        dropped={f"{stage}: {why}": n for (stage, name, why), n in progress.counters.items() if name == "dropped"},
        failed={
            f"{stage}: {why}": n for (stage, name, why), n in progress.counters.items() if name in ("failed", "retried")
        },
    )


def _stage(name: str, progress: operations.Progress, now: float) -> StageRow:
    totals: dict[str, int] = {}
    for (stage, counter, _), n in progress.counters.items():
        if stage == name:
            totals[counter] = totals.get(counter, 0) + n
    oldest = progress.oldest.get(name)
    received = totals.get("received", 0)
    return StageRow(
        name=name, received=received, sent=totals.get("sent", 0), dropped=totals.get("dropped", 0),
        failed=totals.get("failed", 0) + totals.get("retried", 0), dead=progress.dead.get(name, 0),
        waiting=progress.waiting.get(name, 0), delayed=progress.delayed.get(name, 0),
        behind=max(0.0, now - oldest) if oldest else 0.0,
        milliseconds=totals.get("microseconds", 0) / 1000 / received if received else 0.0,
    )  # fmt: skip
