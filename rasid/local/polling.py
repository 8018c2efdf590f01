"""Polls feeds as they fall due, many at a time, and writes what they gave: entries and the feed's state in one transaction."""

from __future__ import annotations

import asyncio
import heapq
import traceback
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

import structlog

from contracts.source import Polled, Source
from rasid.errors import CommandError
from rasid.local.journal import Grown
from rasid.local.shared import Shared

log = structlog.get_logger("rasid")

FLUSH = 100
"""Polls written in one transaction at the most."""
AFTER_BUG = 3600.0
"""Seconds until a feed is asked again whose reading failed by a fault of ours."""


class PollLoop:
    """``rounds``: how long the loop goes on. ``forever``; ``once``: each feed that is due, one time; ``until-idle``: each feed once,
    and again at once while it brings something new."""

    name = "poll"

    def __init__(
        self, shared: Shared, source: Source, feeds: Iterable[str], *, width: int, rounds: str = "forever"
    ) -> None:
        self.shared, self.source, self.width, self.rounds = shared, source, width, rounds
        self._states: dict[str, bytes | None] = {}
        self._heap: list[tuple[float, int, str]] = []  # when, place in the list, feed
        self._places: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._attempted: set[str] = set()
        self._flying: dict[asyncio.Task[Polled], str] = {}
        self._wake = asyncio.Event()
        self._settling = False
        self.replace(source, feeds)

    def replace(self, source: Source, feeds: Iterable[str]) -> None:
        """Takes over a changed list of feeds; those that stay keep their state and their hour."""
        self.source = source
        known = {row[0]: row[1] for row in self.shared.database.rows("SELECT id, state FROM feeds")}
        now = datetime.fromtimestamp(self.shared.clock(), UTC)
        wanted = dict.fromkeys(feeds)
        self._places = {feed: place for place, feed in enumerate(wanted)}
        for feed in set(self._due) - set(wanted):
            del self._due[feed]
        flying = set(self._flying.values())  # these are planned when they are back
        for feed in wanted:
            self._states[feed] = known.get(feed)
            if feed not in self._due and feed not in flying:
                self._plan(feed, source.next_at(feed, known.get(feed), now).timestamp())
        self._wake.set()

    def replan(self) -> None:
        """The clock has jumped: each feed's hour is worked out anew."""
        now = datetime.fromtimestamp(self.shared.clock(), UTC)
        for feed, at in list(self._due.items()):
            if at != float("inf"):
                self._plan(feed, self.source.next_at(feed, self._states.get(feed), now).timestamp())
        self._wake.set()

    def _plan(self, feed: str, at: float) -> None:
        if feed not in self._places:
            return  # removed while it was asked
        if self.rounds == "until-idle" and feed not in self._attempted:
            at = 0.0
        self._due[feed] = at
        heapq.heappush(self._heap, (at, self._places[feed], feed))

    def wake(self, keys: Iterable[str] = ()) -> None:
        self._wake.set()

    def reload(self) -> None:
        self._wake.set()

    def idle(self) -> bool:
        return not (self._flying or self._settling or self._ready())

    def _ready(self) -> bool:
        """Is a feed due that this run still has to ask?"""
        while self._heap and self._due.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # planned anew, or removed
        return bool(self._heap) and self._heap[0][0] <= self.shared.clock()

    async def run(self) -> None:
        while not self.shared.stopping.is_set():
            self._wake.clear()
            while len(self._flying) < self.width and self._ready():
                self._start(heapq.heappop(self._heap)[2])
            await self._settle()
        for task in self._flying:
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)

    def _start(self, feed: str) -> None:
        self._due.pop(feed, None)
        self._attempted.add(feed)
        now = datetime.fromtimestamp(self.shared.clock(), UTC)
        task = asyncio.ensure_future(self.source.poll(feed, self._states.get(feed), now))
        task.add_done_callback(lambda _: self._wake.set())
        self._flying[task] = feed

    async def _settle(self) -> None:
        done = [task for task in self._flying if task.done()]
        if not done:
            await self._pause()
            done = [task for task in self._flying if task.done()]
        polled = [self._result(task, self._flying.pop(task)) for task in done[:FLUSH]]
        if polled:
            self._settling = True
            await self.shared.durably(lambda: self._write(polled))
            for one in polled:
                self._after(one)
            self._settling = False

    def _result(self, task: asyncio.Task[Polled], feed: str) -> Polled:
        """What came of a poll. A bug in reading one feed is said with its traceback, and costs that feed alone, until it is asked
        again: raised, it would end the watch over all the others, at every start anew."""
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, CommandError) or not isinstance(error, Exception):
            raise error
        log.error("bug in poll", feed=feed, error="".join(traceback.format_exception(error)))
        return Polled(
            feed_id=feed,
            entries=(),
            state=self._states.get(feed) or b"",
            next_at=datetime.fromtimestamp(self.shared.clock() + AFTER_BUG, UTC),
            outcome="bug",
            detail=f"{type(error).__name__}: {error}",
            ok=False,
        )

    async def _pause(self) -> None:
        timeout = 1.0
        if self._heap:
            timeout = min(timeout, max(0.01, self._heap[0][0] - self.shared.clock()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout)

    def _write(self, polled: list[Polled]) -> set[Grown]:
        woken: set[Grown] = set()
        now, journal = self.shared.clock(), self.shared.journal
        for one in polled:
            journal.note(one.entries, now)
            woken |= journal.emit(one.entries, (), now)
            journal.count("poll", "received")
            journal.count("poll", "sent", len(one.entries))
            for reason, n in one.dropped.items():
                journal.count("poll", "dropped", n, reason)
            journal.count("poll", "failed" if not one.ok else "polled", reason=one.outcome)
            self.shared.database.connection.execute(
                """INSERT INTO feeds VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET state=excluded.state,
                     next_at=excluded.next_at, attempted_at=excluded.attempted_at, outcome=excluded.outcome,
                     detail=excluded.detail, entries=entries + excluded.entries,
                     succeeded_at=coalesce(excluded.succeeded_at, succeeded_at), new_at=coalesce(excluded.new_at, new_at)""",
                (
                    one.feed_id, one.state, one.next_at.timestamp(), now, now if one.ok else None,
                    now if one.entries else None, one.outcome, one.detail[:1000], len(one.entries),
                ),
            )  # fmt: skip
        return woken

    def _after(self, one: Polled) -> None:
        self._states[one.feed_id] = one.state
        if not one.ok:
            log.info("feed", feed=one.feed_id, outcome=one.outcome, detail=one.detail, next_at=one.next_at.isoformat())
        again = one.next_at.timestamp()
        if self.rounds == "once":
            again = float("inf")
        elif self.rounds == "until-idle":
            again = 0.0 if one.ok and one.entries else float("inf")
        self._plan(one.feed_id, again)
