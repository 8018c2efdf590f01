"""The loop of a step without work, strictly by position: merge, and the index."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from time import perf_counter
from typing import Any

import structlog

from contracts import codec
from contracts.outcomes import IndexRefused, Outcome, Quarantine, RejectedDocuments, Retry, Unavailable
from contracts.source import Sink
from contracts.stage import Stage
from rasid.errors import StorageError
from rasid.local.journal import Grown, Message, StageStore
from rasid.local.shared import BATCH, NEWER_WAIT, Shared, fold

log = structlog.get_logger("rasid")


SLICE = 0.05
"""Seconds that a batch may take: the event loop stands still meanwhile, and with it every request that is under way. A fold costs
microseconds or tens of milliseconds, as crowded its days are."""


class StrictLoop:
    """Drives a step without work strictly by position, a batch a transaction: merge, and the index. The batches are as long as
    fits into SLICE, by what the last one took."""

    def __init__(self, shared: Shared, name: str, handle: Callable[[list[Message]], set[Grown]]) -> None:
        self.shared, self.name, self._handle = shared, name, handle
        self._wake = asyncio.Event()
        self._more = True
        self._limit = 1

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
            batch = self.shared.journal.batch(self.name, self.shared.clock(), self._limit)
            if batch:
                await self.before(batch)
                await self.shared.durably(lambda batch=batch: self._timed(batch))  # type: ignore[misc]
                await asyncio.sleep(0)
                continue
            self._more = self._wake.is_set()
            if not self._more:
                await self._pause()

    async def before(self, batch: list[Message]) -> None:
        """What must be done before the transaction."""

    def _timed(self, batch: list[Message]) -> set[Grown]:
        started = perf_counter()
        woken = self._handle(batch)
        seconds = perf_counter() - started
        self._limit = fitting(len(batch), seconds)
        self.shared.journal.count(self.name, "received", len(batch))
        self.shared.journal.count(self.name, "microseconds", int(seconds * 1e6))
        return woken

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), 1.0)


def fitting(done: int, seconds: float) -> int:
    """How many records the next batch takes after one of ``done`` that took ``seconds``: at the most twice as many, and BATCH."""
    return max(1, min(BATCH, done * 2, int(done * SLICE / max(seconds, 1e-6))))


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


class IndexLoop(StrictLoop):
    """Writes documents to the index by position. ``inside``: the index lives in the same database, and its rows commit with the
    end of their input. Elsewhere the documents are durable there first, and what was not acknowledged is written again."""

    def __init__(self, shared: Shared, sink: Sink, takes: Any, *, inside: bool) -> None:
        super().__init__(shared, "index", self._commit)
        self._sink, self._takes, self._inside = sink, takes, inside
        self._rejected: dict[str, str] = {}

    async def before(self, batch: list[Message]) -> None:
        if not self._inside:
            self._rejected = await self._outside([document for _, document in self._read(batch) if document])

    async def _outside(self, documents: list[Any]) -> dict[str, str]:
        """Writes in a thread; waits in place while the index is away. What it refused for good, with the reasons."""
        pause = 0.5
        while not self.shared.stopping.is_set():
            try:
                await asyncio.to_thread(self._sink.write, documents)
            except RejectedDocuments as error:
                return error.reasons
            except IndexRefused as error:
                raise StorageError(str(error)) from error
            except Unavailable as error:
                self.shared.trouble = str(error)
                log.warning("waiting", reason=str(error), seconds=pause)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.shared.stopping.wait(), pause)
                pause = min(pause * 2, 30.0)
            else:
                self.shared.trouble = None
                return {}
        raise asyncio.CancelledError

    def _read(self, batch: list[Message]) -> Iterator[tuple[Message, Any]]:
        """Each message with its document; None where it cannot be decoded."""
        for message in batch:
            try:
                yield message, codec.decode(self._takes, message.value)
            except (codec.BadRecord, codec.NewerRecord):
                yield message, None

    def _commit(self, batch: list[Message]) -> set[Grown]:
        documents = []
        for message, document in self._read(batch):
            if document is None:
                self.shared.apply("index", message, self._unread(message))
            elif document.id in self._rejected:
                self.shared.apply("index", message, Quarantine(f"refused by the index: {self._rejected[document.id]}"))
            else:
                self.shared.journal.acknowledge("index", message)
                documents.append(document)
        if self._inside:
            self._sink.write(documents)
        self.shared.journal.count("index", "sent", len(documents))
        return set()

    def _unread(self, message: Message) -> Outcome:
        try:
            codec.decode(self._takes, message.value)
        except codec.NewerRecord as error:
            return Retry(str(error), NEWER_WAIT, counts=False)
        except codec.BadRecord as error:
            return Quarantine(f"bad record: {error}")
        raise AssertionError("read at the second try")
