"""Which feed is due: a heap of hours, nothing more."""

from __future__ import annotations

import heapq
from collections.abc import Iterator


class Rota:
    """Feeds with the moment at which each is due (seconds since 1970). A feed that was taken is planned anew by whoever took it."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []  # may hold hours that were changed meanwhile

    def __contains__(self, feed: str) -> bool:
        return feed in self._due

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._due))

    def __len__(self) -> int:
        return len(self._due)

    def hours(self) -> tuple[float, ...]:
        """When the feeds are due, in no order."""
        return tuple(self._due.values())

    def plan(self, feed: str, at: float) -> None:
        """The feed is due at that moment, and no longer at the one before."""
        self._due[feed] = at
        heapq.heappush(self._heap, (at, feed))

    def drop(self, feed: str) -> None:
        """The feed is not due any more."""
        self._due.pop(feed, None)

    def next_at(self) -> float | None:
        """When the next feed is due; None: no feed is planned."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> str | None:
        """The feed that has been due longest, which is planned no longer; None: none is due."""
        at = self.next_at()
        if at is None or at > now:
            return None
        feed = heapq.heappop(self._heap)[1]
        del self._due[feed]
        return feed
