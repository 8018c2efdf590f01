"""The loop of a step without work, strictly by position: merge, and the index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import perf_counter
from typing import Any

from contracts import codec
from contracts.outcomes import Outcome, Quarantine, Retry
from contracts.source import Sink
from contracts.stage import Stage
from rasid.local.journal import Grown, Message, StageStore
from rasid.local.shared import BATCH, NEWER_WAIT, Shared, fold


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
