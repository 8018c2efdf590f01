from __future__ import annotations

from typing import Any

import pytest

from contracts import codec
from contracts.outcomes import Drop, Emit, Later, Outcome, Quarantine, Retry
from contracts.records import Page
from rasid.cluster.counts import Counts
from rasid.cluster.posting import RETRY_AFTER, Posting, Taken
from rasid.cluster.sending import Outgoing
from rasid.cluster.topics import MAX_MESSAGE_BYTES, Topics, partition_of
from tests.rasid.fakes import NOW, entry, fake_topology

TOPICS = Topics("rasid", 12)
CLOCK = 1_000_000.0
ENTRY = entry("https://a.sy/1")


def taken(tries: int = 0) -> Taken:
    return Taken("rasid.entries", 3, 17, b"key", b"value", tries, CLOCK - 5)


def posted(outcome: Outcome, tries: int = 0) -> tuple[list[Outgoing], Counts]:
    counts = Counts()
    posting = Posting("fetch", TOPICS, fake_topology, counts, lambda: CLOCK)
    return posting.messages(taken(tries), outcome), counts


def headers(message: Outgoing) -> dict[str, Any]:
    return {name: value.decode() for name, value in message.headers}


def test_emitted_record_goes_to_its_topic() -> None:
    (message,), counts = posted(Emit((ENTRY,)))
    assert message == Outgoing("rasid.entries", partition_of("a.sy", 12), ENTRY.id.encode(), codec.encode(ENTRY))
    assert counts.counters["fetch", "sent", ""] == 1


def test_record_for_later_waits_in_the_longest_topic_below_its_wait() -> None:
    (message,), counts = posted(Emit((), (Later(4_000.0, ENTRY),)))
    assert message.topic == "rasid.delay.3600"
    assert headers(message) == {
        "due_at": str(int((CLOCK + 4_000) * 1000)),
        "topic": "rasid.entries",
        "partition": str(partition_of("a.sy", 12)),
        "tries": "0",
    }
    assert message.value == codec.encode(ENTRY)
    assert counts.counters["fetch", "sent", ""] == 1


@pytest.mark.parametrize("tries", range(len(RETRY_AFTER)))
def test_each_retry_waits_longer_and_carries_its_number(tries: int) -> None:
    (message,), counts = posted(Retry("timeout: a.sy"), tries)
    assert headers(message)["tries"] == str(tries + 1)
    assert headers(message)["due_at"] == str(int((CLOCK + RETRY_AFTER[tries]) * 1000))
    assert (headers(message)["topic"], headers(message)["partition"]) == ("rasid.entries", "3")
    assert (message.key, message.value) == (b"key", b"value")
    assert counts.counters["fetch", "retried", "timeout"] == 1


def test_after_the_last_try_it_is_a_dead_letter() -> None:
    (message,), counts = posted(Retry("timeout: a.sy"), len(RETRY_AFTER))
    assert message.topic == "rasid.entries.dead"
    assert headers(message) == {
        "stage": "fetch", "reason": "given up after 5 tries: timeout: a.sy", "tries": "5", "partition": "3",
    }  # fmt: skip
    assert counts.counters["fetch", "dead", ""] == 1


def test_a_wait_that_is_no_fault_uses_no_try_up() -> None:
    (message,), counts = posted(Retry("not reached", 60.0, counts=False), 4)
    assert headers(message)["tries"] == "4"
    assert counts.total("fetch", "retried") == 0


def test_refused_record_is_kept_as_it_came_with_the_reason() -> None:
    (message,), _ = posted(Quarantine("bad record: الحقل"))
    assert (message.topic, message.partition, message.key, message.value) == ("rasid.entries.dead", 0, b"key", b"value")
    assert headers(message)["reason"] == "bad record: الحقل"


def test_dropped_record_sends_nothing_and_is_counted_by_its_reason() -> None:
    messages, counts = posted(Drop("seen: before"))
    assert messages == []
    assert counts.counters["fetch", "dropped", "seen"] == 1


def test_output_that_no_topic_takes_makes_a_dead_letter_of_its_record_and_sends_nothing_else() -> None:
    page = Page(entry=ENTRY, url=ENTRY.url, status=200, headers={}, body=b"x" * MAX_MESSAGE_BYTES, fetched_at=NOW)
    (message,), counts = posted(Emit((ENTRY, page)))
    assert message.topic == "rasid.entries.dead"
    assert headers(message)["reason"].startswith("too large: what it gives has")
    assert counts.total("fetch", "sent") == 0
