"""Polls the feeds of the partitions that it holds, sends what they bring, and keeps what is remembered of each.

The order is what makes a crash harmless: entries are sent and on the broker before the feed's state is. A poller that dies between the
two has its entries sent again by whoever takes the feed over, and fetch knows them.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from msgspec import Struct, structs

from contracts import codec
from contracts.records import Entry
from contracts.source import Polled, Source
from contracts.stage import Stage
from ingest.feeds import FeedList
from ingest.fetchstate import host_key
from rasid import status
from rasid.cluster import feedstate
from rasid.cluster.counts import Counts
from rasid.cluster.feedtopic import FeedWatch, place_of
from rasid.cluster.group import NOTHING, Held, PollerGroup
from rasid.cluster.rota import Rota
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import MAX_MESSAGE_BYTES, Topics
from rasid.errors import CommandError, UsageError
from rasid.metrics import Feeds, Snapshot
from rasid.operators import FeedRow
from rasid.settings import Settings
from rasid.topology import Topology

log = structlog.get_logger("rasid")

PAUSE = 0.5
BUG_PAUSE = 3_600.0
"""Seconds after which a feed whose poll ended in a bug is asked again."""
FLUSH = 100
"""Polls whose entries are sent together at the most."""
LARGEST_ENTRY = MAX_MESSAGE_BYTES // 2
JUMP = 60.0
"""A clock that moves so many seconds more or less than time itself has jumped."""

ROUTES = Topology({"fetch": Stage(name="fetch", takes=Entry, key=host_key)})
"""Of the flow, what takes entries."""


class Flight(Struct, frozen=True):
    """A poll under way, begun while its feed's partition was held since a generation."""

    feed: str
    partition: int
    since: int


Load = Callable[[Collection[int]], Awaitable[dict[feedstate.Place, FeedRow]]]
Landed = Sequence[tuple[Flight, Polled]]


class ClusterPoller:
    """Drives the polls of the partitions that ``group`` holds. ``source_of`` binds a source to a list of feeds, ``load`` reads what is
    remembered of the feeds of some partitions."""

    def __init__(
        self,
        settings: Settings,
        watch: FeedWatch,
        group: PollerGroup,
        sender: Sender,
        source_of: Callable[[FeedList], Source],
        load: Load,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._watch, self._holding, self._sender = settings, watch, group.holding, sender
        self._source_of, self._load, self._clock = source_of, load, clock
        self._topics, self.counts = Topics.of(settings), Counts()
        self._feeds = watch.feeds()
        self._source: Source = source_of(self._feeds)
        self._version = -1
        self._taken: Held = NOTHING
        self._rows: dict[feedstate.Place, FeedRow] = {}
        self._place: dict[str, int] = {}  # feed of ours -> its partition
        self._rota = Rota()
        self._flying: dict[asyncio.Task[Polled], Flight] = {}
        self._called_off: set[asyncio.Task[Polled]] = set()
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._ahead = clock() - time.monotonic()

    def stop(self) -> None:
        """Ends ``run`` after what is being sent."""
        self._stop.set()
        self._wake.set()

    async def run(self) -> None:
        """Until stopped. A poll that is under way then is given up: its feed's state is as it was."""
        try:
            while not self._stop.is_set():
                self._wake.clear()
                if self._holding.settled:
                    await self._keep_up()
                    self._start_due()
                await self._settle()
        finally:
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, *self._called_off, return_exceptions=True)

    def snapshot(self) -> Snapshot:
        """Counts, feeds, and the polls that are due and not begun."""
        now = self._clock()
        due = sorted(at for at in self._rota.hours() if at <= now)
        rows = [self._rows.get((number, feed)) for feed, number in self._place.items()]
        states = Counter(status.feed_state(row) for row in rows)
        successes = [row.succeeded_at for row in rows if row and row.succeeded_at]
        feeds = Feeds(dict(states), min(successes, default=None), now - due[0] if due else 0.0)
        return Snapshot(dict(self.counts.counters), {"poll": len(due)}, {"poll": due[0]} if due else {}, feeds)

    # --- which feeds are ours ---

    async def _keep_up(self) -> None:
        """Takes over what changed: the partitions, the list, the clock."""
        held = self._holding.held
        if held is not self._taken:
            await self._take_over(held)
            self._relist()
        elif self._version != self._watch.version:
            self._relist()
        jumped, self._ahead = self._clock() - time.monotonic() - self._ahead, self._clock() - time.monotonic()
        if abs(jumped) > JUMP:
            log.warning("the clock has jumped", seconds=round(jumped))
            for feed in self._rota:
                self._plan(feed)

    async def _take_over(self, held: Held) -> None:
        """Reads the state of partitions that are new, or were others' meanwhile; what stays goes on as it is, and polls of what does
        not are called off: they would not count, and another asks those feeds now."""
        stay = {number for number, since in held.items() if self._taken.get(number) == since}
        for task in [task for task, flight in self._flying.items() if flight.partition not in stay]:
            del self._flying[task]
            self._called_off.add(task)
            task.add_done_callback(self._called_off.discard)
            task.cancel()
        fresh = held.keys() - stay
        rows = {place: row for place, row in self._rows.items() if place[0] in stay}
        if fresh:
            rows |= await self._load(fresh)
        for feed in self._rota:
            if self._place[feed] not in stay:
                self._rota.drop(feed)
        self._rows, self._taken = rows, held

    def _relist(self) -> None:
        """The feeds of our partitions, as the list has them now; those that stay keep their hour."""
        self._version = self._watch.version
        self._bind(self._watch.feeds())
        places = {feed.id: self._topics.feed_partition(place_of(feed)) for feed in self._feeds.active()}
        ours = {feed: number for feed, number in places.items() if number in self._taken}
        for feed in self._rota:
            if ours.get(feed) != self._place[feed]:
                self._rota.drop(feed)
        self._place = ours
        for feed in ours.keys() - {flight.feed for flight in self._flying.values()}:
            if feed not in self._rota:
                self._plan(feed)

    def _bind(self, listed: FeedList) -> None:
        if listed is self._feeds:
            return
        try:
            self._source = self._source_of(listed)
        except UsageError as error:  # a folder that this machine does not have: the feeds before stay
            log.error("changed feeds not taken over", reason=str(error))
        else:
            self._feeds = listed

    def _plan(self, feed: str) -> None:
        now = datetime.fromtimestamp(self._clock(), UTC)
        self._rota.plan(feed, self._source.next_at(feed, self._state(feed), now).timestamp())

    def _state(self, feed: str) -> bytes | None:
        row = self._rows.get((self._place[feed], feed))
        return row.state if row else None

    # --- polling ---

    def _start_due(self) -> None:
        now = self._clock()
        while len(self._flying) < self._settings.poll_concurrency and (feed := self._rota.take(now)) is not None:
            partition = self._place[feed]
            poll = self._source.poll(feed, self._state(feed), datetime.fromtimestamp(now, UTC))
            task = asyncio.ensure_future(poll)
            task.add_done_callback(lambda _: self._wake.set())
            self._flying[task] = Flight(feed, partition, self._taken[partition])

    async def _settle(self) -> None:
        """Waits until a poll is done, or a moment; then sends what is."""
        if not any(task.done() for task in self._flying):
            await self._pause()
        done = [task for task in self._flying if task.done()][:FLUSH]
        landed = [(flight, polled) for task in done if (polled := self._result(task, flight := self._flying.pop(task)))]
        while landed and not self._holding.settled:  # whether they are still ours is being decided
            if self._stop.is_set():
                return
            await asyncio.sleep(0.05)
        if landed:
            await self._land(landed)

    def _result(self, task: asyncio.Task[Polled], flight: Flight) -> Polled | None:
        """None where a bug ended the poll: it is told, and the other feeds go on, here and wherever this one would go."""
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, CommandError) or not isinstance(error, Exception):
            raise error
        trace = "".join(traceback.format_exception(error))
        log.error("bug in poll", feed=flight.feed, error=trace)
        self.counts.add("poll", "failed", reason="bug")
        if flight.feed in self._place:
            self._rota.plan(flight.feed, self._clock() + BUG_PAUSE)
        return None

    async def _pause(self) -> None:
        """Until a poll is done or due, or the group has something to say."""
        due = self._rota.next_at()
        busy = due is None or not self._holding.settled or len(self._flying) >= self._settings.poll_concurrency
        seconds = PAUSE if busy or due is None else min(PAUSE, max(0.01, due - self._clock()))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _land(self, landed: Landed) -> None:
        """Sends entries and then states, of feeds that are still ours; the polls of others never happened."""
        now = self._clock()
        with self._holding.writing():
            ours = self._ours(landed)
            await self._sender.send_all([self._message(one) for _, polled in ours for one in polled.entries])
            ours = self._ours(ours)  # where the broker was away for long, others may have taken them over meanwhile
            rows = {
                (flight.partition, flight.feed): feedstate.after(
                    self._rows.get((flight.partition, flight.feed)), polled, now
                )
                for flight, polled in ours
            }
            await self._sender.send_all([feedstate.outgoing(self._topics, *item) for item in rows.items()])
        self._rows |= rows
        for _, polled in ours:
            self._count(polled)
        for flight, _ in landed:
            if flight.feed in self._place and flight.feed not in self._rota:
                self._plan(flight.feed)

    def _ours(self, landed: Landed) -> list[tuple[Flight, Polled]]:
        held = self._holding.held
        return [(flight, polled) for flight, polled in landed if held.get(flight.partition) == flight.since]

    def _message(self, entry: Entry) -> Outgoing:
        value = codec.encode(entry)
        if len(value) > LARGEST_ENTRY:  # its page is fetched in any case
            entry = structs.replace(entry, content_html=None, summary=None)
            value = codec.encode(entry)
        route = self._topics.route(ROUTES, entry)
        return Outgoing(route.topic, route.partition, route.key, value)

    def _count(self, polled: Polled) -> None:
        add = self.counts.add
        add("poll", "received")
        add("poll", "sent", len(polled.entries))
        for entry in polled.entries:
            self.counts.gave(entry, self._clock())
        for reason, n in polled.dropped.items():
            add("poll", "dropped", n, reason)
        if not polled.ok:
            add("poll", "failed", reason=polled.outcome)
            log.info("feed", feed=polled.feed_id, outcome=polled.outcome, detail=polled.detail)
