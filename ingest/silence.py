"""Three ways in which an outlet falls silent, each against its own rhythm and each a different fault to look for.

``silent``: its feeds answer, but bring no new entries. ``textless``: entries come, but their pages give no text (a redesign,
a wall). ``eventless``: text comes, but no events are found in it (the words changed, or the rules no longer fit).
A feed that cannot be reached is none of these: its state says so itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from ingest.feeds import FeedList
from ingest.schedule import FeedState

QUIET_AT_LEAST = timedelta(hours=24)
"""Weekends and holidays: nobody is called silent within a day."""

QUIET_GAPS = 4
"""Silent: no entry for this many times the outlet's long gaps."""

FEWEST = 8
"""Entries or texts below which nothing is concluded."""


class OutletCounts(Struct, frozen=True):
    """What came of an outlet in a span of time: entries seen, of them with text, and texts with at least one event."""

    entries: int = 0
    texts: int = 0
    with_events: int = 0


class Warn(Struct, frozen=True, kw_only=True):
    """A warning about an outlet (or one of its feeds), with the figures in words."""

    kind: Literal["silent", "textless", "eventless"]
    outlet: str
    feed_id: str | None = None
    since: datetime | None = None
    detail: str = ""


def long_gap(times: Iterable[int]) -> timedelta | None:
    """The ninth of ten gaps between entries, sorted by length; None where fewer than four entries are known."""
    gaps = sorted(late - early for early, late in pairwise(sorted(times)))
    return timedelta(seconds=gaps[(len(gaps) * 9) // 10]) if len(gaps) >= 3 else None


def silent_feed(outlet: str, feed_id: str, state: FeedState, now: datetime) -> Warn | None:
    """Where the feed answers but has brought nothing new for much longer than it is used to."""
    gap, last = long_gap(state.times), state.new_at
    if gap is None or last is None or state.failures or state.succeeded_at is None:
        return None
    patience = max(QUIET_AT_LEAST, gap * QUIET_GAPS)
    quiet = now - last
    if quiet <= patience:
        return None
    detail = f"nothing new for {_span(quiet)}; before, the longer gaps were {_span(gap)}"
    return Warn(kind="silent", outlet=outlet, feed_id=feed_id, since=last, detail=detail)


def silent(feeds: FeedList, states: Mapping[str, FeedState], now: datetime) -> tuple[Warn, ...]:
    """Outlets all of whose answering feeds are silent get one warning; else each silent feed gets its own."""
    warnings: list[Warn] = []
    for outlet in feeds.outlets.values():
        if outlet.sample:
            continue  # its news is of one week of 2022
        own = {feed.id: states[feed.id] for feed in feeds.active() if feed.outlet == outlet.id and feed.id in states}
        answering = {feed_id: state for feed_id, state in own.items() if not state.failures and state.succeeded_at}
        quiet = [warn for feed_id, state in answering.items() if (warn := silent_feed(outlet.id, feed_id, state, now))]
        if len(quiet) > 1 and len(quiet) == len(answering):
            newest = max(quiet, key=lambda warn: warn.since or now)
            quiet = [Warn(kind="silent", outlet=outlet.id, since=newest.since, detail=newest.detail)]
        warnings += quiet
    return tuple(warnings)


def textless(outlet: str, usual: OutletCounts, recent: OutletCounts) -> Warn | None:
    """Where less than half of the usual share of the recent entries gave text. A new outlet is held to four in five."""
    if recent.entries < FEWEST:
        return None
    expected = usual.texts / usual.entries if usual.entries >= FEWEST else 0.8
    share = recent.texts / recent.entries
    if expected == 0 or share >= expected / 2:
        return None
    detail = f"{recent.texts} of {recent.entries} recent entries gave text; usually {expected:.0%} do"
    return Warn(kind="textless", outlet=outlet, detail=detail)


def eventless(outlet: str, usual: OutletCounts, recent: OutletCounts) -> Warn | None:
    """Where no recent text had events although, at the outlet's usual rate, that has a chance below one in a hundred."""
    if recent.texts < FEWEST or usual.texts < FEWEST or recent.with_events:
        return None
    rate = usual.with_events / usual.texts
    if (1 - rate) ** recent.texts >= 0.01:
        return None
    detail = f"no events in {recent.texts} recent texts; usually {rate:.0%} of them have some"
    return Warn(kind="eventless", outlet=outlet, detail=detail)


def warnings(
    feeds: FeedList,
    states: Mapping[str, FeedState],
    usual: Mapping[str, OutletCounts],
    recent: Mapping[str, OutletCounts],
    now: datetime,
) -> tuple[Warn, ...]:
    """All three for every outlet. ``usual`` and ``recent`` by outlet id: what came before, and of the last days."""
    found = list(silent(feeds, states, now))
    for outlet in feeds.outlets:
        before, lately = usual.get(outlet, OutletCounts()), recent.get(outlet, OutletCounts())
        found += [warn for judge in (textless, eventless) if (warn := judge(outlet, before, lately))]
    return tuple(found)


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return (
        f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"
    )
