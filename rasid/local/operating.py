"""The operator's commands over one machine's database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import structs

from contracts import codec
from ingest.feeds import FeedChange, FeedList
from rasid import build, render
from rasid.errors import NotFound
from rasid.indexes import documents, index_of, unended_rebuild
from rasid.local import operations
from rasid.local.database import Database
from rasid.local.report import report
from rasid.local.session import feed_list, opened
from rasid.local.shared import RETRY_AFTER
from rasid.operators import DeadLetter, FeedRow, Forgotten, Progress
from rasid.settings import Settings
from rasid.status import Status

PATIENCE = 30.0
"""Seconds that a runner at work is given to take back what an article reported."""


class LocalOperations:
    """Implements ``rasid.operators.Operations``. A runner that is at work notices each change within a second."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _reading(self) -> Database:
        """Raises StorageError where there is no database yet."""
        return Database(self._settings.database, readonly=True)

    def feed_list(self) -> FeedList:
        if not self._settings.database.is_file():
            return build.feeds_of(self._settings)
        return feed_list(self._settings, self._reading())

    def feed_rows(self) -> dict[str, FeedRow]:
        if not self._settings.database.is_file():
            return {}
        return {row.id: row for row in operations.feed_rows(self._reading())}

    def change_feeds(self, changes: Sequence[FeedChange]) -> None:
        now = time.time()
        database = Database(self._settings.database)
        with database.transaction() as connection:
            rows = [(change.feed_id, codec.encode(change), now + n / 1e6) for n, change in enumerate(changes)]
            connection.executemany("INSERT OR REPLACE INTO feed_changes VALUES (?,?,?)", rows)
        database.close()

    def status(self, now: float) -> Status:
        database = self._reading()
        index = index_of(self._settings, database)
        made = report(database, feed_list(self._settings, database), documents(index), now, operations.kept(database))
        said = unended_rebuild(index)
        return structs.replace(made, warnings=(*made.warnings, said)) if said else made

    def idle(self, now: float) -> str | None:
        database = self._reading()
        rows = {row.id: row for row in operations.feed_rows(database)}
        active = [feed.id for feed in feed_list(self._settings, database).active()]
        if unasked := sum(feed not in rows for feed in active):
            return f"{unasked} feeds were not asked yet"
        if fresh := sum(rows[feed].outcome == "new" for feed in active):
            return f"the last poll of {fresh} feeds brought something new"
        waiting = operations.progress(database, now + RETRY_AFTER[0] / 2).waiting  # a host's spacing is no delay
        return ", ".join(f"{n} records wait for {stage}" for stage, n in waiting.items()) or None

    def dead_letters(self, stage: str | None, limit: int) -> list[DeadLetter]:
        return operations.dead_letters(self._reading(), stage, limit)

    def dead_letter(self, letter_id: str) -> DeadLetter:
        return operations.dead_letter(self._reading(), _number(letter_id))

    def retry_dead(self, letter_ids: Sequence[str]) -> int:
        with opened(self._settings) as session:
            numbers = [_number(one) for one in letter_ids]
            return operations.retry_dead(session.database, session.journal, numbers, time.time())

    def replay(self, stage: str, since: datetime | None, progress: Progress) -> int:
        with opened(self._settings) as session:
            n = operations.replay(session.database, session.journal, stage, since, time.time(), progress)
            session.work_off(("clean", "extract", "merge", "index"), render.console(None, stderr=True))
        return n

    def forget(self, article_id: str) -> Forgotten:
        with opened(self._settings) as session:
            gone = operations.forget(session.database, session.journal, session.index, article_id, time.time())
            session.work_off(("merge", "index"), render.console(None, stderr=True))
            operations.wait_for_runner(
                session.database, PATIENCE
            )  # what it still has to rewrite would lie in free pages
            operations.scrub(session.database)
        return gone

    def backup(self, file: Path, progress: Progress) -> int:
        return operations.backup(self._reading(), file, progress)

    def restore(self, file: Path, progress: Progress) -> int:
        return operations.restore(file, self._settings.database, progress)


def _number(letter_id: str) -> int:
    if not letter_id.isdecimal():
        raise NotFound(f"no dead letter {letter_id}; `rasid dead list` shows those there are")
    return int(letter_id)
