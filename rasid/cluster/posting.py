"""What an outcome means on Kafka: which messages it becomes, and what is counted."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import structlog
from msgspec import Struct

from contracts import codec
from contracts.outcomes import Drop, Emit, Emitted, Later, Outcome, Quarantine, Retry
from rasid.cluster.counts import Counts
from rasid.cluster.sending import Outgoing, oversize
from rasid.cluster.topics import DUE_AT, PARTITION, REASON, STAGE, TOPIC, TRIES, Topics, delay_for
from rasid.logs import about
from rasid.topology import Topology

log = structlog.get_logger("rasid")

RETRY_AFTER = (60.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""Seconds before each further try, as on one machine."""
NEWER_WAIT = 3600.0
REASON_BYTES = 4_000


class Taken(Struct, frozen=True):
    """A record as it came from its topic, not yet decoded."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    tries: int
    arrived_at: float
    """Seconds of the epoch."""
    forget: str = ""
    """The id of an article that the operator took out: the record is its mark, and nothing else."""


class Posting:
    """Turns outcomes of one step into messages. ``clock`` gives seconds of the epoch."""

    def __init__(
        self, step: str, topics: Topics, topology: Callable[[], Topology], counts: Counts, clock: Callable[[], float]
    ) -> None:
        self._step, self._topics, self._topology, self._counts, self._clock = step, topics, topology, counts, clock

    def messages(self, taken: Taken, outcome: Outcome) -> list[Outgoing]:
        """All that the outcome sends; none for a Drop."""
        match outcome:
            case Emit(records, later):
                return self._emitted(taken, records, later)
            case Drop(reason):
                self._counts.add(self._step, "dropped", reason=_kind(reason))
                return []
            case Quarantine(reason):
                return [self._dead(taken, reason)]
            case Retry(reason, after, counts):
                return [self._again(taken, reason, after, counts)]

    def _emitted(self, taken: Taken, records: tuple[Emitted, ...], later: tuple[Later, ...]) -> list[Outgoing]:
        made = [self._record(record) for record in records]
        made += [self._later(self._record(one.record), one.after, 0) for one in later]
        for message in made:
            if too_large := oversize(message):
                return [self._dead(taken, f"too large: what it gives has {too_large}")]
        self._counts.add(self._step, "sent", len(made))
        for record in records:
            self._counts.gave(record, self._clock())
        return made

    def _record(self, record: Emitted) -> Outgoing:
        route = self._topics.route(self._topology(), record)
        return Outgoing(route.topic, route.partition, route.key, codec.encode(record))

    def _later(self, message: Outgoing, after: float, tries: int) -> Outgoing:
        return delayed(self._topics, message, self._clock() + after, after, tries)

    def _again(self, taken: Taken, reason: str, after: float | None, counts: bool) -> Outgoing:
        tries = taken.tries + counts
        if tries > len(RETRY_AFTER):
            return self._dead(taken, f"given up after {taken.tries} tries: {reason}")
        wait = after if after is not None else RETRY_AFTER[tries - 1] if counts else 1.0
        if counts:
            self._counts.add(self._step, "retried", reason=_kind(reason))
        return self._later(Outgoing(taken.topic, taken.partition, taken.key, taken.value), wait, tries)

    def _dead(self, taken: Taken, reason: str) -> Outgoing:
        self._counts.add(self._step, "dead")
        log.warning(
            "dead letter", stage=self._step, topic=taken.topic, partition=taken.partition, offset=taken.offset,
            key=_text(taken.key), reason=reason[:300], **about(taken.value),
        )  # fmt: skip
        headers: dict[str, str | int] = {
            STAGE: self._step,
            REASON: reason,
            TRIES: taken.tries,
            PARTITION: taken.partition,
        }
        return Outgoing(self._topics.dead(taken.topic), 0, taken.key, taken.value, _headers(headers))


def delayed(topics: Topics, message: Outgoing, due_at: float, wait: float, tries: int) -> Outgoing:
    """The message on its way to a delay topic. ``due_at``: seconds of the epoch; ``wait``: seconds from now."""
    headers: dict[str, str | int] = {
        DUE_AT: int(due_at * 1000),
        TOPIC: message.topic,
        PARTITION: message.partition,
        TRIES: tries,
    }
    topic = topics.delay(delay_for(wait))
    return Outgoing(topic, message.partition, message.key, message.value, _headers(headers))


def bug(error: BaseException) -> Quarantine:
    """An error of pure work hangs on its record alone, which is kept with the traceback."""
    trace = "".join(traceback.format_exception(error))
    return Quarantine(f"bug: {type(error).__name__}: {error}\n{trace[-1500:]}")


def _headers(headers: dict[str, str | int]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, str(value).encode("utf-8", "replace")[:REASON_BYTES]) for name, value in headers.items())


def _kind(reason: str) -> str:
    return reason.partition(":")[0]


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")
