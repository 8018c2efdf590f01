"""What clean remembers of an article: which texts it had, at which addresses, and when. A pure join of observations.

Joining is commutative, associative and idempotent, so that order, repetition and doubling of pages cannot matter. No text is kept:
only marks of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from ingest.urls import twin_key

MAX_ADDRESSES = 4
MAX_SEEN = 20
"""Observations kept of one address: an article is looked at five times, and again whenever its feed says that it changed."""

GONE = "gone"
"""The mark of a page that is no more."""

_DAY_US = 86_400_000_000


class Seen(Struct, frozen=True, array_like=True, order=True):
    """A text at a moment. ``at``: microseconds since 1970; ``mark``: hash of title and text, GONE for none; ``detail``: hash of
    what else the page said, which makes no revision."""

    at: int
    mark: str
    detail: str = ""

    def says_as(self, other: Seen) -> bool:
        """Whether two observations say the same, whenever."""
        return (self.mark, self.detail) == (other.mark, other.detail)


class Place(Struct, frozen=True, array_like=True):
    """Where the article was read. ``fed``: not on its page but in the feed. ``declared``: a page called this address the
    canonical one. ``changes``: those before the first of ``seen``."""

    url: str
    fed: bool
    declared: bool
    seen: tuple[Seen, ...]
    changes: int = 0

    @property
    def rank(self) -> tuple[bool, bool, tuple[bool, str]]:
        return (self.fed, not self.declared, twin_key(self.url))


class Memory(Struct, frozen=True, array_like=True):
    """The state. Moments in microseconds; ``instant`` the earliest moment of publication, ``day`` the earliest bare day;
    ``displaced``: revisions counted for addresses that better ones pushed out."""

    places: tuple[Place, ...] = ()
    feed: str = ""
    instant: int | None = None
    day: int | None = None
    displaced: int = 0

    @property
    def url(self) -> str:
        """The article's address: the declared one, failing that the least."""
        return self.places[0].url

    @property
    def holder(self) -> Place:
        """The place that alone may revise the article: the best that was really read."""
        return next(place for place in self.places if place.seen)

    @property
    def standing(self) -> Seen:
        """What stands: the newest observation of the holder."""
        return self.holder.seen[-1]

    @property
    def revision(self) -> int:
        """Counts the texts that the article had: of the worse addresses first, each in order of time. It never goes back when
        observations come in, and is the same for the same set of them."""
        count, last = self.displaced, None
        for place in reversed(self.places):
            count += place.changes
            for seen in place.seen:
                count, last = count + (seen.mark != last), seen.mark
        return count

    @property
    def published(self) -> tuple[int, str] | None:
        """The earliest moment ever given; a bare day gives way to a moment inside it."""
        if self.instant is not None and (self.day is None or self.instant < self.day + _DAY_US):
            return self.instant, "instant"
        return None if self.day is None else (self.day, "day")


class Observation(Struct, frozen=True):
    """What one page adds: its address, the article's address that it declares, and the rest as in Memory."""

    seen_url: str
    url: str
    declared: bool
    fed: bool
    seen: Seen
    feed: str
    instant: int | None = None
    day: int | None = None


def observe(memory: Memory, one: Observation) -> Memory:
    """The memory with the observation in it."""
    places = {(place.url, place.fed): place for place in memory.places}
    _join(places, Place(one.seen_url, one.fed, one.declared and one.seen_url == one.url, (one.seen,)))
    if one.declared:
        _join(places, Place(one.url, False, True, ()))
    kept = _kept(places.values())
    here = {(place.url, place.fed) for place in kept}
    pushed_out = [place for place in memory.places if (place.url, place.fed) not in here]
    return Memory(
        places=kept,
        feed=min(filter(None, (memory.feed, one.feed)), default=""),
        instant=_least(memory.instant, one.instant),
        day=_least(memory.day, one.day),
        displaced=memory.displaced + sum(place.changes + len(place.seen) + 1 for place in pushed_out),
    )


def load(value: bytes | None) -> Memory:
    """The memory in a stored value; empty for none. Raises msgspec.DecodeError for what is none."""
    return msgspec.msgpack.decode(value, type=Memory) if value else Memory()


def store(memory: Memory) -> bytes:
    """At most about 10 KB: four addresses of 2,000 bytes, and the marks."""
    return msgspec.msgpack.encode(memory)


def _kept(places: Iterable[Place]) -> tuple[Place, ...]:
    """The best ones, with one that was read among them. Past MAX_ADDRESSES addresses of one article the join is no longer exact."""
    ranked = sorted(places, key=lambda place: place.rank)
    kept = ranked[:MAX_ADDRESSES]
    if not any(place.seen for place in kept):
        kept[-1] = next(place for place in ranked if place.seen)
    return tuple(kept)


def _join(places: dict[tuple[str, bool], Place], place: Place) -> None:
    known = places.get((place.url, place.fed))
    if known is None:
        places[place.url, place.fed] = place
        return
    oldest = known.seen[0].at if known.changes else None
    fresh = (seen for seen in place.seen if oldest is None or seen.at > oldest)
    seen = sorted({*known.seen, *fresh})
    changes = known.changes
    if len(seen) > MAX_SEEN:  # what falls off the old end is counted, and nothing older is taken in any more
        cut = len(seen) - MAX_SEEN
        changes += sum(1 for at in range(cut) if seen[at].mark != seen[at + 1].mark)
        seen = seen[cut:]
    declared = known.declared or place.declared
    places[place.url, place.fed] = Place(place.url, place.fed, declared, tuple(seen), changes)


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)
