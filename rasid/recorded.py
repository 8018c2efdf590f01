"""Keeps a process's counts in Elasticsearch, a row for each step and minute, where Kibana's *Health* reads them.

It takes the same snapshots as Prometheus does. A minute that cannot be written is left out and said: nothing waits for it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from msgspec import structs

from contracts.outcomes import IndexRefused, Unavailable
from rasid.metrics import BY_REASON, COUNTERS, Counted, Feeds, Snapshot

if TYPE_CHECKING:
    from sinks.elasticsearch import ElasticsearchSettings
    from sinks.elasticsearch.health import FeedsHealth, HealthIndex, HealthRow, ReasonHealth, StepHealth

log = structlog.get_logger("rasid")

EVERY_SECONDS = 60.0
REQUEST_SECONDS = 5.0
"""A node that does not answer must not hold up the end of the process."""
EXPIRE_ROUNDS = 60
"""Rounds after which old months are looked for: an hour, and at the start."""

Take = Callable[[], Snapshot]


def process_name() -> str:
    """Host and process id: what tells the processes of a cluster apart."""
    return f"{socket.gethostname()}-{os.getpid()}"


@asynccontextmanager
async def recorded(
    known: ElasticsearchSettings | None, take: Take, *, every: float = EVERY_SECONDS
) -> AsyncIterator[None]:
    """Writes what ``take`` counts while the context lasts, and once more at its end; nothing where ``known`` is None."""
    if known is None:
        yield
        return
    from sinks.elasticsearch.health import HealthIndex

    hurried = structs.replace(known, request_seconds=min(known.request_seconds, REQUEST_SECONDS))
    index, record = HealthIndex(hurried), Record(take)
    task = asyncio.create_task(_rounds(record, index, every), name="health record")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(kept, index, record.next(), expire=False)
        index.close()


async def _rounds(record: Record, index: HealthIndex, every: float) -> None:
    """Snapshots are taken in this thread, which alone may read what is counted; the node is waited for in another."""
    for number in itertools.count():
        await asyncio.sleep(every)
        await asyncio.to_thread(kept, index, record.next(), expire=number % EXPIRE_ROUNDS == 0)


class Record:
    """What was counted up to the last look."""

    def __init__(self, take: Take, *, clock: Callable[[], float] = time.time, process: str | None = None) -> None:
        self._take, self._clock = take, clock
        self._process = process or process_name()
        self._before = take()

    def next(self) -> list[HealthRow]:
        """What happened since the last look."""
        seen, at = self._take(), datetime.fromtimestamp(self._clock(), UTC)
        made = rows(self._before, seen, at, self._process)
        self._before = seen
        return made


def kept(index: HealthIndex, made: list[HealthRow], *, expire: bool) -> bool:
    """Writes the rows; whether they were taken. A node that is away or refuses is said, never raised."""
    try:
        index.write(made)
        if expire:
            index.expire(datetime.now(UTC))
    except (Unavailable, IndexRefused) as error:
        log.info("health not recorded", rows=len(made), reason=str(error))
        return False
    return True


def rows(before: Snapshot, after: Snapshot, at: datetime, process: str) -> list[HealthRow]:
    """What happened between two snapshots of one process, and how it stands at the later."""
    done = _difference(before.counted, after.counted)
    steps = sorted({step for step, _, _ in done} | set(after.lag))
    made: list[HealthRow] = [_step(step, done, after, at, process) for step in steps]
    made += _reasons(done, at, process)
    if after.feeds is not None:
        made.append(_feeds(after.feeds, at, process))
    return made


def _difference(before: Counted, after: Counted) -> Counted:
    """What was counted more; a count that began again (another database) counts whole."""
    more = {key: n - before.get(key, 0) if n >= before.get(key, 0) else n for key, n in after.items()}
    return {key: n for key, n in more.items() if n}


def _step(step: str, done: Counted, after: Snapshot, at: datetime, process: str) -> StepHealth:
    from sinks.elasticsearch.health import StepHealth

    sums: Counter[str] = Counter()
    for (of, what, _), n in done.items():
        if of == step:
            sums[what] += n
    oldest = after.oldest_at.get(step)
    taken = sums["received"]
    return StepHealth(
        at=at,
        process=process,
        step=step,
        **{name: sums[name] for name in COUNTERS},
        lag=after.lag.get(step),
        oldest_s=max(0.0, at.timestamp() - oldest) if oldest is not None else None,
        ms_each=sums["microseconds"] / 1000 / taken if taken else None,
    )


def _reasons(done: Counted, at: datetime, process: str) -> Iterator[ReasonHealth]:
    from sinks.elasticsearch.health import ReasonHealth

    for (step, what, reason), n in sorted(done.items()):
        if what in BY_REASON and reason:
            yield ReasonHealth(at=at, process=process, step=step, what=what, reason=reason, count=n)


def _feeds(feeds: Feeds, at: datetime, process: str) -> FeedsHealth:
    from sinks.elasticsearch.health import FeedsHealth

    oldest = feeds.oldest_success_at
    return FeedsHealth(
        at=at,
        process=process,
        **{f"feeds_{state}": n for state, n in feeds.by_state.items() if state in ("ok", "failing", "gone", "new")},
        oldest_success_s=max(0.0, at.timestamp() - oldest) if oldest is not None else None,
        overdue_s=feeds.overdue,
    )
