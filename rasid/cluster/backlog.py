"""Holds fetching back while too many pages wait to be cleaned. Polling goes on: entries are small, pages are not.

Entries stay in their topic meanwhile, uncommitted. The lag is that of the whole cluster, so that all workers of fetch pause together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from rasid.cluster import lag
from rasid.cluster.adapter import Handler
from rasid.cluster.membership import NotOurs
from rasid.cluster.posting import Taken
from rasid.errors import CommandError
from rasid.settings import Settings

log = structlog.get_logger("rasid")

EVERY_SECONDS = 5.0
"""Between two looks; what is fetched meanwhile comes on top of the limit."""
LOOK_SECONDS = 0.25

Measure = Callable[[], Awaitable[int]]


class Backlog:
    """What waits for the step after. ``measure`` gives the number of its unread records."""

    def __init__(self, most: int, measure: Measure, *, every: float = EVERY_SECONDS) -> None:
        self._most, self._measure, self._every = most, measure, every
        self.over = False
        self._known = asyncio.Event()

    async def run(self) -> None:
        """Looks for as long as it runs. A broker that does not answer changes nothing: it is waited for elsewhere."""
        while True:
            try:
                self._look(await self._measure())
            except CommandError as error:
                log.info("backlog unknown", reason=str(error))
            self._known.set()
            await asyncio.sleep(self._every)

    def _look(self, waiting: int) -> None:
        over = waiting > self._most
        if over != self.over:
            log.info("fetching pauses" if over else "fetching goes on", pages=waiting, most=self._most)
        self.over = over

    async def clear(self, alive: Callable[[], None], leaves: Callable[[], bool]) -> None:
        """Returns when no more waits than may. Raises NotOurs where the worker must go before that: its records are read again."""
        while self.over or not self._known.is_set():
            if leaves():
                raise NotOurs("fetching is held back, and the worker must go")
            alive()
            await asyncio.sleep(LOOK_SECONDS)


def pages_waiting(settings: Settings) -> Backlog:
    """Of the pages that clean has not read."""

    async def measure() -> int:
        return (await lag.standings(settings, ["clean"]))["clean"].waiting

    return Backlog(settings.max_waiting_pages, measure)


class HeldBack:
    """A handler whose batches wait until the backlog is worked off."""

    def __init__(
        self, handle: Handler, backlog: Backlog, alive: Callable[[], None], leaves: Callable[[], bool]
    ) -> None:
        self._handle, self._backlog, self._alive, self._leaves = handle, backlog, alive, leaves

    async def __call__(self, batch: list[Taken]) -> None:
        await self._backlog.clear(self._alive, self._leaves)
        await self._handle(batch)
