"""The protocols of what stands at the two ends of the flow, and of the pool between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec import Struct

from contracts.records import Document, Entry

T = TypeVar("T")


class PoolFailed(Exception):
    """A worker hung, died or ran out of memory over one item (``kind``: timeout, died, memory), also when tried alone."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind


class Pool(Protocol):
    """Runs plain, picklable functions in processes with limits on time and memory."""

    async def run(self, function: Callable[..., T], *args: object, seconds: float) -> T:
        """The function's result; its own exception; or PoolFailed."""
        ...


class Polled(Struct, frozen=True, kw_only=True):
    """What one poll of one feed gave: the new entries, the feed's new state (opaque bytes), when to ask again, and what to say.

    ``outcome``: new, nothing_new, not_modified, moved, gone, refused, unreachable, bad_feed, busy.
    """

    feed_id: str
    entries: tuple[Entry, ...]
    state: bytes
    next_at: datetime
    outcome: str
    detail: str = ""
    ok: bool = True
    dropped: dict[str, int] = {}
    """Items that were left out, by reason: bad_link, duplicate_url, beyond_cap, too_old."""


class Source(Protocol):
    """Polls feeds. Never raises for a feed's failure: that is a value. ``poll`` is called for one feed at a time."""

    def next_at(self, feed_id: str, state: bytes | None, now: datetime) -> datetime: ...
    async def poll(self, feed_id: str, state: bytes | None, now: datetime) -> Polled: ...


class Sink(Protocol):
    """Takes documents in batches: durable on return, raises Unavailable where it cannot be."""

    def write(self, documents: Sequence[Document]) -> None: ...
