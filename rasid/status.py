"""What an operator wants to know at a glance: how far the flow is, what is silent, stale, waiting or dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from ingest.feeds import FeedList
from ingest.schedule import decode_state
from ingest.silence import OutletCounts, warnings
from rasid import render
from rasid.operators import FeedRow


class StageRow(Struct, frozen=True):
    """A step of the flow: totals since the beginning, and what waits (``behind``: seconds since the oldest came). None: not known."""

    name: str
    received: int
    sent: int | None
    dropped: int | None
    failed: int | None
    dead: int
    waiting: int
    delayed: int
    behind: float
    milliseconds: float | None
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
    kept: dict[str, tuple[int, int | None]]
    """Records and bytes by kind; None: not known."""
    dropped: dict[str, int]
    failed: dict[str, int]
    """Faults by step and reason: polls without an answer, tries that come again."""


def feed_state(row: FeedRow | None) -> str:
    """ok, failing, gone, or new: never asked."""
    if row is None:
        return "new"
    return "gone" if row.outcome == "gone" else "ok" if row.attempted_at == row.succeeded_at else "failing"


def feed_status(feed_id: str, outlet: str, row: FeedRow | None) -> FeedStatus:
    """Of one feed; without a row it was never asked."""
    if row is None:
        return FeedStatus(feed_id, outlet, "new", None, None, None, None, None, 0)
    return FeedStatus(
        feed_id,
        outlet,
        feed_state(row),
        row.outcome,
        row.detail,
        row.succeeded_at,
        row.new_at,
        row.next_at,
        row.entries,
    )


def told_warnings(
    feeds: FeedList,
    rows: Iterable[FeedRow],
    usual: Mapping[str, OutletCounts],
    recent: Mapping[str, OutletCounts],
    now: float,
) -> Iterable[str]:
    """What fell silent, in words. ``usual`` and ``recent``: what came of each outlet before and of late."""
    states = {row.id: decode_state(row.state) for row in rows if row.id in feeds.feeds}
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
    kept = ", ".join(_told_kept(kind, *found) for kind, found in sorted(status.kept.items()))
    console.print(f"kept: {kept or 'nothing'}")
    if status.failed:
        console.print("failed: " + render.plain(", ".join(f"{why} {n}" for why, n in sorted(status.failed.items()))))
    if status.dropped:
        console.print("dropped: " + render.plain(", ".join(f"{why} {n}" for why, n in sorted(status.dropped.items()))))


def _told_kept(kind: str, n: int, size: int | None) -> str:
    return f"{kind} {n}" if size is None else f"{kind} {n} ({size / 1e6:.1f} MB)"


def stages_table(stages: Iterable[StageRow], now: float) -> Table:
    numbers = ("received", "sent", "dropped", "failed", "dead", "waiting", "delayed", "behind", "ms each")
    made = render.table(None, "stage", *numbers, right=numbers)
    for row in stages:
        behind = f"{row.behind:.0f} s" if row.waiting and row.behind >= 1 else ""
        figures = (row.received, row.sent, row.dropped, row.failed, row.dead, row.waiting, row.delayed)
        each = "" if row.milliseconds is None else f"{row.milliseconds:.1f}"
        made.add_row(row.name, *(_figure(n) for n in figures), behind, each)
    return made


def _figure(n: int | None) -> str:
    return "" if n is None else str(n) if n else "–"


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
