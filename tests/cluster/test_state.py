from __future__ import annotations

from typing import Any

import pytest
from aiokafka.structs import RecordMetadata, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from contracts.stage import MAX_VALUE_BYTES, MemoryStore
from rasid.cluster.sending import Outgoing
from rasid.cluster.state import BatchState, ValueTooLarge

OFFSET = b"__faust\0offset__"


class FakeDatabases:
    """The stores of all partitions, which take rocksdict's batches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held: dict[int, dict[bytes, bytes]] = {}
        monkeypatch.setattr("rasid.cluster.state.rocksdict.WriteBatch", FakeBatch)

    def __call__(self, partition: int) -> FakeDatabases._One:
        return self._One(self.held.setdefault(partition, {}))

    class _One:
        def __init__(self, held: dict[bytes, bytes]) -> None:
            self._held = held

        def get(self, key: bytes) -> bytes | None:
            return self._held.get(key)

        def write(self, batch: FakeBatch) -> None:
            for key, value in batch.changes:
                if value is None:
                    self._held.pop(key, None)
                else:
                    self._held[key] = value


class FakeBatch:
    def __init__(self, raw_mode: bool) -> None:
        self.changes: list[tuple[bytes, bytes | None]] = []

    def put(self, key: bytes, value: bytes) -> None:
        self.changes.append((key, value))

    def delete(self, key: bytes) -> None:
        self.changes.append((key, None))


@pytest.fixture
def databases(monkeypatch: pytest.MonkeyPatch) -> FakeDatabases:
    return FakeDatabases(monkeypatch)


def landed(*places: tuple[int, int]) -> list[RecordMetadata]:
    return [
        RecordMetadata("c", partition, TopicPartition("c", partition), offset, 0, 0, 0) for partition, offset in places
    ]


def test_nothing_is_written_before_the_changelog_has_it(databases: FakeDatabases) -> None:
    state = BatchState(databases, "c")
    store = state.store(1)
    store.put("ك", b"v")
    store.keep()
    assert databases.held[1] == {} if 1 in databases.held else True
    assert state.messages() == [Outgoing("c", 1, "ك".encode(), b"v")]
    state.land(landed((1, 41)))
    assert databases.held[1] == {"ك".encode(): b"v", OFFSET: b"41"}
    assert state.messages() == []


def test_a_key_that_is_written_often_goes_to_the_changelog_once(databases: FakeDatabases) -> None:
    state = BatchState(databases, "c")
    for number in range(5):
        store = state.store(0)
        store.put("k", str(number).encode())
        store.keep()
    assert [message.value for message in state.messages()] == [b"4"]


def test_offset_of_each_partition_is_the_highest_that_landed(databases: FakeDatabases) -> None:
    state = BatchState(databases, "c")
    for partition, key in ((0, "a"), (1, "a"), (0, "b")):
        store = state.store(partition)
        store.put(key, b"v")
        store.keep()
    state.land(landed((0, 7), (1, 3), (0, 8)))
    assert databases.held[0][OFFSET] == b"8"
    assert databases.held[1][OFFSET] == b"3"


def test_later_records_of_a_batch_see_what_earlier_ones_wrote_and_a_refused_one_wrote_nothing(
    databases: FakeDatabases,
) -> None:
    state = BatchState(databases, "c")
    first = state.store(0)
    first.put("k", b"first")
    first.keep()
    refused = state.store(0)
    refused.put("k", b"refused")
    assert refused.get("k") == b"refused"
    refused.discard()
    assert state.store(0).get("k") == b"first"
    assert state.store(1).get("k") is None


def test_deletion_is_a_null_in_the_changelog(databases: FakeDatabases) -> None:
    databases.held[0] = {b"k": b"v"}
    state = BatchState(databases, "c")
    store = state.store(0)
    store.delete("k")
    assert store.get("k") is None
    store.keep()
    assert [message.value for message in state.messages()] == [None]
    state.land(landed((0, 1)))
    assert b"k" not in databases.held[0]


def test_value_above_the_limit_is_refused_before_the_table_sees_it(databases: FakeDatabases) -> None:
    state = BatchState(databases, "c")
    store = state.store(0)
    store.put("k", b"x" * MAX_VALUE_BYTES)
    with pytest.raises(ValueTooLarge, match="262145 bytes, more than 262144"):
        store.put("k", b"x" * (MAX_VALUE_BYTES + 1))


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "delete"]), st.sampled_from("abc"), st.binary(max_size=3), st.booleans()),
    max_size=30,
)


@given(STEPS)
def test_state_after_landing_is_that_of_a_plain_store(steps: list[tuple[str, str, bytes, bool]]) -> None:
    """Over records that are kept or refused, the local store ends like a dictionary that saw the kept ones."""
    with pytest.MonkeyPatch.context() as patch:
        databases = FakeDatabases(patch)
        state, plain = BatchState(databases, "c"), MemoryStore()
        for action, key, value, kept in steps:
            store: Any = state.store(0)
            for one in (store, plain) if kept else (store,):
                one.put(key, value) if action == "put" else one.delete(key)
            store.keep() if kept else store.discard()
        state.land(landed(*((0, number) for number, _ in enumerate(state.messages()))))
        written = {key.decode(): value for key, value in databases.held.get(0, {}).items() if key != OFFSET}
        assert written == plain.values
