"""A web of canned answers, a pool that runs in place, and builders of feeds in every format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from contracts.records import Validators
from contracts.source import PoolFailed
from ingest.feeds import Feed, FeedList, Outlet
from ingest.web import Limits, Redirect, Response, Unreachable

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
FEED_URL = "https://nabaa.example/feed"
TITLE = "قتلى وجرحى في قصف على ريف إدلب"
Answer = Response | Exception | Callable[[Validators | None], Response]


class FakeWeb:
    """Answers by URL: a response, an exception to raise, or a function of the validators. Unknown addresses are unreachable."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[tuple[str, Validators | None]] = []

    async def get(
        self, url: str, *, validators: Validators | None = None, limits: Limits = Limits(), accept: str = "*/*"
    ) -> Response:
        self.asked.append((url, validators))
        answer = self.answers.get(url, Unreachable(url, "name_not_found"))
        if isinstance(answer, Exception):
            raise answer
        return answer(validators) if callable(answer) else answer


class InlinePool:
    """Runs in this process; ``fails`` names a PoolFailed kind to end every call with."""

    def __init__(self, fails: str | None = None) -> None:
        self.fails = fails
        self.runs = 0

    async def run(self, function: Callable[..., Any], *args: object, seconds: float) -> Any:
        self.runs += 1
        if self.fails is not None:
            raise PoolFailed(self.fails, function.__name__)
        return function(*args)


def answer(
    body: bytes | str, status: int = 200, url: str = FEED_URL, moved_by: int | None = None, **headers: str
) -> Response:
    """A response; header names with ``_`` for ``-``. ``moved_by``: the status of a redirect that led to ``url``."""
    data = body.encode() if isinstance(body, str) else body
    hops = () if moved_by is None else (Redirect(moved_by, url),)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(url=url, status=status, headers=named, body=data, content_type="application/xml", redirects=hops)


def outlet(outlet_id: str = "nabaa", **changes: Any) -> Outlet:
    given = {
        "name": "نبأ",
        "name_en": "Nabaa",
        "country": "SY",
        "timezone": "Asia/Damascus",
        "viewpoint": "independent",
        "kind": "site",
        "domains": (f"{outlet_id}.example",),
    }
    return Outlet(id=outlet_id, **{**given, **changes})


def feed_list(*feeds: Feed, outlets: tuple[Outlet, ...] = ()) -> FeedList:
    """A list of these feeds; outlet ``nabaa`` is always in it."""
    feeds = feeds or (Feed(id="f", outlet="nabaa", url=FEED_URL),)
    return FeedList({one.id: one for one in (outlet(), *outlets)}, {feed.id: feed for feed in feeds})


def item(number: int = 1, **fields: str) -> dict[str, str]:
    """Fields of an item: title, link, guid, date, summary; any may be replaced, or dropped with an empty string."""
    given = {
        "title": f"{TITLE} {number}",
        "link": f"https://nabaa.example/news/{number}",
        "guid": f"guid-{number}",
        "date": f"Tue, 10 Mar 2026 {8 + number % 3:02d}:{number % 60:02d}:00 +0300",
        "summary": f"أفاد مراسلنا بسقوط قتلى {number}",
    }
    return {name: value for name, value in {**given, **fields}.items() if value}


def rss(*items: dict[str, str], head: str = '<?xml version="1.0" encoding="UTF-8"?>', channel: str = "") -> str:
    rows = "".join(
        f"<item><title>{one.get('title', '')}</title>"
        + (f"<link>{one['link']}</link>" if "link" in one else "")
        + (f'<guid isPermaLink="false">{one["guid"]}</guid>' if "guid" in one else "")
        + (f"<pubDate>{one['date']}</pubDate>" if "date" in one else "")
        + (f"<description>{one['summary']}</description>" if "summary" in one else "")
        + "</item>"
        for one in items
    )
    return f'{head}<rss version="2.0"><channel><title>نبأ</title><link>https://nabaa.example/</link>{channel}{rows}</channel></rss>'


def atom(*items: dict[str, str]) -> str:
    rows = "".join(
        f"<entry><title>{one['title']}</title><link rel='alternate' href='{one['link']}'/><id>{one['guid']}</id>"
        f"<published>2026-03-10T08:00:00+03:00</published><updated>2026-03-10T09:00:00+03:00</updated>"
        f"<summary>{one['summary']}</summary></entry>"
        for one in items
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>نبأ</title>{rows}</feed>'


def rdf(*items: dict[str, str]) -> str:
    rows = "".join(
        f"<item rdf:about='{one['link']}'><title>{one['title']}</title><link>{one['link']}</link>"
        "<dc:date>2026-03-10T08:00:00+03:00</dc:date></item>"
        for one in items
    )
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>نبأ</title></channel>' + rows + "</rdf:RDF>"
    )


def json_feed(*items: dict[str, str]) -> str:
    rows = [
        {
            "id": one["guid"],
            "url": one["link"],
            "title": one["title"],
            "content_text": one["summary"],
            "date_published": "2026-03-10T08:00:00+03:00",
        }
        for one in items
    ]
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "نبأ", "items": rows}, ensure_ascii=False
    )


def news_sitemap(*items: dict[str, str], date: str = "2026-03-10T08:00:00+03:00") -> str:
    rows = "".join(
        f"<url><loc>{one['link']}</loc><news:news><news:publication><news:name>نبأ</news:name>"
        f"<news:language>ar</news:language></news:publication><news:publication_date>{date}</news:publication_date>"
        f"<news:title>{one['title']}</news:title></news:news></url>"
        for one in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{rows}</urlset>'
    )


def sitemap_index(*addresses: str) -> str:
    rows = "".join(f"<sitemap><loc>{address}</loc></sitemap>" for address in addresses)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'
