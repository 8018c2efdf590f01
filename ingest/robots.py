"""robots.txt as RFC 9309 says: 4xx means no rules, a server that cannot answer means not now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from msgspec import Struct, structs
from protego import Protego

from ingest.decode import decode
from ingest.web import Limits, Refused, Response, Unreachable, Web

KEEP_SECONDS = 24 * 3600.0
KEEP_FAILURE_SECONDS = 600.0
LIMITS = Limits(max_bytes=500 * 1024, seconds=15.0, max_redirects=5)
"""RFC 9309 asks for at least 500 KiB and five hops."""
_MOST_SITEMAPS = 50


class Verdict(Struct, frozen=True):
    """Whether the address may be asked for, and the crawl delay in seconds (0: none asked for)."""

    allowed: bool
    delay: float = 0.0


class _Site(Struct, frozen=True):
    """What is known of one site's rules; ``rules`` None: everything is allowed. ``failure``: not to be asked now."""

    until: float
    rules: Protego | None = None
    failure: str | None = None


class Robots:
    """The rules of every site, read through ``web`` and kept for a day (failures for ten minutes)."""

    def __init__(
        self,
        web: Web,
        agent: str = "Rasid",
        *,
        longest_delay: float = 30.0,
        most_sites: int = 2000,
        seconds: float = LIMITS.seconds,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``agent`` is the product name that rules are matched by; ``longest_delay`` caps a crawl delay, ``seconds`` one
        request, both in seconds."""
        self._web, self._agent, self._limits = web, agent, structs.replace(LIMITS, seconds=seconds)
        self._longest_delay, self._most_sites = longest_delay, most_sites
        self._clock = clock
        self._sites: dict[str, _Site] = {}
        self._asking: dict[str, asyncio.Task[_Site]] = {}

    async def check(self, url: str) -> Verdict:
        """Raises Unreachable (reason ``robots``) where the site cannot say now, Refused where its address is not allowed."""
        site = await self._site(url)
        if site.failure is not None:
            raise Unreachable(url, "robots", site.failure)
        if site.rules is None:
            return Verdict(True)
        delay = site.rules.crawl_delay(self._agent) or 0.0
        return Verdict(site.rules.can_fetch(url, self._agent), min(max(delay, 0.0), self._longest_delay))

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the site of ``url`` names, at most 50; empty where its rules cannot be read."""
        rules = (await self._site(url)).rules
        return () if rules is None else tuple(dict.fromkeys(rules.sitemaps))[:_MOST_SITEMAPS]

    async def _site(self, url: str) -> _Site:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        site = self._sites.get(origin)
        if site is not None and site.until > self._clock():
            return site
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.create_task(self._ask(origin))
            task.add_done_callback(lambda _: self._asking.pop(origin, None))
        return await asyncio.shield(task)

    async def _ask(self, origin: str) -> _Site:
        try:
            response = await self._web.get(f"{origin}/robots.txt", limits=self._limits, accept="text/plain,*/*;q=0.5")
        except Unreachable as error:
            site = self._failed(error.reason)
        except Refused as error:
            if error.reason in ("private_address", "bad_url"):
                raise
            site = _Site(self._clock() + KEEP_SECONDS)  # endless, broken or huge: no rules that could be read
        else:
            site = self._read(response)
        self._keep(origin, site)
        return site

    def _read(self, response: Response) -> _Site:
        if response.status >= 500 or response.status == 429:
            return self._failed(f"status {response.status}")
        until = self._clock() + KEEP_SECONDS
        if response.status != 200 or response.content_type == "text/html":  # a page in its place holds no rules
            return _Site(until)
        return _Site(until, rules=Protego.parse(decode(response.body, response.charset).text.replace("\x00", "")))

    def _failed(self, reason: str) -> _Site:
        return _Site(self._clock() + KEEP_FAILURE_SECONDS, failure=reason)

    def _keep(self, origin: str, site: _Site) -> None:
        self._sites.pop(origin, None)
        while len(self._sites) >= self._most_sites:
            del self._sites[next(iter(self._sites))]
        self._sites[origin] = site
