"""Trouble with the index while its workers write: a node that goes away, is busy, or has a full disk, and workers that are killed.

Afterwards every record of the index's topics has been written or is a dead letter, the node holds what it holds after a run without any
trouble, to the version, and the dead letters are exactly the poison.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import structs

from contracts import codec
from contracts.records import Article, Document, Event
from rasid.cluster import build
from rasid.cluster.parts import Parts
from rasid.cluster.sending import Outgoing
from rasid.cluster.topics import partition_of
from rasid.settings import Settings
from sinks.elasticsearch import ElasticsearchSettings
from sinks.elasticsearch.connection import connect
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import Cluster, WorkerProcess, wait_for
from tests.flow.runs import offspring
from tests.servers.broker import KafkaServer
from tests.servers.node import ElasticsearchServer
from tests.servers.process import JavaServer
from tests.servers.proxy import Fault, FaultyProxy
from tests.sinks.events import article, event, place

BIND = "tests.cluster.indexing:bind"
WAITS = '"waiting for the index"'
COUNTRIES = ("SY", "IQ", "LB", "YE", "SD")
MONTHS = 6
BLOCK = "index.blocks.read_only_allow_delete"
"""What a node sets on its indices where the disk passes the flood stage."""
BUSY: Mapping[str, str | int] = {"thread_pool.write.size": 1, "thread_pool.write.queue_size": 1}
"""A node so small that a bulk over several months is too much for it: it answers 429 for a part of it, each time."""

STORM = 15
"""Faults in a storm. Each that cuts a connection doubles the pause of the worker that it meets, up to half a minute."""


@asynccontextmanager
async def bind(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The real index; what was written is noted."""
    async with build.bind(settings, step) as parts:
        assert parts.write is not None
        write = parts.write

        def noted(documents: Sequence[Document]) -> Mapping[str, str]:
            refused = write(documents)
            with notes(settings).open("ab") as file:
                file.write(b"".join(f"{one.id} {one.version}\n".encode() for one in documents))
            return refused

        yield Parts(parts.topology, write=noted, forget=parts.forget)


def notes(settings: Settings) -> Path:
    return settings.data_dir / "written.txt"


class Records:
    """What goes into the topics: events in several versions, some of which come late, articles, and poison of each kind."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.messages: list[tuple[str, bytes, Document | bytes]] = []
        """Partition key, key of the record, and the record."""
        self.poison: set[tuple[bytes, str]] = set()
        """Key of the record, and how its reason begins."""
        for n in range(number):
            self._add(n, chance)

    def _add(self, n: int, chance: random.Random) -> None:
        if n % 101 == 50:
            key = f"bad-{n}".encode()
            self.messages.append(("SY", key, b"\xff\xfe" if n % 2 else b""))
            self.poison.add((key, "bad record" if n % 2 else "empty"))
        elif n % 97 == 40:
            made = event(f"2022{1 + n % MONTHS:02}-beyond{n}", version=n, place=place(lat=91.5))
            self.messages.append(("SY", made.id.encode(), made))
            self.poison.add((made.id.encode(), "refused by the index"))
        elif n % 5 == 0:
            known = article(f"a-{n}", version=n)
            self.messages.append((known.id, known.id.encode(), known))
        else:
            which = chance.randrange(n // 3 + 1)
            country = COUNTRIES[which % len(COUNTRIES)]
            late = n if n % 7 else max(0, n - 40)  # as a record that comes again behind newer ones
            found = event(f"2022{1 + which % MONTHS:02}-{country}{which}", key=country, version=late)
            found = structs.replace(found, summary_en=f"version {late}")
            self.messages.append((country, found.id.encode(), found))

    def documents(self) -> Iterator[Document]:
        for _, _, one in self.messages:
            if not isinstance(one, bytes):
                yield one

    def outgoing(self, cluster: Cluster) -> list[Outgoing]:
        topics, partitions = cluster.topics, cluster.settings.partitions
        made = []
        for place_key, key, one in self.messages:
            topic = topics.of_kind(Article if isinstance(one, Article) else Event)
            value = one if isinstance(one, bytes) else codec.encode(one)
            made.append(Outgoing(topic, partition_of(place_key, partitions), key, value))
        return made


class IndexTrouble:
    """One run over ``records`` records, while the named things happen one after the other in the order of ``seed``."""

    def __init__(
        self, server: KafkaServer, node: ElasticsearchServer, folder: Path, *, records: int, seed: int
    ) -> None:
        self.server, self.node, self.folder, self.random = server, node, folder, random.Random(seed)
        self.records = Records(records, self.random)
        self.happened: Counter[str] = Counter()
        self.rejected = 0
        """Parts of bulks that the node itself was too busy for."""
        self.workers: list[WorkerProcess] = []

    def run(self, events: list[str], gap: float) -> None:
        """Raises AssertionError where anything was lost. ``gap``: mean seconds between two events."""
        with (
            FaultyProxy(self.node.url, only="") as self.proxy,
            self._cluster("troubled", self.proxy.url) as self.cluster,
        ):
            self.workers = [self.cluster.start("index", BIND) for _ in range(2)]
            supervised = self.cluster.start("index,delay", BIND)
            self.workers.append(supervised)
            try:
                self._happen(events, gap)
            except BaseException:
                print(self._state())
                raise
            self._count_rejected()
            for worker in self.workers:
                assert worker.stop() == 0, worker.said()[-3000:]
            self._check()

    def _happen(self, events: list[str], gap: float) -> None:
        """Until all of it has happened and every record is worked off."""
        feeding = threading.Thread(target=self._feed, args=(gap * (len(events) + 1),), daemon=True)
        feeding.start()
        wait_for(notes(self.cluster.settings).exists, 90, "the first batch")
        self.random.shuffle(events)
        for name in events:
            getattr(self, f"_{name}")()
            self.happened[name] += 1
            time.sleep(self.random.uniform(0.5, 1.5) * gap)
        feeding.join()
        self.cluster.until_worked("index", seconds=600)

    def _state(self) -> str:
        """What can be known when something does not come to its end."""
        said = [
            f"{worker.log.name}, status {worker.process.poll()}:\n{worker.said()[-3000:]}" for worker in self.workers
        ]
        return "\n".join([f"so far: {dict(self.happened)}", *said, self.node.log_tail(), self.node.stacks()])

    def _cluster(self, name: str, url: str) -> Cluster:
        folder = self.folder / name
        folder.mkdir()
        return Cluster(
            cluster_settings(self.server.bootstrap, folder, partitions=4, stall_seconds=60, elasticsearch=url)
        )

    def _feed(self, seconds: float) -> None:
        messages = self.records.outgoing(self.cluster)
        chunks = [messages[start : start + 50] for start in range(0, len(messages), 50)]
        for chunk in chunks:
            self.cluster.put_raw(chunk)
            time.sleep(seconds / len(chunks))

    # --- what happens ---

    def _outage(self) -> None:
        """The node goes, with a word or without; it comes back on the same data."""
        self._until_waiting(self.node.kill if self.random.random() < 0.5 else self.node.stop)
        self.node.start()

    def _hang(self) -> None:
        """The node takes requests and does not answer."""
        self.node.pause()
        time.sleep(self.random.uniform(5, 10))
        self.node.resume()

    def _storm(self) -> None:
        """Nothing but faults, until there were enough of them."""
        kinds: list[Fault] = ["429", "429", "503", "half", "cut"]
        before = self.proxy.stormed
        self.proxy.storm = lambda: self.random.choice(kinds)
        self._nudged(lambda: self.proxy.stormed >= before + STORM, "the storm")
        self.proxy.storm = None

    def _full(self) -> None:
        """The disk is full, and later it is not."""
        self._until_waiting(lambda: self._block(True))
        self._block(None)

    def _block(self, value: bool | None) -> None:
        with self._client() as client:
            client.indices.put_settings(index=f"{self.cluster.settings.prefix}-*", settings={BLOCK: value})

    def _broker(self) -> None:
        (self.server.kill if self.random.random() < 0.5 else self.server.stop)()
        time.sleep(self.random.uniform(4, 8))
        self.server.start()

    def _kill(self) -> None:
        os.kill(self._child(), signal.SIGKILL)

    def _term(self) -> None:
        os.kill(self._child(), signal.SIGTERM)

    def _away(self) -> None:
        """A worker is asked to end while the node is away: it ends at once, and leaves its batch."""
        self._until_waiting(self.node.kill)
        leaver = self.workers.pop(0)
        assert leaver.stop() == 0, leaver.said()[-3000:]
        self.workers.append(self.cluster.start("index", BIND))
        self.node.start()

    def _rebalance(self) -> None:
        extra = self.cluster.start("index", BIND)
        time.sleep(self.random.uniform(3, 8))
        assert extra.stop() in (0, -signal.SIGTERM), extra.said()[-3000:]  # it may be ended before it has begun

    def _child(self) -> int:
        supervisor = self.workers[-1] if self.workers[-1].steps == "index,delay" else self._supervisor()

        def running() -> list[int]:
            found = sorted(offspring(supervisor.process.pid))
            return [child for child in found if b"spawn_main" in _command(child)]

        return int(self.random.choice(wait_for(running, 30, "a child to run")))

    def _supervisor(self) -> WorkerProcess:
        return next(worker for worker in self.workers if worker.steps == "index,delay")

    def _until_waiting(self, happen: Callable[[], Any]) -> None:
        """Lets it happen, and returns when a worker has said that it waits."""
        self._count_rejected()
        before = self._waits()
        happen()
        self._nudged(lambda: self._waits() > before, "a worker to wait for the index")

    def _nudged(self, happened: Callable[[], bool], what: str) -> None:
        """Waits, and gives every partition something to do meanwhile: what is there already, once more."""
        again = [message for message in self.records.outgoing(self.cluster)[:400] if b"a-" in (message.key or b"")]

        def looked() -> bool:
            if not happened():
                self.cluster.put_raw(self.random.sample(again, min(5, len(again))))
            return happened()

        wait_for(looked, 240, what)

    def _waits(self) -> int:
        return sum(worker.said().count(WAITS) for worker in self.cluster.workers)

    # --- what must be so afterwards ---

    def _check(self) -> None:
        written = set(notes(self.cluster.settings).read_text(encoding="utf-8").splitlines())
        missing = {f"{one.id} {one.version}" for one in self.records.documents()} - written
        assert not missing, f"never written: {sorted(missing)[:20]}, {len(missing)} in all"
        troubled = self._held(self.cluster.settings.prefix)
        with self._cluster("calm", self.node.url) as calm:
            workers = [calm.start("index", BIND) for _ in range(2)]
            calm.put_raw(self.records.outgoing(calm))
            calm.until_worked("index", seconds=900)
            for worker in workers:
                assert worker.stop() == 0, worker.said()[-3000:]
            expected = self._held(calm.settings.prefix)
            assert self._dead(calm) == self.records.poison
        assert len(expected) > len(self.records.messages) // 10
        assert troubled == expected
        assert self._dead(self.cluster) == self.records.poison

    def _dead(self, cluster: Cluster) -> set[tuple[bytes, str]]:
        topics = cluster.topics
        letters = [one for topic in topics.inputs("index") for one in cluster.read(topics.dead(topic))]
        return {(one.key, dict(one.headers)["reason"].decode().partition(":")[0]) for one in letters}

    def _held(self, prefix: str) -> dict[tuple[str, str], tuple[int, str]]:
        """(index, id) -> (version, source) of all documents but for those about the pipeline's health."""
        held: dict[tuple[str, str], tuple[int, str]] = {}
        after: list[Any] | None = None
        with self._client() as client:
            client.indices.refresh(index=f"{prefix}-*")
            names = [name for name in client.indices.get(index=f"{prefix}-*") if "-health-" not in name]
            while True:
                more = {"search_after": after} if after else {}
                sort: list[Any] = [{"id": "asc"}, {"_index": "asc"}]
                found = client.search(index=names, size=1000, version=True, sort=sort, **more)  # type: ignore[arg-type]
                hits = found["hits"]["hits"]
                if not hits:
                    return held
                after = hits[-1]["sort"]
                for hit in hits:
                    hit["_source"]["derived"].pop("indexed_at")
                    told = json.dumps(hit["_source"], sort_keys=True, ensure_ascii=False)
                    held[hit["_index"].removeprefix(prefix), hit["_id"]] = hit["_version"], told

    def _count_rejected(self) -> None:
        """The node forgets its counts when it ends; what was counted before the last look is counted again where it did not."""
        with self._client() as client:
            nodes = client.nodes.stats(metric="thread_pool")["nodes"]
        self.rejected = max(self.rejected, sum(one["thread_pool"]["write"]["rejected"] for one in nodes.values()))

    def _client(self) -> Any:
        return connect(ElasticsearchSettings(urls=(self.node.url,)))


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def own(*servers: JavaServer) -> None:
    """Starts servers of a test's own, since they are taken away. Raises Missing."""
    try:
        for server in servers:
            server.start()
    except BaseException:
        close(*servers)
        raise


def close(*servers: JavaServer) -> None:
    for server in servers:
        server.close()
