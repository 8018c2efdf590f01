"""Fetch: an entry to the page behind it.

plan drops what is known already and says when the host may be asked; work asks (robots.txt, then a conditional GET); fold
remembers, and decides what the answer means. What fold gives depends on the record and on what was known before that record,
which it keeps: the same record delivered again gives the same again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

import cramjam
import msgspec
from msgspec import Struct

from contracts.outcomes import Drop, Emit, Later, Outcome, Quarantine, Retry
from contracts.records import Entry, Page
from contracts.stage import Context, Stage, Store
from ingest import fetchstate as memory
from ingest import urls
from ingest.hosts import HostBusy, HostGate, retry_after
from ingest.robots import Robots
from ingest.web import Limits, Refused, Response, Unreachable, Web

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.8,*/*;q=0.5"
REASON_HEADER = "rasid-refused"
_KEPT_HEADERS = ("content-type", "content-language", "last-modified", "etag", "link")
_LONGEST_HEADER = 2000
_PAGE_TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml", "application/vnd.wap.xhtml+xml"}
)
_NO_PAGE_NAME = re.compile(
    r"\.(pdf|jpe?g|png|gif|webp|svg|mp[34]|m4[av]|avi|mov|webm|ogg|wav|docx?|xlsx?|pptx?|zip|rar|apk)$", re.IGNORECASE
)
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|\?xml)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_PASSING = frozenset({408, 421, 423, 425, 429})
_GONE = frozenset({404, 410})
_AGAIN = "-gone"
_MOST_LINES = 10_000


class FetchSettings(Struct, frozen=True, kw_only=True):
    """Times in seconds. ``own_text``: characters of text in the entry from which on it can stand in for a refused page.
    ``patience``: how long a request may wait for its host's turn before the record goes back to the queue."""

    limits: Limits = Limits(max_bytes=5 * 1024 * 1024)
    spacing: float = 1.0
    gone_again: float = 6 * 3600.0
    own_text: int = 140
    patience: float = 5.0
    longest_park: float = 24 * 3600.0


class Site(Protocol):
    """A site on disk, which the operator's list names; ``at`` chooses the version of the page."""

    def page(self, url: str, at: datetime) -> Response | None: ...


class Fetched(Struct, frozen=True, kw_only=True):
    """What work hands to fold: the answer, or the reason why there is none. ``status`` 0: nobody was asked or answered.
    ``body`` is compressed with zstd, ``delay`` the seconds for which the host is to be left alone (None: no host was asked)."""

    entry: Entry
    at: datetime
    status: int = 0
    url: str = ""
    headers: dict[str, str] = {}
    content_type: str | None = None
    charset: str | None = None
    body: bytes = b""
    content_hash: str = ""
    is_page: bool = False
    delay: float | None = None
    retry: float | None = None
    failure: str = ""
    detail: str = ""
    passing: bool = False


def fetch_stage(
    web: Web,
    robots: Robots,
    settings: FetchSettings = FetchSettings(),
    sites: Mapping[str, Site] | None = None,
    gate: HostGate | None = None,
) -> Stage[Entry, Fetched]:
    """The stage. ``sites`` by feed id: their entries are read from disk, never from the net. ``gate`` is shared with poll."""
    fetcher = _Fetcher(web, robots, settings, sites or {}, gate or HostGate(spacing=settings.spacing))
    return Stage(
        name="fetch",
        takes=Entry,
        key=memory.host_key,
        where="loop",
        plan=fetcher.plan,
        work=fetcher.work,
        fold=fetcher.fold,
    )


def _moment(entry: Entry, context: Context) -> datetime:
    """The state of a sample page that an entry sees: the one of its own date. A look again sees the newest."""
    dated = (entry.updated_at or entry.published_at) if entry.look <= 0 else None
    return dated or context.now


class _Fetcher:
    def __init__(
        self, web: Web, robots: Robots, settings: FetchSettings, sites: Mapping[str, Site], gate: HostGate
    ) -> None:
        self._web, self._robots, self._settings, self._sites, self._gate = web, robots, settings, sites, gate
        self._line: dict[str, datetime] = {}

    # --- plan

    def plan(self, entry: Entry, store: Store, context: Context) -> Entry | Outcome:
        try:
            article = memory.article_of(entry)
        except urls.BadUrl as error:
            return Quarantine(f"bad_url: {error}")
        if memory.forgotten(store, article):
            return Drop("forgotten")
        state = memory.known(store, article)
        again = memory.delivered_again(state, entry, context)
        if again is not None:
            return msgspec.structs.replace(entry, validators=again.before)
        if (reason := _known_already(entry, state)) is not None:
            return Drop(reason)
        wait = 0.0 if entry.feed_id in self._sites else self._wait(entry, store, context)
        if wait > 0.0:
            return Retry("spacing", after=wait, counts=False)
        return msgspec.structs.replace(entry, validators=state.validators)

    def _wait(self, entry: Entry, store: Store, context: Context) -> float:
        """Seconds until the entry's turn. Entries that wait for one host are lined up behind each other: were all of them to
        come back at the next free moment, a thousand would be planned half a million times."""
        host, longest = memory.host_key(entry), self._settings.longest_park
        state = memory.parked(store, host, context.now, longest)
        if state is None:
            return 0.0
        last = self._line.get(host)
        turn = state.next_at if last is None else max(state.next_at, last + timedelta(seconds=state.every))
        if turn > context.now + timedelta(seconds=longest):
            turn = state.next_at
        if len(self._line) >= _MOST_LINES:
            self._line.clear()
        self._line[host] = turn
        return (turn - context.now) / timedelta(seconds=1)

    # --- work

    async def work(self, entry: Entry, context: Context) -> Fetched | Outcome:
        site = self._sites.get(entry.feed_id)
        if site is not None:
            missing = Response(url=entry.url, status=404, headers={})
            return _answered(entry, context.now, site.page(entry.url, _moment(entry, context)) or missing)
        host = memory.host_key(entry)
        try:
            verdict = await self._robots.check(entry.url)
            if not verdict.allowed:
                return Fetched(entry=entry, at=context.now, failure="robots")
            async with self._gate.slot(host, spacing=verdict.delay, patience=self._settings.patience):
                response = await self._web.get(
                    entry.url, validators=entry.validators, limits=self._settings.limits, accept=ACCEPT
                )
        except HostBusy as busy:
            return Retry("spacing", after=busy.seconds, counts=False)
        except Refused as error:
            return _failed(entry, context.now, error, passing=False)
        except Unreachable as error:
            return _failed(entry, context.now, error, passing=True)
        return self._heard(entry, host, response, verdict.delay, context.now)

    def _heard(self, entry: Entry, host: str, response: Response, delay: float, now: datetime) -> Fetched:
        later = retry_after(response.headers, now) if response.status in (429, 503) else None
        if later:
            self._gate.park(host, later)
        return _answered(entry, now, response, delay=delay, retry=later)

    # --- fold

    def fold(self, worked: Fetched, store: Store, context: Context) -> Outcome:
        entry = worked.entry
        article = memory.article_of(entry)
        if worked.delay is not None:
            every = max(self._settings.spacing, worked.delay)
            until = context.now + timedelta(seconds=max(every, worked.retry or 0.0))
            memory.park(store, memory.host_key(entry), until, every)
        if memory.forgotten(store, article):
            return Drop("forgotten")
        state = memory.known(store, article)
        again = memory.delivered_again(state, entry, context) is not None
        after, done = memory.with_done(state, entry, context)
        after, outcome = self._judged(worked, after, done)
        if not again and not isinstance(outcome, Retry | Quarantine):
            memory.remember(store, article, after)
        return outcome

    def _judged(self, worked: Fetched, state: memory.Known, done: memory.Done) -> tuple[memory.Known, Outcome]:
        """The state after this answer, and what it means. ``done`` says what stood before."""
        if worked.passing or _is_passing(worked):
            return state, Retry(worked.failure or f"status {worked.status}", after=worked.retry)
        if worked.failure in ("private_address", "bad_url"):
            return state, Quarantine(f"{worked.failure}: {worked.detail}")
        if worked.status in _GONE:
            return self._gone(worked, state, done)
        if worked.failure or (worked.status >= 300 and worked.status != 304):
            return self._refused(worked, state, done)
        return _came(worked, state, done)

    def _gone(self, worked: Fetched, state: memory.Known, done: memory.Done) -> tuple[memory.Known, Outcome]:
        entry = worked.entry
        if done.before is None and done.gone_before == 0 and entry.look == 0:
            return state, Retry("not there yet")
        if done.gone_before == 0 and not entry.id.endswith(_AGAIN):
            again = msgspec.structs.replace(entry, id=entry.id + _AGAIN, validators=None)
            return _with(state, gone=1), Emit(later=(Later(self._settings.gone_again, again),))
        # Without its validators a page that comes back is news, even with the old text.
        return _with(state, gone=done.gone_before + 1, validators=None), Emit((page_of(worked),))

    def _refused(self, worked: Fetched, state: memory.Known, done: memory.Done) -> tuple[memory.Known, Outcome]:
        reason = worked.failure or f"status {worked.status}"
        if done.before is None and _has_own_text(worked.entry, self._settings.own_text):
            headers = {**worked.headers, REASON_HEADER: reason}
            page = page_of(msgspec.structs.replace(worked, headers=headers, body=b"", content_hash=""))
            return _with(state, fetched=True, first_at=state.first_at or worked.at), Emit((page,))
        return state, Drop(f"refused: {reason}", worked.detail)


def _came(worked: Fetched, state: memory.Known, done: memory.Done) -> tuple[memory.Known, Outcome]:
    before = done.before.content_hash if done.before is not None else None
    if worked.status == 304 or (before is not None and before == worked.content_hash):
        return _with(state, gone=0), Drop("unchanged")
    state = _with(state, fetched=True, first_at=state.first_at or worked.at, gone=0)
    if not worked.is_page:
        return state, Drop("not a page", worked.content_type or "")
    return _with(state, validators=memory.validators_of(worked.headers, worked.content_hash)), Emit((page_of(worked),))


def _known_already(entry: Entry, state: memory.Known) -> str | None:
    if _NO_PAGE_NAME.search(urlsplit(entry.url).path):
        return "not a page"
    if entry.look == 0 and state.fetched:
        return "fetched already"
    if entry.id in state.done or (entry.look > 0 and entry.look in state.looks and not entry.id.endswith(_AGAIN)):
        return "looked already"
    return None


def _is_passing(worked: Fetched) -> bool:
    """A fault that may be over the next time: too many requests, the server's own, an empty answer, a 304 that nobody asked for."""
    if worked.failure:
        return False
    if worked.status == 304:
        return worked.entry.validators is None
    return worked.status in _PASSING or worked.status >= 500 or (worked.status < 300 and not worked.body)


def _failed(entry: Entry, now: datetime, error: Refused | Unreachable, *, passing: bool) -> Fetched:
    return Fetched(entry=entry, at=now, failure=error.reason, detail=error.detail, passing=passing, delay=0.0)


def _answered(
    entry: Entry, now: datetime, response: Response, *, delay: float | None = None, retry: float | None = None
) -> Fetched:
    status = 404 if _led_home(entry.url, response) else response.status
    body = response.body if status < 300 else b""
    return Fetched(
        entry=entry,
        at=now,
        status=status,
        url=response.url,
        headers={name: text[:_LONGEST_HEADER] for name in _KEPT_HEADERS if (text := response.headers.get(name))},
        content_type=response.content_type,
        charset=response.charset,
        body=bytes(cramjam.zstd.compress(body)) if body else b"",
        content_hash=sha256(body).hexdigest() if body else "",
        is_page=_is_page(response.content_type, body),
        delay=delay,
        retry=retry,
    )


def _led_home(url: str, response: Response) -> bool:
    """Many sites send the readers of a deleted article to the home page instead of saying that it is gone."""
    return bool(response.redirects) and urlsplit(response.url).path in ("", "/") and urlsplit(url).path not in ("", "/")


def _is_page(content_type: str | None, body: bytes) -> bool:
    if body.startswith(b"%PDF-"):
        return False
    return content_type in _PAGE_TYPES or _MARKUP.match(body) is not None


def _has_own_text(entry: Entry, least: int) -> bool:
    return any(len(_TAG.sub("", text).strip()) >= least for text in (entry.content_html, entry.summary) if text)


def page_of(worked: Fetched) -> Page:
    """The record for clean; of what is gone or refused the body stays empty."""
    return Page(
        entry=worked.entry,
        url=worked.url or worked.entry.url,
        status=worked.status,
        headers=worked.headers,
        content_type=worked.content_type,
        charset=worked.charset,
        body=worked.body,
        content_hash=worked.content_hash,
        fetched_at=worked.at,
    )


def _with(state: memory.Known, **changes: object) -> memory.Known:
    return msgspec.structs.replace(state, **changes)
