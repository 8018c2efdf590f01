"""What a process has counted of its work, for whoever shows it: the same names as the local runner's counters."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from contracts.outcomes import Emitted
from rasid.metrics import Snapshot
from rasid.yields import yielded


class Lag(Struct, frozen=True):
    """Records behind the end of the inputs, and when the oldest of those at work arrived (seconds of the epoch; None: none waits)."""

    records: int = 0
    oldest_at: float | None = None


class Counts:
    """``counters``: (step, name, reason) -> number; the names are received, sent, dropped, failed, retried, dead, deleted and
    microseconds. Written and read by the process's own event loop alone."""

    def __init__(self) -> None:
        self.counters: Counter[tuple[str, str, str]] = Counter()
        self.yields: Counter[tuple[str, int, str]] = Counter()
        """(outlet, day since 1970, what) -> number: what came of each outlet, as ``rasid.yields`` tells it."""
        self.lags: dict[str, Lag] = {}
        self.trouble: str | None = None
        """What is waited for just now, in words."""
        self.ready = False
        """The step reads its partitions, or knows that it has none."""

    def add(self, step: str, name: str, n: int = 1, reason: str = "") -> None:
        if n:
            self.counters[step, name, reason] += n

    def gave(self, record: Emitted, now: float) -> None:
        """Counts a record to the credit of its outlet. ``now``: seconds since 1970."""
        if credit := yielded(record):
            self.yields[credit[0], int(now // 86_400), credit[1]] += 1

    def took(self, step: str, seconds: float) -> None:
        self.counters[step, "microseconds", ""] += int(seconds * 1e6)

    def snapshot(self) -> Snapshot:
        """For Prometheus."""
        return Snapshot(
            counted=dict(self.counters),
            lag={step: lag.records for step, lag in self.lags.items()},
            oldest_at={step: lag.oldest_at for step, lag in self.lags.items() if lag.oldest_at is not None},
        )

    def unready(self) -> str | None:
        """Why the step does not work just now; None where it does."""
        return self.trouble or (None if self.ready else "not reading yet")

    def seconds(self, step: str) -> float:
        return self.counters[step, "microseconds", ""] / 1e6

    def total(self, step: str, name: str) -> int:
        """Over all reasons."""
        return sum(n for (of, what, _), n in self.counters.items() if (of, what) == (step, name))
