"""A stage as a faust agent: raw bytes come in batches, are worked and folded, and are acknowledged once the broker has all that came of
them. The stages know nothing of this, and this knows nothing of what a stage does.

The order of a batch: outputs, then the state under a lease, then the local store, then the acknowledgement. Whatever dies in between is
done again from what is committed, which the rule of folds makes harmless.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from faust.types import TP

from contracts import codec
from contracts.outcomes import Drop, Outcome, Quarantine, Retry, Unavailable
from contracts.records import Article, Document, Event
from contracts.stage import Context
from rasid.cluster.control import ControlWatch
from rasid.cluster.counts import Counts
from rasid.cluster.faustpatch import StreamApp, mark_folded
from rasid.cluster.holes import HoleWatch
from rasid.cluster.membership import NotOurs
from rasid.cluster.parts import Parts
from rasid.cluster.posting import NEWER_WAIT, Posting, Taken
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.state import BatchState
from rasid.cluster.topics import FORGET, TRIES
from rasid.cluster.working import MARK, Working

log = structlog.get_logger("rasid")

T = TypeVar("T")
WITHIN = 0.1
"""Seconds that a batch waits to fill up."""
LONGEST_PAUSE = 30.0
LOOK = 0.25
"""Seconds after which a wait for the index looks whether it is to go on."""


class Handler(Protocol):
    """Ends a batch: on return everything that came of it is durable. Raises NotOurs where it was left undone."""

    async def __call__(self, batch: list[Taken]) -> None: ...


class Intake:
    """Reads the batches of an app's agent, watches their offsets, and acknowledges what the handler has ended. ``begins`` is told the
    generation of each batch, ``alive`` that one has ended."""

    def __init__(
        self,
        app: StreamApp,
        step: str,
        handle: Handler,
        counts: Counts,
        *,
        begins: Callable[[int], None],
        alive: Callable[[], None],
    ) -> None:
        self.app, self._step, self._handle, self._counts, self._alive = app, step, handle, counts, alive
        self._begins, self._left = begins, -1
        self.holes = HoleWatch()
        self.oldest_at: float | None = None
        app.on_deleted_unread = self._deleted_unread

    async def run(self, stream: Any, size: int) -> None:
        """Until the stream ends. Raises what cannot be gone on from."""
        async for events in stream.noack_take(size, within=WITHIN):
            current = [event for event in events if self._is_current(event.message)]
            for event in current:
                message = event.message
                self.holes.check(message.tp, message.generation_id, message.offset, self.app.starts)
            try:
                if current:
                    self._begins(current[0].message.generation_id)
                    self.oldest_at = min(event.message.timestamp for event in current)
                    await self._handle([_taken(event.message) for event in current])
                    for event in current:
                        if self._is_current(event.message):
                            mark_folded(event.message)
                    self._counts.add(self._step, "received", len(current))
            except NotOurs as reason:
                self._left = current[0].message.generation_id  # the app's may be the next one already, which is taken
                log.warning("batch left to another worker", stage=self._step, records=len(current), reason=str(reason))
            for event in events:
                await stream.ack(event)
            self.oldest_at = None
            self._alive()

    def _is_current(self, message: Any) -> bool:
        """Of this generation: what an earlier one left behind comes again, here or elsewhere. Once a batch was left, nothing more of
        its generation is taken: what is acknowledged would be committed past it."""
        return bool(message.generation_id == self.app.consumer_generation_id != self._left)

    def _deleted_unread(self, tp: TP, records: int) -> None:
        log.error(
            "records deleted unread", stage=self._step, topic=tp.topic, partition=tp.partition, records=records,
            hint="the topic's retention is shorter than this worker was away",
        )  # fmt: skip
        self._counts.add(self._step, "deleted", records)


class StageHandler:
    """Works, folds and sends a batch of a stage. ``state_sender`` sends behind a fence."""

    def __init__(
        self,
        working: Working,
        posting: Posting,
        new_state: Callable[[], BatchState],
        sender: Sender,
        state_sender: Sender,
    ) -> None:
        self._working, self._posting, self._new_state = working, posting, new_state
        self._sender, self._state_sender = sender, state_sender

    async def __call__(self, batch: list[Taken]) -> None:
        state = self._new_state()
        outcomes: Sequence[Outcome] = await self._working.outcomes(batch, state)
        outputs: list[Outgoing] = []
        for taken, outcome in zip(batch, outcomes, strict=True):
            outputs += self._posting.messages(taken, outcome)
        await self._sender.send_all(outputs)
        state.land(await self._state_sender.send_all(state.messages()))


class IndexHandler:
    """Writes a batch of documents to the index; an index that is away is waited for. ``leaves`` says that this worker ends or that its
    partitions were asked back: then the batch is left to whoever has them next, for nothing that waits for it could go on."""

    def __init__(
        self,
        parts: Parts,
        posting: Posting,
        sender: Sender,
        counts: Counts,
        waiting: Callable[[str], None],
        leaves: Callable[[], bool] = lambda: False,
    ) -> None:
        assert parts.write is not None
        self._write, self._forget = parts.write, parts.forget
        self._posting, self._sender, self._counts = posting, sender, counts
        self._waiting, self._leaves = waiting, leaves

    async def __call__(self, batch: list[Taken]) -> None:
        outputs: list[Outgoing] = []
        documents: dict[int, Document] = {}
        for number, taken in enumerate(batch):
            found = _document(taken)
            if isinstance(found, Drop | Quarantine | Retry):
                outputs += self._posting.messages(taken, found)
            else:
                documents[number] = found
        refused = await self._written(documents)
        for taken in batch:
            if taken.forget and self._forget is not None:
                await self._there(partial(self._forget, taken.forget))
        for number, reason in refused.items():
            outputs += self._posting.messages(batch[number], Quarantine(f"refused by the index: {reason}"))
        self._counts.add("index", "sent", len(documents) - len(refused))
        await self._sender.send_all(outputs)

    async def _written(self, documents: dict[int, Document]) -> dict[int, str]:
        """What the index refused, by the number of the record."""
        if not documents:
            return {}
        reasons = await self._there(lambda: self._write(list(documents.values())))
        often = Counter(document.id for document in documents.values())
        refused: dict[int, str] = {}
        for number, document in documents.items():
            reason = reasons.get(document.id)
            if reason is not None and often[document.id] > 1:  # one version of it alone may be bad
                reason = (await self._there(partial(self._write, [document]))).get(document.id)
            if reason is not None:
                refused[number] = reason
        return refused

    async def _there(self, call: Callable[[], T]) -> T:
        """What the index answers; it is waited for. Raises NotOurs."""
        pause = 0.5
        while True:
            started = time.perf_counter()
            try:
                answer = await asyncio.to_thread(call)
            except Unavailable as error:
                self._waiting(f"index: {error}")
                log.warning("waiting for the index", reason=str(error), seconds=pause)
                await self._wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._counts.took("index", time.perf_counter() - started)
                return answer

    async def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._leaves():
                raise NotOurs("the index is away")
            await asyncio.sleep(min(left, LOOK))


def context_maker(control: ControlWatch) -> Callable[[int], Context]:
    """Contexts with the clock's time and the epoch and generation as they stand."""

    def make(offset: int) -> Context:
        known = control.known
        return Context(datetime.now(UTC), offset, known.epoch, known.generation)

    return make


def _document(taken: Taken) -> Document | Drop | Quarantine | Retry:
    if taken.forget:
        return Drop(MARK)
    if not taken.value:
        return Quarantine("empty")
    try:
        return codec.decode((Article, Event), taken.value)
    except codec.BadRecord as error:
        return Quarantine(f"bad record: {error}")
    except codec.NewerRecord as error:
        return Retry(str(error), NEWER_WAIT, counts=False)


def _taken(message: Any) -> Taken:
    headers: dict[str, bytes] = dict(message.headers or ())
    tries = headers.get(TRIES, b"")
    return Taken(
        message.topic,
        message.partition,
        message.offset,
        message.key or b"",
        message.value or b"",
        int(tries) if tries.isdigit() else 0,
        message.timestamp,
        headers.get(FORGET, b"").decode("ascii", "replace"),
    )
