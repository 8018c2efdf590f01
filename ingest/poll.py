"""Polls feeds: asks, reads, compares, and says what came of it. The source at the head of the flow.

A feed's failure is a value, never an exception: whatever a publisher or the network does ends in a ``Polled`` with an outcome
and a plain sentence. Only bugs and broken dependencies are raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from contracts.source import Polled, Pool, PoolFailed
from ingest.answer import (
    failed_by_content,
    failed_by_pool,
    failed_by_status,
    failed_by_web,
    left_out,
    success,
    unasked,
    unchanged,
)
from ingest.discover import ACCEPT, PARSE_SECONDS, Discovery, discover
from ingest.feeds import Feed, FeedList
from ingest.local import LocalSite
from ingest.news import News, news
from ingest.parse import ParsedFeed, parse_feed
from ingest.schedule import (
    SUCCESSES,
    FeedState,
    Pace,
    PollResult,
    afresh,
    after_poll,
    decode_state,
    encode_state,
    next_poll_at,
)
from ingest.urls import belongs, host, registrable
from ingest.web import Limits, Refused, Response, Unreachable, Web

MAX_CHILDREN = 3
_CHILD_NAME = "news"
_NO_FOLDER = PollResult(
    outcome="refused", detail="a file: feed whose folder was not given; only the operator's own list names one"
)


class Look(Struct, frozen=True, kw_only=True):
    """A poll with what it read on the way, for ``rasid feeds check``."""

    polled: Polled
    parsed: ParsedFeed | None = None
    discovery: Discovery | None = None
    response: Response | None = None


class _Seen(Struct, frozen=True, kw_only=True):
    """The outcome of a poll before the state takes it in."""

    result: PollResult
    news: News = News()
    parsed: ParsedFeed | None = None
    discovery: Discovery | None = None
    response: Response | None = None


class FeedPoller:
    """A ``contracts.source.Source`` over the feeds of a list.

    ``sites`` answer for ``file:`` feeds; ``first_days`` bounds the age of what the first poll of a feed takes,
    ``parse_seconds`` the time for reading one answer.
    """

    def __init__(
        self,
        feeds: FeedList,
        web: Web,
        pool: Pool,
        *,
        pace: Pace = Pace(),
        limits: Limits = Limits(),
        sites: Mapping[str, LocalSite] | None = None,
        first_days: float = 30.0,
        parse_seconds: float = PARSE_SECONDS,
    ) -> None:
        self.feeds, self.web, self.pool = feeds, web, pool
        self.pace, self.limits, self.first_days, self.parse_seconds = pace, limits, first_days, parse_seconds
        self.sites = dict(sites or {})

    def next_at(self, feed_id: str, state: bytes | None, now: datetime) -> datetime:
        """When the feed is due; pure. Raises KeyError for a feed that is not in the list."""
        return self._next_at(self.feeds.feeds[feed_id], decode_state(state), now)

    async def poll(self, feed_id: str, state: bytes | None, now: datetime) -> Polled:
        """Polls once. Raises KeyError for a feed that is not in the list."""
        return (await self.look(feed_id, state, now)).polled

    async def look(self, feed_id: str, state: bytes | None, now: datetime) -> Look:
        """As ``poll``, with the parsed feed and the discovery beside it."""
        feed = self.feeds.feeds[feed_id]
        before = afresh(decode_state(state), feed)
        seen = await self._see(feed, before, now)
        after = after_poll(before, seen.result, feed, now)
        polled = Polled(
            feed_id=feed_id,
            entries=seen.news.entries,
            state=encode_state(after),
            next_at=self._next_at(feed, after, now),
            outcome=seen.result.outcome,
            detail=seen.result.detail,
            ok=seen.result.outcome in SUCCESSES,
            dropped=left_out(seen.parsed, seen.news) if seen.parsed else {},
        )
        return Look(polled=polled, parsed=seen.parsed, discovery=seen.discovery, response=seen.response)

    def _next_at(self, feed: Feed, state: FeedState, now: datetime) -> datetime:
        site = self.sites.get(feed.id)
        if site is not None and state.polls < site.moments():
            return now
        return next_poll_at(state, feed, now, self.pace)

    async def _see(self, feed: Feed, state: FeedState, now: datetime) -> _Seen:
        site = self.sites.get(feed.id)
        if site is not None:
            return await self._read(feed, state, site.feed(state.polls), now)
        if feed.is_local:
            return _Seen(result=_NO_FOLDER)
        try:
            if feed.url is None and state.found is None:
                return await self._discover(feed, state, now)
            address = state.found or feed.address
            answer = await self.web.get(address, validators=state.validators, limits=self.limits, accept=ACCEPT)
        except (Unreachable, Refused) as error:
            return _Seen(result=failed_by_web(error))
        return await self._judge(feed, state, answer, now)

    async def _discover(self, feed: Feed, state: FeedState, now: datetime) -> _Seen:
        outlet = self.feeds.outlets[feed.outlet]
        found = await discover(self.web, self.pool, feed.address, now, outlet.timezone, self.parse_seconds)
        if found.url is None or found.response is None:
            last = found.tries[0].said if found.tries else "nothing was asked"
            detail = (
                last
                if found.away
                else f"no feed found on the site in {len(found.tries)} tries; its first answer: {last}"
            )
            seen = _Seen(result=PollResult(outcome="unreachable" if found.away else "bad_feed", detail=detail))
        else:
            seen = await self._read(feed, state, found.response, now, found)
        return _Seen(result=seen.result, news=seen.news, parsed=seen.parsed, response=seen.response, discovery=found)

    async def _judge(self, feed: Feed, state: FeedState, answer: Response, now: datetime) -> _Seen:
        """By the status of the answer."""
        if answer.status == 200:
            return await self._read(feed, state, answer, now)
        if answer.status == 304 and state.validators is None:
            return _Seen(result=unasked(), response=answer)
        if answer.status == 304:
            return _Seen(result=unchanged(state, answer, now), response=answer)
        return _Seen(result=failed_by_status(answer, now), response=answer)

    async def _read(
        self, feed: Feed, state: FeedState, answer: Response, now: datetime, found: Discovery | None = None
    ) -> _Seen:
        body_hash = sha256(answer.body).hexdigest()
        if state.validators is not None and state.validators.content_hash == body_hash:
            return _Seen(result=unchanged(state, answer, now), response=answer)
        try:
            parsed = found.parsed if found and found.parsed else await self._parse(feed, answer, now)
            if parsed.kind == "sitemap_index":
                parsed, body_hash = await self._children(feed, parsed, answer, now)
        except PoolFailed as error:
            return _Seen(result=failed_by_pool(error.kind, self.parse_seconds), response=answer)
        if not parsed.is_feed or parsed.kind == "sitemap_index":
            return _Seen(result=failed_by_content(parsed), response=answer, parsed=parsed)
        fresh = news(parsed.entries, feed, self.feeds, state, now, self.first_days)
        result = success(state, answer, parsed, fresh, body_hash, now, found)
        return _Seen(result=result, news=fresh, parsed=parsed, response=answer)

    async def _parse(self, feed: Feed, answer: Response, now: datetime) -> ParsedFeed:
        return await self.pool.run(
            parse_feed,
            answer.body,
            answer.charset,
            answer.content_type,
            answer.url,
            self.feeds.outlets[feed.outlet].timezone,
            now,
            seconds=self.parse_seconds,
        )

    async def _children(self, feed: Feed, index: ParsedFeed, answer: Response, now: datetime) -> tuple[ParsedFeed, str]:
        """One level below an index: the news sitemaps of the same publisher, at most MAX_CHILDREN; and a hash over them."""
        hasher, parts, problems = sha256(), [], list(index.problems)
        for address in self._news_children(feed, index, answer):
            try:
                child = await self.web.get(address, limits=self.limits, accept=ACCEPT)
            except (Unreachable, Refused) as error:
                problems.append(f"child {error.reason}")
                continue
            hasher.update(child.body)
            parsed = await self._parse(feed, child, now)
            if child.status == 200 and parsed.kind in ("news_sitemap", "sitemap"):
                parts.append(parsed)
        if not parts:
            return index, ""
        entries = {item.url: item for part in parts for item in part.entries}
        merged = ParsedFeed(
            kind="news_sitemap", title=parts[0].title, entries=tuple(entries.values()), problems=tuple(problems)
        )
        return merged, hasher.hexdigest()

    def _news_children(self, feed: Feed, index: ParsedFeed, answer: Response) -> list[str]:
        domains = (*self.feeds.outlets[feed.outlet].domains, registrable(answer.url) or host(answer.url))
        named = [one for one in index.children if _CHILD_NAME in one.lower() and belongs(one, domains)]
        return named[:MAX_CHILDREN]
