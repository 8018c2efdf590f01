"""What a process counts of its steps, in one shape for both runners, and as Prometheus reads it.

A step counts ``received``, ``sent``, ``dropped`` (by reason), ``failed`` (by reason: polls without an answer), ``retried`` (by reason),
``dead`` and ``microseconds`` of work.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Counted = Mapping[tuple[str, str, str], int]
"""(step, what was counted, reason or "") -> how many since the process, or the database, began."""

COUNTERS = {
    "received": "Records that a step took in.",
    "sent": "Records that a step gave.",
    "dropped": "Records that ended at a step, by reason.",
    "failed": "Faults that pass, by reason.",
    "retried": "Records put off after a fault, by reason.",
    "dead": "Records that a step refused.",
}
LOST = "Records that the broker deleted before they were read: its retention is shorter than a step was away."
"""Counted as ``deleted``; in a cluster alone."""
BY_REASON = ("dropped", "failed", "retried")


class Feeds(Struct, frozen=True):
    """The feeds that a process watches: how many by state (ok, failing, gone, new); since when (seconds since 1970) the one whose last
    success lies furthest back has had none; how many seconds the most overdue poll is late."""

    by_state: Mapping[str, int] = {}
    oldest_success_at: float | None = None
    overdue: float = 0.0


class Snapshot(Struct, frozen=True):
    """What there is to say now. ``lag``: records that wait for a step; ``oldest_at``: when the oldest of them came, in seconds since
    1970."""

    counted: Counted = {}
    lag: Mapping[str, int] = {}
    oldest_at: Mapping[str, float] = {}
    feeds: Feeds | None = None


class _Reading(Collector):
    """Turns a snapshot into metrics at the moment when they are asked for."""

    def __init__(self, take: Callable[[], Snapshot], clock: Callable[[], float]) -> None:
        self._take, self._clock = take, clock

    def collect(self) -> Iterator[Metric]:
        seen, now = self._take(), self._clock()
        yield from _counters(seen.counted)
        lag = GaugeMetricFamily("rasid_lag_records", "Records that wait for a step.", labels=["step"])
        age = GaugeMetricFamily("rasid_oldest_record_seconds", "Age of the oldest record that waits.", labels=["step"])
        for step, records in sorted(seen.lag.items()):
            lag.add_metric([step], records)
            age.add_metric([step], max(0.0, now - seen.oldest_at[step]) if step in seen.oldest_at else 0.0)
        yield lag
        yield age
        if seen.feeds is not None:
            yield from _feeds(seen.feeds, now)


def _counters(counted: Counted) -> Iterator[Metric]:
    for name, meaning in {**COUNTERS, "deleted": LOST}.items():
        labels = ["step", "reason"] if name in BY_REASON else ["step"]
        family = CounterMetricFamily(f"rasid_{name}_records", meaning, labels=labels)
        for values, n in sorted(_summed(counted, name, len(labels)).items()):
            family.add_metric(list(values), n)
        yield family
    seconds = CounterMetricFamily("rasid_work_seconds", "Time that a step's work took.", labels=["step"])
    for values, n in sorted(_summed(counted, "microseconds", 1).items()):
        seconds.add_metric(list(values), n / 1e6)
    yield seconds


def _summed(counted: Counted, name: str, width: int) -> Counter[tuple[str, ...]]:
    """Of one name, by step (and by reason where ``width`` is 2)."""
    sums: Counter[tuple[str, ...]] = Counter()
    for (step, what, reason), n in counted.items():
        if what == name:
            sums[(step, reason)[:width]] += n
    return sums


def _feeds(feeds: Feeds, now: float) -> Iterator[Metric]:
    states = GaugeMetricFamily("rasid_feeds", "Feeds that this process watches, by state.", labels=["state"])
    for state, n in sorted(feeds.by_state.items()):
        states.add_metric([state], n)
    yield states
    oldest = feeds.oldest_success_at
    age = max(0.0, now - oldest) if oldest is not None else 0.0
    yield GaugeMetricFamily("rasid_feed_oldest_success_seconds", "Longest time of a feed without a success.", value=age)
    yield GaugeMetricFamily(
        "rasid_feed_overdue_seconds", "Delay of the poll that is most overdue.", value=feeds.overdue
    )


def exposition(take: Callable[[], Snapshot], clock: Callable[[], float] = time.time) -> Callable[[], bytes]:
    """A function that gives the metrics in Prometheus' text format, taken anew at each call."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading(take, clock))
    return lambda: generate_latest(registry)
