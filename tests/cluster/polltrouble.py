"""Trouble with pollers that share feeds, while the stages behind them are killed too: what ``kills`` asks for, from the feeds on.

Afterwards every entry that a feed has shown has been sent and folded, each generation of the group has given each partition to one poller
alone, and no poller has asked for a feed that it did not know to be its own. A poller that stood still for longer than its session may
ask once more for what is another's by then: nobody can tell it before.
"""

from __future__ import annotations

import asyncio
import re
import signal
import threading
import time
from bisect import bisect_right
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from msgspec import Struct

from contracts import codec
from contracts.records import Entry
from ingest.feeds import Feed, FeedList, Outlet
from rasid.cluster import feedtopic
from tests.cluster.kills import STOPPED_SECONDS, Trouble
from tests.cluster.pollers import HOSTS, Poller
from tests.cluster.running import wait_for
from tests.flow.newssite import START
from tests.servers.broker import KafkaServer

POLLERS = 3
SLOW = 0.1
"""Seconds that a feed takes to answer, so that kills meet polls under way."""
GRACE = 6.0
"""Seconds after a sharing-out in which a poll that was begun before may still reach the site: a session."""


class Asked(Struct, frozen=True):
    """A request for a feed. ``at``: seconds of the epoch."""

    feed: int
    poller: str
    at: float


class GrowingSite:
    """``feeds`` feeds that show ``items`` entries each; every 50th entry is poison for the stages. Notes who asks for what."""

    def __init__(self, feeds: int) -> None:
        self.feeds, self.items, self.asked = feeds, 0, []  # type: ignore[var-annotated]
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feed = int(self.path.rpartition("/")[2])
                agent = str(self.headers["User-Agent"])
                site.asked.append(Asked(feed, re.sub(r".*\(\+(.*)\)", r"\1", agent), time.time()))
                time.sleep(SLOW)
                body = site.feed(feed).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """A poller that was killed does not take its answer."""

        self._servers = [Server((f"127.0.0.{n + 1}", 0), Handler) for n in range(HOSTS)]

    def __enter__(self) -> Self:
        for one in self._servers:
            threading.Thread(target=one.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._servers:
            one.shutdown()
            one.server_close()

    def url(self, feed: int, item: int) -> str:
        return f"https://h{feed}.example/news/{item}" + ("/poison" if (feed + item) % 50 == 13 else "")

    def urls(self) -> list[str]:
        """All that it shows."""
        return [self.url(feed, item) for feed in range(self.feeds) for item in range(self.items)]

    def feed(self, feed: int) -> str:
        items = "".join(
            f"<item><title>خبر {item}</title><link>{self.url(feed, item)}</link><guid>{feed}-{item}</guid>"
            f"<pubDate>{format_datetime(START)}</pubDate></item>"
            for item in range(self.items)
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>شبكة {feed}</title>{items}</channel></rss>'

    def listed(self) -> FeedList:
        outlets, feeds = {}, {}
        for n in range(self.feeds):
            host, port = self._servers[n % HOSTS].server_address[:2]
            outlets[f"o{n}"] = Outlet(
                id=f"o{n}", name=f"شبكة {n}", name_en=f"Network {n}", country="SY", timezone="Asia/Damascus",
                viewpoint="independent", kind="site",
            )  # fmt: skip
            feeds[f"f{n}"] = Feed(id=f"f{n}", outlet=f"o{n}", url=f"http://{host!s}:{port}/feed/{n}")
        return FeedList(outlets, feeds)


class PollTrouble(Trouble):
    """``run`` takes what ``Trouble`` takes, and ``poll_kill``, ``poll_term``, ``poll_stop``, ``poll_join``."""

    def __init__(self, server: KafkaServer, folder: Path, *, feeds: int, items: int, seed: int) -> None:
        super().__init__(server, folder, records=0, seed=seed)
        self.site, self.items = GrowingSite(feeds), items
        self.all: list[Poller] = []
        """Every poller that was ever started."""
        self.pollers: list[Poller] = []
        """Those at work."""

    def run(self, events: list[str], gap: float) -> None:
        with self.site:
            try:
                super().run(events, gap)
            finally:
                for poller in self.all:
                    if poller.process.poll() is None:
                        poller.process.kill()
                    poller.process.wait()

    def _feed(self, seconds: float) -> None:
        """The feeds show more and more; returns when all that they have shown has been sent."""
        self._publish()
        for _ in range(POLLERS):
            self._poll()
        for shown in range(1, self.items + 1):
            self.site.items = shown
            time.sleep(seconds / self.items)
        self.urls = self.site.urls()
        wait_for(lambda: self._sent() >= set(self.urls), 240, "all entries to be sent")

    def _publish(self) -> None:
        asyncio.run(feedtopic.publish(self.cluster.settings, self.site.listed()))

    def _poll(self) -> Poller:
        name = f"poller-{len(self.all)}"
        made = Poller(self.cluster.settings, self.cluster.settings.data_dir / f"{name}.log", name)
        self.all.append(made)
        self.pollers.append(made)
        return made

    def _sent(self) -> set[str]:
        entries = self.cluster.read(self.cluster.topics.of_kind(Entry))
        return {codec.decode(Entry, record.value).url for record in entries}

    # --- what happens ---

    def _one(self) -> Poller:
        """A poller that holds partitions."""
        holding = wait_for(lambda: [one for one in self.pollers if one.held()], 60, "a poller to hold partitions")
        return self.random.choice(holding)  # type: ignore[no-any-return]

    def _poll_kill(self) -> None:
        victim = self._one()
        victim.process.kill()
        victim.process.wait()
        self.pollers.remove(victim)
        self._poll()

    def _poll_term(self) -> None:
        leaver = self._one()
        status, _ = leaver.end()
        assert status == 0, leaver.log.read_text()[-3000:]
        self.pollers.remove(leaver)
        self._poll()

    def _poll_stop(self) -> None:
        victim = self._one()
        victim.process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_SECONDS)
        victim.process.send_signal(signal.SIGCONT)

    def _poll_join(self) -> None:
        """One more comes, shares for a while, and goes."""
        extra = self._poll()
        wait_for(extra.held, 60, "the new poller's share")
        self.pollers.remove(extra)
        assert extra.end()[0] == 0, extra.log.read_text()[-3000:]

    # --- what must be so afterwards ---

    def _check(self) -> None:
        for poller in self.pollers:
            assert poller.end()[0] == 0, poller.log.read_text()[-3000:]
        super()._check()
        self._check_shares()
        self._check_requests()

    def _check_shares(self) -> None:
        """A generation gives a partition to one poller."""
        owner: dict[tuple[int, int], str] = {}
        for poller in self.all:
            for line in poller.lines("partitions"):
                for partition in line["held"]:
                    known = owner.setdefault((line["generation"], partition), poller.name)
                    assert known == poller.name, f"{known} and {poller.name}: partition {partition} in {line}"
        assert len(set(owner.values())) > POLLERS, "nobody took over"

    def _check_requests(self) -> None:
        """Whoever asks for a feed holds its partition, as far as it has been told; or held it when it began to."""
        topics, listed = self.cluster.topics, self.site.listed()
        place = {n: topics.feed_partition(feedtopic.place_of(listed.feeds[f"f{n}"])) for n in range(self.site.feeds)}
        told = {
            poller.name: [(_seconds(one), set(one["held"])) for one in poller.lines("partitions")]
            for poller in self.all
        }
        assert len(self.site.asked) > self.site.feeds * 2
        for one in self.site.asked:
            shares = told[one.poller]
            times = [at for at, _ in shares]
            first, last = max(0, bisect_right(times, one.at - GRACE) - 1), bisect_right(times, one.at)
            assert any(place[one.feed] in held for _, held in shares[first:last]), f"{one}: {shares}"


def _seconds(line: dict[str, Any]) -> float:
    """When a line was logged, in seconds of the epoch."""
    return datetime.fromisoformat(line["timestamp"]).timestamp()
