"""The loop of a stage that has work: many keys at once, one record of a key at a time."""

from __future__ import annotations

import asyncio
import heapq
import sqlite3
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Any, cast

import structlog

from contracts import codec
from contracts.outcomes import Drop, Emit, Outcome, Quarantine, Retry, Unavailable
from contracts.source import Pool, PoolFailed
from contracts.stage import Context, Stage
from rasid import worker
from rasid.errors import CommandError
from rasid.local.journal import Grown, Message, StageStore
from rasid.local.shared import BATCH, NEWER_WAIT, RETRY_AFTER, Shared, fold

log = structlog.get_logger("rasid")

SPACING = RETRY_AFTER[0] / 2
"""Seconds; who sleeps longer waits for a fault to pass, not for a host's turn."""


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
        self._soon = 0.0  # when the last of the keys that sleep for seconds only is ready
        self.reload()

    # --- which key is next ---

    def wake(self, keys: Iterable[str]) -> None:
        """Records of these keys came into the queue."""
        for key in keys:
            if self._where.get(key, "asleep") == "asleep":
                self._activate(key)
        self._wake.set()

    def reload(self) -> None:
        """Reads from the journal which keys wait, and until when; those at work stay where they are."""
        self._soon = 0.0
        self.wake(key for key, _, _ in self.shared.journal.heads(self.name))

    def _activate(self, key: str) -> None:
        self._where[key] = "active"
        self._active.append(key)

    def _sleep(self, key: str, until: float) -> None:
        self._where[key] = "asleep"
        heapq.heappush(self._asleep, (until, key))
        if until <= self.shared.clock() + SPACING:
            self._soon = max(self._soon, until)

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
        """Nothing at work and nothing ready; keys that sleep for a host's spacing (seconds, not minutes) are not idle. A retry
        that was put off for a minute does not become one of them as its minute passes."""
        now = self.shared.clock()
        ready = bool(self._asleep) and self._asleep[0][0] <= now
        return not (self._flying or self._active or ready or self._soon > now or self._settling)

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
        try:
            return self.stage.plan(record, self._store, context) if self.stage.plan else record
        except (Unavailable, CommandError, MemoryError, sqlite3.Error):
            raise
        except Exception as error:  # noqa: BLE001 it is kept with the record, as one of work is
            return self._bug(message, error)

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
        return self._bug(message, error), 0.0

    def _bug(self, message: Message, error: Exception) -> Quarantine:
        """Plan and work write nothing: their error hangs on the record alone, which is kept with the traceback."""
        trace = "".join(traceback.format_exception(error))
        log.error("bug", stage=self.name, key=message.key, error=trace)
        return Quarantine(f"bug: {type(error).__name__}: {error}\n{trace[-1500:]}")

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
