"""The live status of a run: a screen where there is a terminal, a line now and then where there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from contracts.index import Hit, Index, Query
from contracts.outcomes import Unavailable
from ingest.feeds import FeedList
from rasid import render, status
from rasid.indexes import documents
from rasid.local.database import Database
from rasid.local.report import report

log = structlog.get_logger("rasid")

LINE_EVERY = 10.0
LINES_AROUND = 19
"""Of the table of stages, the heads of the others, and the single lines."""


class Screen:
    """Draws from a reading connection of its own, in its own thread: the flow is never held up."""

    def __init__(
        self,
        console: Console,
        database: Database,
        index: Index,
        feeds: Callable[[], FeedList],
        trouble: Callable[[], str | None],
    ) -> None:
        self._console, self._database, self._feeds, self._trouble = console, database, feeds, trouble
        self._index = index
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=1, transient=True)

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._database.close()

    def _room(self) -> tuple[int, int]:
        """How many events and feeds fit: an event takes two or three lines, what is below the screen's end is not seen."""
        left = self._console.height - LINES_AROUND
        events = min(8, max(2, left // 4))
        return events, min(12, max(2, left - events * 2))

    def _newest(self, most: int) -> tuple[Hit, ...]:
        try:
            return self._index.search(Query(sort="changed", limit=most)).hits
        except Unavailable:
            return ()

    def _draw(self) -> RenderableType:
        now = time.time()
        made = report(self._database, self._feeds(), {}, now)  # what the index holds is too much to count every second
        parts: list[RenderableType] = [status.stages_table(made.stages, now)]
        answering = sum(feed.state == "ok" for feed in made.feeds)
        asked = sum(feed.state != "new" for feed in made.feeds)
        parts.append(
            Text(f"{len(made.feeds)} feeds: {asked} asked, {answering} answering, {asked - answering} failing")
        )
        if trouble := self._trouble():
            parts.append(Text(f"waiting: {trouble}", style="yellow"))
        events, feeds = self._room()
        hits = self._newest(events)
        parts.append(render.EventsTable(hits, "newest events"))
        parts.append(status.feeds_table(_of_interest(made.feeds, feeds), now, brief=True))
        parts.append(Text("Ctrl-C ends; nothing is lost", style="dim"))
        return Group(*parts)


def _of_interest(feeds: Sequence[status.FeedStatus], most: int) -> list[status.FeedStatus]:
    """Feeds with the newest news first, then the failing ones that are tried next; both kinds where there are both."""
    answering = sorted((f for f in feeds if f.state == "ok"), key=lambda f: -(f.new_at or 0.0))
    others = sorted((f for f in feeds if f.state != "ok"), key=lambda f: (f.state == "new", f.next_at or 0.0))
    half = max(most // 2, most - len(others))
    return [*answering[:half], *others][:most]


async def lines(
    database: Database, index: Index, feeds: Callable[[], FeedList], trouble: Callable[[], str | None]
) -> None:
    """A log line every ten seconds, until it is cancelled."""
    while True:
        await asyncio.sleep(LINE_EVERY)
        now = time.time()
        made = report(database, feeds(), await asyncio.to_thread(documents, index), now)
        asked = [feed for feed in made.feeds if feed.state != "new"]
        log.info(
            "status",
            feeds=len(made.feeds),
            asked=len(asked),
            answering=sum(feed.state == "ok" for feed in asked),
            waiting={stage.name: stage.waiting for stage in made.stages if stage.waiting},
            events=made.documents.get("events.live", 0),
            **({"trouble": trouble()} if trouble() else {}),
        )
