"""What all loops of a runner share: the database, the clock, wake-up calls, and what an outcome means."""

from __future__ import annotations

import asyncio
import sqlite3
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from time import time
from typing import Any, Protocol

import structlog

from contracts.outcomes import Drop, Emit, Outcome, Quarantine, Retry, Unavailable
from contracts.stage import Context, Stage
from rasid.errors import Bug, CommandError
from rasid.local.database import Database
from rasid.local.journal import Grown, Journal, Message, StageStore
from rasid.logs import about

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
        self.epoch = database.meta("epoch")
        self.stopping = asyncio.Event()
        self.loops: dict[str, Loop] = {}
        self.trouble: str | None = None
        self.seconds: dict[str, float] = {}

    def context(self, position: int) -> Context:
        """Of a record at this position. The generation is read each time: another process raises it just before it queues what is
        to be replayed, and a record that ran under the one before would not replace what was."""
        generation = self.database.meta("generation")
        return Context(datetime.fromtimestamp(self.clock(), UTC), position, self.epoch, generation)

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
                log.warning("dead letter", stage=stage, key=message.key, reason=reason, **about(message.value))
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
