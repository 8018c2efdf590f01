"""A cluster on a real broker as a test sees it: workers in processes of their own, what goes into a topic, and what stands in it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError
from pydantic import SecretStr

from contracts import codec
from contracts.outcomes import Emitted
from rasid.cluster import setup
from rasid.cluster.connection import aiokafka_options
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import Topics
from rasid.settings import Settings
from tests.rasid.fakes import fake_topology

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent.parent

_PROGRAM = """
import json, sys
from importlib import import_module
from rasid.cluster.supervise import run_worker
from rasid.settings import load
module, _, name = sys.argv[3].partition(":")
run_worker(load(None, **json.loads(sys.argv[1])), sys.argv[2].split(","), getattr(import_module(module), name))
"""


class WorkerProcess:
    """One ``rasid worker`` with parts of the test's own. ``log`` is what it has said."""

    def __init__(self, settings: Settings, steps: str, bind: str, log: Path) -> None:
        self.steps, self.log = steps, log
        arguments = [json.dumps(plainly(settings)), steps, bind]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *arguments],
                stdout=out, stderr=out, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            )  # fmt: skip

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        return self.process.wait(seconds)

    def stop(self) -> int:
        """SIGTERM; the status with which it ended."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def plainly(settings: Settings) -> dict[str, Any]:
    """The settings as JSON has them, with the secrets that are otherwise starred out."""
    given = settings.model_dump(mode="json")
    hidden = {name: value for name in given if isinstance(value := getattr(settings, name), SecretStr)}
    return {**given, **{name: value.get_secret_value() for name, value in hidden.items()}}


class Cluster:
    """As a context it ends with all its workers."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.topics, self.topology = settings, Topics.of(settings), fake_topology()
        self.workers: list[WorkerProcess] = []
        setup.set_up(settings)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()

    def start(self, steps: str, bind: str = "tests.cluster.parts:bind") -> WorkerProcess:
        log = self.settings.data_dir / f"{steps}-{len(self.workers)}.log"
        worker = WorkerProcess(self.settings, steps, bind, log)
        self.workers.append(worker)
        return worker

    # --- topics ---

    def put(self, records: Iterable[Emitted]) -> None:
        routed = [(self.topics.route(self.topology, record), codec.encode(record)) for record in records]
        self.put_raw([Outgoing(route.topic, route.partition, route.key, value) for route, value in routed])

    def put_raw(self, messages: Sequence[Outgoing]) -> None:
        async def put() -> None:
            async with Sender(self.settings) as sender:
                await sender.send_all(messages)

        asyncio.run(put())

    def read(self, topic: str) -> list[Any]:
        """Every record of a topic, by partition and offset."""

        async def read(consumer: AIOKafkaConsumer) -> list[Any]:
            partitions = await self._partitions(consumer, topic)
            ends = await consumer.end_offsets(partitions)
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            found: list[Any] = []
            while any([await consumer.position(one) < end for one, end in ends.items()]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
            return sorted(found, key=lambda record: (record.partition, record.offset))

        return self._reading(read)

    def ends(self, topic: str) -> dict[int, int]:
        async def ends(consumer: AIOKafkaConsumer) -> dict[int, int]:
            partitions = await self._partitions(consumer, topic)
            return {one.partition: end for one, end in (await consumer.end_offsets(partitions)).items()}

        return self._reading(ends)

    def committed(self, step: str) -> dict[tuple[str, int], int]:
        """By topic and partition: what the step has committed; 0 where nothing is."""

        async def ask() -> dict[tuple[str, int], int]:
            admin = AIOKafkaAdminClient(**aiokafka_options(self.settings))
            await admin.start()
            try:
                found = await admin.list_consumer_group_offsets(self.topics.group(step))
            except GroupCoordinatorNotAvailableError:  # nobody has committed anything yet
                return {}
            finally:
                await admin.close()
            return {(one.topic, one.partition): max(0, place.offset) for one, place in found.items()}

        return asyncio.run(ask())

    def behind(self, step: str) -> int:
        """Records that the step has not committed yet."""
        committed = self.committed(step)
        ends = {(topic, number): end for topic in self.topics.inputs(step) for number, end in self.ends(topic).items()}
        return sum(max(0, end - committed.get(place, 0)) for place, end in ends.items())

    def until_worked(self, *steps: str, seconds: float = 180) -> None:
        """Waits until each step, in their order, has committed all that stands before it."""
        for step in steps:
            wait_for(lambda step=step: self.behind(step) == 0, seconds, f"{step} to be worked off")  # type: ignore[misc]

    def until(self, happened: Callable[[], Any], what: str, seconds: float = 180) -> Any:
        return wait_for(happened, seconds, what)

    async def _partitions(self, consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            consumer._client.add_topic(topic)
            await consumer._client.force_metadata_update()
            numbers = consumer.partitions_for_topic(topic)
        return [TopicPartition(topic, number) for number in sorted(numbers or ())]

    def _reading(self, read: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        async def run() -> T:
            consumer = AIOKafkaConsumer(
                **aiokafka_options(self.settings), auto_offset_reset="earliest", max_partition_fetch_bytes=8 << 20
            )
            await consumer.start()
            try:
                return await read(consumer)
            finally:
                await consumer.stop()

        return asyncio.run(run())


def wait_for(happened: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true answer; fails where there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := happened():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")
