"""A world for the fetch stage: a store in memory, a web that answers from a table, and a runner of one record at a time."""

import asyncio
from datetime import UTC, datetime

import msgspec

from contracts.ids import article_id, entry_id
from contracts.outcomes import Outcome
from contracts.records import Entry
from contracts.stage import Context, MemoryStore
from ingest.fetch import FetchSettings, fetch_stage
from ingest.hosts import HostGate
from ingest.robots import Robots
from ingest.urls import identity
from ingest.web import Response

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
URL = "https://www.outlet.example/news/1"
HTML = "<html><body><p>أعلنت الوزارة افتتاح الطريق الدولي</p></body></html>".encode()
OWN_TEXT = "قالت الوزارة في بيان إن أعمال الصيانة انتهت " * 6


def entry(url=URL, look=0, change="", **fields):
    fields = {"feed_id": "feed", "outlet": "outlet", "seen_at": NOW, **fields}
    return Entry(id=entry_id(identity(url), look, change), url=url, look=look, **fields)


def page(body=HTML, status=200, url=URL, content_type="text/html", redirects=(), **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type:
        headers["content-type"] = content_type
    return Response(url=url, status=status, headers=headers, body=body, content_type=content_type, redirects=redirects)


class FakeWeb:
    """Answers each URL with its response, or raises it; 304 where the validators are those of the response."""

    def __init__(self, default=None, robots=None):
        self.default, self.robots, self.asked = default or page(), robots or page(b"", 404), []

    async def get(self, url, *, validators=None, limits=None, accept=""):
        if url.endswith("/robots.txt"):
            return self.give(self.robots)
        self.asked.append((url, validators))
        answer = self.give(self.default)
        etag = answer.headers.get("etag")
        if validators and validators.etag and validators.etag == etag:
            return msgspec.structs.replace(answer, status=304, body=b"")
        return answer

    @staticmethod
    def give(answer):
        if isinstance(answer, Exception):
            raise answer
        return answer


class World:
    """Runs the stage as a runner does: plan, work, fold, one record at a time; ``later`` records wait in a list."""

    def __init__(self, web=None, sites=None, **options):
        self.web, self.store, self.now, self.position = web or FakeWeb(), MemoryStore(), NOW, 0
        self.gate = HostGate(spacing=0.0)
        self.stage = fetch_stage(self.web, Robots(self.web), FetchSettings(spacing=0.0, **options), sites, self.gate)

    def send(self, record, position=None) -> Outcome:
        self.position += 1
        context = Context(self.now, position or self.position, 0, 0)
        planned = self.stage.plan(record, self.store, context)
        if not isinstance(planned, Entry):
            return planned
        worked = asyncio.run(self.work(planned, context))
        return worked if isinstance(worked, Outcome) else self.stage.fold(worked, self.store, context)

    async def work(self, record, context):
        return await self.stage.work(record, context)

    def article(self, url=URL):
        return article_id(identity(url))
