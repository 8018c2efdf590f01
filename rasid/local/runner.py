"""The runner of one machine: binds the loops to one database and drives them until they are stopped, or idle."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time
from typing import Any, Literal

import structlog

from contracts.outcomes import Unavailable
from contracts.records import Article, Event
from contracts.source import Pool, Sink, Source
from rasid.indexes import in_elasticsearch
from rasid.local import retention
from rasid.local.database import Database
from rasid.local.journal import Journal
from rasid.local.keyed import KeyedLoop
from rasid.local.polling import PollLoop
from rasid.local.shared import FoldCrash, Shared
from rasid.local.strict import IndexLoop, StrictLoop, fold_batch
from rasid.settings import Settings
from rasid.topology import Topology

log = structlog.get_logger("rasid")

Rounds = Literal["forever", "once", "until-idle", "drain"]
"""``drain``: what is in the queues is worked off, nothing is polled."""

ALL_STEPS = ("poll", "fetch", "clean", "extract", "merge", "index")
SWEEP_EVERY = 600.0
LONGEST_DELAY = 72 * 3600.0
"""The last look again; no retry waits longer."""
JUMP = 60.0
"""A clock that moves so many seconds more or less than time itself has jumped."""
STOP_SECONDS = 5.0
"""What a stopped run may take to end what it is committing; what waits for a full disk is left where it is."""
WAL_BYTES = 16 << 20


class Parts:
    """What a runner drives, already bound: the stages, the source, the pool and the sink."""

    def __init__(
        self,
        *,
        topology: Topology,
        source: Source,
        feeds: tuple[str, ...],
        pool: Pool,
        sink: Sink,
    ) -> None:
        self.topology, self.source, self.feeds, self.pool, self.sink = topology, source, feeds, pool, sink


class LocalRunner:
    """``changed`` is called when another process has written the feed list's changes; it gives the new parts."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        parts: Parts,
        *,
        rounds: Rounds = "forever",
        steps: tuple[str, ...] = ALL_STEPS,
        changed: Callable[[], Parts | None] = lambda: None,
        clock: Callable[[], float] = time,
    ) -> None:
        self.database, self.settings, self.parts, self.rounds = database, settings, parts, rounds
        self.journal = Journal(database, parts.topology)
        self.shared = Shared(database, self.journal, clock)
        self._changed = changed
        self._build(steps)

    def _build(self, steps: tuple[str, ...]) -> None:
        shared, stages, settings = self.shared, self.parts.topology.stages, self.settings
        widths = {"fetch": settings.fetch_concurrency}
        for name in steps:
            if name == "index":
                inside = not in_elasticsearch(settings)
                shared.loops[name] = IndexLoop(shared, self.parts.sink, Article | Event, inside=inside)
            elif name == "poll":
                shared.loops[name] = PollLoop(
                    shared, self.parts.source, self.parts.feeds, width=settings.poll_concurrency, rounds=self.rounds
                )
            elif stages[name].work is None:
                shared.loops[name] = StrictLoop(shared, name, fold_batch(shared, stages[name]))
            else:
                shared.loops[name] = KeyedLoop(
                    shared,
                    stages[name],
                    self.parts.pool,
                    width=widths.get(name, settings.workers * 3),
                    seconds=settings.page_seconds,
                    paused=self._fetch_paused if name == "fetch" else lambda: None,
                )

    def _fetch_paused(self) -> str | None:
        """Why fetching waits now, or None. Polling goes on."""
        clean = self.shared.loops.get("clean")
        if isinstance(clean, KeyedLoop) and clean.keys_waiting() > self.settings.max_waiting_pages:
            return f"more than {self.settings.max_waiting_pages} pages wait to be cleaned"
        if self._free < self.settings.min_free_bytes:
            return f"only {self._free >> 20} MiB of disk are free; fetching goes on above {self.settings.min_free_bytes >> 20} MiB"
        return None

    _free: int = 1 << 62

    @property
    def paused(self) -> str | None:
        return self._fetch_paused() if "fetch" in self.shared.loops else None

    def stop(self) -> None:
        """Ends the run after what is being committed; what is at work is left in its queue."""
        self.shared.stopping.set()
        for loop in self.shared.loops.values():
            loop.wake(())

    def idle(self) -> bool:
        return all(loop.idle() for loop in self.shared.loops.values())

    async def run(self) -> None:
        """Until stopped, or (but for ``forever``) idle. Raises CommandError where the work cannot go on."""
        self._free = retention.free_bytes(self.database.path)
        self._signals()
        self._hurry()
        tasks = [asyncio.create_task(loop.run(), name=loop.name) for loop in self.shared.loops.values()]
        tasks.append(asyncio.create_task(self._keep_house(), name="house"))
        if self.rounds != "forever":
            tasks.append(asyncio.create_task(self._stop_when_idle(), name="idle"))
        try:
            await self._ended(tasks)
        except FoldCrash as crash:
            with self.database.transaction() as connection:
                sql = "UPDATE queue SET tries=tries+1 WHERE stage=? AND position=?"
                connection.execute(sql, (crash.stage, crash.record.position))
            raise
        finally:
            self.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.database.checkpoint()

    async def _ended(self, tasks: list[asyncio.Task[None]]) -> None:
        """Returns when all have ended, or some time after the run was stopped; raises what one of them raised."""
        stopped = asyncio.create_task(self.shared.stopping.wait(), name="stopped")
        try:
            waiting: set[asyncio.Task[Any]] = {*tasks, stopped}
            while waiting - {stopped}:
                limit = STOP_SECONDS if stopped.done() else None
                first = asyncio.FIRST_EXCEPTION if stopped.done() else asyncio.FIRST_COMPLETED
                done, waiting = await asyncio.wait(waiting, timeout=limit, return_when=first)
                for task in done:
                    task.result()
                if limit is not None:
                    return
        finally:
            stopped.cancel()

    def _signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.stop)
            except (ValueError, RuntimeError, NotImplementedError):  # not in the main thread: the caller stops us
                return

    async def _stop_when_idle(self) -> None:
        while not self.shared.stopping.is_set():
            if self.idle():
                self.stop()
                return
            await asyncio.sleep(0.02)

    async def _keep_house(self) -> None:
        """Once a second: what other processes changed, the free disk, the WAL; now and then what has grown old."""
        seen, swept, ahead = self.database.data_version(), monotonic(), self.shared.clock() - monotonic()
        while not self.shared.stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self.shared.stopping.wait(), 1.0)
            self._free = retention.free_bytes(self.database.path)
            jumped, ahead = self.shared.clock() - monotonic() - ahead, self.shared.clock() - monotonic()
            if abs(jumped) > JUMP:
                self._jumped(jumped)
            version = self.database.data_version()
            if version != seen:
                seen = version
                self._take_over()
            if self._wal_bytes() > WAL_BYTES:
                self.database.checkpoint()
            if monotonic() - swept > SWEEP_EVERY:
                swept = monotonic()
                await self._sweep()

    def _jumped(self, seconds: float) -> None:
        """The clock was set, or the machine slept: no delay grows by it, and every feed that is due by the new time is polled."""
        log.warning("the clock has jumped", seconds=round(seconds))
        if seconds < 0:
            self._delays(lambda now: self.journal.shift(now - seconds, seconds))
        for loop in self.shared.loops.values():
            loop.reload()
            if isinstance(loop, PollLoop):
                loop.replan()

    def _hurry(self) -> None:
        """A clock that stood ahead, in an earlier run, may have put delays off for ever."""
        self._delays(lambda now: self.journal.hurry(now + LONGEST_DELAY + JUMP, now))
        for loop in self.shared.loops.values():
            loop.reload()

    def _delays(self, change: Callable[[float], int]) -> None:
        try:
            with self.database.transaction():
                changed = change(self.shared.clock())
        except Unavailable as error:  # asked again at the next start; nothing is lost by waiting
            log.warning("delays not mended", reason=str(error))
            return
        if changed:
            log.info("delays mended", records=changed)

    async def _sweep(self) -> None:
        try:
            removed = await asyncio.to_thread(self._swept)
        except Unavailable as error:  # the flow's own writes wait too; this one comes again
            log.warning("retention postponed", reason=str(error))
            return
        if removed:
            log.info("retention", removed=removed)

    def _swept(self) -> int:
        """In a thread, on a connection of its own: looking through all pages takes seconds, in which the flow goes on."""
        database = Database(self.database.path)
        try:
            return retention.sweep(database, self.settings, self.shared.clock(), self.shared.stopping.is_set)
        finally:
            database.close()

    def _wal_bytes(self) -> int:
        wal = self.database.path.with_name(self.database.path.name + "-wal")
        return wal.stat().st_size if wal.exists() else 0

    def _take_over(self) -> None:
        """Another process wrote: retried letters, replays, decisions, feeds."""
        parts = self._changed()
        if parts is not None:
            self.parts = parts
            self.journal.topology = parts.topology
        for loop in self.shared.loops.values():
            if parts is not None and isinstance(loop, KeyedLoop):
                loop.stage = parts.topology.stages[loop.name]
            if parts is not None and isinstance(loop, PollLoop):
                loop.replace(parts.source, parts.feeds)
            loop.reload()
