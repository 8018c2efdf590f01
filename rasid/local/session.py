"""A database with everything bound to it: what commands open, and the run itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from rich.console import Console

from contracts import codec
from contracts.source import Source
from ingest.feeds import FeedChange, FeedList
from rasid import build
from rasid.errors import Busy
from rasid.health import served
from rasid.indexes import health_settings, in_elasticsearch, index_of
from rasid.local.database import Database, RunnerLock
from rasid.local.journal import Journal
from rasid.local.report import snapshot
from rasid.local.runner import ALL_STEPS, LocalRunner, Parts, Rounds
from rasid.metrics import Snapshot
from rasid.pool import WorkerPool
from rasid.recorded import recorded
from rasid.settings import Settings

T = TypeVar("T")
RESOLVERS = 32
"""Threads that look up host names; dead names hold theirs for seconds."""

Watch = Callable[[LocalRunner], None]


def changes_of(database: Database) -> tuple[FeedChange, ...]:
    """The feeds added and removed at run time, oldest first."""
    rows = database.rows("SELECT change FROM feed_changes ORDER BY at, id")
    return tuple(codec.decode(FeedChange, row[0]) for row in rows)


def feed_list(settings: Settings, database: Database) -> FeedList:
    """The effective list: the file, and what was changed at run time."""
    return build.feeds_of(settings, changes_of(database))


class CurrentPool:
    """A pool that can be exchanged while work goes on: what the old one has begun, it ends."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def run(self, function: Callable[..., T], *args: object, seconds: float) -> T:
        return await self._pool.run(function, *args, seconds=seconds)

    def exchange(self, pool: WorkerPool) -> None:
        self._pool.finish()
        self._pool = pool

    def close(self) -> None:
        self._pool.close()


class Session:
    """An open database with its stages, index and feeds. The network and the pool are opened only by a run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # an index elsewhere cannot roll back with the file: what it was told must outlive a power cut
        self.database = Database(settings.database, synchronous="FULL" if in_elasticsearch(settings) else "NORMAL")
        self.index = index_of(settings, self.database)
        self.web = build.client(settings)
        self.turns = build.gate(settings)
        self._bind()

    def _bind(self) -> None:
        self.changes = changes_of(self.database)
        self.feeds = build.feeds_of(self.settings, self.changes)
        self.topology = build.topology(self.settings, self.feeds, self.web, self.turns)
        self.journal = Journal(self.database, self.topology)

    def close(self) -> None:
        self.database.close()

    def work_off(self, steps: tuple[str, ...], console: Console) -> None:
        """Runs these steps until their queues are empty; where a runner is at work already, it does so by itself."""
        try:
            lock = RunnerLock(self.settings.database)
        except Busy:
            console.print("a running rasid takes it up at once")
            return
        try:
            self.run("drain", steps)
        finally:
            lock.release()

    def run(self, rounds: Rounds, steps: tuple[str, ...] = ALL_STEPS, watch: Watch = lambda runner: None) -> None:
        """Runs in this thread until stopped or idle; ``watch`` is given the runner inside the event loop, before it starts."""
        asyncio.run(self._run(rounds, steps, watch))

    async def _run(self, rounds: Rounds, steps: tuple[str, ...], watch: Watch) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve"))
        pool = CurrentPool(build.worker_pool(self.settings, self.feeds))
        try:
            async with self.web:
                runner = LocalRunner(
                    self.database,
                    self.settings,
                    self._parts(pool),
                    rounds=rounds,
                    steps=steps,
                    changed=lambda: self._changed(pool),
                )
                watch(runner)
                take = partial(self._seen, runner)
                async with (
                    served(self.settings, take, lambda: runner.shared.trouble),
                    recorded(health_settings(self.settings), take),
                ):
                    await runner.run()
        finally:
            pool.close()

    def _seen(self, runner: LocalRunner) -> Snapshot:
        return snapshot(self.database, self.feeds, runner.journal.counters, runner.shared.clock())

    def _parts(self, pool: CurrentPool) -> Parts:
        source: Source = build.poller(self.settings, self.feeds, self.web, pool, self.turns)
        feeds = tuple(feed.id for feed in self.feeds.active())
        return Parts(topology=self.topology, source=source, feeds=feeds, pool=pool, sink=self.index)

    def _changed(self, pool: CurrentPool) -> Parts | None:
        """New parts where another process changed the feeds; the workers learn the new outlets too."""
        if changes_of(self.database) == self.changes:
            return None
        self._bind()
        pool.exchange(build.worker_pool(self.settings, self.feeds))
        return self._parts(pool)


@contextmanager
def opened(settings: Settings) -> Iterator[Session]:
    """A session for one command."""
    session = Session(settings)
    try:
        yield session
    finally:
        session.close()
