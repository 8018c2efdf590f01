"""Pollers as an operator starts them, over a site that notes who asked for what and when."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Self
from urllib.request import urlopen

from contracts import codec
from contracts.records import Entry
from ingest.feeds import Feed, FeedList, Outlet
from rasid.cluster import feedstate, feedtopic, reading
from rasid.cluster.setup import set_up
from rasid.cluster.topics import Topics
from rasid.operators import FeedRow
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import wait_for
from tests.flow.newssite import NewsSite

__all__ = ["LEAST", "ROOT", "NotedSite", "Pollers", "wait_for"]

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST = 3.0
"""Seconds between two polls of a feed, at least."""


HOSTS = 8
"""Addresses of loopback that the site answers on: its feeds lie in all partitions."""


class NotedSite(NewsSite):
    """Knows when each feed was asked for (monotonic seconds)."""

    def __init__(self, feeds: int, items: int) -> None:
        self.asked: dict[str, list[float]] = defaultdict(list)
        super().__init__(feeds, items)
        server, handler = type(self._server), self._server.RequestHandlerClass
        self._servers = [server((f"127.0.0.{n + 1}", 0), handler) for n in range(HOSTS)]

    def __enter__(self) -> Self:
        for one in self._servers:
            threading.Thread(target=one.serve_forever, daemon=True).start()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        for one in self._servers:
            one.shutdown()
            one.server_close()
        super().__exit__(*_)

    def answer(self, path: str) -> tuple[int, bytes, str]:
        if path.startswith("/feed/"):
            self.asked[f"f{path.rpartition('/')[2]}"].append(time.monotonic())
        return super().answer(path)

    def listed(self, *numbers: int) -> FeedList:
        """A list of some of its feeds."""
        outlets = [
            Outlet(
                id=f"o{n}", name=f"شبكة {n}", name_en=f"Network {n}", country="SY", timezone="Asia/Damascus",
                viewpoint="independent", kind="site",
            )
            for n in numbers
        ]  # fmt: skip
        feeds = [Feed(id=f"f{n}", outlet=f"o{n}", url=self.address(n)) for n in numbers]
        return FeedList({one.id: one for one in outlets}, {one.id: one for one in feeds})

    def address(self, number: int) -> str:
        host, port = self._servers[number % HOSTS].server_address[:2]
        return f"http://{host!s}:{port}/feed/{number}"


class Poller:
    """A ``rasid poll`` of its own; sites are told ``name``."""

    def __init__(self, settings: Settings, log: Path, name: str = "poller") -> None:
        self.log, self.name = log, name
        given = {
            "KAFKA": settings.kafka, "PREFIX": settings.prefix, "PARTITIONS": str(settings.partitions), "MODE": "cluster",
            "DATA_DIR": str(settings.data_dir), "FEEDS": str(settings.feeds), "HOST_SPACING": "0", "WORKERS": "1",
            "SESSION_SECONDS": str(settings.session_seconds), "ALLOW_NETWORKS": '["127.0.0.0/8"]',
            "FIRST_DAYS": "100000", "POLL_LEAST": str(LEAST), "POLL_MOST": str(LEAST), "METRICS_PORT": "0",
            "CONTACT": name,
            "ELASTICSEARCH": settings.elasticsearch,
        }  # fmt: skip
        if settings.kafka_security_protocol != "PLAINTEXT":
            given |= {
                "KAFKA_SECURITY_PROTOCOL": settings.kafka_security_protocol, "KAFKA_SASL_MECHANISM": settings.kafka_sasl_mechanism,
                "KAFKA_USER": settings.kafka_user, "KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
                "KAFKA_CA": str(settings.kafka_ca),
            }  # fmt: skip
        env = {**os.environ, "PYTHONPATH": str(ROOT), **{f"RASID_{name}": value for name, value in given.items()}}
        with log.open("ab") as out:
            self.process = subprocess.Popen([sys.executable, "-m", "rasid", "poll"], env=env, stdout=out, stderr=out)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What it has logged of a kind."""
        said = self.log.read_text(encoding="utf-8").splitlines()
        return [line for one in said if one.startswith("{") and (line := json.loads(one))["event"] == event]

    def held(self) -> list[int]:
        lines = self.lines("partitions")
        return lines[-1]["held"] if lines else []

    def page(self, name: str) -> str:
        (line,) = self.lines("metrics")
        with urlopen(f"http://127.0.0.1:{line['port']}/{name}", timeout=5) as answer:
            return str(answer.read().decode())

    def polls(self) -> int:
        found = [line for line in self.page("metrics").splitlines() if line.startswith("rasid_received_records_total")]
        return int(float(found[0].rpartition(" ")[2])) if found else 0

    def end(self) -> tuple[int, float]:
        """SIGTERM: the status, and the seconds that it took."""
        began = time.monotonic()
        self.process.terminate()
        return self.process.wait(30), time.monotonic() - began


class Pollers:
    """A cluster without workers: its topics, and the pollers that a test starts. They end with the context."""

    def __init__(self, bootstrap: str, folder: Path, **more: Any) -> None:
        self.folder = folder
        self.settings = cluster_settings(bootstrap, folder, feeds=folder / "feeds.toml", **more)
        self.topics = Topics.of(self.settings)
        self.started: list[Poller] = []
        set_up(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.started:
            if one.process.poll() is None:
                one.process.kill()
            one.process.wait()

    def start(self) -> Poller:
        made = Poller(self.settings, self.folder / f"poller{len(self.started)}.log")
        self.started.append(made)
        return made

    def publish(self, feeds: FeedList) -> int:
        return asyncio.run(feedtopic.publish(self.settings, feeds))

    def entries(self) -> Counter[str]:
        """How often each URL was sent."""

        async def read() -> Counter[str]:
            topic = self.topics.of_kind(Entry)
            found = [codec.decode(Entry, record.value).url async for record in reading.records(self.settings, topic)]
            return Counter(found)

        return asyncio.run(read())

    def rows(self) -> dict[str, FeedRow]:
        return feedstate.newest(asyncio.run(feedstate.load(self.settings)))
