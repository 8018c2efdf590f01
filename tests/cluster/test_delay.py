from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasid.cluster.delay import Onward
from rasid.cluster.posting import delayed
from rasid.cluster.sending import Outgoing
from rasid.cluster.topics import DELAYS, Topics
from tests.cluster.running import Cluster

TOPICS = Topics("rasid", 12)
TARGET = Outgoing("rasid.entries", 5, b"k", b"v")


def as_read(message: Outgoing, at: float) -> Any:
    """The message as a consumer gives it, having arrived at ``at``."""
    return SimpleNamespace(
        topic=message.topic, offset=0, key=message.key, value=message.value, timestamp=int(at * 1000),
        headers=message.headers,
    )  # fmt: skip


def test_due_record_goes_on_to_where_it_came_from_with_its_tries() -> None:
    now = [1_000.0]
    onward = Onward(TOPICS, lambda: now[0])
    record = as_read(delayed(TOPICS, TARGET, 1_060.0, 60.0, 3), 1_000.0)
    assert onward.ready_in(record, 60) == pytest.approx(60)
    now[0] = 1_060.0
    assert onward.ready_in(record, 60) <= 0
    assert onward.message(record) == Outgoing("rasid.entries", 5, b"k", b"v", (("tries", b"3"),))


def test_record_without_a_target_is_kept_among_the_dead() -> None:
    message = Onward(TOPICS, lambda: 0.0).message(as_read(TARGET, 0.0))
    assert (message.topic, message.key, message.value) == ("rasid.entries.dead", b"k", b"v")


@given(st.floats(1, 400_000), st.integers(0, 5))
def test_any_wait_ends_on_time_after_a_bounded_number_of_rounds(wait: float, tries: int) -> None:
    """Whatever the wait, a record goes from topic to topic until it is due, and arrives neither early nor (but for the least topic's
    length) late."""
    now = [1_000_000.0]
    onward = Onward(TOPICS, lambda: now[0])
    due = now[0] + wait
    message, rounds = delayed(TOPICS, TARGET, due, wait, tries), 0
    while message.topic != TARGET.topic:
        length = int(message.topic.rpartition(".")[2])
        assert length in DELAYS
        record = as_read(message, now[0])
        now[0] += max(0.0, onward.ready_in(record, length)) + 0.001
        message, rounds = onward.message(record), rounds + 1
    assert -0.002 < now[0] - due < 0.1  # headers hold milliseconds
    assert rounds <= 31
    assert message.headers == (("tries", str(tries).encode()),)


@pytest.mark.server
def test_heads_are_waited_for_and_nothing_else_waits_behind_another_partition(cluster: Cluster) -> None:
    topics = cluster.topics
    entries = topics.named("entries")

    def waits(name: bytes, partition: int, due: float) -> Outgoing:
        return delayed(topics, Outgoing(entries, partition, name, b"v"), due, 7.0, 1)

    worker = cluster.start("delay")
    cluster.put_raw([waits(b"any", 1, time.time() - 5.0)])
    cluster.until(lambda: cluster.read(entries), "the worker to be at work")
    now = time.time()
    cluster.put_raw([waits(b"first", 0, now + 7.0), waits(b"second", 0, now - 5.0), waits(b"other", 1, now - 5.0)])
    cluster.until(lambda: len(cluster.read(entries)) == 4, "all to go on")
    found = cluster.read(entries)
    sent = {record.key: record.timestamp / 1000 for record in found}
    assert sent[b"first"] >= now + 6.99  # headers hold milliseconds
    assert sent[b"other"] < sent[b"first"]
    assert [record.key for record in found if record.partition == 0] == [b"first", b"second"]
    assert worker.stop() == 0
    assert cluster.committed("delay")[topics.delay(60), 0] == 2
