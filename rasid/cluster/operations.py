"""The operator's commands over a cluster's topics and its index."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import structs

from contracts.index import Query
from contracts.outcomes import Unavailable
from contracts.records import Event
from ingest.feeds import FeedChange, FeedList
from rasid.cluster import backup, dead, feedstate, feedtopic, forgetting, replaying, report, restoring
from rasid.errors import CommandError, UsageError
from rasid.indexes import elasticsearch_index, unended_rebuild
from rasid.operators import DeadLetter, FeedRow, Forgotten, Progress
from rasid.settings import Settings
from rasid.status import Status


class IndexAway(CommandError):
    """Elasticsearch does not answer, or refuses what it is asked."""


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        raise IndexAway(f"the index does not answer: {error}") from error


class ClusterOperations:
    """Implements ``rasid.operators.Operations``. What is changed reaches pollers and workers through topics, within a second."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def feed_list(self) -> FeedList:
        return asyncio.run(feedtopic.read_all(self._settings))

    def feed_rows(self) -> dict[str, FeedRow]:
        return feedstate.newest(asyncio.run(feedstate.load(self._settings)))

    def change_feeds(self, changes: Sequence[FeedChange]) -> None:
        asyncio.run(feedtopic.change(self._settings, changes))

    def status(self, now: float) -> Status:
        documents, fault = self._documents()
        made = asyncio.run(report.report(self._settings, documents, now))
        return structs.replace(made, warnings=(fault, *made.warnings)) if fault else made

    def _documents(self) -> tuple[dict[str, int], str | None]:
        """What the index counts, and what is to be said of it: the rest of the status is worth telling where it is away, too."""
        try:
            index = elasticsearch_index(self._settings)
            return index.count(), unended_rebuild(index)
        except (Unavailable, UsageError) as error:
            return {}, f"index: {error}"

    def idle(self, now: float) -> str | None:
        return asyncio.run(report.idle(self._settings, now))

    def dead_letters(self, stage: str | None, limit: int) -> list[DeadLetter]:
        return asyncio.run(dead.letters(self._settings, stage))[:limit]

    def dead_letter(self, letter_id: str) -> DeadLetter:
        return asyncio.run(dead.letter(self._settings, letter_id))

    def retry_dead(self, letter_ids: Sequence[str]) -> int:
        return asyncio.run(dead.retry(self._settings, letter_ids))

    def replay(self, stage: str, since: datetime | None, progress: Progress) -> int:
        return asyncio.run(replaying.replay(self._settings, stage, since, progress))

    def forget(self, article_id: str) -> Forgotten:
        index = elasticsearch_index(self._settings)
        with _told():
            return asyncio.run(forgetting.forget(self._settings, article_id, index.forget))

    def backup(self, file: Path, progress: Progress) -> int:
        index = elasticsearch_index(self._settings)

        def events() -> Iterator[Event]:
            return index.export(Query(states=("live", "superseded", "retracted"), diplomatic=True))

        with _told():
            return backup.backup(self._settings, events, file, progress)

    def restore(self, file: Path, progress: Progress) -> int:
        index = elasticsearch_index(self._settings)
        with _told():
            index.setup()
            counted = index.count()
            held = counted["articles"] + sum(n for name, n in counted.items() if name.startswith("events."))
            return restoring.restore(self._settings, file, held, index.write, progress)
