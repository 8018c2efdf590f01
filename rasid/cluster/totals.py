"""What all processes of a cluster have counted, in a compacted topic: under each process's key the newest of what it counted since its start.

``rasid status`` adds them up. A process writes every few seconds and at its end: what a kill loses is the counts of those seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from msgspec import Struct

from contracts import codec
from rasid.cluster.counts import Counts
from rasid.cluster.reading import records
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import Topics
from rasid.recorded import process_name
from rasid.settings import Settings
from rasid.yields import RECENT_DAYS, USUAL_DAYS

log = structlog.get_logger("rasid")

EVERY_SECONDS = 10.0
LAST_SECONDS = 5.0
"""What the last writing may take: a broker that is away must not hold up the end of a process."""


class Totals(Struct, frozen=True):
    """``counted``: (step, what, reason) and how many; ``yields``: (outlet, day since 1970, what) and how many."""

    counted: tuple[tuple[str, str, str, int], ...] = ()
    yields: tuple[tuple[str, int, str, int], ...] = ()


class Sums(Struct, frozen=True):
    """Over all processes."""

    counted: Counter[tuple[str, str, str]]
    yields: Counter[tuple[str, int, str]]

    def of(self, step: str, what: str) -> int:
        """Over all reasons."""
        return sum(n for (one, name, _), n in self.counted.items() if (one, name) == (step, what))


@asynccontextmanager
async def totalled(settings: Settings, counts: Counts, *, every: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Writes what is counted while the context lasts, and once more at its end."""
    key = f"{process_name()}-{time.time_ns()}"
    task = asyncio.create_task(_rounds(settings, key, counts, every), name="totals")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        try:
            async with asyncio.timeout(LAST_SECONDS), Sender(settings) as sender:
                await sender.send_all([_message(settings, key, totals_of(counts))])
        except TimeoutError:
            log.info("totals not written", reason="Kafka does not answer")


async def _rounds(settings: Settings, key: str, counts: Counts, every: float) -> None:
    written = Totals()
    async with Sender(settings) as sender:
        while True:
            await asyncio.sleep(every)
            if (made := totals_of(counts)) != written:
                await sender.send_all([_message(settings, key, made)])
                written = made


def totals_of(counts: Counts, clock: Callable[[], float] = time.time) -> Totals:
    """What is worth keeping of it."""
    first = int(clock() // 86_400) - USUAL_DAYS - RECENT_DAYS
    return Totals(
        tuple((*what, n) for what, n in sorted(counts.counters.items())),
        tuple((*what, n) for what, n in sorted(counts.yields.items()) if what[1] >= first),
    )


def _message(settings: Settings, key: str, totals: Totals) -> Outgoing:
    return Outgoing(Topics.of(settings).counts, 0, key.encode(), codec.encode(totals))


async def sums(settings: Settings) -> Sums:
    """As they stand now. What cannot be read is left out, and named."""
    newest: dict[bytes, Totals] = {}
    async for record in records(settings, Topics.of(settings).counts):
        try:
            newest[record.key or b""] = codec.decode(Totals, record.value or b"")
        except (codec.BadRecord, codec.NewerRecord) as error:
            log.warning("totals left out", process=(record.key or b"").decode("utf-8", "replace"), reason=str(error))
    made = Sums(Counter(), Counter())
    for totals in newest.values():
        for step, what, reason, n in totals.counted:
            made.counted[step, what, reason] += n
        for outlet, day, name, n in totals.yields:
            made.yields[outlet, day, name] += n
    return made
