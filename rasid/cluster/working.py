"""What a stage makes of a batch of records: work in the pool or on the loop, and the folds. Nothing here is sent."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, cast

import structlog

from contracts import codec
from contracts.outcomes import Drop, Emit, Outcome, Quarantine, Retry
from contracts.source import PoolFailed
from contracts.stage import Context, Stage
from rasid import worker
from rasid.cluster.counts import Counts
from rasid.cluster.parts import Parts
from rasid.cluster.posting import NEWER_WAIT, Taken, bug
from rasid.cluster.state import BatchState, PartitionStore, ValueTooLarge
from rasid.errors import CommandError
from rasid.local.operations import FORGOTTEN

log = structlog.get_logger("rasid")

FOLD_CRASHES = 3
"""After so many crashes over one record it is taken for poison: a dead letter with the traceback."""
SLICE = 0.25
"""Seconds after which a batch that waits for its hosts looks whether it must hurry."""
NOT_REACHED_WAIT = 60.0
MARK = "mark of what is forgotten"

MakeContext = Callable[[int], Context]
"""From the record's offset."""


class FoldCrash(Exception):
    """A fold failed at one record; the process ends, and the record is tried again."""


class Crashes:
    """How often each record has crashed its fold, over the starts of the worker."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, taken: Taken) -> int:
        """Counts one more, durably; how many there are now."""
        held = json.loads(self._path.read_text()) if self._path.exists() else {}
        place = f"{taken.topic}/{taken.partition}/{taken.offset}"
        count = int(held.get(place, 0)) + 1
        self._path.write_text(json.dumps({place: count}))  # one record stops the worker at a time
        return count


class Working:
    """One step's records. ``hurried`` says that the batch should end soon: a rebalance, or the worker's end."""

    def __init__(
        self,
        name: str,
        parts: Parts,
        counts: Counts,
        context: MakeContext,
        crashes: Crashes,
        *,
        width: int,
        item_seconds: float,
        batch_seconds: float,
        hurried: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name, self._parts, self._counts, self._context, self._crashes = name, parts, counts, context, crashes
        self._width, self._item_seconds, self._batch_seconds, self._hurried = (
            width,
            item_seconds,
            batch_seconds,
            hurried,
        )

    @property
    def _stage(self) -> Stage[Any, Any]:
        return self._parts.topology.stages[self.name]

    async def outcomes(self, batch: list[Taken], state: BatchState) -> list[Outcome]:
        """What becomes of each record, in order; what the folds wrote is in ``state``."""
        stage = self._stage
        if stage.where == "pool" and stage.work is not None:
            return await self._through_pool(batch, state)
        if stage.work is not None:
            return await self._on_loop(stage, batch, state)
        return [self._folded(stage, taken, self._decoded(stage, taken), state) for taken in batch]

    # --- work in the pool, folds in the order of the offsets ---

    async def _through_pool(self, batch: list[Taken], state: BatchState) -> list[Outcome]:
        worked = await asyncio.gather(*(self._in_pool(taken) for taken in batch))
        stage = self._stage
        return [self._folded(stage, taken, one, state) for taken, one in zip(batch, worked, strict=True)]

    async def _in_pool(self, taken: Taken) -> Any:
        assert self._parts.pool is not None
        if outcome := self._at_sight(taken):
            return outcome
        try:
            worked, seconds = await self._parts.pool.run(
                worker.work, self.name, taken.value, self._context(taken.offset), seconds=self._item_seconds
            )
        except PoolFailed as error:
            return Quarantine(str(error))
        except CommandError:
            raise
        except Exception as error:  # noqa: BLE001 kept with the record
            log.error("bug in work", stage=self.name, offset=taken.offset, error=traceback.format_exc())
            return bug(error)
        self._counts.took(self.name, seconds)
        return worked

    # --- work on the loop: many keys at once, one record of a key at a time ---

    async def _on_loop(self, stage: Stage[Any, Any], batch: list[Taken], state: BatchState) -> list[Outcome]:
        done: dict[int, Outcome] = {}
        gate = asyncio.Semaphore(self._width)
        until = time.monotonic() + self._batch_seconds
        chains: dict[str, list[tuple[int, Taken, Any]]] = {}
        for number, taken in enumerate(batch):
            record = self._decoded(stage, taken)
            key = f"={number}" if _ends(record) else stage.key(record)
            chains.setdefault(key, []).append((number, taken, record))
        tasks = {asyncio.create_task(self._chain(stage, chain, state, gate, until, done)) for chain in chains.values()}
        await self._gathered(tasks, until)
        unreached = Retry("not reached", NOT_REACHED_WAIT, counts=False)
        return [done.get(number, unreached) for number in range(len(batch))]

    async def _gathered(self, tasks: set[asyncio.Task[None]], until: float) -> None:
        """Waits for all, or until the time is over; raises what one of them raised."""
        open_ = set(tasks)
        try:
            while open_:
                finished, open_ = await asyncio.wait(open_, timeout=SLICE, return_when=asyncio.FIRST_EXCEPTION)
                for task in finished:
                    task.result()
                if time.monotonic() >= until or self._hurried():
                    return
        finally:
            for task in open_:
                task.cancel()
            await asyncio.gather(*open_, return_exceptions=True)

    async def _chain(
        self,
        stage: Stage[Any, Any],
        chain: Iterable[tuple[int, Taken, Any]],
        state: BatchState,
        gate: asyncio.Semaphore,
        until: float,
        done: dict[int, Outcome],
    ) -> None:
        for number, taken, record in chain:
            planned = await self._planned(stage, taken, record, state, until)
            if not _ends(planned):
                async with gate:
                    planned = await self._worked(stage, taken, planned)
            done[number] = self._folded(stage, taken, planned, state)

    async def _planned(self, stage: Stage[Any, Any], taken: Taken, record: Any, state: BatchState, until: float) -> Any:
        """The record as plan gives it, or an outcome. A host's spacing is waited for where the batch has the time."""
        while not _ends(record) and stage.plan is not None:
            store = state.store(taken.partition)
            try:
                planned = stage.plan(record, store, self._context(taken.offset))
            except CommandError:
                raise
            except Exception as error:  # noqa: BLE001 kept with the record: plan writes nothing
                log.error("bug in plan", stage=self.name, offset=taken.offset, error=traceback.format_exc())
                return bug(error)
            store.discard()
            match planned:
                case Retry(_, after, counts=False) if time.monotonic() + (after or 1.0) < until:
                    await asyncio.sleep(after or 1.0)
                case _:
                    return planned
        return record

    async def _worked(self, stage: Stage[Any, Any], taken: Taken, record: Any) -> Any:
        assert stage.work is not None
        started = time.perf_counter()
        try:
            return await cast(Awaitable[Any], stage.work(record, self._context(taken.offset)))
        except CommandError:
            raise
        except Exception as error:  # noqa: BLE001 kept with the record
            log.error("bug in work", stage=self.name, offset=taken.offset, error=traceback.format_exc())
            return bug(error)
        finally:
            self._counts.took(self.name, time.perf_counter() - started)

    # --- common to all ---

    def _at_sight(self, taken: Taken) -> Outcome | None:
        """What ends without being read."""
        if taken.forget:
            return Drop(MARK)
        return None if taken.value else Quarantine("empty")

    def _decoded(self, stage: Stage[Any, Any], taken: Taken) -> Any:
        """The record, or an outcome."""
        if outcome := self._at_sight(taken):
            return outcome
        try:
            return codec.decode(stage.takes, taken.value)
        except codec.BadRecord as error:
            return Quarantine(f"bad record: {error}")
        except codec.NewerRecord as error:
            return worker.Waits(str(error))

    def _folded(self, stage: Stage[Any, Any], taken: Taken, worked: Any, state: BatchState) -> Outcome:
        if taken.forget:
            store = state.store(taken.partition)
            store.put(FORGOTTEN + taken.forget, b"1")
            store.keep()
        if isinstance(worked, worker.Waits):
            return Retry(worked.detail, NEWER_WAIT, counts=False)
        if isinstance(worked, Emit | Drop | Retry | Quarantine):
            return worked
        store = state.store(taken.partition)
        outcome: Outcome = self._guarded(taken, lambda: self._fold(stage, taken, worked, store))
        return outcome

    def _fold(self, stage: Stage[Any, Any], taken: Taken, worked: Any, store: PartitionStore) -> Outcome:
        assert stage.fold is not None
        started = time.perf_counter()
        try:
            outcome = stage.fold(worked, store, self._context(taken.offset))
        except ValueTooLarge as error:
            return Quarantine(f"too large: {error}")
        self._counts.took(self.name, time.perf_counter() - started)
        store.keep()
        return outcome

    def _guarded(self, taken: Taken, call: Callable[[], Any]) -> Any:
        """An error of a fold is a bug: the process ends and the record stays; after some crashes it is a dead letter."""
        try:
            return call()
        except (CommandError, MemoryError):
            raise
        except Exception as error:
            if self._crashes.note(taken) >= FOLD_CRASHES:
                return bug(error)
            self._counts.add(self.name, "failed")
            place = f"{taken.topic} partition {taken.partition} offset {taken.offset}"
            raise FoldCrash(f"{self.name} failed at {place}: {type(error).__name__}: {error}") from error


def _ends(record: Any) -> bool:
    return isinstance(record, Emit | Drop | Retry | Quarantine | worker.Waits)
