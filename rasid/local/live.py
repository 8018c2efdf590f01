"""The live status of a run: a screen where there is a terminal, a line now and then where there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from contracts.index import Query
from ingest.feeds import FeedList
from rasid import render, status
from rasid.local.database import Database
from sinks.sqlite import SqliteIndex

log = structlog.get_logger("rasid")

LINE_EVERY = 10.0


class Screen:
    """Draws from a reading connection of its own, in its own thread: the flow is never held up."""

    def __init__(
        self, console: Console, database: Database, feeds: Callable[[], FeedList], trouble: Callable[[], str | None]
    ) -> None:
        self._database, self._feeds, self._trouble = database, feeds, trouble
        self._index = SqliteIndex(database.connection)
        self._live = Live(get_renderable=self._draw, console=console, refresh_per_second=1, transient=True)

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()
        self._database.close()

    def _draw(self) -> RenderableType:
        now = time.time()
        made = status.report(self._database, self._feeds(), now)
        parts: list[RenderableType] = [status.stages_table(made.stages, now)]
        answering = sum(feed.state == "ok" for feed in made.feeds)
        asked = sum(feed.state != "new" for feed in made.feeds)
        parts.append(
            Text(f"{len(made.feeds)} feeds: {asked} asked, {answering} answering, {asked - answering} failing")
        )
        order = sorted(made.feeds, key=lambda feed: (feed.state != "ok", -(feed.new_at or 0.0), feed.next_at or 0.0))
        parts.append(status.feeds_table(order[:12], now))
        if trouble := self._trouble():
            parts.append(Text(f"waiting: {trouble}", style="yellow"))
        hits = self._index.search(Query(sort="changed", limit=8)).hits
        parts.append(render.events_table(hits, "newest events"))
        parts.append(Text("Ctrl-C ends; nothing is lost", style="dim"))
        return Group(*parts)


async def lines(database: Database, feeds: Callable[[], FeedList], trouble: Callable[[], str | None]) -> None:
    """A log line every ten seconds, until it is cancelled."""
    while True:
        await asyncio.sleep(LINE_EVERY)
        now = time.time()
        made = status.report(database, feeds(), now)
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
