"""What an operator wants to know at a glance: how far the flow is, what is silent, stale, waiting or dead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from ingest.feeds import FeedList
from ingest.schedule import decode_state
from ingest.silence import warnings
from rasid import render
from rasid.local import operations
from rasid.local.database import Database
from rasid.topology import FLOW
from sinks.sqlite import SqliteIndex


class StageRow(Struct, frozen=True):
    """A step of the flow: totals since the database was made, and what waits (``behind``: seconds since the oldest came)."""

    name: str
    received: int
    sent: int
    dropped: int
    failed: int
    dead: int
    waiting: int
    delayed: int
    behind: float
    milliseconds: float
    """Mean work a record."""


class FeedStatus(Struct, frozen=True):
    """A feed: ``state`` ok, failing, gone, new (never asked)."""

    id: str
    outlet: str
    state: str
    outcome: str | None
    detail: str | None
    succeeded_at: float | None
    new_at: float | None
    next_at: float | None
    entries: int


class Status(Struct, frozen=True):
    """All of it."""

    stages: tuple[StageRow, ...]
    feeds: tuple[FeedStatus, ...]
    warnings: tuple[str, ...]
    documents: dict[str, int]
    kept: dict[str, tuple[int, int]]
    dropped: dict[str, int]
    failed: dict[str, int]
    """Faults by step and reason: polls without an answer, tries that come again."""


def report(database: Database, feeds: FeedList, now: float) -> Status:
    """Reads the state of everything from the database, whether or not a runner is at work. ``now``: seconds since 1970."""
    progress = operations.progress(database, now)
    rows = {row.id: row for row in operations.feed_rows(database)}
    return Status(
        stages=tuple(_stage(step.name, progress, now) for step in FLOW),
        feeds=tuple(feed_status(feed.id, feed.outlet, rows.get(feed.id)) for feed in feeds.active()),
        warnings=tuple(_warnings(database, feeds, rows.values(), now)),
        documents=SqliteIndex(database.connection).count(),
        kept=progress.kept,
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


def feed_status(feed_id: str, outlet: str, row: operations.FeedRow | None) -> FeedStatus:
    """Of one feed; without a row it was never asked."""
    if row is None:
        return FeedStatus(feed_id, outlet, "new", None, None, None, None, None, 0)
    state = "gone" if row.outcome == "gone" else "ok" if row.attempted_at == row.succeeded_at else "failing"
    return FeedStatus(
        feed_id, outlet, state, row.outcome, row.detail, row.succeeded_at, row.new_at, row.next_at, row.entries
    )


def _warnings(database: Database, feeds: FeedList, rows: Iterable[operations.FeedRow], now: float) -> Iterable[str]:
    states = {row.id: decode_state(row.state) for row in rows if row.id in feeds.feeds}
    usual, recent = operations.yields(database, now)
    for warn in warnings(feeds, states, usual, recent, datetime.fromtimestamp(now, UTC)):
        yield f"{warn.kind}: {warn.feed_id or warn.outlet}: {warn.detail}"


def show(console: Console, status: Status, now: float) -> None:
    """The tables of ``rasid status``."""
    console.print(stages_table(status.stages, now))
    failing = [feed for feed in status.feeds if feed.state != "ok"]
    console.print(f"{len(status.feeds)} feeds, {len(status.feeds) - len(failing)} answering")
    if failing:
        console.print(feeds_table(failing, now))
    for warning in status.warnings:
        console.print(f"[yellow]warning[/] {render.plain(warning)}")
    console.print("documents: " + ", ".join(f"{name} {n}" for name, n in sorted(status.documents.items())))
    kept = ", ".join(f"{kind} {n} ({size / 1e6:.1f} MB)" for kind, (n, size) in sorted(status.kept.items()))
    console.print(f"kept: {kept or 'nothing'}")
    if status.failed:
        console.print("failed: " + render.plain(", ".join(f"{why} {n}" for why, n in sorted(status.failed.items()))))
    if status.dropped:
        console.print("dropped: " + render.plain(", ".join(f"{why} {n}" for why, n in sorted(status.dropped.items()))))


def stages_table(stages: Iterable[StageRow], now: float) -> Table:
    numbers = ("received", "sent", "dropped", "failed", "dead", "waiting", "delayed", "behind", "ms each")
    made = render.table(None, "stage", *numbers, right=numbers)
    for row in stages:
        behind = f"{row.behind:.0f} s" if row.waiting and row.behind >= 1 else ""
        figures = (row.received, row.sent, row.dropped, row.failed, row.dead, row.waiting, row.delayed)
        made.add_row(row.name, *(str(n) if n else "–" for n in figures), behind, f"{row.milliseconds:.1f}")
    return made


def feeds_table(feeds: Iterable[FeedStatus], now: float, *, brief: bool = False) -> Table:
    """``brief``: one line a feed, the reason cut where it is long."""
    made = render.table(None, "feed", "state", "last success", "last news", "next poll", "why", fold=("why",))
    for feed in feeds:
        why = render.text(f"{feed.outcome}: {feed.detail}" if feed.detail else feed.outcome or "")
        why.no_wrap, why.overflow = (True, "ellipsis") if brief else (None, None)
        made.add_row(
            feed.id, feed.state, render.ago(feed.succeeded_at, now), render.ago(feed.new_at, now),
            render.ago(feed.next_at, now) if feed.next_at else "at once", why,
        )  # fmt: skip
    return made
