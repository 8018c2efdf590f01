"""What an operator does to a running system: one set of commands over two ways of keeping things.

``operations`` is the whole seam: the command line asks it for the object of the mode, and knows nothing of SQLite or Kafka.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from rasid.errors import UsageError
from rasid.settings import Settings

if TYPE_CHECKING:
    from ingest.feeds import FeedChange, FeedList
    from rasid.status import Status

REPLAYABLE = {"clean": ("page",), "extract": ("article",), "merge": ("article_reports", "decision")}
"""Stages that can run again, with the kinds of kept records that they start from."""

Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


class FeedRow(Struct, frozen=True):
    """A feed as it stands; times in seconds since 1970, None: never."""

    id: str
    state: bytes | None
    next_at: float | None
    attempted_at: float | None
    succeeded_at: float | None
    new_at: float | None
    outcome: str | None
    detail: str | None
    entries: int


class DeadLetter(Struct, frozen=True):
    """A record that a stage refused. ``id``: its number; in a cluster ``topic:partition:offset``. ``at``: seconds since 1970."""

    id: int | str
    stage: str
    kind: str
    key: str
    reason: str
    tries: int
    at: float
    value: bytes = b""


class Forgotten(Struct, frozen=True):
    """What forgetting took out."""

    article_id: str
    records: int
    documents: int
    withdrawn: int


class Operations(Protocol):
    """Each call stands alone: it opens what it needs and closes it. Raises CommandError with what is wrong."""

    def feed_list(self) -> FeedList:
        """The effective list: the operator's, and what was changed at run time."""
        ...

    def feed_rows(self) -> dict[str, FeedRow]:
        """By feed id; a feed that was never asked has none."""
        ...

    def change_feeds(self, changes: Sequence[FeedChange]) -> None:
        """Changes that ``ingest.feeds.overlay`` has accepted; they hold from now on."""
        ...

    def status(self, now: float) -> Status:
        """How everything stands. ``now``: seconds since 1970."""
        ...

    def idle(self, now: float) -> str | None:
        """What is still to be done, in words; None where all feeds were asked, the last poll of each brought nothing new, and no
        record is ready."""
        ...

    def dead_letters(self, stage: str | None, limit: int) -> list[DeadLetter]:
        """The newest first, without their values."""
        ...

    def dead_letter(self, letter_id: str) -> DeadLetter:
        """One with its value. Raises NotFound."""
        ...

    def retry_dead(self, letter_ids: Sequence[str]) -> int:
        """Gives dead letters back to the stages that refused them, with no tries used up; how many. Raises NotFound."""
        ...

    def replay(self, stage: str, since: datetime | None, progress: Progress) -> int:
        """Has a stage and all after it run again over the newest kept record of each key; how many records. ``since``: only what came
        to us since then."""
        ...

    def forget(self, article_id: str) -> Forgotten:
        """Takes an article and all that came of it out, and keeps it out."""
        ...

    def backup(self, file: Path, progress: Progress) -> int:
        """A consistent copy; its size in bytes. An existing file is not overwritten."""
        ...

    def restore(self, file: Path, progress: Progress) -> int:
        """Puts a copy where nothing is yet; how many records. Raises UsageError where something is."""
        ...


def operations(settings: Settings) -> Operations:
    """Those of the settings' mode."""
    if settings.mode == "cluster":
        from rasid.cluster.operations import ClusterOperations
        from rasid.logs import configure_logs

        configure_logs("warning", quiet=False)  # a broker that is waited for is said on standard error
        return ClusterOperations(settings)
    from rasid.local.operating import LocalOperations

    return LocalOperations(settings)


def check_replayable(stage: str) -> None:
    """Raises UsageError."""
    if stage not in REPLAYABLE:
        raise UsageError(f"cannot replay from {stage!r}; one of {', '.join(REPLAYABLE)}")
