"""``rasid run``: the whole flow, watched, with a summary at its end."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

import structlog
from rich.console import Console

from contracts.index import Query
from rasid import render, status
from rasid.indexes import documents, index_of
from rasid.local.database import Database, RunnerLock
from rasid.local.live import Screen, lines
from rasid.local.report import report
from rasid.local.runner import LocalRunner, Rounds
from rasid.local.session import Session, opened
from rasid.logs import configure_logs
from rasid.settings import Settings

log = structlog.get_logger("rasid")


def run_flow(settings: Settings, rounds: Rounds, console: Console, *, live: bool | None, summary: int) -> None:
    """Runs until stopped or idle. Raises CommandError: another runner, storage, a bug."""
    screen = console.is_terminal if live is None else live
    configure_logs(settings.log_level, quiet=screen)
    lock = RunnerLock(settings.database)
    try:
        with opened(settings) as session:
            console.print(f"rasid: {len(session.feeds.active())} feeds, database {settings.database}, Ctrl-C ends")
            with ExitStack() as stack:
                session.run(rounds, watch=lambda runner: _watch(session, runner, console, screen, stack))
            _summary(session, console, rounds, summary)
    finally:
        lock.release()


def _watch(session: Session, runner: LocalRunner, console: Console, screen: bool, stack: ExitStack) -> None:
    database = Database(session.settings.database, readonly=True)

    def trouble() -> str | None:
        return runner.shared.trouble or runner.paused

    if screen:
        stack.enter_context(
            Screen(console, database, index_of(session.settings, database), lambda: session.feeds, trouble)
        )
    else:
        task = asyncio.ensure_future(
            lines(database, index_of(session.settings, database), lambda: session.feeds, trouble)
        )
        stack.callback(task.cancel)
        stack.callback(database.close)


def _summary(session: Session, console: Console, rounds: Rounds, most: int) -> None:
    now = time.time()
    made = report(session.database, session.feeds, documents(session.index), now)
    console.print(status.stages_table(made.stages, now))
    failing = [feed for feed in made.feeds if feed.state not in ("ok", "new")]
    if failing:
        console.print(f"{len(failing)} of {len(made.feeds)} feeds did not answer; each is tried again by itself:")
        console.print(status.feeds_table(failing, now))
    if not session.database.rows("SELECT 1 FROM feeds WHERE attempted_at>? LIMIT 1", now - 3600) and rounds == "once":
        console.print("no feed was due; `rasid status` shows when each is")
    results = session.index.search(Query(limit=most, sort="date"))
    shown = (
        f"the latest {len(results.hits)} of {results.total}"
        if results.total > len(results.hits)
        else str(results.total)
    )
    console.print(render.EventsTable(results.hits, f"events: {shown}"))
    console.print('look closer: rasid search "جاسم", rasid show EVENT_ID', markup=False)
