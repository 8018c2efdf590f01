"""The state of a cluster, read from its topics, its groups and its index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from ingest.feeds import FeedList
from rasid.cluster import dead, feedstate, lag, totals
from rasid.cluster.feedtopic import read_all
from rasid.cluster.headers import number
from rasid.cluster.lag import DELAY, Standing
from rasid.cluster.reading import Span, consumer, read
from rasid.cluster.topics import DELAYS, TRIES, Topics, specs
from rasid.cluster.totals import Sums
from rasid.operators import FeedRow
from rasid.settings import Settings
from rasid.status import StageRow, Status, feed_status, told_warnings
from rasid.yields import told_apart

STALE_AFTER = 900.0
"""Seconds that a poll may be late before somebody should look."""
STEPS = ("poll", *lag.STEPS, DELAY)


async def report(settings: Settings, documents: Mapping[str, int], now: float) -> Status:
    """``documents``: what the index counts. ``now``: seconds since 1970."""
    feeds, rows = await read_all(settings), feedstate.newest(await feedstate.load(settings))
    standings = await lag.standings(settings)
    oldest = {step: await lag.oldest(settings, standing) for step, standing in standings.items()}
    letters = Counter(letter.stage for letter in await dead.letters(settings))
    sums = await totals.sums(settings)
    warnings = [*told_warnings(feeds, rows.values(), *told_apart(sums.yields, now), now), *_stale(feeds, rows, now)]
    return Status(
        stages=(
            _polls(feeds, rows, sums, letters["poll"], now),
            *(_row(step, standing, sums, oldest[step], letters[step], now) for step, standing in standings.items()),
        ),
        feeds=tuple(feed_status(feed.id, feed.outlet, rows.get(feed.id)) for feed in feeds.active()),
        warnings=(*warnings, *_near_their_end(settings, oldest, now)),
        documents=dict(documents),
        kept=_kept(settings, standings),
        dropped=_reasons(sums, "dropped"),
        failed=_reasons(sums, "failed", "retried"),
    )


def _row(step: str, standing: Standing, sums: Sums, oldest_at: float | None, letters: int, now: float) -> StageRow:
    """Received: what the step has committed; the rest is what its processes counted."""
    delayed = step == DELAY
    return StageRow(
        name=step, received=standing.read, sent=sums.of(step, "sent"), dropped=sums.of(step, "dropped"),
        failed=sums.of(step, "failed") + sums.of(step, "retried"), dead=letters,
        waiting=0 if delayed else standing.waiting, delayed=standing.waiting if delayed else 0,
        behind=max(0.0, now - oldest_at) if oldest_at and not delayed else 0.0, milliseconds=_each(sums, step),
    )  # fmt: skip


def _each(sums: Sums, step: str) -> float | None:
    """Mean work of a record, in milliseconds."""
    received = sums.of(step, "received")
    return sums.of(step, "microseconds") / 1000 / received if received else None


def _reasons(sums: Sums, *names: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (step, name, why), n in sorted(sums.counted.items()):
        if name in names:
            found[f"{step}: {why}"] += n
    return dict(found)


def _polls(feeds: FeedList, rows: Mapping[str, FeedRow], sums: Sums, letters: int, now: float) -> StageRow:
    """Received: polls that were counted. What waits is the polls that are due."""
    due = [row.next_at for feed in feeds.active() if (row := rows.get(feed.id)) and row.next_at and row.next_at <= now]
    entries = sum(row.entries for row in rows.values())
    return StageRow(
        name="poll", received=sums.of("poll", "received"), sent=entries, dropped=sums.of("poll", "dropped"),
        failed=sums.of("poll", "failed"), dead=letters, waiting=len(due),
        delayed=0, behind=now - min(due, default=now), milliseconds=None,
    )  # fmt: skip


def _stale(feeds: FeedList, rows: Mapping[str, FeedRow], now: float) -> Iterator[str]:
    """Feeds whose poll is long overdue: no poller holds them, or there are too few."""
    for feed in feeds.active():
        row = rows.get(feed.id)
        if row is not None and row.next_at is not None and now - row.next_at > STALE_AFTER:
            late = timedelta(seconds=round(now - row.next_at))
            yield f"stale: {feed.id}: its poll is {late} late; are enough pollers at work?"


def _near_their_end(settings: Settings, oldest: Mapping[str, float | None], now: float) -> Iterator[str]:
    """Retention deletes unread records: past half of it somebody must act."""
    topics = Topics.of(settings)
    kept = {
        spec.name: int(spec.settings["retention.ms"]) / 1000
        for spec in specs(settings)
        if "retention.ms" in spec.settings
    }
    for step, at in oldest.items():
        least = min(kept[topic] for topic in lag.topics_of(topics, step))
        if step != DELAY and at is not None and now - at > least / 2:
            late = timedelta(seconds=round(now - at))
            yield f"lag: {step}: its oldest record has waited {late}, and is deleted after {timedelta(seconds=round(least))}"


def _kept(settings: Settings, standings: Mapping[str, Standing]) -> dict[str, tuple[int, int | None]]:
    """Records in each topic; their bytes are the broker's to tell."""
    sizes = {place: end - one.begin[place] for one in standings.values() for place, end in one.ends.items()}
    kept: Counter[str] = Counter()
    for place, records in sizes.items():
        kept[place.topic.removeprefix(f"{settings.prefix}.")] += records
    return {name: (records, None) for name, records in kept.items() if records}


async def idle(settings: Settings, now: float) -> str | None:
    """What is still to be done, or None. Feeds are looked at first: what a poll brought before is in a topic by now."""
    feeds, rows = await read_all(settings), feedstate.newest(await feedstate.load(settings))
    active = [feed.id for feed in feeds.active()]
    if unasked := sum(feed not in rows for feed in active):
        return f"{unasked} feeds were not asked yet"
    if fresh := sum(rows[feed].outcome == "new" for feed in active):
        return f"the last poll of {fresh} feeds brought something new"
    standings = await lag.standings(settings)
    waiting = {step: standing.waiting for step, standing in standings.items() if step != DELAY}
    if any(waiting.values()):
        return ", ".join(f"{n} records wait for {step}" for step, n in waiting.items() if n)
    spaced = await _spaced(settings, standings[DELAY])
    return f"{spaced} records wait for the turn of their host" if spaced else None


async def _spaced(settings: Settings, standing: Standing) -> int:
    """Records that wait although nothing failed: their batch had no time left for them. Looks again and retries are not waited for."""
    shortest = Topics.of(settings).delay(DELAYS[0])
    heads = {place: at for place, at in standing.heads().items() if place.topic == shortest}
    if not heads:
        return 0
    async with consumer(settings) as reader:
        span = Span(heads, {place: standing.ends[place] for place in heads})
        return sum([number(record.headers, TRIES) == 0 async for record in read(reader, span)])
