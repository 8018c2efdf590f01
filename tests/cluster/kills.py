"""Trouble while a cluster works: children killed, ended and stopped in their tracks, workers that come and go, a broker that is away.

Afterwards every offset of every stage's input has been folded (right documents can hide that some were not, since later records touch
the same keys), the documents are those of an undisturbed run, and the dead letters are exactly the poison.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts import codec, ids
from contracts.records import Event, Page
from tests.cluster.clusters import cluster_settings
from tests.cluster.parts import AT, audited_topology
from tests.cluster.running import Cluster, WorkerProcess, wait_for
from tests.flow.runs import offspring
from tests.rasid.fakes import entry
from tests.servers.broker import KafkaServer

STEPS = ("fetch", "clean", "extract", "merge")
BIND = "tests.cluster.parts:bind_audited"
STOPPED_SECONDS = 8.0
"""Longer than the session: the partitions are another's when the process goes on."""
OUTAGE_SECONDS = 8.0
HOSTS = 40


class Trouble:
    """One run: ``records`` entries come in while the named things happen, one after the other, in the order of ``seed``."""

    def __init__(self, server: KafkaServer, folder: Path, *, records: int, seed: int) -> None:
        self.server, self.random = server, random.Random(seed)
        self.cluster = Cluster(cluster_settings(server.bootstrap, folder, partitions=4, stall_seconds=60))
        self.cluster.topology = audited_topology()
        self.urls = [self._url(number) for number in range(records)]
        self.happened: Counter[str] = Counter()
        self.workers: list[WorkerProcess] = []

    def _url(self, number: int) -> str:
        return f"https://h{number % HOSTS}.sy/{number}" + ("/poison" if number % 97 == 13 else "")

    def run(self, events: list[str], gap: float) -> None:
        """Raises AssertionError where anything was lost. ``gap``: mean seconds between two events."""
        with self.cluster:
            self.workers = [self.cluster.start(",".join((*STEPS, "delay")), BIND) for _ in range(2)]
            feeding = threading.Thread(target=self._feed, args=(gap * (len(events) + 1),), daemon=True)
            feeding.start()
            wait_for(lambda: self.cluster.ends(self._input("extract")).get(0), 180, "the first articles")
            self.random.shuffle(events)
            for event in events:
                getattr(self, f"_{event}")()
                self.happened[event] += 1
                time.sleep(self.random.uniform(0.5, 1.5) * gap)
            feeding.join()
            self.cluster.until_worked(*STEPS, seconds=120)
            wait_for(self._undelayed, 120, "what fetch had put off to come again")
            self.cluster.until_worked(*STEPS, seconds=120)
            for worker in self.workers:
                assert worker.stop() == 0, worker.said()[-3000:]
            self._check()

    def _feed(self, seconds: float) -> None:
        chunks = [self.urls[start : start + 50] for start in range(0, len(self.urls), 50)]
        for chunk in chunks:
            self.cluster.put(entry(url) for url in chunk)
            time.sleep(seconds / len(chunks))

    # --- what happens ---

    def _child(self) -> int:
        """A process in which a stage is at work."""

        def running() -> list[int]:
            found = sorted(child for worker in self.workers for child in offspring(worker.process.pid))
            return [child for child in found if b"spawn_main" in _command(child)]

        return int(self.random.choice(wait_for(running, 30, "a child to run")))

    def _kill(self) -> None:
        os.kill(self._child(), signal.SIGKILL)

    def _term(self) -> None:
        os.kill(self._child(), signal.SIGTERM)

    def _stop(self) -> None:
        child = self._child()
        os.kill(child, signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        os.kill(child, signal.SIGCONT)

    def _rebalance(self) -> None:
        """Another worker of a stage comes under load, and goes."""
        step = self.random.choice(STEPS)
        extra = self.cluster.start(step, BIND)
        time.sleep(self.random.uniform(3, 8))
        assert extra.stop() in (0, -signal.SIGTERM), extra.said()[-3000:]  # it may be ended before it has begun

    def _outage(self) -> None:
        self.server.kill() if self.random.random() < 0.5 else self.server.stop()
        time.sleep(OUTAGE_SECONDS)
        self.server.start()

    def _undelayed(self) -> bool:
        """A fetch that must hurry puts records off for a minute; the looks again wait for an hour, and are not waited for."""
        topic, committed = self.cluster.topics.delay(60), self.cluster.committed("delay")
        return all(committed.get((topic, number), 0) >= end for number, end in self.cluster.ends(topic).items())

    # --- what must be so afterwards ---

    def _input(self, step: str) -> str:
        return self.cluster.topics.inputs(step)[0]

    def _check(self) -> None:
        for step in STEPS:
            missing = _missing(self._inputs(step), self._folded(step))
            assert not missing, f"{step} never folded {sorted(missing)[:20]}, {len(missing)} in all"
        expected: dict[str, set[str]] = {}
        for url in self.urls:
            if "poison" not in url:
                expected.setdefault(url.split("/")[2], set()).add(ids.article_id(url))
        assert self._documents() == expected
        dead = {
            topic: {one.key for one in self.cluster.read(self.cluster.topics.dead(topic))} for topic in self._topics()
        }
        pages = self.cluster.topics.of_kind(Page)
        assert dead.pop(pages) == {ids.article_id(url).encode() for url in self.urls if "poison" in url}
        assert set().union(*dead.values()) == set()

    def _topics(self) -> list[str]:
        return [self._input(step) for step in STEPS]

    def _inputs(self, step: str) -> Iterator[tuple[int, int]]:
        """The offsets that must have been folded: but for poison pages, which clean's work refuses, and for entries that fetch put off,
        which came again behind a later offset."""
        put_off = {record.value for record in self.cluster.read(self.cluster.topics.delay(60))}
        for record in self.cluster.read(self._input(step)):
            poison = step == "clean" and b"poison" in record.value
            if not poison and record.value not in put_off:
                yield record.partition, record.offset

    def _folded(self, step: str) -> set[tuple[int, int]]:
        mark = AT.encode()
        marks = self.cluster.read(self.cluster.topics.changelog(step))
        return {(one.partition, int(one.key[len(mark) :])) for one in marks if one.key.startswith(mark)}

    def _documents(self) -> dict[str, set[str]]:
        newest: dict[str, Any] = {}
        for record in self.cluster.read(self.cluster.topics.of_kind(Event)):
            event = codec.decode(Event, record.value)
            if event.id not in newest or newest[event.id].version < event.version:
                newest[event.id] = event
        return {name: set(event.outlets) for name, event in newest.items()}


def _missing(came: Iterator[tuple[int, int]], folded: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return set(came) - folded


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
