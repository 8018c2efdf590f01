"""Queues, stage state, dead letters and counters: what a runner writes inside one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from contracts import codec
from contracts.outcomes import Emitted, Later
from contracts.records import ArticleReports
from contracts.stage import MAX_VALUE_BYTES
from rasid.local.database import Database
from rasid.topology import Topology
from rasid.yields import yielded

Grown = tuple[str, str]
"""A stage whose queue got a record, and the record's key there."""


class Message(Struct, frozen=True):
    """A record in a stage's queue, not yet decoded. ``position`` is that of its queue."""

    position: int
    key: str
    value: bytes
    tries: int
    kind: str


class StageStore:
    """The state of one stage, inside the transaction of the runner."""

    def __init__(self, database: Database, stage: str) -> None:
        self._run, self._stage = database.connection.execute, stage

    def get(self, key: str) -> bytes | None:
        row = self._run("SELECT value FROM state WHERE stage=? AND key=?", (self._stage, key)).fetchone()
        return row[0] if row else None

    def put(self, key: str, value: bytes) -> None:
        if len(value) > MAX_VALUE_BYTES:
            raise ValueError(f"state of {self._stage} at {key!r}: {len(value)} bytes, more than {MAX_VALUE_BYTES}")
        self._run("INSERT OR REPLACE INTO state VALUES (?,?,?)", (self._stage, key, value))

    def delete(self, key: str) -> None:
        self._run("DELETE FROM state WHERE stage=? AND key=?", (self._stage, key))


class Journal:
    """Every method but the reads is called inside ``database.transaction()``; what they return names the queues that grew."""

    def __init__(self, database: Database, topology: Topology) -> None:
        self.database, self.topology = database, topology
        self.counters: Counter[tuple[str, str, str]] = Counter()

    # --- reading ---

    def heads(self, stage: str) -> Iterable[tuple[str, float, int]]:
        """Each key that waits, with when its first record is ready; in the order of their records."""
        sql = "SELECT key, min(ready_at), min(position) FROM queue WHERE stage=? GROUP BY key ORDER BY 3"
        return self.database.rows(sql, stage)

    def head(self, stage: str, key: str) -> tuple[int, float] | None:
        """Position and ready_at of a key's next record."""
        sql = "SELECT position, ready_at FROM queue WHERE stage=? AND key=? ORDER BY ready_at, position LIMIT 1"
        return self.database.one(sql, stage, key)

    def message(self, stage: str, position: int) -> Message | None:
        sql = """SELECT q.position, q.key, l.value, q.tries, l.kind FROM queue q JOIN log l USING (position)
                 WHERE q.stage=? AND q.position=?"""
        row = self.database.one(sql, stage, position)
        return Message(*row) if row else None

    def batch(self, stage: str, now: float, limit: int) -> list[Message]:
        """The first ready records of a queue, in position order."""
        sql = """SELECT q.position, q.key, l.value, q.tries, l.kind FROM queue q JOIN log l USING (position)
                 WHERE q.stage=? AND q.ready_at<=? ORDER BY q.position LIMIT ?"""
        return [Message(*row) for row in self.database.rows(sql, stage, now, limit)]

    def waiting(self, stage: str) -> int:
        return int(self.database.rows("SELECT count(*) FROM queue WHERE stage=?", stage)[0][0])

    # --- writing ---

    def emit(self, records: Iterable[Emitted], later: Iterable[Later], now: float) -> set[Grown]:
        """Appends records to the queues of the stages that take them; which queues grew, with the keys."""
        woken: set[Grown] = set()
        for record in records:
            woken |= self._append(record, 0.0, now)
        for item in later:
            woken |= self._append(item.record, now + item.after, now)
        return woken

    def _append(self, record: Emitted, ready_at: float, now: float) -> set[Grown]:
        keys = self.topology.keys_of(record)
        kind, key = codec.record_name(record), self.topology.kept_key(record, keys)
        return self.append_bytes(kind, key, codec.encode(record), keys, now, ready_at)

    def append_bytes(
        self, kind: str, key: str, value: bytes, keys: dict[str, str], now: float, ready_at: float = 0.0
    ) -> set[Grown]:
        """One log row, and a queue row for each taker in ``keys`` (stage: key there)."""
        run = self.database.connection.execute
        position = run("INSERT INTO log (kind, key, value, at) VALUES (?,?,?,?)", (kind, key, value, now)).lastrowid
        for stage, own_key in keys.items():
            run("INSERT INTO queue VALUES (?,?,?,?,0)", (stage, position, own_key, ready_at))
        if kind in ("article", "article_reports"):  # only the newest of a key is kept, beside what still waits
            run(
                """DELETE FROM log WHERE kind=? AND key=? AND position<? AND NOT EXISTS
                   (SELECT 1 FROM queue WHERE queue.position=log.position)""",
                (kind, key, position),
            )
        return set(keys.items())

    def note(self, records: Iterable[Emitted], now: float) -> None:
        """What the runner remembers of records beside their flow: pages behind a report are evidence, which stays when
        others of their age are thrown away; what came of each outlet is counted by day."""
        for record in records:
            if credit := yielded(record):
                self._yield(credit[0], now, **{credit[1]: 1})
            if isinstance(record, ArticleReports) and record.reports:
                sql = "UPDATE log SET evidence=1 WHERE kind='page' AND key=? AND evidence=0"
                self.database.connection.execute(sql, (record.article_id,))

    def _yield(self, outlet: str, now: float, entries: int = 0, texts: int = 0, with_events: int = 0) -> None:
        self.database.connection.execute(
            """INSERT INTO yields VALUES (?,?,?,?,?) ON CONFLICT (outlet, day) DO UPDATE SET entries=entries+excluded.entries,
                 texts=texts+excluded.texts, with_events=with_events+excluded.with_events""",
            (outlet, int(now // 86_400), entries, texts, with_events),
        )

    def acknowledge(self, stage: str, message: Message) -> None:
        """The end of a record at a stage; it leaves the log where its kind is not kept."""
        run = self.database.connection.execute
        run("DELETE FROM queue WHERE stage=? AND position=?", (stage, message.position))
        if message.kind not in self.topology.kept_kinds:
            run("DELETE FROM log WHERE position=?", (message.position,))

    def postpone(self, stage: str, message: Message, ready_at: float, tries: int) -> None:
        self.database.connection.execute(
            "UPDATE queue SET ready_at=?, tries=? WHERE stage=? AND position=?",
            (ready_at, tries, stage, message.position),
        )

    def shift(self, now: float, seconds: float) -> int:
        """Moves what waits for a moment after ``now`` by so many seconds, as the clock was moved; how many."""
        return self.database.connection.execute(
            "UPDATE queue SET ready_at=max(ready_at+?, 0) WHERE ready_at>?", (seconds, now)
        ).rowcount

    def hurry(self, latest: float, ready_at: float) -> int:
        """Makes ready what no stage can have delayed that far: a clock stood ahead when it was written; how many."""
        return self.database.connection.execute(
            "UPDATE queue SET ready_at=? WHERE ready_at>?", (ready_at, latest)
        ).rowcount

    def bury(self, stage: str, message: Message, reason: str, now: float) -> None:
        """Makes a dead letter of a record."""
        self.database.connection.execute(
            "INSERT INTO dead (stage, kind, key, value, reason, tries, at) VALUES (?,?,?,?,?,?,?)",
            (stage, message.kind, message.key, message.value, reason[:2000], message.tries, now),
        )
        self.acknowledge(stage, message)

    def count(self, stage: str, name: str, n: int = 1, reason: str = "") -> None:
        self.counters[stage, name, reason] += n

    def write_counters(self) -> None:
        self.database.connection.executemany(
            """INSERT INTO counters VALUES (?,?,?,?) ON CONFLICT (stage, name, reason) DO UPDATE SET n = n + excluded.n""",
            [(*key, n) for key, n in self.counters.items()],
        )

    def settled(self) -> None:
        """After the commit: what was counted is written."""
        self.counters.clear()


def read_counters(database: Database) -> dict[tuple[str, str, str], int]:
    rows: list[tuple[Any, ...]] = database.rows("SELECT stage, name, reason, n FROM counters")
    return {(stage, name, reason): n for stage, name, reason, n in rows}
