"""What is replaced in faust-streaming 0.15.3, and nothing else of it. ``connection.PINNED`` holds the versions that this was tested with.

1. The end of a recovery. Faust resumes the stream partitions, seeks, and then empties every queue while its fetcher already runs: what
   was queued in between vanishes, and is committed past. Partitions without a commit it leaves wherever the fetcher was. Here: seek
   first, also where nothing is committed yet; resume then; never empty a live queue. Where each partition begins is noted, so that the
   adapter sees a hole also at the head.
   A rebalance may begin while the seeking waits for the broker: then nothing is resumed, or records would be taken that are about to be
   another's, and the next generation would begin with them unfinished.
2. What may be committed. Faust acknowledges records that it skips (of an earlier generation, or while the flow is suspended), and so
   commits past records that nobody has folded. Here only what the adapter has marked as folded counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faust
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer, ensure_TP
from faust.types import TP

FOLDED: Any = object()
"""Stands in ``Message.span``, the slot of a tracer that we do not use, once a record is done."""

_consumer_ack = Consumer.ack


class StreamApp(faust.App):
    """``starts``: where the reading of a partition began in this generation of the group. ``on_deleted_unread`` is called with a
    partition and the number of its records that the broker deleted before they were read. ``given_up`` is the last generation whose
    partitions were asked back: what takes it up again afterwards comes too late."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.starts: dict[tuple[TP, int], int] = {}
        self.given_up: int | None = None
        self.on_deleted_unread: Callable[[TP, int], None] = lambda tp, records: None
        super().__init__(*args, **kwargs)

    def on_rebalance_start(self) -> None:
        """Called in the thread of the consumer, before the event loop learns of it."""
        self.given_up = self.consumer_generation_id
        super().on_rebalance_start()

    def goes_on(self, generation: int) -> bool:
        """Whether the partitions of a generation are still to be worked."""
        return self.consumer_generation_id == generation != self.given_up


def apply() -> None:
    """Replaces the three methods for this process."""
    Recovery._resume_streams = _seek_then_resume  # type: ignore[method-assign]
    Recovery.on_recovery_completed = _recovered  # type: ignore[method-assign]
    Consumer.ack = _ack_folded  # type: ignore[method-assign]


def mark_folded(message: Any) -> None:
    """From here on an acknowledgement of the record counts."""
    message.span = FOLDED


def _ack_folded(self: Any, message: Any) -> bool:
    if getattr(message, "span", None) is FOLDED or not self.app.topics.acks_enabled_for(message.topic):
        return _consumer_ack(self, message)
    message.acked = True
    self._unacked_messages.discard(message)
    return False


async def _recovered(self: Any, generation_id: int = 0) -> None:
    """In place of ``Recovery.on_recovery_completed``: the tables are complete."""
    self._set_recovery_ended()
    for table in self.tables.values():
        await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
    await _seek_then_resume(self, generation_id)


async def _seek_then_resume(self: Any, generation_id: int = 0) -> None:
    """In place of ``Recovery._resume_streams``."""
    app, consumer = self.app, self.app.consumer
    await app.on_rebalance_complete.send()
    if not app.goes_on(generation_id):
        return  # another rebalance has begun; its own end comes here again
    inputs = {tp for tp in consumer.assignment() if not self._is_changelog_tp(tp)}
    while not all((tp, generation_id) in app.starts for tp in inputs):  # a time that runs out is not said by faust
        await self._wait(_seek(app, consumer, inputs, generation_id), timeout=app.conf.broker_request_timeout)
        if not app.goes_on(generation_id):
            return
    if not app.flow_control.is_active():
        app.flow_control.resume()
    consumer.resume_partitions(inputs)
    self.completed.set()
    consumer.resume_flow()
    await app._fetcher.maybe_start()
    self.tables.on_actives_ready()
    self.tables.on_standbys_ready()
    if app.goes_on(generation_id):  # a rebalance that has begun meanwhile is not at its end
        app.on_rebalance_end()
    self.log.info("Worker ready")


async def _seek(app: Any, consumer: Any, inputs: set[TP], generation_id: int) -> None:
    """To what is committed; where nothing is, or what is committed was deleted meanwhile, to the earliest record. What faust believes
    to be committed is set anew: it notes an offset also where the commit was refused."""
    committed = {ensure_TP(tp): offset for tp, offset in (await consumer.seek_to_committed()).items()}
    earliest = await consumer.earliest_offsets(*inputs)
    starts = {}
    for tp in inputs:
        first, held = earliest.get(tp) or 0, committed.get(tp) or 0
        start = max(first, held)
        await consumer.seek(tp, start)
        consumer._committed_offset[tp] = start or None
        consumer._acked.pop(tp, None)
        consumer._acked_index.pop(tp, None)
        consumer._gap.pop(tp, None)
        if held and held < first:
            app.on_deleted_unread(tp, first - held)
        starts[tp, generation_id] = start
    app.starts = starts
