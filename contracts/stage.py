"""The smallest interface that fits both runners: stages, their context and their store.

A fold is commutative and idempotent; what it emits is a function of the new state and the record, never of old against new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

from msgspec import Struct

from contracts.outcomes import Outcome

In = TypeVar("In")
Worked = TypeVar("Worked")

MAX_VALUE_BYTES = 256 * 1024
"""The largest value of a store: a Kafka changelog carries each."""


class Context(Struct, frozen=True):
    """What a stage may know of the world. ``version`` orders what it emits and never goes back."""

    now: datetime
    position: int
    epoch: int
    generation: int

    @property
    def version(self) -> int:
        return self.epoch << 40 | self.position


class Store(Protocol):
    """State of one stage; point access only; values of at most MAX_VALUE_BYTES (``put`` raises ValueError above)."""

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes) -> None: ...
    def delete(self, key: str) -> None: ...


class Stage(Struct, Generic[In, Worked], frozen=True):
    """plan reads the store, serial per key; work is pure and parallel; fold is serial per key and alone writes the store."""

    name: str
    takes: type[In] | tuple[type, ...]
    key: Callable[[In], str]
    where: Literal["pool", "loop"] = "loop"
    plan: Callable[[In, Store, Context], In | Outcome] | None = None
    work: Callable[[In, Context], Worked | Outcome | Awaitable[Worked | Outcome]] | None = None
    fold: Callable[[Worked, Store, Context], Outcome] | None = None


class MemoryStore:
    """A store in a dictionary, for tests and for running a stage alone."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes) -> None:
        if len(value) > MAX_VALUE_BYTES:
            raise ValueError(f"value of {key!r} has {len(value)} bytes, more than {MAX_VALUE_BYTES}")
        self.values[key] = value

    def delete(self, key: str) -> None:
        self.values.pop(key, None)
