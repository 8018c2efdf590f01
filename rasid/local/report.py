"""The state of one machine, read from its database, whether or not a runner is at work."""

from __future__ import annotations

from collections import Counter

from ingest.feeds import FeedList
from rasid.local import operations
from rasid.local.database import Database
from rasid.local.journal import read_counters
from rasid.metrics import Counted, Feeds, Snapshot
from rasid.status import StageRow, Status, feed_state, feed_status, told_warnings
from rasid.topology import FLOW


def report(
    database: Database,
    feeds: FeedList,
    documents: dict[str, int],
    now: float,
    kept: dict[str, tuple[int, int]] | None = None,
) -> Status:
    """``documents``: what the index counts; ``now``: seconds since 1970; ``kept``: as ``operations.kept`` gives it, where it is
    wanted."""
    progress = operations.progress(database, now)
    rows = {row.id: row for row in operations.feed_rows(database)}
    return Status(
        stages=tuple(_stage(step.name, progress, now) for step in FLOW),
        feeds=tuple(feed_status(feed.id, feed.outlet, rows.get(feed.id)) for feed in feeds.active()),
        warnings=tuple(told_warnings(feeds, rows.values(), *operations.yields(database, now), now)),
        documents=documents,
        kept=dict(kept or {}),
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


def snapshot(database: Database, feeds: FeedList, unsaved: Counted, now: float) -> Snapshot:
    """What a run has to say to monitoring; ``unsaved``: what it has counted and not yet written."""
    counted = Counter(read_counters(database))
    counted.update(unsaved)
    progress = operations.progress(database, now)
    rows = {row.id: row for row in operations.feed_rows(database)}
    known = [rows.get(feed.id) for feed in feeds.active()]
    successes = [row.succeeded_at for row in known if row and row.succeeded_at]
    hours = [row.next_at for row in known if row and row.next_at]
    return Snapshot(
        counted,
        {step.name: progress.waiting.get(step.name, 0) for step in FLOW if step.kind != "source"},
        progress.oldest,
        Feeds(
            dict(Counter(map(feed_state, known))), min(successes, default=None), max(0.0, now - min(hours, default=now))
        ),
    )
