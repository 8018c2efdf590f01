"""What an operator does to a database beside the flow: dead letters, replay, forgetting, backup, and the state of things.

Each change is one transaction on a connection of its own; a runner that is at work notices it within a second.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from contracts import codec
from contracts.ids import article_id
from contracts.records import AnyRecord, ArticleReports, Decision, Entry, Page, Stamp
from ingest.silence import OutletCounts
from ingest.urls import identity
from rasid.errors import NotFound, StorageError, UsageError
from rasid.local.database import Database
from rasid.local.journal import Journal
from rasid.operators import REPLAYABLE, DeadLetter, FeedRow, Forgotten, check_replayable
from rasid.topology import KEPT_KINDS
from rasid.yields import RECENT_DAYS, USUAL_DAYS

FORGOTTEN = "forgotten:"
"""Prefix of the block list in each stage's store; what follows is the article's id, a hash."""


def dead_letters(database: Database, stage: str | None, limit: int) -> list[DeadLetter]:
    """The newest first, without their values."""
    where, values = ("WHERE stage=?", (stage,)) if stage else ("", ())
    sql = f"SELECT id, stage, kind, key, reason, tries, at FROM dead {where} ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [DeadLetter(*row) for row in database.rows(sql, *values, limit)]


def dead_letter(database: Database, number: int) -> DeadLetter:
    """One with its value. Raises NotFound."""
    row = database.one("SELECT id, stage, kind, key, reason, tries, at, value FROM dead WHERE id=?", number)
    if row is None:
        raise NotFound(f"no dead letter {number}; `rasid dead list` shows those there are")
    return DeadLetter(*row)


def retry_dead(database: Database, journal: Journal, numbers: list[int], now: float) -> int:
    """Puts dead letters back into the queue of the stage that refused them, with no tries used up; how many."""
    letters = [dead_letter(database, number) for number in numbers]
    with database.transaction() as connection:
        for letter in letters:
            kept = _kept_key(journal, letter)
            journal.append_bytes(letter.kind, kept, letter.value, {letter.stage: letter.key}, now)
            connection.execute("DELETE FROM dead WHERE id=?", (letter.id,))
    return len(letters)


def _kept_key(journal: Journal, letter: DeadLetter) -> str:
    if letter.kind not in KEPT_KINDS:
        return ""
    try:
        return journal.topology.kept_key(codec.decode_any(letter.value), {letter.stage: letter.key})
    except (codec.BadRecord, codec.NewerRecord):
        return letter.key


def replay(
    database: Database,
    journal: Journal,
    stage: str,
    since: datetime | None,
    now: float,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Puts the newest kept record of each key back into a stage's queue under a new position, and raises the generation, so
    that what comes of it replaces what was; how many records. ``since``: only what came to us since then."""
    check_replayable(stage)
    kinds = REPLAYABLE[stage]
    marks = ",".join("?" * len(kinds))
    rows = database.rows(
        f"SELECT max(position) FROM log WHERE kind IN ({marks}) AND at>=? GROUP BY kind, key ORDER BY 1",  # noqa: S608
        *kinds,
        since.timestamp() if since else 0.0,
    )
    with database.transaction() as connection:
        connection.execute("UPDATE meta SET value=CAST(value AS INTEGER)+1 WHERE key='generation'")
    for start in range(0, len(rows), 200):
        with database.transaction():
            for (position,) in rows[start : start + 200]:
                _again(database, journal, stage, position)
        progress(min(start + 200, len(rows)), len(rows))
    return len(rows)


def _again(database: Database, journal: Journal, stage: str, position: int) -> None:
    """Moves a kept record to a new position and queues it there; one that still waits is left alone."""
    run = database.connection.execute
    row = run("SELECT kind, key, value, at, evidence FROM log WHERE position=?", (position,)).fetchone()
    if row is None or run("SELECT 1 FROM queue WHERE stage=? AND position=?", (stage, position)).fetchone():
        return
    kind, key, value, at, evidence = row
    try:
        stage_key = journal.topology.keys_of(codec.decode_any(value))[stage]
    except (codec.BadRecord, codec.NewerRecord):
        stage_key = key
    journal.append_bytes(kind, key, value, {stage: stage_key}, at)
    run(
        "UPDATE log SET evidence=? WHERE position=(SELECT max(position) FROM log WHERE kind=? AND key=?)",
        (evidence, kind, key),
    )
    run(
        "DELETE FROM log WHERE position=? AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.position=?)",
        (position, position),
    )


class Forgets(Protocol):
    """The part of an index that forgetting needs."""

    def forget(self, article_id: str) -> int: ...


def forget(database: Database, journal: Journal, index: Forgets, article: str, now: float) -> Forgotten:
    """Takes an article out of logs, queues, dead letters and index, puts its hash on the block list of every stage, and has
    merge withdraw its reports (the queue must then be worked off)."""
    with database.transaction() as connection:
        run = connection.execute
        keys = [
            row[0] for row in run("SELECT key FROM log WHERE kind='article_reports' AND key LIKE ?", (f"{article}:%",))
        ]
        gone = [*_of_article(database, article), *_decided_on(database, article)]
        for position in gone:
            run("DELETE FROM queue WHERE position=?", (position,))
            run("DELETE FROM log WHERE position=?", (position,))
        letters = [number for number, value in run("SELECT id, value FROM dead") if _is_of(value, journal, article)]
        connection.executemany("DELETE FROM dead WHERE id=?", [(number,) for number in letters])
        remembered = [(stage, key) for stage in journal.topology.stages for key in (article, f"article:{article}")]
        connection.executemany("DELETE FROM state WHERE stage=? AND key=?", remembered)
        for stage in journal.topology.stages:
            run("INSERT OR REPLACE INTO state VALUES (?,?,?)", (stage, FORGOTTEN + article, b"1"))
        run("UPDATE meta SET value=CAST(value AS INTEGER)+1 WHERE key='generation'")
        stamp = Stamp(int(run("SELECT value FROM meta WHERE key='generation'").fetchone()[0]), 0)
        countries = {key.partition(":")[2] for key in keys}
        journal.emit([ArticleReports(article_id=article, key=c, stamp=stamp) for c in sorted(countries)], (), now)
        documents = index.forget(article)
    return Forgotten(article, len(gone) + len(letters), documents, len(countries))


def wait_for_runner(database: Database, patience: float) -> bool:
    """Waits until a runner at work has merged and indexed what it was given, at the most ``patience`` seconds; whether it has."""
    end = time.monotonic() + patience
    while database.one("SELECT 1 FROM queue WHERE stage IN ('merge', 'index') AND ready_at<=? LIMIT 1", time.time()):
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def scrub(database: Database) -> None:
    """After a forgetting: rewrites the file, so that no free page holds what was forgotten, and empties the WAL."""
    database.connection.execute("VACUUM")
    database.checkpoint()


def _of_article(database: Database, article: str) -> list[int]:
    """Positions of the log that hold the article, its pages, its report sets, or entries of it."""
    run = database.connection.execute
    keyed = run(
        "SELECT position FROM log WHERE (kind IN ('page','article') AND key=?) OR (kind='article_reports' AND key LIKE ?)",
        (article, f"{article}:%"),
    )
    positions = [row[0] for row in keyed]
    for position, value in run("SELECT position, value FROM log WHERE kind='entry'"):
        if _entry_is_of(value, article):
            positions.append(position)
    return positions


def _decided_on(database: Database, article: str) -> list[int]:
    """Positions of the decisions on the article's reports: they quote its sentences."""
    run = database.connection.execute
    sets = run("SELECT value FROM log WHERE kind='article_reports' AND key LIKE ?", (f"{article}:%",)).fetchall()
    reports = {report.id for (value,) in sets for report in codec.decode(ArticleReports, value).reports}
    positions = []
    for position, value in run("SELECT position, value FROM log WHERE kind='decision'"):
        decision = codec.decode(Decision, value)
        if reports & {decision.report_id, decision.other_report_id}:
            positions.append(position)
    return positions


def _entry_is_of(value: bytes, article: str) -> bool:
    try:
        return article_id(identity(codec.decode(Entry, value).url)) == article
    except ValueError:
        return False


def _is_of(value: bytes, journal: Journal, article: str) -> bool:
    try:
        record: AnyRecord = codec.decode_any(value)
    except (codec.BadRecord, codec.NewerRecord):
        return False
    if isinstance(record, Entry | Page):
        entry = record if isinstance(record, Entry) else record.entry
        return _entry_is_of(codec.encode(entry), article)
    return getattr(record, "article_id", getattr(record, "id", None)) == article


def backup(database: Database, target: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """A consistent copy of the database while work goes on; its size in bytes. An existing file is not overwritten."""
    if target.exists():
        raise UsageError(f"{target} exists already; name another file")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        with sqlite3.connect(part) as copy:
            database.connection.backup(copy, pages=2000, progress=lambda _, left, total: progress(total - left, total))
        copy.close()
        part.rename(target)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{target}: {error}") from error


def restore(source: Path, target: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
    """Puts a backup in the place of a database that is not there; how many records it keeps. The epoch is raised: an index elsewhere may
    hold what came after the backup. Raises UsageError, and StorageError where the backup is damaged or no database of ours."""
    for there in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
        if there.exists():
            raise UsageError(f"{there} is there: restore where no database is, or move it away first")
    kept = Database(source, readonly=True)
    fault = str(kept.rows("PRAGMA quick_check(1)")[0][0])
    kept.close()
    if fault != "ok":
        raise StorageError(f"{source} is damaged: {fault}")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    copy = Database(source, readonly=True)
    backup(copy, part, progress)
    copy.close()
    restored = Database(part)
    with restored.transaction() as connection:
        connection.execute("UPDATE meta SET value=CAST(value AS INTEGER)+1 WHERE key='epoch'")
    records = int(restored.rows("SELECT count(*) FROM log")[0][0])
    restored.checkpoint()
    restored.close()
    try:
        part.rename(target)
    except OSError as error:
        raise StorageError(f"{target}: {error}") from error
    return records


class Progress(Struct, frozen=True):
    """How far the flow is: per stage what waits and since when (seconds since 1970), per counter how many."""

    waiting: dict[str, int]
    oldest: dict[str, float]
    delayed: dict[str, int]
    counters: dict[tuple[str, str, str], int]
    dead: dict[str, int]
    generation: int


def progress(database: Database, now: float) -> Progress:
    """Reads it; cheap enough for once a second: what it costs grows with what waits, not with what is kept."""
    from rasid.local.journal import read_counters

    waiting = dict(database.rows("SELECT stage, count(*) FROM queue WHERE ready_at<=? GROUP BY stage", now))
    delayed = dict(database.rows("SELECT stage, count(*) FROM queue WHERE ready_at>? GROUP BY stage", now))
    oldest = dict(
        database.rows(
            """SELECT q.stage, l.at FROM (SELECT stage, min(position) AS position FROM queue WHERE ready_at<=? GROUP BY stage) q
               JOIN log l USING (position)""",
            now,
        )
    )
    dead = dict(database.rows("SELECT stage, count(*) FROM dead GROUP BY stage"))
    return Progress(waiting, oldest, delayed, read_counters(database), dead, database.meta("generation"))


def kept(database: Database) -> dict[str, tuple[int, int]]:
    """Records and bytes by kind; reads every row of the log (a second for some hundred thousand)."""
    rows = database.rows("SELECT kind, count(*), sum(length(value)) FROM log GROUP BY kind")
    return {kind: (n, size) for kind, n, size in rows}


def yields(database: Database, now: float) -> tuple[dict[str, OutletCounts], dict[str, OutletCounts]]:
    """What came of each outlet: usually (the sixty days before) and recently (three days)."""
    today = int(now // 86_400)
    sql = "SELECT outlet, sum(entries), sum(texts), sum(with_events) FROM yields WHERE day BETWEEN ? AND ? GROUP BY outlet"
    usual = database.rows(sql, today - USUAL_DAYS - RECENT_DAYS, today - RECENT_DAYS)
    recent = database.rows(sql, today - RECENT_DAYS + 1, today)
    return {row[0]: OutletCounts(*row[1:]) for row in usual}, {row[0]: OutletCounts(*row[1:]) for row in recent}


def feed_rows(database: Database) -> Iterator[FeedRow]:
    rows: list[tuple[Any, ...]] = database.rows(
        "SELECT id, state, next_at, attempted_at, succeeded_at, new_at, outcome, detail, entries FROM feeds ORDER BY id"
    )
    for row in rows:
        yield FeedRow(*row)
