"""What is thrown away, and when: pages by age and size, those behind an event last; dead letters by age."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from rasid.local.database import Database
from rasid.settings import Settings

DAY = 86_400.0
CHUNK = 500
"""Rows deleted in one transaction: readers and the flow are not held up."""


def free_bytes(path: Path) -> int:
    """Free space of the disk under ``path``."""
    return shutil.disk_usage(path.parent).free


def sweep(database: Database, settings: Settings, now: float, stopped: Callable[[], bool] = lambda: False) -> int:
    """One pass; the number of rows thrown away. Rows that wait in a queue are never touched. ``stopped`` is asked between two
    transactions: what is left then is thrown away another time."""
    removed = _delete(
        database,
        stopped,
        "kind='page' AND evidence=0 AND at<? AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.position=log.position)",
        now - settings.keep_pages_days * DAY,
    )
    removed += _superseded(database, stopped)
    removed += _oversized(database, stopped, settings.keep_pages_bytes)
    with database.transaction() as connection:
        removed += connection.execute("DELETE FROM dead WHERE at<?", (now - settings.keep_dead_days * DAY,)).rowcount
        connection.execute("PRAGMA incremental_vacuum(2000)").fetchall()
    return removed


def _delete(database: Database, stopped: Callable[[], bool], where: str, *values: object) -> int:
    total = 0
    while not stopped():
        with database.transaction() as connection:
            sql = f"DELETE FROM log WHERE position IN (SELECT position FROM log WHERE {where} LIMIT {CHUNK})"  # noqa: S608
            n = connection.execute(sql, values).rowcount
        total += n
        if n < CHUNK:
            break
    return total


def _superseded(database: Database, stopped: Callable[[], bool]) -> int:
    """Older versions of articles and report sets that still waited when the newer one came."""
    newer = "EXISTS (SELECT 1 FROM log newer WHERE newer.kind=log.kind AND newer.key=log.key AND newer.position>log.position)"
    waits = "EXISTS (SELECT 1 FROM queue WHERE queue.position=log.position)"
    return _delete(database, stopped, f"kind IN ('article', 'article_reports') AND {newer} AND NOT {waits}")


def _oversized(database: Database, stopped: Callable[[], bool], most: int) -> int:
    """Frees what is above ``most`` bytes of pages: the oldest without an event first, then the oldest."""
    row = database.one("SELECT coalesce(sum(length(value)), 0) FROM log WHERE kind='page'")
    excess, removed = (row[0] if row else 0) - most, 0
    while excess > 0 and not stopped():
        rows = database.rows(
            """SELECT position, length(value) FROM log INDEXED BY log_pages WHERE kind='page' AND NOT EXISTS
                 (SELECT 1 FROM queue WHERE queue.position=log.position) ORDER BY evidence, at LIMIT ?""",
            CHUNK,
        )
        if not rows:
            break
        gone: list[tuple[int]] = []
        for position, size in rows:
            if excess <= 0:
                break
            gone.append((position,))
            excess -= size
        with database.transaction() as connection:
            sql = "DELETE FROM log WHERE position=? AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.position=log.position)"
            connection.executemany(sql, gone)
        removed += len(gone)
    return removed
