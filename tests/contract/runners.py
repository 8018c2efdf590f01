"""The runners that the contract of a runner is tested on, over the same stages and the same index. Another joins by a line in ``RUNNERS``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from contracts import codec
from contracts.outcomes import Emitted
from rasid.cluster import dead, forgetting, lag, replaying
from rasid.cluster.counts import Counts
from rasid.cluster.delay import DelayService
from rasid.cluster.sending import Outgoing, Sender
from rasid.local import operations
from rasid.local.database import Database
from rasid.local.journal import Journal
from rasid.local.runner import ALL_STEPS, LocalRunner, Parts
from rasid.operators import DeadLetter
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import ROOT, Cluster, WorkerProcess
from tests.contract.stages import FileIndex, topology
from tests.rasid.fakes import DirectPool, FakeSource
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import shared

PASSED = 4 * 86_400.0
"""Seconds that pass at once: longer than any wait."""
WORK_SECONDS = 300.0


class Runner(Protocol):
    """A flow over ``tests.contract.stages`` with nothing in it. What is put is worked by ``work``; nothing is worked before."""

    index: FileIndex
    folder: Path

    def put(self, records: Iterable[Emitted]) -> None:
        """As if a stage had emitted them."""

    def put_raw(self, kind: type, values: list[bytes]) -> None:
        """Whatever stands in them, in the input of the stage that takes the kind."""

    def work(self) -> None:
        """Until no record is ready. A process that dies meanwhile is started again."""

    def stop(self) -> None:
        """The runner ends, and is started again by the next ``work``."""

    def pass_time(self) -> None:
        """What waits for its time is ready."""

    def waiting(self) -> int:
        """Records that wait for their time."""

    def dead(self) -> list[DeadLetter]: ...
    def retry(self, letters: list[DeadLetter]) -> None: ...
    def replay(self, stage: str) -> int: ...
    def forget(self, article: str) -> None: ...


# --- one process ---

_PROGRAM = """
import sys
from pathlib import Path
from tests.contract.runners import drain
drain(Path(sys.argv[1]), float(sys.argv[2]))
"""


def drain(folder: Path, ahead: float) -> None:
    """Runs the embedded runner until nothing is ready, its clock so many seconds ahead."""
    made = topology(folder)
    parts = Parts(
        topology=made, source=FakeSource({}), feeds=(), pool=DirectPool(dict(made.stages)), sink=FileIndex(folder / "index.jsonl")
    )  # fmt: skip
    runner = LocalRunner(
        Database(folder / "rasid.sqlite"), Settings(min_free_bytes=0), parts, rounds="drain",
        steps=tuple(step for step in ALL_STEPS if step != "poll"), clock=lambda: time.time() + ahead,
    )  # fmt: skip
    asyncio.run(asyncio.wait_for(runner.run(), WORK_SECONDS))


class Embedded:
    """A runner on SQLite, anew for each ``work``: each is a restart. Where something kills it, it has a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.index, self._ahead = folder, FileIndex(folder / "index.jsonl"), 0.0
        self._database = Database(folder / "rasid.sqlite")
        self._journal = Journal(self._database, topology(folder))
        self._deadly = False

    def put(self, records: Iterable[Emitted]) -> None:
        records = tuple(records)
        self._deadly |= any(b"/kill" in codec.encode(record) for record in records)
        with self._database.transaction():
            self._journal.emit(records, (), time.time())

    def put_raw(self, kind: type, values: list[bytes]) -> None:
        stage = next(one.name for one in self._journal.topology.stages.values() if one.takes is kind)
        with self._database.transaction():
            for number, value in enumerate(values):
                self._journal.append_bytes("entry", "", value, {stage: f"raw {number}"}, time.time())

    def work(self) -> None:
        if not self._deadly:
            drain(self.folder, self._ahead)
            return
        status = -signal.SIGKILL
        while status == -signal.SIGKILL:
            command = [sys.executable, "-c", _PROGRAM, str(self.folder), str(self._ahead)]
            done = subprocess.run(
                command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=WORK_SECONDS,
                check=False,
            )  # fmt: skip
            status = done.returncode
        assert status == 0, done.stderr

    def stop(self) -> None:
        """It has ended with its work."""

    def pass_time(self) -> None:
        self._ahead += PASSED

    def waiting(self) -> int:
        sql = "SELECT count(*) FROM queue WHERE ready_at>?"
        return int(self._database.rows(sql, time.time() + self._ahead)[0][0])

    def dead(self) -> list[DeadLetter]:
        return [operations.dead_letter(self._database, int(one.id)) for one in operations.dead_letters(self._database, None, 100)]  # fmt: skip

    def retry(self, letters: list[DeadLetter]) -> None:
        operations.retry_dead(self._database, self._journal, [int(one.id) for one in letters], time.time())

    def replay(self, stage: str) -> int:
        return operations.replay(self._database, self._journal, stage, None, time.time())

    def forget(self, article: str) -> None:
        operations.forget(self._database, self._journal, self.index, article, time.time())
        self.work()


@contextmanager
def embedded(folder: Path) -> Iterator[Runner]:
    made = Embedded(folder)
    yield made
    made._database.close()


# --- over Kafka ---


class OverKafka:
    """Workers of all steps on a real broker, started by the first ``work``; delays are passed on by a service whose clock is ahead."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._settings = cluster, cluster.settings
        self.folder = cluster.settings.data_dir
        self.index = FileIndex(self.folder / "index.jsonl")
        cluster.topology = topology(self.folder)
        self._worker: WorkerProcess | None = None

    def put(self, records: Iterable[Emitted]) -> None:
        self._cluster.put(records)

    def put_raw(self, kind: type, values: list[bytes]) -> None:
        topic = self._cluster.topics.of_kind(kind)
        self._cluster.put_raw([Outgoing(topic, n % 2, f"raw {n}".encode(), value) for n, value in enumerate(values)])

    def work(self) -> None:
        self._start()
        self._cluster.until(self._worked, "all to be worked off", WORK_SECONDS)

    def _start(self) -> None:
        if self._worker is None:
            self._worker = self._cluster.start(",".join(lag.STEPS), "tests.contract.stages:bind")

    def _worked(self) -> bool:
        standings = asyncio.run(lag.standings(self._settings, lag.STEPS))
        return not any(standing.waiting for standing in standings.values())

    def stop(self) -> None:
        if self._worker is not None:
            assert self._worker.stop() == 0
            self._worker = None

    def pass_time(self) -> None:
        asyncio.run(self._pass_on())

    async def _pass_on(self) -> None:
        """A service of delays in this process, until it has passed on all that waited."""
        stopping = asyncio.Event()
        async with Sender(self._settings) as sender:
            service = DelayService(self._settings, sender, Counts(), lambda: time.time() + PASSED)
            running = asyncio.create_task(service.run(stopping))
            end = time.monotonic() + WORK_SECONDS
            while (await lag.standings(self._settings, [lag.DELAY]))[lag.DELAY].waiting:
                assert time.monotonic() < end, "the delays were not passed on"
                assert not running.done(), running
                await asyncio.sleep(0.2)
            stopping.set()
            await running

    def waiting(self) -> int:
        return asyncio.run(lag.standings(self._settings, [lag.DELAY]))[lag.DELAY].waiting

    def dead(self) -> list[DeadLetter]:
        return asyncio.run(self._letters())

    async def _letters(self) -> list[DeadLetter]:
        return [await dead.letter(self._settings, str(one.id)) for one in await dead.letters(self._settings)]

    def retry(self, letters: list[DeadLetter]) -> None:
        asyncio.run(dead.retry(self._settings, [str(one.id) for one in letters]))

    def replay(self, stage: str) -> int:
        return asyncio.run(replaying.replay(self._settings, stage, None, lambda done, total: None))

    def forget(self, article: str) -> None:
        self._start()
        asyncio.run(forgetting.forget(self._settings, article, self.index.forget))
        self.work()


@contextmanager
def over_kafka(folder: Path) -> Iterator[Runner]:
    with Cluster(cluster_settings(shared(KafkaServer).bootstrap, folder)) as cluster:
        made = OverKafka(cluster)
        yield made
        made.stop()


RUNNERS = [embedded, pytest.param(over_kafka, marks=[pytest.mark.server, pytest.mark.timeout(300)])]


def told(document: Any) -> Any:
    """A document without its version, which says where it was made and nothing of what it is."""
    made = json.loads(codec.encode(document))
    made.pop("version")
    return made
