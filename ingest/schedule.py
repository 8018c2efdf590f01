"""When a feed is asked again: pure functions of its state, the clock and the pace.

The rhythm is the feed's own (how often its entries appeared lately), bounded below by what the publisher asks for (TTL,
Cache-Control, Syndication hints, Retry-After) and by the pace on both sides. Failures back off exponentially up to a cap and
are forgotten at the first success, so that a feed revives by itself. 410 and permanent redirects count only when they repeat.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct, structs

from contracts.ids import digest
from contracts.records import Validators
from ingest.feeds import Feed

MAX_SEEN = 7_000
"""Keys of entries that a state remembers: about 160 KB of JSON, and three times what a feed may show at once (2,000)."""

MAX_TIMES = 30
GONE_AFTER = 3
MOVED_AFTER = 3
MOVED_APART = timedelta(hours=2)
"""A permanent redirect is counted again only after this time, so that one bad afternoon does not move a feed."""

CLOCK_SLACK = timedelta(minutes=1)

LOST_AFTER = 5
"""Failures in a row after which an adopted or discovered address is given up for the listed one."""

Outcome = Literal["new", "nothing_new", "not_modified", "moved", "gone", "refused", "unreachable", "bad_feed", "busy"]
SUCCESSES = frozenset({"new", "nothing_new", "not_modified", "moved"})


class Pace(Struct, frozen=True, kw_only=True):
    """Bounds of the rhythm, in seconds. ``jitter``: the largest share of the interval that is added, by a hash."""

    fastest: float = 120.0
    slowest: float = 6 * 3_600.0
    usual: float = 900.0
    """Where the feed has shown no rhythm yet."""
    hint_cap: float = 3_600.0
    """What a publisher asks for counts up to here: WordPress says "hourly" of every feed, some a day of a busy one."""
    first_retry: float = 120.0
    slowest_retry: float = 6 * 3_600.0
    retry_after_cap: float = 24 * 3_600.0
    gone: float = 24 * 3_600.0
    jitter: float = 0.1


class FeedState(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of a feed. Times are UTC; ``times`` are epoch seconds of recent entries, oldest first.

    ``seen``: short hash of an entry's guid or URL to the hash of what it said, the longest unseen first.
    """

    address: str = ""
    """As the list gave it when the rest was learnt; another address starts afresh."""
    found: str | None = None
    """Where a site's feed was discovered, or where a permanent redirect led."""
    validators: Validators | None = None
    seen: dict[str, str] = {}
    times: tuple[int, ...] = ()
    polls: int = 0
    attempted_at: datetime | None = None
    succeeded_at: datetime | None = None
    new_at: datetime | None = None
    first_at: datetime | None = None
    outcome: str = ""
    detail: str = ""
    failures: int = 0
    retry_at: datetime | None = None
    gone: int = 0
    moved: int = 0
    moved_to: str | None = None
    moved_at: datetime | None = None
    ask_every: int = 0
    """Seconds that the publisher asks us to leave between polls: the largest of its hints."""


class PollResult(Struct, frozen=True, kw_only=True):
    """What one poll saw. ``retry_after`` and ``ask_every`` in seconds; ``times`` of new entries; ``seen`` keys with marks of
    all entries shown; ``moved_to`` where every hop was permanent; ``found`` a discovered address."""

    outcome: Outcome
    detail: str = ""
    validators: Validators | None = None
    seen: dict[str, str] = {}
    times: tuple[datetime, ...] = ()
    newest_at: datetime | None = None
    """When the last new entry appeared; None: there was none."""
    retry_after: float | None = None
    ask_every: int | None = None
    moved_to: str | None = None
    found: str | None = None
    counts: bool = True
    """False: a failure of ours (the host had no turn free), which makes no feed wait longer each time."""


def decode_state(data: bytes | None) -> FeedState:
    """The state in ``data``; a fresh one for None, and for bytes that no version of ours wrote (all entries come again, and
    fetch knows them)."""
    if data is None:
        return FeedState()
    try:
        return msgspec.json.decode(data, type=FeedState)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return FeedState(detail="state was unreadable and started afresh")


def encode_state(state: FeedState) -> bytes:
    """JSON of at most 200 KB."""
    return msgspec.json.encode(state)


def is_gone(state: FeedState) -> bool:
    """Whether the server said so (410) often enough to believe it."""
    return state.gone >= GONE_AFTER


def next_poll_at(state: FeedState, feed: Feed, now: datetime, pace: Pace = Pace()) -> datetime:
    """When the feed is due: at once where it was never asked, where its address changed, and where the last poll lies in the
    future (the clock went back). Else within the bounds after the last poll; the same for every ``now``."""
    asked_at = state.attempted_at
    if asked_at is None or state.address != feed.address or asked_at > now + CLOCK_SLACK:
        return now
    least, most = bounds(state, feed, pace)
    seconds = min(max(_interval(state, asked_at, pace), least), most)
    seconds = min(seconds * (1 + pace.jitter * _fraction(feed.id, state.polls)), most)
    return asked_at + timedelta(seconds=seconds)


def bounds(state: FeedState, feed: Feed, pace: Pace = Pace()) -> tuple[float, float]:
    """The least and the greatest number of seconds between the last poll and the next."""
    if is_gone(state):
        return pace.gone, pace.gone
    wait = _asked_to_wait(state, pace)
    if state.failures:
        return max(pace.first_retry, wait), max(pace.slowest_retry, wait)
    most = feed.max_minutes * 60 if feed.max_minutes else pace.slowest
    least = max(pace.fastest, min(state.ask_every, pace.hint_cap), (feed.min_minutes or 0) * 60)
    least = min(least, most) if feed.max_minutes else least
    return max(least, wait), max(most, least, wait)


def _asked_to_wait(state: FeedState, pace: Pace) -> float:
    """Seconds from the last poll to the moment that Retry-After named, at most the cap."""
    if state.retry_at is None or state.attempted_at is None:
        return 0.0
    return min(max((state.retry_at - state.attempted_at).total_seconds(), 0.0), pace.retry_after_cap)


def _interval(state: FeedState, at: datetime, pace: Pace) -> float:
    if state.failures:
        return float(pace.first_retry * 2 ** min(state.failures - 1, 30))
    gap = entry_gap(state, at)
    return pace.usual if gap is None else gap / 2


def entry_gap(state: FeedState, now: datetime) -> float | None:
    """Seconds between entries lately, the wait since the last one included; None where fewer than two are known."""
    if len(state.times) < 2:
        return None
    return max(now.timestamp() - state.times[0], 0.0) / len(state.times)


def _fraction(feed_id: str, polls: int) -> float:
    """0 to 1, the same for the same feed and poll: polls spread out, and a replay asks at the same moments."""
    return int(digest(feed_id, str(polls), size=4), 16) / 0xFFFFFFFF


def after_poll(state: FeedState, result: PollResult, feed: Feed, now: datetime) -> FeedState:
    """The state after a poll of ``feed`` that ended at ``now`` with ``result``."""
    state = afresh(state, feed)
    state = structs.replace(
        state,
        polls=state.polls + 1,
        attempted_at=now,
        first_at=state.first_at or now,
        outcome=result.outcome,
        detail=result.detail,
        retry_at=None if result.retry_after is None else _later(now, result.retry_after),
        gone=state.gone + 1 if result.outcome == "gone" else 0,
    )
    return _succeeded(state, result, now) if result.outcome in SUCCESSES else _failed(state, result.counts)


def afresh(state: FeedState, feed: Feed) -> FeedState:
    """The state for this address: where the operator listed another one, only what was seen and when stays."""
    if state.address == feed.address:
        return state
    return FeedState(address=feed.address, seen=state.seen, times=state.times, polls=state.polls, new_at=state.new_at)


def _succeeded(state: FeedState, result: PollResult, now: datetime) -> FeedState:
    moved, moved_at = _moves(state, result.moved_to, now)
    adopt = result.moved_to if moved >= MOVED_AFTER else None
    return structs.replace(
        state,
        succeeded_at=now,
        failures=0,
        validators=result.validators if result.validators is not None else state.validators,
        seen=remembered(state.seen, result.seen) if result.seen else state.seen,
        times=_recent(state.times, result.times, now),
        new_at=result.newest_at or state.new_at,
        ask_every=state.ask_every if result.ask_every is None else result.ask_every,
        found=adopt or result.found or state.found,
        moved=0 if adopt else moved,
        moved_to=None if adopt else result.moved_to,
        moved_at=None if adopt else moved_at,
    )


def will_adopt(state: FeedState, moved_to: str | None, now: datetime) -> bool:
    """Whether a success behind this permanent redirect makes its target the feed's address."""
    return _moves(state, moved_to, now)[0] >= MOVED_AFTER


def _moves(state: FeedState, moved_to: str | None, now: datetime) -> tuple[int, datetime | None]:
    """How often the same permanent redirect was seen, and when it last counted."""
    if moved_to is None:
        return 0, None
    if moved_to != state.moved_to or state.moved_at is None:
        return 1, now
    apart = abs(now - state.moved_at) >= MOVED_APART
    return (state.moved + 1, now) if apart else (state.moved, state.moved_at)


def _failed(state: FeedState, counts: bool) -> FeedState:
    failures = state.failures + 1 if counts else max(state.failures, 1)
    lost = counts and state.found is not None and failures % LOST_AFTER == 0
    return structs.replace(
        state,
        failures=failures,
        found=None if lost else state.found,
        validators=None if lost else state.validators,
    )


def _later(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=min(max(seconds, 0.0), 30 * 86_400.0))


def _recent(times: tuple[int, ...], new: Iterable[datetime], now: datetime) -> tuple[int, ...]:
    """The newest times, oldest first; none later than now."""
    latest = int(now.timestamp())
    added = [min(int(time.timestamp()), latest) for time in new]
    return tuple(sorted([*times, *added])[-MAX_TIMES:]) if added else times


def remembered(seen: dict[str, str], shown: dict[str, str]) -> dict[str, str]:
    """``seen`` with what the feed shows now at its end, and the longest unseen dropped beyond MAX_SEEN."""
    kept = {key: mark for key, mark in seen.items() if key not in shown}
    surplus = len(kept) + len(shown) - MAX_SEEN
    if surplus > 0:
        kept = dict(list(kept.items())[surplus:])
    return {**kept, **dict(list(shown.items())[-MAX_SEEN:])}


def seconds_until(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or an HTTP date; None where it says neither."""
    from email.utils import parsedate_to_datetime

    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
        return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
