"""Finds the feed of a site: what its home page names, then the addresses where feeds usually stand, then robots.txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlsplit

from msgspec import Struct

from contracts.source import Pool, PoolFailed
from ingest.decode import decode
from ingest.parse import MAX_BYTES, ParsedFeed, parse_feed
from ingest.urls import BadUrl, canonical
from ingest.web import Limits, Refused, Response, Unreachable, Web

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
USUAL_PATHS = (
    "/feed/",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/sitemap-news.xml",
    "/news-sitemap.xml",
)
MAX_LINKS = 5
MAX_TRIES = 14
MAX_LOST = 2
"""Requests in a row that reach nobody before the site is given up: it is away, not without a feed."""

PARSE_SECONDS = 20.0
"""For reading one answer, where nothing else is said."""

_LIMITS = Limits(seconds=20.0)
_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")
_LINK = re.compile(r"<link\b([^>]{1,2000})>", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\b[^>]{0,500}?\bhref\s*=\s*[\"']?([^\"'\s>]{1,500})", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{2,12})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_FEED_PATH = re.compile(
    r"(?:/rss|/feed|/atom|\.rss|\.rdf|rss\.xml|feed\.xml|atom\.xml|rss\.aspx|rss\.php)/?$", re.IGNORECASE
)
_COMMENTS = re.compile(r"/comments/|comments?[=/]feed|/feed/comments", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_ARABIC = re.compile(r"[\u0621-\u064a\u066e-\u06d3]")
_LETTER = re.compile(r"[^\W\d_]")


class Try(Struct, frozen=True, kw_only=True):
    """One address that was asked, and what it gave, in words."""

    url: str
    said: str
    entries: int = 0
    arabic: bool = False
    newest_at: datetime | None = None


class Discovery(Struct, frozen=True, kw_only=True):
    """The best feed found (None: none), as it answered, and every try in order. ``away``: the site could not be reached."""

    url: str | None
    tries: tuple[Try, ...]
    response: Response | None = None
    parsed: ParsedFeed | None = None
    away: bool = False

    def told(self) -> str:
        """The tries in words, one a line."""
        return "\n".join(f"{one.url}: {one.said}" for one in self.tries)


def feed_links(body: bytes, declared: str | None, url: str) -> tuple[str, ...]:
    """Addresses of feeds that a page at ``url`` names, the declared ones first, without feeds of comments. For the pool."""
    text = decode(body[:MAX_BYTES], declared).text[:2_000_000]
    found = [*_declared(text), *(link for link in _ANCHOR.findall(text) if _FEED_PATH.search(link))]
    return tuple(one for one in _absolute(found, url) if not _COMMENTS.search(one))[:MAX_LINKS]


def _declared(text: str) -> Iterator[str]:
    for match in _LINK.finditer(text):
        attributes = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(match[1])}
        is_feed = attributes.get("type", "").lower().split(";")[0].strip() in _TYPES
        if is_feed and "alternate" in attributes.get("rel", "").lower() and attributes.get("href"):
            yield attributes["href"]


def sitemap_lines(robots: str, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names: only those of news, since the others list a site's whole past."""
    return tuple(one for one in _absolute(_SITEMAP_LINE.findall(robots[:500_000]), url) if "news" in one.lower())[
        :MAX_LINKS
    ]


def _absolute(links: Iterable[str], url: str) -> Iterator[str]:
    seen = set()
    for link in links:
        try:
            address = canonical(unescape(link), url)
        except BadUrl:
            continue
        if address not in seen:
            seen.add(address)
            yield address


async def discover(
    web: Web, pool: Pool, site: str, now: datetime, timezone: str = "UTC", parse_seconds: float = PARSE_SECONDS
) -> Discovery:
    """Looks for the feed of ``site`` (a home page, or a feed's own address) in at most MAX_TRIES requests."""
    search = _Search(web, pool, now, timezone, parse_seconds)
    home = await search.ask(site)
    if home is None:
        return search.outcome()
    if await search.consider(site, home):
        return search.outcome()
    for candidate in await search.named_by(home):
        await search.attempt(candidate)
    for path in USUAL_PATHS:
        if search.is_settled():
            break
        await search.attempt(canonical(path, home.url))
    if not search.is_settled():
        for candidate in await search.named_by_robots(home.url):
            await search.attempt(candidate)
    return search.outcome()


class _Search:
    """The state of one discovery."""

    def __init__(self, web: Web, pool: Pool, now: datetime, timezone: str, seconds: float) -> None:
        self.web, self.pool, self.now, self.timezone, self.seconds = web, pool, now, timezone, seconds
        self.tries: list[Try] = []
        self.asked: set[str] = set()
        self.found: list[tuple[Try, Response, ParsedFeed]] = []
        self.lost = 0

    async def ask(self, url: str) -> Response | None:
        """The answer, or None with the try told."""
        self.asked.add(url)
        try:
            response = await self.web.get(url, limits=_LIMITS, accept=ACCEPT)
        except Unreachable as error:
            self.lost += 1
            self.tries.append(Try(url=url, said=f"unreachable: {error.reason} {error.detail}".strip()))
            return None
        except Refused as error:
            self.tries.append(Try(url=url, said=f"refused: {error.reason} {error.detail}".strip()))
            return None
        self.lost = 0
        return response

    async def attempt(self, url: str) -> None:
        if url in self.asked or len(self.tries) >= MAX_TRIES or self.lost >= MAX_LOST:
            return
        response = await self.ask(url)
        if response is not None:
            await self.consider(url, response)

    async def consider(self, url: str, response: Response) -> bool:
        """Tells the try; whether it is a feed."""
        if response.status != 200:
            self.tries.append(Try(url=url, said=f"answered {response.status}"))
            return False
        try:
            parsed = await self.pool.run(
                parse_feed,
                response.body,
                response.charset,
                response.content_type,
                response.url,
                self.timezone,
                self.now,
                seconds=self.seconds,
            )
        except PoolFailed as error:
            self.tries.append(Try(url=url, said=f"could not be read: {error}"))
            return False
        one = judged(url, parsed)
        self.tries.append(one)
        if parsed.is_feed and parsed.kind != "sitemap_index" and parsed.entries:
            self.found.append((one, response, parsed))
        return parsed.is_feed

    async def named_by(self, home: Response) -> tuple[str, ...]:
        if home.status != 200:
            return ()
        try:
            return await self.pool.run(feed_links, home.body, home.charset, home.url, seconds=self.seconds)
        except PoolFailed:
            return ()

    async def named_by_robots(self, url: str) -> tuple[str, ...]:
        address = canonical("/robots.txt", url)
        if len(self.tries) >= MAX_TRIES or self.lost >= MAX_LOST:
            return ()
        response = await self.ask(address)
        if response is None or response.status != 200:
            return ()
        return sitemap_lines(decode(response.body[:500_000], response.charset).text, address)

    def is_settled(self) -> bool:
        """Whether an Arabic feed with entries was found."""
        return self.lost >= MAX_LOST or any(one.arabic for one, _, _ in self.found)

    def outcome(self) -> Discovery:
        tries = tuple(self.tries)
        if not self.found:
            return Discovery(url=None, tries=tries, away=self.lost > 0)
        place = max(range(len(self.found)), key=lambda number: _merit(self.found[number][0], number))
        one, response, parsed = self.found[place]
        moved = bool(response.redirects) and urlsplit(response.url).scheme in ("http", "https")
        return Discovery(url=response.url if moved else one.url, tries=tries, response=response, parsed=parsed)


def judged(url: str, parsed: ParsedFeed) -> Try:
    """What the answer at ``url`` is as a feed, in words and figures."""
    if not parsed.is_feed:
        said = "a web page, not a feed" if parsed.kind == "html" else "not a feed"
        return Try(url=url, said=said)
    newest = max((item.published_at for item in parsed.entries if item.published_at), default=None)
    arabic = is_arabic(item.title or item.summary or "" for item in parsed.entries)
    when = f", the newest of {newest:%Y-%m-%d}" if newest else ""
    said = f"{parsed.kind} with {len(parsed.entries)} entries{when}{'' if arabic or not parsed.entries else ', not Arabic'}"
    return Try(url=url, said=said, entries=len(parsed.entries), arabic=arabic, newest_at=newest)


def is_arabic(texts: Iterable[str]) -> bool:
    """Whether most letters are of the Arabic script."""
    text = " ".join(texts)[:20_000]
    letters = len(_LETTER.findall(text))
    return letters > 0 and len(_ARABIC.findall(text)) * 2 > letters


def _merit(one: Try, order: int) -> tuple[bool, datetime, int, int]:
    newest = one.newest_at or datetime.min.replace(tzinfo=UTC)
    return one.arabic, newest.replace(hour=0, minute=0, second=0, microsecond=0), one.entries, -order
