"""A local server of made-up outlets in a process of its own, so that its work is not counted as ours.

Listens on loopback addresses alone (127.0.0.1, 127.0.0.2 …: a host an outlet, as in the world) and ends with the process
that started it: when its standard input closes. Feeds are served with an ETag; in a later edition one feed in ten changed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
from datetime import UTC, datetime
from typing import IO, Self
from urllib.request import Request, urlopen

import psutil
from aiohttp import web

from bench.feeds import rss, shown
from bench.news import tell
from bench.pages import page

CHANGED_EVERY = 10
"""One feed in so many changes with each edition."""
MOST_HOSTS = 250


class Site:
    """What the server answers. ``kept``: pages that were made before they are asked for."""

    def __init__(self, today: datetime) -> None:
        self.today, self.edition = today, 0
        self.kept: dict[tuple[int, int], str] = {}

    def warm(self, feeds: int) -> None:
        """Makes the pages of the first feeds; their addresses stand in them as on the first host."""
        for feed in range(feeds):
            for key in shown(feed):
                self.kept[key] = self._page(key, "PLACEHOLDER")

    def _page(self, key: tuple[int, int], base: str) -> str:
        return page(tell(*key, self.today), f"{base}/news/{key[0]}/{key[1]}")

    async def feed(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        edition = self.edition if number % CHANGED_EVERY == 0 else 0
        tag = f'"{number}-{edition}"'
        headers = {"ETag": tag, "Cache-Control": "max-age=0"}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        body = rss(number, edition, f"http://{request.host}", self.today)
        return web.Response(body=body, content_type="application/rss+xml", charset="utf-8", headers=headers)

    async def article(self, request: web.Request) -> web.Response:
        key, base = (int(request.match_info["story"]), int(request.match_info["telling"])), f"http://{request.host}"
        kept = self.kept.get(key)
        html = kept.replace("PLACEHOLDER", base) if kept else self._page(key, base)
        return web.Response(text=html, content_type="text/html", headers={"ETag": f'"{key[0]}-{key[1]}"'})

    async def turn(self, request: web.Request) -> web.Response:
        self.edition = int(request.match_info["edition"])
        return web.Response(text="ok")

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/feed/{number}", self.feed)
        app.router.add_get("/news/{story}/{telling}", self.article)
        app.router.add_post("/edition/{edition}", self.turn)
        return app


def listening(hosts: int) -> list[socket.socket]:
    """Sockets on one free port of the first loopback addresses; a system that has only 127.0.0.1 gives one."""
    first = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sockets, port = [first], first.getsockname()[1]
    for number in range(2, hosts + 1):
        try:
            sockets.append(socket.create_server((f"127.0.0.{number}", port), backlog=1024))
        except OSError:
            break
    return sockets


async def serve(site: Site, hosts: int) -> None:
    """Says the port and the number of hosts as one line of JSON, then serves until standard input closes."""
    runner = web.AppRunner(site.app(), access_log=None)
    await runner.setup()
    sockets = listening(hosts)
    for one in sockets:
        await web.SockSite(runner, one).start()
    print(json.dumps({"port": sockets[0].getsockname()[1], "hosts": len(sockets)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


class Server:
    """The server's process as its user sees it."""

    def __init__(self, today: datetime, *, hosts: int, warm_feeds: int = 0) -> None:
        given = ["--today", today.isoformat(), "--hosts", str(min(hosts, MOST_HOSTS)), "--warm-feeds", str(warm_feeds)]
        self._command = [sys.executable, "-m", "bench.server", *given]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = json.loads(_pipe(self._process.stdout).readline())
        self.port, self.hosts = int(said["port"]), int(said["hosts"])
        self._ps = psutil.Process(self._process.pid)
        return self

    def __exit__(self, *_: object) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait(timeout=30)
        _pipe(self._process.stdout).close()

    def bases(self, feeds: int) -> list[str]:
        """Where the outlet of each feed is."""
        return [f"http://127.0.0.{n % self.hosts + 1}:{self.port}" for n in range(feeds)]

    def turn(self, edition: int) -> None:
        """From now on feeds are served in this edition."""
        with urlopen(Request(f"http://127.0.0.1:{self.port}/edition/{edition}", method="POST"), timeout=10) as answer:
            answer.read()

    def cpu_seconds(self) -> float:
        """What the server has used so far."""
        times = self._ps.cpu_times()
        return float(times.user + times.system)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--today", type=datetime.fromisoformat, default=datetime.now(UTC))
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--warm-feeds", type=int, default=0)
    given = parser.parse_args()
    site = Site(given.today)
    site.warm(given.warm_feeds)
    asyncio.run(serve(site, given.hosts))


if __name__ == "__main__":
    main()
