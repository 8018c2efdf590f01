"""The loops that drive stages over the journal: keyed and parallel, or strictly by position."""

from __future__ import annotations

import asyncio
import heapq
import sqlite3
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from time import perf_counter, time
from typing import Any, Protocol, cast

import structlog

from contracts import codec
from contracts.outcomes import Drop, Emit, Outcome, Quarantine, Retry, Unavailable
from contracts.source import Pool, PoolFailed, Sink
from contracts.stage import Context, Stage
from rasid import worker
from rasid.errors import Bug, CommandError
from rasid.local.database import Database
from rasid.local.journal import Grown, Journal, Message, StageStore

log = structlog.get_logger("rasid")

RETRY_AFTER = (60.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""Seconds before each further try of a record that met a passing fault; after the last one it is a dead letter."""
FOLD_CRASHES = 3
"""After so many crashes over one record it is taken for poison: a dead letter with the traceback."""
BATCH = 200
"""Records folded in one transaction at the most."""
NEWER_WAIT = 3600.0


class Shared:
    """What all loops of a runner use: the database, the clock, the wake-up calls, and the first fatal error."""

    def __init__(self, database: Database, journal: Journal, clock: Callable[[], float] = time) -> None:
        self.database, self.journal, self.clock = database, journal, clock
        self.epoch, self.generation = database.meta("epoch"), database.meta("generation")
        self.stopping = asyncio.Event()
        self.loops: dict[str, Loop] = {}
        self.trouble: str | None = None
        self.seconds: dict[str, float] = {}

    def context(self, position: int) -> Context:
        return Context(datetime.fromtimestamp(self.clock(), UTC), position, self.epoch, self.generation)

    def wake(self, grown: Iterable[Grown]) -> None:
        for stage, key in grown:
            if stage in self.loops:
                self.loops[stage].wake((key,))

    async def durably(self, write: Callable[[], set[Grown]]) -> None:
        """Runs ``write`` in a transaction until it lands, waiting where the disk is full or the file is held; then wakes the
        loops that it names. Nothing in memory may depend on ``write`` before it has landed."""
        pause = 0.5
        while True:
            try:
                with self.database.transaction():
                    woken = write()
                    self.journal.write_counters()
            except Unavailable as error:
                self.journal.settled()
                self.trouble = str(error)
                log.warning("waiting", reason=str(error), seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)
            else:
                self.journal.settled()
                self.trouble = None
                self.wake(woken)
                return

    def apply(self, stage: str, message: Message, outcome: Outcome) -> set[Grown]:
        """What an outcome means, inside a transaction; the queues that grew, with the keys."""
        journal, now = self.journal, self.clock()
        match outcome:
            case Emit(records, later):
                journal.note(records, now)
                journal.acknowledge(stage, message)
                journal.count(stage, "sent", len(records) + len(later))
                return journal.emit(records, later, now)
            case Drop(reason):
                journal.acknowledge(stage, message)
                journal.count(stage, "dropped", reason=reason.partition(":")[0])
            case Quarantine(reason):
                journal.bury(stage, message, reason, now)
                journal.count(stage, "dead")
                log.warning("dead letter", stage=stage, key=message.key, reason=reason)
            case Retry(reason, after, counts):
                self._retry(stage, message, reason, after, counts, now)
        return set()

    def _retry(self, stage: str, message: Message, reason: str, after: float | None, counts: bool, now: float) -> None:
        tries = message.tries + counts
        if tries > len(RETRY_AFTER):
            self.apply(stage, message, Quarantine(f"given up after {message.tries} tries: {reason}"))
            return
        wait = after if after is not None else RETRY_AFTER[tries - 1] if counts else 1.0
        self.journal.postpone(stage, message, now + wait, tries)
        if counts:
            self.journal.count(stage, "retried", reason=reason.partition(":")[0])


class Loop(Protocol):
    """A running step."""

    name: str

    def wake(self, keys: Iterable[str]) -> None: ...
    def idle(self) -> bool: ...
    def reload(self) -> None: ...
    async def run(self) -> None: ...


class KeyedLoop:
    """Drives a stage that has work: many keys at once, one record of a key at a time. Memory grows with the number of keys
    that wait, not with the records."""

    def __init__(
        self,
        shared: Shared,
        stage: Stage[Any, Any],
        pool: Pool | None,
        *,
        width: int,
        seconds: float,
        paused: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.shared, self.stage, self.pool = shared, stage, pool
        self.name, self.width, self.seconds, self.paused = stage.name, width, seconds, paused
        self._store = StageStore(shared.database, stage.name)
        self._wake = asyncio.Event()
        self._active: deque[str] = deque()
        self._where: dict[str, str] = {}  # key -> active, asleep or flying
        self._asleep: list[tuple[float, str]] = []  # may hold keys that were woken meanwhile
        self._flying: dict[asyncio.Task[Any], Message] = {}
        self._settling = False
        self.reload()

    # --- which key is next ---

    def wake(self, keys: Iterable[str]) -> None:
        """Records of these keys came into the queue."""
        for key in keys:
            if self._where.get(key, "asleep") == "asleep":
                self._activate(key)
        self._wake.set()

    def reload(self) -> None:
        """Reads from the journal which keys wait; those at work stay where they are."""
        self.wake(key for key, _, _ in self.shared.journal.heads(self.name))

    def _activate(self, key: str) -> None:
        self._where[key] = "active"
        self._active.append(key)

    def _sleep(self, key: str, until: float) -> None:
        self._where[key] = "asleep"
        heapq.heappush(self._asleep, (until, key))

    def _release(self, key: str) -> None:
        """A key's record is done: the key waits for its next one, or is forgotten."""
        head = self.shared.journal.head(self.name, key)
        if head is None:
            self._where.pop(key, None)
        elif head[1] <= self.shared.clock():
            self._activate(key)
        else:
            self._sleep(key, head[1])

    def _rouse(self) -> None:
        now = self.shared.clock()
        while self._asleep and self._asleep[0][0] <= now:
            _, key = heapq.heappop(self._asleep)
            if self._where.get(key) == "asleep":
                self._activate(key)

    def idle(self) -> bool:
        """Nothing at work and nothing ready; keys that sleep for a host's spacing (seconds, not minutes) are not idle."""
        soon = bool(self._asleep) and self._asleep[0][0] <= self.shared.clock() + RETRY_AFTER[0] / 2
        return not (self._flying or self._active or soon or self._settling)

    def keys_waiting(self) -> int:
        return len(self._where)

    # --- the loop ---

    async def run(self) -> None:
        while not self.shared.stopping.is_set():
            self._wake.clear()
            self._rouse()
            await self._fill()
            await self._settle()
        for task in self._flying:
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)

    async def _fill(self) -> None:
        planned: list[tuple[Message, Outcome]] = []
        while self._active and len(self._flying) < self.width and not self.paused() and len(planned) < BATCH:
            key = self._active.popleft()
            self._where.pop(key, None)
            head = self.shared.journal.head(self.name, key)
            if head is None:
                continue
            if head[1] > self.shared.clock():
                self._sleep(key, head[1])
            elif message := self.shared.journal.message(self.name, head[0]):
                self._launch(message, planned)
        if planned:
            await self._finish([(message, outcome, 0.0) for message, outcome in planned])

    def _launch(self, message: Message, planned: list[tuple[Message, Outcome]]) -> None:
        context = self.shared.context(message.position)
        if self.stage.where == "pool":
            self._fly(message, self._in_pool(message, context))
            return
        record = self._planned(message, context)
        match record:
            case worker.Waits():
                self._plan_done(message, Retry(record.detail, NEWER_WAIT, counts=False), planned)
            case Retry(_, after, counts=False):
                self._sleep(message.key, self.shared.clock() + (after or 1.0))
            case Emit() | Drop() | Retry() | Quarantine():
                self._plan_done(message, record, planned)
            case _:
                work = cast(Callable[[Any, Context], Awaitable[Any]], self.stage.work)
                self._fly(message, self._timed(work(record, context)))

    def _plan_done(self, message: Message, outcome: Outcome, planned: list[tuple[Message, Outcome]]) -> None:
        self._where[message.key] = "flying"
        planned.append((message, outcome))

    def _planned(self, message: Message, context: Context) -> Any:
        try:
            record: Any = codec.decode(self.stage.takes, message.value)
        except codec.BadRecord as error:
            return Quarantine(f"bad record: {error}")
        except codec.NewerRecord as error:
            return worker.Waits(str(error))
        return self.stage.plan(record, self._store, context) if self.stage.plan else record

    def _fly(self, message: Message, work: Awaitable[tuple[Any, float]]) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self._wake.set())
        self._where[message.key] = "flying"
        self._flying[task] = message

    async def _timed(self, work: Awaitable[Any]) -> tuple[Any, float]:
        started = perf_counter()
        return await work, perf_counter() - started

    async def _in_pool(self, message: Message, context: Context) -> tuple[Any, float]:
        assert self.pool is not None
        try:
            return await self.pool.run(worker.work, self.name, message.value, context, seconds=self.seconds)
        except PoolFailed as error:
            return Quarantine(str(error)), self.seconds if error.kind == "timeout" else 0.0

    async def _settle(self) -> None:
        """Waits until something is done, then folds all that is, in one transaction."""
        done = [task for task in self._flying if task.done()]
        if not done:
            await self._pause()
            done = [task for task in self._flying if task.done()]
        results: list[tuple[Message, Any, float]] = []
        for task in done[:BATCH]:
            message = self._flying.pop(task)
            results.append((message, *self._result(task, message)))
        if results:
            await self._finish(results)

    async def _pause(self) -> None:
        timeout = 1.0
        if self._asleep:
            timeout = min(timeout, max(0.0, self._asleep[0][0] - self.shared.clock()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout)

    def _result(self, task: asyncio.Task[Any], message: Message) -> tuple[Any, float]:
        error = task.exception()
        if error is None:
            worked, seconds = task.result()
            return worked, seconds
        if isinstance(error, CommandError) or not isinstance(error, Exception):
            raise error
        # work is pure: its error hangs on the record alone, which is kept with the traceback
        trace = "".join(traceback.format_exception(error))
        log.error("bug in work", stage=self.name, key=message.key, error=trace)
        return Quarantine(f"bug: {type(error).__name__}: {error}\n{trace[-1500:]}"), 0.0

    async def _finish(self, results: list[tuple[Message, Any, float]]) -> None:
        def write() -> set[Grown]:
            woken: set[Grown] = set()
            for message, worked, seconds in results:
                self.shared.journal.count(self.name, "received")
                self.shared.journal.count(self.name, "microseconds", int(seconds * 1e6))
                outcome = self._fold(message, worked)
                woken |= self.shared.apply(self.name, message, outcome)
            return woken

        self._settling = True
        await self.shared.durably(write)
        for message, _, _ in results:
            self._release(message.key)
        self._settling = False

    def _fold(self, message: Message, worked: Any) -> Outcome:
        if isinstance(worked, worker.Waits):
            return Retry(worked.detail, NEWER_WAIT, counts=False)
        if isinstance(worked, Emit | Drop | Retry | Quarantine):
            return worked
        return fold(self.shared, self.stage, self._store, message, worked)


def fold(shared: Shared, stage: Stage[Any, Any], store: StageStore, message: Message, worked: Any) -> Outcome:
    """The stage's fold. An error of its own is a bug: the process ends, the record stays; after some crashes over the same
    record it is quarantined."""
    assert stage.fold is not None
    try:
        return stage.fold(worked, store, shared.context(message.position))
    except (Unavailable, CommandError, MemoryError, sqlite3.Error):
        raise
    except Exception as error:
        if message.tries + 1 >= FOLD_CRASHES:
            return Quarantine(f"bug: {type(error).__name__}: {error}\n{traceback.format_exc()[-1500:]}")
        log.error(
            "bug in fold", stage=stage.name, key=message.key, position=message.position, error=traceback.format_exc()
        )
        raise FoldCrash(stage.name, message, error) from error


class FoldCrash(Bug):
    """A fold failed at one record."""

    def __init__(self, stage: str, message: Message, error: Exception) -> None:
        super().__init__(
            f"{stage} failed at {message.kind} {message.key} (position {message.position}): {type(error).__name__}: {error}; "
            "the record stays in its queue; start again, and after three such failures it becomes a dead letter"
        )
        self.stage, self.record = stage, message


class StrictLoop:
    """Drives a step without work strictly by position, a batch a transaction: merge, and the index."""

    def __init__(self, shared: Shared, name: str, handle: Callable[[list[Message]], set[Grown]]) -> None:
        self.shared, self.name, self._handle = shared, name, handle
        self._wake = asyncio.Event()
        self._more = True

    def wake(self, keys: Iterable[str] = ()) -> None:
        self._more = True
        self._wake.set()

    def reload(self) -> None:
        self.wake()

    def idle(self) -> bool:
        return not self._more

    async def run(self) -> None:
        while not self.shared.stopping.is_set():
            self._wake.clear()
            batch = self.shared.journal.batch(self.name, self.shared.clock(), BATCH)
            if batch:
                await self.shared.durably(lambda batch=batch: self._timed(batch))  # type: ignore[misc]
                await asyncio.sleep(0)
                continue
            self._more = self._wake.is_set()
            if not self._more:
                await self._pause()

    def _timed(self, batch: list[Message]) -> set[Grown]:
        started = perf_counter()
        woken = self._handle(batch)
        self.shared.journal.count(self.name, "received", len(batch))
        self.shared.journal.count(self.name, "microseconds", int((perf_counter() - started) * 1e6))
        return woken

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), 1.0)


def fold_batch(shared: Shared, stage: Stage[Any, Any]) -> Callable[[list[Message]], set[Grown]]:
    """The handler of a stage that only folds."""
    store = StageStore(shared.database, stage.name)

    def one(message: Message) -> Outcome:
        try:
            record: Any = codec.decode(stage.takes, message.value)
        except codec.BadRecord as error:
            return Quarantine(f"bad record: {error}")
        except codec.NewerRecord as error:
            return Retry(str(error), NEWER_WAIT, counts=False)
        return fold(shared, stage, store, message, record)

    def handle(batch: list[Message]) -> set[Grown]:
        woken: set[Grown] = set()
        for message in batch:
            woken |= shared.apply(stage.name, message, one(message))
        return woken

    return handle


def index_batch(shared: Shared, sink: Sink, takes: Any) -> Callable[[list[Message]], set[Grown]]:
    """The handler of the index: bad records become dead letters, the rest is written at once."""

    def handle(batch: list[Message]) -> set[Grown]:
        documents = []
        for message in batch:
            try:
                documents.append(codec.decode(takes, message.value))
            except codec.BadRecord as error:
                shared.apply("index", message, Quarantine(f"bad record: {error}"))
            except codec.NewerRecord as error:
                shared.apply("index", message, Retry(str(error), NEWER_WAIT, counts=False))
            else:
                shared.journal.acknowledge("index", message)
        sink.write(documents)
        shared.journal.count("index", "sent", len(documents))
        return set()

    return handle
