"""Ends a worker that has records before it and does not get on: hangs after a rebalance are known in faust and open upstream."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any, cast

import structlog

from rasid.cluster.counts import Counts, Lag
from rasid.cluster.faustpatch import StreamApp
from rasid.cluster.membership import STALE_STATUS

log = structlog.get_logger("rasid")

ANSWER_SECONDS = 15.0


class Watchdog:
    """``beat`` is called wherever the work gets on, or waits for something that is named. ``oldest_at`` gives when the oldest record at
    work arrived."""

    def __init__(
        self,
        app: StreamApp,
        step: str,
        counts: Counts,
        *,
        limit: float,
        oldest_at: Callable[[], float | None],
        end: Callable[[int], Any] = os._exit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._step, self._counts, self._limit = app, step, counts, limit
        self._oldest_at, self._end, self._clock = oldest_at, end, clock
        self._beat_at = clock()
        self._recovered = -1

    def beat(self) -> None:
        self._counts.trouble = None
        self._beat_at = self._clock()

    def waiting(self, reason: str) -> None:
        """Something outside is waited for: that is no stall."""
        self._counts.trouble = reason
        self._beat_at = self._clock()

    async def run(self) -> None:
        every = min(10.0, self._limit / 6)
        while True:
            await asyncio.sleep(every)
            await self.look()

    async def look(self) -> None:
        """Measures the lag, and ends the process where it has not got on for too long."""
        records = await self._lag()
        if records is None:
            return  # the broker does not answer: waiting for it is not a stall of ours
        self._counts.lags[self._step] = Lag(records, self._oldest_at() if records else None)
        self._counts.ready = not (self._app.rebalancing or self._app.in_recovery)
        if self._gets_on(records):
            self._beat_at = self._clock()
        elif self._clock() - self._beat_at > self._limit:
            log.error(
                "no progress", stage=self._step, records=records, seconds=round(self._clock() - self._beat_at),
                rebalancing=self._app.rebalancing, recovering=self._app.in_recovery,
            )  # fmt: skip
            self._end(STALE_STATUS)

    def _gets_on(self, records: int) -> bool:
        recovery = cast(Any, self._app.tables).recovery
        recovered = sum(offset or 0 for offset in recovery.active_offsets.values())
        moved, self._recovered = recovered != self._recovered, recovered
        idle = not records and not self._app.rebalancing and not self._app.in_recovery
        return idle or (self._app.in_recovery and moved)

    async def _lag(self) -> int | None:
        consumer: Any = self._app.consumer
        inputs = {tp for tp in consumer.assignment() if not consumer._is_changelog_tp(tp)}
        if not inputs:
            return 0
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                ends = await consumer.highwaters(*inputs)
        except Exception as error:  # noqa: BLE001 whatever the client's thread raises, the next look asks again
            log.info("lag unknown", stage=self._step, reason=repr(error))
            return None
        committed: dict[Any, int | None] = consumer._committed_offset
        return sum(max(0, (ends.get(tp) or 0) - (committed.get(tp) or 0)) for tp in inputs)
