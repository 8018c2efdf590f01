"""One article to look at: from a file, from standard input, from what is kept, or from the web."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import cramjam
from msgspec import Struct, structs

from contracts.ids import article_id
from contracts.outcomes import Drop, Outcome, Quarantine
from contracts.records import Article, Entry, Page
from contracts.stage import Context
from ingest.clean import clean_page
from ingest.feeds import FeedList
from ingest.fetch import Fetched, FetchSettings, fetch_stage, page_of
from ingest.robots import LIMITS as ROBOTS_LIMITS
from ingest.robots import Robots
from ingest.urls import BadUrl, canonical, identity
from ingest.web import Limits
from processors.files import BadLine, read_articles
from rasid import build
from rasid.errors import NotFound, UsageError
from rasid.settings import Settings

MOST_BYTES = 64 * 1024 * 1024
"""Of a file: more is no article."""
Feeds = Callable[[], FeedList]
"""The effective list of feeds, read where it is needed."""
Kept = Callable[[str], Article | None]
"""The kept article of an id."""


class Given(Struct, frozen=True, kw_only=True):
    """What the operator says of an article that does not say it itself. ``which``: an id, or a line number from 1, in a file of many."""

    which: str | None = None
    title: str | None = None
    published: datetime | None = None
    url: str | None = None


def article_at(settings: Settings, feeds: Feeds, where: str, given: Given, kept: Kept) -> Article:
    """The article of a file (JSON lines, HTML or plain text; - for standard input), or of a url: the kept one, else from the web.
    Raises UsageError or NotFound, which say what to do."""
    if where.startswith(("http://", "https://")):
        return _of_web(settings, feeds, where, kept)
    body = _bytes(where)
    text = body.lstrip()[:1]
    if text == b"{":
        article = _of_lines(where, body, given.which)
    elif text == b"<":
        article = _of_page(feeds, where, body, given)
    else:
        article = _of_text(where, body)
    return structs.replace(
        article,
        title=given.title if given.title is not None else article.title,
        published_at=given.published or article.published_at,
    )


def _bytes(where: str) -> bytes:
    try:
        if where == "-":
            body = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(where).open("rb") as file:
                body = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{where}: {error.strerror or error}; name a file, or a url with http:// or https://"
        ) from None
    if len(body) > MOST_BYTES:
        raise UsageError(f"{where}: more than {MOST_BYTES >> 20} MB; cut out the article")
    if not body.strip():
        raise UsageError(f"{where}: empty")
    return body


def _of_lines(where: str, body: bytes, which: str | None) -> Article:
    lines = body.splitlines()
    if which is not None and which.isdigit() and 0 < int(which) <= len(lines):
        lines = lines[int(which) - 1 : int(which)]
        which = None
    try:
        articles = read_articles(lines)
        if which is None:
            found = next(articles, None)
        else:
            found = next((article for article in articles if article.id == which), None)
    except BadLine as error:
        raise UsageError(f"{where}: {error}") from None
    if found is None:
        raise NotFound(f"{where}: no article {which or ''}; name one by its id or its line number with --article")
    return found


def _of_text(where: str, body: bytes) -> Article:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{where}: not UTF-8 at byte {error.start}; convert the file, or give the page as HTML"
        ) from None
    return Article(
        id=sha256(body).hexdigest()[:16], url="", outlet="", feed_id="", title="", text=text.strip(), fetched_at=_now()
    )


def _of_page(feeds: Feeds, where: str, body: bytes, given: Given) -> Article:
    """A saved page; where it does not name its own address, and none is given, it stands for that of no outlet."""
    url = given.url or "https://page.invalid/saved"
    page = Page(
        entry=_entry(url),
        url=url,
        status=200,
        headers={},
        content_type="text/html",
        body=bytes(cramjam.zstd.compress(body)),
        fetched_at=_now(),
    )
    return _cleaned(feeds, where, page)


def _of_web(settings: Settings, feeds: Feeds, where: str, kept: Kept) -> Article:
    try:
        url = canonical(where)
        known = kept(article_id(identity(url)))
    except BadUrl as error:
        raise UsageError(f"{where}: {error}") from None
    if known is not None:
        return known
    worked = asyncio.run(_fetched(settings, _entry(url)))
    if not isinstance(worked, Fetched):
        raise NotFound(f"{url}: {getattr(worked, 'reason', worked)}")
    if worked.failure:
        raise NotFound(f"{url}: {worked.failure} {worked.detail}".rstrip() + "; save the page and name the file")
    return _cleaned(feeds, url, page_of(worked))


async def _fetched(settings: Settings, entry: Entry) -> Fetched | Outcome:
    """As the pipeline fetches: robots.txt, limits of bytes and time, no address of the private network unless it is allowed."""
    async with build.client(settings) as web:
        stage = fetch_stage(
            web,
            Robots(web, seconds=min(settings.request_seconds, ROBOTS_LIMITS.seconds)),
            FetchSettings(limits=Limits(max_bytes=settings.max_page_bytes, seconds=settings.request_seconds)),
        )
        assert stage.work is not None
        worked = stage.work(entry, Context(_now(), 0, 0, 0))
        return await worked if isinstance(worked, Awaitable) else worked


def _cleaned(feeds: Feeds, where: str, page: Page) -> Article:
    cleaned = clean_page(page, feeds())
    if isinstance(cleaned, Drop):
        raise NotFound(f"{where}: {cleaned.detail or cleaned.reason}: no text was found in the page")
    if isinstance(cleaned, Quarantine):
        raise NotFound(f"{where}: {cleaned.reason}")
    return cleaned.article


def _entry(url: str) -> Entry:
    return Entry(id="one", feed_id="", outlet="", url=url, seen_at=_now())


def _now() -> datetime:
    return datetime.now(UTC)
