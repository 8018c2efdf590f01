"""The way through Kafka, faust workers and Elasticsearch, on real servers: articles a second by number of workers, where the CPU goes, what
is kept of an article, and how much more CPU an article costs than in one process, the index aside on both sides.

What is started is warm before it is measured: all processes work off one feed, then the clocks are read, and the feeds come. A worker here is
one process for each step, each with a pool of one where the step has a pool.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from msgspec import Struct

from bench import feeds, flow, kept, tree
from bench.fleet import Fleet, own
from bench.lag import until_worked
from bench.report import Figure, figure, progress
from bench.server import Server
from bench.stages import page_record
from contracts import codec
from contracts.records import Entry
from ingest.urls import host
from rasid.cluster.lag import DELAY, STEPS
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.topics import Topics, partition_of
from rasid.settings import SEEDS, Settings, load
from tests.servers.broker import KafkaServer
from tests.servers.jdk import Missing
from tests.servers.node import ElasticsearchServer

MORE_CPU = 1.25
"""At most so much CPU an article against one process."""
SAMPLE_ENTRIES = 25
"""At least so many come of the sample."""
WARM_SECONDS, DRAIN_SECONDS = 120.0, 1_200.0
IDLE_SECONDS = 10.0
INDEXING = ("index", "elasticsearch")
BROKER, NODE = "broker", "elasticsearch"
EMBEDDED = (sys.executable, "-m", "bench.embedded")


class Passed(Struct, frozen=True):
    """One run through a cluster: seconds, articles, CPU seconds by kind of process, CPU seconds a second while nothing came."""

    workers: int
    seconds: float
    articles: int
    cpu: Mapping[str, float]
    idle: Mapping[str, float]
    memory: Mapping[str, int]

    def each(self, kind: str) -> float:
        """CPU milliseconds an article."""
        return 1e3 * self.cpu.get(kind, 0.0) / self.articles


def through_a_cluster(count: int, workers: tuple[int, ...], rounds: int) -> list[Figure]:
    """The sample and ``count`` feeds of 20 pages, by each number of workers; the comparison in so many rounds, by turns. Nothing where
    there is no JDK or Maven, which is said."""
    try:
        with KafkaServer() as broker, ElasticsearchServer() as node:
            return _measured(broker, node, count, workers, rounds)
    except Missing as reason:
        progress(f"no real servers here, so nothing of the cluster is measured: {reason}")
        return []


def _measured(
    broker: KafkaServer, node: ElasticsearchServer, count: int, workers: tuple[int, ...], rounds: int
) -> list[Figure]:
    passed: list[Passed] = []
    alone: list[float] = []
    figures: list[Figure] = []
    with Server(datetime.now(UTC), hosts=count + 1, warm_feeds=count + 1) as server:
        bench = _Bench(broker, node, server, count)
        progress("warming the servers, which begin as slow as any Java program")
        bench.run(workers[0])
        for n in range(1, rounds + 1):
            progress(f"round {n} of {rounds}: one process, then a cluster of one worker")
            alone.append(bench.alone())
            passed.append(bench.run(workers[0]))
        figures += _ratio(passed, alone)
        figures += _where(passed[-1])
        figures += kept.kept(bench.settings, broker.folder / "data", node.url, passed[-1].articles)
        for more in workers[1:]:
            progress(f"a cluster of {more} workers")
            passed.append(bench.run(more))
    return [*_speed(passed), *figures]


class _Bench:
    """``settings`` are those of the last run."""

    def __init__(self, broker: KafkaServer, node: ElasticsearchServer, server: Server, count: int) -> None:
        self._broker, self._node, self._server, self._count = broker, node, server, count
        self.settings = Settings()
        self._runs = 0

    # --- one process ---

    def alone(self) -> float:
        """CPU milliseconds an article without its start: the difference to a run over the warm feed alone."""
        with self._folder() as folder:
            few = tree.run(EMBEDDED, env=self._alone(folder / "few", [self._count], sample=False), every=1, seconds=300)
            all_ = self._alone(folder / "all", [*range(self._count + 1)])
            whole = tree.run(EMBEDDED, env=all_, every=1, seconds=1_200)
        return 1e3 * (whole.cpu - few.cpu) / self._articles

    def _alone(self, folder: Path, numbers: list[int], *, sample: bool = True) -> dict[str, str]:
        return {**flow.prepare(folder, self._server, 1), "RASID_FEEDS": str(self._list(folder, numbers, sample))}

    # --- the cluster ---

    def run(self, workers: int) -> Passed:
        self._runs += 1
        with self._folder() as folder:
            env = self._environment(folder, f"bench{self._runs}", [*range(self._count + 1)])
            self.settings = _settings(env)
            with Fleet(env, folder) as fleet:
                fleet.run("setup")
                for _ in range(workers):
                    for step in (*STEPS, DELAY):
                        fleet.start(step, "worker", step)
                warm = self._warm()
                asyncio.run(until_worked(self.settings, warm, WARM_SECONDS, fleet.dead))
                idle = self._idle(fleet)
                return self._through(fleet, workers, idle, warm)

    def _through(self, fleet: Fleet, workers: int, idle: Mapping[str, float], warm: int) -> Passed:
        polling = self._poll_start()
        before, began = self._spent(fleet), time.monotonic()
        fleet.start("poll", "poll")
        entries = warm + (self._count + 1) * feeds.ITEMS + SAMPLE_ENTRIES
        seconds = asyncio.run(until_worked(self.settings, entries, DRAIN_SECONDS, fleet.dead)) - began
        cpu = self._spent(fleet) - before
        cpu["poll"] = max(0.0, cpu["poll"] + cpu.pop("poll, pool", 0.0) - polling)
        return Passed(workers, seconds, self._articles, cpu, idle, fleet.memory())

    def _warm(self) -> int:
        """Entries of one feed, in every partition of theirs, sent as the poller sends them."""
        base = self._server.bases(self._count + 1)[-1]
        pages = [page_record(self._count, key, datetime.now(UTC), base) for key in feeds.shown(self._count)]
        asyncio.run(_send(self.settings, [page.entry for page in pages]))
        return len(pages)

    def _poll_start(self) -> float:
        """CPU seconds of a poller that starts and polls one feed."""
        with self._folder() as folder:
            env = self._environment(folder, f"polled{self._runs}", [self._count], sample=False)
            with Fleet(env, folder) as fleet:
                fleet.run("setup")
                fleet.start("poll", "poll")
                settings = _settings(env)
                asyncio.run(until_worked(settings, feeds.ITEMS, WARM_SECONDS, fleet.dead, ()))
                return sum(fleet.cpu().values())

    def _idle(self, fleet: Fleet) -> Counter[str]:
        """CPU seconds a second of each kind while nothing comes."""
        before = self._spent(fleet)
        time.sleep(IDLE_SECONDS)
        spent = self._spent(fleet) - before
        return Counter({kind: seconds / IDLE_SECONDS for kind, seconds in spent.items()})

    def _spent(self, fleet: Fleet) -> Counter[str]:
        spent = fleet.cpu()
        spent[BROKER] = own(psutil.Process(self._broker.pid))
        spent[NODE] = own(psutil.Process(self._node.pid))
        return spent

    @property
    def _articles(self) -> int:
        """Of the measured part: all but the warm feed's."""
        return self._count * feeds.ITEMS + SAMPLE_ENTRIES

    def _environment(self, folder: Path, prefix: str, numbers: list[int], *, sample: bool = True) -> dict[str, str]:
        return {
            **self._alone(folder, numbers, sample=sample),
            "RASID_MODE": "cluster",
            "RASID_INDEX": "elasticsearch",
            "RASID_KAFKA": self._broker.bootstrap,
            "RASID_ELASTICSEARCH": self._node.url,
            "RASID_PREFIX": prefix,
            "RASID_WORKERS": "1",
        }

    def _list(self, folder: Path, numbers: list[int], sample: bool) -> Path:
        """The sample's outlets as they ship, and the numbered made-up ones."""
        listed = (SEEDS / "feeds.toml").read_text(encoding="utf-8")
        head = listed[: listed.index("# --- outlets ---" if sample else "# --- sample outlets")]
        bases = self._server.bases(self._count + 1)
        made = feeds.outlets([bases[number] for number in numbers], 60.0, numbers)
        path = folder / "feeds.toml"
        path.write_text("\n".join([head, *made]), encoding="utf-8")
        if sample and not (folder / "sample").exists():
            shutil.copytree(SEEDS / "sample", folder / "sample")
        return path

    @staticmethod
    @contextmanager
    def _folder() -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder:
            yield Path(folder)


def _settings(env: Mapping[str, str]) -> Settings:
    """As a process with this environment reads them."""
    held = dict(os.environ)
    os.environ.update(env)
    try:
        return load()
    finally:
        os.environ.clear()
        os.environ.update(held)


async def _send(settings: Settings, entries: list[Entry]) -> None:
    topic = Topics.of(settings).of_kind(Entry)
    async with Sender(settings) as sender:
        await sender.send_all(
            [
                Outgoing(topic, partition_of(host(one.url), settings.partitions), one.id.encode(), codec.encode(one))
                for one in entries
            ]
        )


# --- figures ---


def _ratio(passed: list[Passed], alone: list[float]) -> list[Figure]:
    ours = [sum(map(one.each, set(one.cpu) - set(INDEXING))) for one in passed]
    broker = [one.each(BROKER) for one in passed]
    note = f"{passed[-1].articles:,} articles, starts and indexing aside"
    processes = [a - b for a, b in zip(ours, broker, strict=True)]
    return [
        figure("cluster", "CPU against one process", [a / b for a, b in zip(ours, alone, strict=True)], "times", MORE_CPU, f"{note}; the broker's included"),
        figure("cluster", "the same without the broker's", [a / b for a, b in zip(processes, alone, strict=True)], "times"),
        figure("cluster", "one process, CPU an article", alone, "ms"),
        figure("cluster", "cluster of one worker, CPU an article", ours, "ms"),
    ]  # fmt: skip


def _where(one: Passed) -> list[Figure]:
    total = sum(one.cpu.values())
    kinds = sorted(one.cpu, key=lambda kind: -one.cpu[kind])
    return [
        figure("where the time goes", kind, [100 * one.cpu[kind] / total], "%", note=_of(one, kind)) for kind in kinds
    ]


def _of(one: Passed, kind: str) -> str:
    held = f"; {one.memory[kind] / 1e6:.0f} MB with its pool" if kind in one.memory else ""
    return f"{one.each(kind):.2f} ms an article; {100 * one.idle.get(kind, 0.0):.1f} % of a core when idle{held}"


def _speed(passed: list[Passed]) -> list[Figure]:
    cores = os.cpu_count() or 1
    return [
        figure(
            "articles a second", f"{one.workers} workers", [one.articles / one.seconds],
            note=f"{one.articles:,} articles in {one.seconds:.0f} s, {sum(one.cpu.values()) / one.seconds:.1f} of {cores} cores at work; "
            f"{sum(map(one.each, one.cpu)):.1f} ms CPU an article with indexing",
        )
        for one in passed
    ]  # fmt: skip
