"""Is this worker still the one that its partitions belong to? Asked before state is written: nothing in Kafka fences a changelog.

A worker that was away for longer than the session (stopped, suspended, cut off) has lost its partitions without knowing it; what it then
wrote would stand in the changelog after the newer values of its successor, and replace them. So the state is written under a lease: the
broker confirms the membership, and from then on the writing must end well within the session.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger("rasid")

LOOK_EVERY = 0.1
STALE_STATUS = 75
"""Exit status: start again, nothing is wrong with the work."""
TRY, HOLD = 0.5, 0.8
"""Parts of the session: how long one try to write may take, and after how much the process ends where it still has not come back from
it. The rest is left for what is on its way."""
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps."""


def _now() -> float:
    return time.clock_gettime(_CLOCK)


class NotOurs(Exception):
    """The group goes on without this worker: what it was doing belongs to another."""


class Membership:
    """The fence of a sender of state: ``confirm`` is a heartbeat of our own in ``generation``, that of the batch at work, and begins a
    lease; ``over`` ends it. A worker that has joined again is no longer the one that took the batch. A thread ends the
    process where a lease runs out, so that a process that stood still in the middle of writing (SIGSTOP, a suspended machine) does not
    go on with it. ``waiting`` is told when the broker does not answer."""

    def __init__(
        self,
        app: Any,
        session: float,
        waiting: Callable[[str], None],
        *,
        end: Callable[[int], Any] = os._exit,
        clock: Callable[[], float] = _now,
    ) -> None:
        self._app, self._waiting, self._end, self._clock = app, waiting, end, clock
        self.generation = 0
        self.seconds = session * TRY
        self._hold = session * HOLD
        self._until: float | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    async def confirm(self) -> None:
        """Returns once the broker has confirmed it; waits for the broker. Raises NotOurs."""
        pause = 0.25
        while True:
            thread, asked_at = self._app.consumer._thread, self._clock()
            confirmed = await thread.call_thread(_heartbeat, thread, self.generation)
            if confirmed:
                self._until = asked_at + self._hold
                self.check()
                return
            if confirmed is None:
                raise NotOurs("the group goes on without this worker")
            self._waiting("Kafka does not confirm this worker")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    def over(self) -> None:
        """What was written has landed, or will never be sent."""
        self._until = None

    def check(self) -> None:
        """Ends the process where the lease has run out."""
        until = self._until
        if until is not None and self._clock() > until:
            log.error("stood still while it wrote state", seconds=round(self._clock() - until + self._hold, 1))
            self._end(STALE_STATUS)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            self.check()


async def _heartbeat(thread: Any, generation: int) -> bool | None:
    """True: confirmed; False: no answer; None: the generation is over, for this worker at least. Runs in the consumer's thread."""
    coordinator = thread._consumer._coordinator
    if coordinator.generation != generation:
        return None
    if coordinator.coordinator_id is None:
        return False
    answered: bool = await coordinator._do_heartbeat()
    return answered if coordinator.generation == generation else None
