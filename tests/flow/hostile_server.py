"""A server on loopback that does its worst, each feed at an address of its own, and spies at addresses that nobody may reach.

The whole is bounded: no answer lasts longer than SECONDS, and none sends more than MOST bytes.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).parent))
import hostile_corpus as corpus
from hostile_corpus import MB, RSS, item, rss

SECONDS, MOST = 20.0, 60 * MB
NET = "127.0.1.0/24"
"""What the run may ask; the spies listen outside."""

SPIES = ("127.0.0.1", "127.0.0.2", "::1")
HONEST = 3
HOSTS = 150

Write = Callable[[bytes], Awaitable[None]]


def answer(body: bytes = b"", kind: str = "text/html; charset=utf-8", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {headers.pop('length', len(body))}", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close"]).encode() + b"\r\n\r\n" + body


class HostileServer:
    """``feeds``: id to (address, path). ``seen``: how often each path was asked for. ``spied``: connections that must not be."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.spied: list[str] = []
        self.port = _free_port()
        self._hosts = iter(range(1, HOSTS))
        self.robots: dict[str, Callable[[Write], Awaitable[None]]] = {}
        self.routes: dict[str, bytes | Callable[[Write], Awaitable[None]]] = {}
        self.feeds: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()

    # --- addresses ---

    def host(self) -> str:
        """The next address that nobody has yet."""
        return f"http://127.0.1.{next(self._hosts)}:{self.port}"

    def spy(self) -> str:
        return f"http://127.0.0.2:{self.port}"

    def feed(self, name: str, body: bytes | Callable[[Write], Awaitable[None]], kind: str = RSS, base: str = "") -> str:
        """Lists a feed that answers so; its base address."""
        base = base or self.host()
        self.routes[f"/{name}"] = (
            answer(body, kind) if isinstance(body, bytes) and not body.startswith(b"HTTP/") else body
        )
        self.feeds[name] = f"{base}/{name}"
        return base

    def write_list(self, path: Path) -> None:
        """The feed list of all of them, for ``--feeds``."""
        parts = [
            f'[[outlet]]\nid = "o-{name}"\nname = "شبكة {name}"\nname_en = "{name}"\ncountry = "SY"\ntimezone = "Asia/Damascus"\n'
            f'viewpoint = "independent"\nkind = "site"\nfeeds = [{{ id = "{name}", url = "{address}" }}]\n'
            for name, address in self.feeds.items()
        ]
        path.write_text("\n".join(parts), encoding="utf-8")

    # --- serving ---

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        for number in range(1, HOSTS):
            await asyncio.start_server(self._handle, f"127.0.1.{number}", self.port)
        for spy in SPIES:
            with suppress(OSError):  # a machine without IPv6
                await asyncio.start_server(self._spied, spy, self.port)

    async def _spied(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.spied.append(str(writer.get_extra_info("sockname")[0]))
        writer.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode("latin-1").partition("?")[0]
                self.seen[path] += 1
                await self._answer(str(writer.get_extra_info("sockname")[0]), path, write)
        writer.close()

    async def _answer(self, host: str, path: str, write: Write) -> None:
        if path == "/robots.txt":
            robots = self.robots.get(host)
            await (robots(write) if robots else write(answer(status="404 Not Found")))
            return
        if path.startswith("/story/"):
            _, _, story, outlet = path.split("/")
            await write(answer(corpus.page(int(story), int(outlet))))
            return
        if path.startswith("/endless/"):
            await write(answer(status="302 Found", Location=f"/endless/{int(path.rsplit('/', 1)[1]) + 1}"))
            return
        route = self.routes.get(path, answer(status="404 Not Found"))
        await (write(route) if isinstance(route, bytes) else route(write))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.1.1", 0))
        return int(probe.getsockname()[1])


# --- ways to answer ---


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(status=status, Location=to)


def dripping(body: bytes, every: float = 0.2) -> Callable[[Write], Awaitable[None]]:
    async def drip(write: Write) -> None:
        await write(answer(body, RSS, length=str(len(body)))[: -len(body)])
        for byte in body:
            await write(bytes([byte]))
            await asyncio.sleep(every)

    return drip


def cut(body: bytes, after: int, kind: str = RSS) -> Callable[[Write], Awaitable[None]]:
    """Announces all of the body, sends ``after`` bytes of it, and ends the connection."""

    async def send(write: Write) -> None:
        await write(answer(body, kind)[: after - len(body)])

    return send


def endless(piece: bytes, kind: str = RSS, every: float = 0.0) -> Callable[[Write], Awaitable[None]]:
    """A body in chunks that does not end before MOST."""

    async def send(write: Write) -> None:
        await write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(MOST // len(piece)):
            await write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await asyncio.sleep(every)

    return send


def raw(data: bytes) -> Callable[[Write], Awaitable[None]]:
    async def send(write: Write) -> None:
        await write(data)

    return send


async def silence(_: Write) -> None:
    await asyncio.sleep(SECONDS)


async def endless_headers(write: Write) -> None:
    await write(b"HTTP/1.1 200 OK\r\n")
    for number in range(MOST // 1024):
        await write(b"X-%d: %s\r\n" % (number, b"x" * 1000))


# --- the corpus at work ---


def furnish(server: HostileServer) -> None:
    """Fills the server: honest feeds, hostile feeds, and hostile pages behind honest feeds."""
    for number in range(HONEST):
        base = server.host()
        server.feed(f"honest-{number}", rss(*(item(f"{base}/story/{n}/{number}") for n in (1, 2, 3, 4))), base=base)
    _xml_feeds(server)
    _transport_feeds(server)
    _redirecting_feeds(server)
    _status_feeds(server)
    _item_feeds(server)
    _pages(server)
    _robots(server)


def _xml_feeds(server: HostileServer) -> None:
    story = f"{server.host()}/story/%d/95"
    server.feed("laughs", corpus.billion_laughs(story % 1))
    server.feed("blowup", corpus.quadratic_blowup(story % 2))
    server.feed("entities", corpus.outer_entities(story % 3, server.spy()))
    server.feed("nested-xml", corpus.nested_elements(story % 4))
    server.feed("nested-json", corpus.nested_json(), "application/feed+json")
    server.feed("unclosed-cdata", corpus.unclosed("<![CDATA["))
    server.feed("unclosed-comments", corpus.unclosed("<!--"))
    server.feed("unclosed-items", corpus.unclosed("<item>"))
    server.feed("brackets", corpus.unclosed("<", 2 * MB))
    server.feed("ampersands", corpus.unclosed("&", 2 * MB))
    server.feed("references", corpus.unclosed("&#x202e;&nbsp;&bogus;", 150_000))
    server.feed("attribute", corpus.huge_attribute(story % 5))
    server.feed("attributes", corpus.many_attributes(story % 6))
    server.feed("web-page", corpus.page(1, 1), "text/html")
    server.feed("empty", b"")
    server.feed("noise", bytes(range(256)) * 4000)
    server.feed("utf-7", b'<?xml version="1.0" encoding="utf-7"?><rss/>')
    server.feed("utf-32", rss(item(story % 7)).decode().encode("utf-32"))
    base = server.host()
    server.feed("sitemap", corpus.long_sitemap(base), "application/xml", base)
    base = server.host()
    server.feed(
        "sitemap-of-itself-news", corpus.sitemap_of_itself(f"{base}/sitemap-of-itself-news"), "application/xml", base
    )


def _transport_feeds(server: HostileServer) -> None:
    good = rss(item(f"{server.host()}/story/8/95"))
    big = b"<!-- " + b"x" * 65_000 + b" -->"
    server.feed("announced", raw(answer(b"", RSS, length=str(50 * MB))))
    server.feed("fifty-megabytes", endless(big))
    server.feed("bomb", answer(corpus.bomb(), RSS, Content_Encoding="gzip"))
    server.feed("bomb-in-bomb", answer(gzip.compress(corpus.bomb()), RSS, Content_Encoding="gzip, gzip"))
    server.feed("no-gzip", answer(good, RSS, Content_Encoding="gzip"))
    server.feed("drip", dripping(good))
    server.feed("cut", cut(good, 100))
    server.feed("says-more", raw(answer(good, RSS, length=str(len(good) + 1000))))
    server.feed("says-less", raw(answer(good, RSS, length=str(len(good) // 2))))
    server.feed("silent", silence)
    server.feed("no-http", raw(b"SSH-2.0-OpenSSH_9.6\r\n"))
    server.feed("headers", endless_headers)
    server.feed("chunks", raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx"))
    server.feed("lengths", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + good))


def _redirecting_feeds(server: HostileServer) -> None:
    port = server.port
    targets = {
        "to-metadata": "http://169.254.169.254/latest/meta-data/", "to-six": f"http://[::1]:{port}/", "to-file": "file:///etc/passwd",
        "to-spy": f"{server.spy()}/", "to-name": f"http://localhost:{port}/", "to-number": f"http://2130706434:{port}/",
        "to-mapped": f"http://[::ffff:127.0.0.2]:{port}/", "to-nowhere": "http://", "to-script": "javascript:alert(1)",
        "to-endless": "/endless/1", "to-itself": "/to-itself",
    }  # fmt: skip
    for name, target in targets.items():
        server.feed(name, redirect(target))
    base = server.host()
    server.routes["/moved-here"] = answer(rss(item(f"{base}/story/9/95")), RSS)
    server.feed("moved", redirect(f"{base}/moved-here", "301 Moved Permanently"))


def _status_feeds(server: HostileServer) -> None:
    server.feed("gone", answer(status="410 Gone"))
    server.feed("too-often", answer(status="429 Too Many Requests", Retry_After="1000000000"))
    server.feed("later", answer(status="503 Service Unavailable", Retry_After="Fri, 01 Jan 2999 00:00:00 GMT"))
    server.feed("unasked", answer(status="304 Not Modified"))
    server.feed("teapot", answer(status="418 I'm a teapot"))
    server.feed("partial", answer(rss(), RSS, status="206 Partial Content"))


def _item_feeds(server: HostileServer) -> None:
    base = server.host()
    links = [item(link) for link in corpus.bad_links(server.port)]
    server.feed("links", rss(item(f"{base}/story/10/95"), *links), base=base)
    for name, make in (
        ("titles", corpus.odd_titles), ("guids", corpus.one_guid), ("dates", corpus.odd_dates), ("charset", corpus.misdeclared),
    ):  # fmt: skip
        base = server.host()
        server.feed(name, make(base), base=base)


def _pages(server: HostileServer) -> None:
    """Each page on a host of its own, all of them in one honest feed."""
    items = []
    for name, make in corpus.PAGES.items():
        server.routes[f"/page/{name}"] = answer(make())
        items.append(item(f"{server.host()}/page/{name}", guid=name))
    good = corpus.page(11, 95)
    ways: dict[str, bytes | Callable[[Write], Awaitable[None]]] = {
        "announced": raw(answer(b"", length=str(50 * MB))), "endless": endless(b"<p>" + "نص ".encode() * 20_000 + b"</p>", "text/html"),
        "bomb": answer(corpus.bomb(), Content_Encoding="gzip"), "drip": dripping(good), "cut": cut(good, 200, "text/html"),
        "silent": silence, "to-spy": redirect(f"{server.spy()}/"), "to-itself": redirect("/page/to-itself"),
        "to-metadata": redirect("http://169.254.169.254/"), "headers": endless_headers, "later": answer(status="503 x", Retry_After="1e9"),
        "gone": answer(status="410 Gone"),
    }  # fmt: skip
    for name, way in ways.items():
        server.routes[f"/page/{name}"] = way
        items.append(item(f"{server.host()}/page/{name}", guid=f"way-{name}"))
    server.feed("pages", rss(*items))


def _robots(server: HostileServer) -> None:
    """Rules of hosts: each has an honest feed of one story."""
    rules: dict[str, Callable[[Write], Awaitable[None]]] = {
        "forbids": raw(answer(b"User-agent: *\nDisallow: /\n", "text/plain")),
        "ten-megabytes": raw(answer(b"User-agent: x\nDisallow: /" + b"x" * 10 * MB, "text/plain")),
        "endless": endless(b"Disallow: /x\n", "text/plain", every=0.05),
        "silent": silence,
        "broken": raw(answer(status="500 x")),
        "inside": raw(redirect(f"{server.spy()}/robots.txt")),
        "stars": raw(answer(b"User-agent: *\nDisallow: /" + b"*a" * 20_000 + b"$\n", "text/plain")),
        "slow": raw(answer(b"User-agent: *\nCrawl-delay: 1e9\n", "text/plain")),
    }
    for name, rule in rules.items():
        base = server.host()
        server.robots[base.split("/")[2].partition(":")[0]] = rule
        server.feed(f"robots-{name}", rss(item(f"{base}/story/12/96")), base=base)
