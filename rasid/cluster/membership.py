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

BEAT = 0.25
STALE_STATUS = 75
"""Exit status: start again, nothing is wrong with the work."""
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps."""


class NotOurs(Exception):
    """The group goes on without this worker: what it was doing belongs to another."""


def lease_of(session: float) -> float:
    """Seconds that a confirmed worker may take to write, of a session's seconds."""
    return session / 2


class Membership:
    """``confirm`` is a heartbeat of our own. ``waiting`` is told when the broker does not answer."""

    def __init__(self, app: Any, waiting: Callable[[str], None]) -> None:
        self._app, self._waiting = app, waiting

    async def confirm(self) -> None:
        """Returns once the broker has confirmed it; waits for the broker. Raises NotOurs."""
        pause = 0.25
        while True:
            thread = self._app.consumer._thread
            confirmed = await thread.call_thread(_heartbeat, thread)
            if confirmed:
                return
            if confirmed is None:
                raise NotOurs("the group goes on without this worker")
            self._waiting("Kafka does not confirm this worker")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


async def _heartbeat(thread: Any) -> bool | None:
    """True: confirmed; False: no answer; None: no longer a member. Runs in the consumer's thread."""
    coordinator = thread._consumer._coordinator
    before = coordinator.generation, coordinator.member_id
    if coordinator.coordinator_id is None:
        return False
    answered: bool = await coordinator._do_heartbeat()
    if (coordinator.generation, coordinator.member_id) != before:
        return None
    return answered


class Pulse:
    """A thread that sees when the whole process stood still (SIGSTOP, a suspended machine), and then ends it at once, before anything
    that was on its way is sent."""

    def __init__(self, limit: float, end: Callable[[int], Any] = os._exit) -> None:
        self._limit, self._end = limit, end
        self._beat = time.clock_gettime(_CLOCK)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def check(self) -> None:
        """Ends the process where it stood still for longer than the limit."""
        stood = time.clock_gettime(_CLOCK) - self._beat
        if stood > self._limit:
            log.error("stood still", seconds=round(stood, 1), limit=self._limit)
            self._end(STALE_STATUS)

    def _run(self) -> None:
        while not self._stopped.wait(BEAT):
            self.check()
            self._beat = time.clock_gettime(_CLOCK)
