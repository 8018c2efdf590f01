"""The state of a stage in a faust table: what the folds of a batch write is kept aside until the changelog has it.

Faust writes to the local store at once and to the changelog some time later. A worker that dies between the two leaves a local store
that is ahead: after a restart a fold finds its work done already and writes nothing, and the changelog never learns of it. Here the
changelog comes first, the store second, with the changelog's offset in the same write; within a batch a key is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import rocksdict
from aiokafka.structs import RecordMetadata
from faust.stores.rocksdb import Store as RocksStore

from contracts.stage import MAX_VALUE_BYTES
from rasid.cluster.sending import Outgoing

Pending = dict[tuple[int, bytes], bytes | None]
"""(partition, key) -> value; None: deleted."""
Database = Callable[[int], Any]
"""The local store of a partition. It is asked for again each time: a store that is still referred to cannot be closed."""


class ValueTooLarge(ValueError):
    """A fold wrote more than a value may hold: it is the record's fault, and will be again."""


class PartitionStore:
    """A store (``contracts.stage.Store``) over one partition, inside a batch. ``keep`` or ``discard`` ends a record."""

    def __init__(self, database: Database, partition: int, pending: Pending) -> None:
        self._database, self._partition, self._pending = database, partition, pending
        self._own: Pending = {}

    def get(self, key: str) -> bytes | None:
        place = (self._partition, _bytes(key))
        for written in (self._own, self._pending):
            if place in written:
                return written[place]
        value: bytes | None = self._database(self._partition).get(place[1])
        return value

    def put(self, key: str, value: bytes) -> None:
        if len(value) > MAX_VALUE_BYTES:
            raise ValueTooLarge(f"state at {key!r}: {len(value)} bytes, more than {MAX_VALUE_BYTES}")
        self._own[self._partition, _bytes(key)] = bytes(value)

    def delete(self, key: str) -> None:
        self._own[self._partition, _bytes(key)] = None

    def keep(self) -> None:
        """The record's fold came to its end: what it wrote belongs to the batch."""
        self._pending.update(self._own)
        self._own.clear()

    def discard(self) -> None:
        """The record is refused: it has written nothing."""
        self._own.clear()


class BatchState:
    """What a batch writes. ``messages`` are sent first; ``land`` writes to the local stores what the broker then has."""

    def __init__(self, database: Database, changelog: str) -> None:
        self._database, self._changelog = database, changelog
        self._pending: Pending = {}

    def store(self, partition: int) -> PartitionStore:
        return PartitionStore(self._database, partition, self._pending)

    def forget(self, partition: int) -> None:
        """The partition is another worker's now."""
        for place in [place for place in self._pending if place[0] == partition]:
            del self._pending[place]

    def messages(self) -> list[Outgoing]:
        """In the order in which ``land`` expects what became of them."""
        return [Outgoing(self._changelog, partition, key, value) for (partition, key), value in self._pending.items()]

    def land(self, landed: Sequence[RecordMetadata]) -> None:
        """``landed``: where each of ``messages`` stands in the changelog."""
        writes: dict[int, Any] = {}
        offsets: dict[int, int] = {}
        for ((partition, key), value), where in zip(self._pending.items(), landed, strict=True):
            batch = writes.setdefault(partition, rocksdict.WriteBatch(raw_mode=True))
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
            offsets[partition] = max(where.offset, offsets.get(partition, -1))
        for partition, batch in writes.items():
            batch.put(RocksStore.offset_key, str(offsets[partition]).encode())
            self._database(partition).write(batch)
        self._pending.clear()


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
