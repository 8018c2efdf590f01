"""One step in this process: its app, its parts, its end. ``supervise`` runs several as children."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import faust
import structlog
from aiokafka.errors import KafkaError

from rasid.cluster import faustpatch, setup
from rasid.cluster.adapter import IndexHandler, Intake, StageHandler, context_maker
from rasid.cluster.app import input_of, make_app, table_of
from rasid.cluster.backlog import HeldBack, pages_waiting
from rasid.cluster.connection import check_versions
from rasid.cluster.control import ControlWatch, check_agreed
from rasid.cluster.counts import Counts
from rasid.cluster.membership import STALE_STATUS, Membership
from rasid.cluster.parts import Bind, Parts
from rasid.cluster.posting import Posting
from rasid.cluster.sending import Sender
from rasid.cluster.state import BatchState
from rasid.cluster.topics import WITH_STATE, Topics
from rasid.cluster.totals import totalled
from rasid.cluster.watchdog import Watchdog
from rasid.cluster.working import Crashes, Working
from rasid.errors import CommandError
from rasid.health import served
from rasid.indexes import health_settings
from rasid.logs import configure_logs
from rasid.recorded import recorded
from rasid.settings import Settings

log = structlog.get_logger("rasid")

BUG_STATUS = 70
STOP_SECONDS = 30.0
"""What a stopped worker may take to end its batch and commit."""
FETCH_BATCHES = 5
"""Fetching takes more records at once: most of its time is spent waiting for many hosts."""
PAGE_BATCH = 100
"""Pages are large; so many wait in memory twice."""
RESOLVERS = 32
"""Threads that look up host names; dead names hold theirs for seconds."""
NOISY = ("faust", "mode")
"""Their loggers tell of every start and end of a part of theirs."""


def batch_size(settings: Settings, step: str) -> int:
    if step == "fetch":
        return settings.batch_records * FETCH_BATCHES
    return min(settings.batch_records, PAGE_BATCH) if step == "clean" else settings.batch_records


def folder_of(settings: Settings, step: str) -> tuple[Path, int]:
    """A folder that no other worker of this machine uses, and the lock that holds it while the process lives."""
    number = 0
    while True:
        folder = settings.data_dir / "cluster" / f"{Topics.of(settings).prefix}-{step}-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            number += 1
        else:
            return folder, lock


class StepWorker:
    """Everything that one step runs on, built inside the event loop."""

    def __init__(
        self, settings: Settings, step: str, folder: Path, parts: Parts, control: ControlWatch, counts: Counts
    ) -> None:
        self.settings, self.step, self.counts = settings, step, counts
        self.topics, self.stopping = Topics.of(settings), False
        self.ending: asyncio.Future[None] | None = None
        self.app = make_app(settings, step, folder, batch_size(settings, step) * 2)
        self.watchdog = Watchdog(
            self.app, step, counts, limit=settings.stall_seconds, oldest_at=lambda: self.intake.oldest_at
        )
        self.membership = Membership(self.app, settings.session_seconds, self.watchdog.waiting)
        self.sender = Sender(settings, waiting=self.watchdog.waiting)
        self.state_sender = Sender(settings, waiting=self.watchdog.waiting, fence=self.membership)
        self.backlog = pages_waiting(settings) if step == "fetch" else None
        self.intake = Intake(
            self.app, step, self._handler(parts, control, folder), counts, begins=self._begins, alive=self.watchdog.beat
        )
        self.app.agent(input_of(self.app, self.topics, step), concurrency=1, name=step)(self._agent)

    def _handler(self, parts: Parts, control: ControlWatch, folder: Path) -> Any:
        posting = Posting(self.step, self.topics, lambda: parts.topology, self.counts, time.time)
        if self.step not in WITH_STATE:
            return IndexHandler(parts, posting, self.sender, self.counts, self.watchdog.waiting, self._leaves)
        table = table_of(self.app, self.settings, self.step)
        working = Working(
            self.step,
            parts,
            self.counts,
            context_maker(control),
            Crashes(folder / "crashes.json"),
            width=self.settings.fetch_concurrency,
            item_seconds=self.settings.page_seconds,
            batch_seconds=self.settings.batch_seconds,
            hurried=lambda: self.stopping or self.app.rebalancing,
        )
        handler = StageHandler(
            working,
            posting,
            lambda: BatchState(table.data._db_for_partition, self.topics.changelog(self.step)),
            self.sender,
            self.state_sender,
        )
        return HeldBack(handler, self.backlog, self.watchdog.beat, self._leaves) if self.backlog else handler

    def _begins(self, generation: int) -> None:
        self.membership.generation = generation

    def _leaves(self) -> bool:
        return self.stopping or not self.app.goes_on(self.membership.generation)

    async def _agent(self, stream: Any) -> None:
        """Whatever is not foreseen ends the process: under ``noack_take`` an exception would stall the agent without a word, and a
        stop that is asked for here would hang."""
        try:
            await self.intake.run(stream, batch_size(self.settings, self.step))
        except CommandError as error:
            _end(error.status, str(error))
        except Exception as error:  # noqa: BLE001 said with its traceback, and the process ends
            _end(BUG_STATUS, f"{self.step}: {type(error).__name__}: {error}\n{traceback.format_exc()}")


def end_of(step: str, error: BaseException) -> tuple[int, str]:
    """Status and message of a worker that ``error`` keeps from starting: a broker that went away meanwhile is no bug of ours, and whoever
    starts it again meets the wait for a broker."""
    if isinstance(error, KafkaError):
        return STALE_STATUS, f"{step}: Kafka went away while the worker started: {error}"
    return BUG_STATUS, f"{step}: {error!r}\n{''.join(traceback.format_exception(error))}"


def _end(status: int, message: str) -> None:
    log.critical("worker ends", status=status, error=message)
    _leave(status)


def _leave(status: int) -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@asynccontextmanager
async def opened(settings: Settings, step: str, bind: Bind) -> AsyncIterator[StepWorker]:
    """Checks the cluster and opens all that the step needs. Raises UsageError where the settings do not fit the cluster."""
    async with AsyncExitStack() as stack:
        control = await stack.enter_async_context(ControlWatch(settings))
        check_agreed(control.known, settings)
        await setup.check(settings)
        parts = await stack.enter_async_context(bind(settings, step))
        folder, lock = folder_of(settings, step)
        stack.callback(os.close, lock)
        made = StepWorker(settings, step, folder, parts, control, Counts())
        stack.push_async_exit(made.sender)
        stack.push_async_exit(made.state_sender)
        yield made


def run_step(settings: Settings, step: str, bind: Bind) -> None:
    """Runs one step in this process until SIGTERM or SIGINT. Raises CommandError; unknown faults end the process with 70, a stall or
    a suspension with 75."""
    check_versions()
    faustpatch.apply()
    configure_logs(settings.log_level, quiet=False)
    _quieten(settings.log_level)
    asyncio.run(_run(settings, step, bind))


async def _run(settings: Settings, step: str, bind: Bind) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve"))
    async with (
        opened(settings, step, bind) as made,
        served(settings, made.counts.snapshot, made.counts.unready),
        recorded(health_settings(settings), made.counts.snapshot),
        totalled(settings, made.counts),
    ):
        worker = faust.Worker(made.app, override_logging=False, redirect_stdouts=False, quiet=True, loop=loop)
        worker.spinner = None
        made.membership.start()
        watching = [asyncio.create_task(made.watchdog.run(), name="watchdog")]
        if made.backlog:
            watching.append(asyncio.create_task(made.backlog.run(), name="backlog"))
        worker.install_signal_handlers = lambda: _stop_on_signals(made, worker)  # type: ignore[method-assign]
        log.info("worker starts", stage=step, group=made.topics.group(step))
        try:
            await worker.start()
            await (made.ending or worker.stop())
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 its threads hold the process: said, and ended
            _end(*end_of(step, error))
        for task in watching:
            task.cancel()
        made.membership.stop()
        if worker.crash_reason is not None or made.app.crash_reason is not None:
            _end(BUG_STATUS, f"{step}: {worker.crash_reason or made.app.crash_reason!r}")
    log.info("worker ended", stage=step)
    _leave(0)  # all is committed; what faust has left running would hold the process for half a minute


def _at_work(loop: asyncio.AbstractEventLoop) -> str:
    """Where the tasks of a loop wait, for the log."""
    return "; ".join(f"{task.get_name()} {task.get_coro()}" for task in asyncio.all_tasks(loop))


def _stop_on_signals(made: StepWorker, worker: Any) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not made.stopping:
            made.stopping = True
            log.info("worker stops", stage=made.step)
            limit = threading.Timer(STOP_SECONDS, lambda: _end(BUG_STATUS, f"it does not stop: {_at_work(loop)}"))
            limit.daemon = True
            limit.start()
            made.ending = asyncio.ensure_future(worker.stop())

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _quieten(level: str) -> None:
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.INFO if level == "debug" else logging.ERROR)
    logging.getLogger("faust.agents.actor").setLevel(logging.CRITICAL)  # says of every agent's end that it crashed
