"""Changing and looking at the list of feeds: what ``rasid feeds …`` does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from arabic.bidi import strip_controls
from ingest.discover import Discovery, discover
from ingest.explain import explain
from ingest.feeds import Feed, FeedChange, FeedList, Outlet, dump, overlay
from ingest.opml import read_opml, write_opml
from ingest.poll import FeedPoller
from ingest.schedule import decode_state
from ingest.urls import BadUrl, canonical, host, registrable
from rasid import build, status
from rasid.errors import NotFound, UsageError
from rasid.operators import operations
from rasid.settings import Settings


class Listed(Struct, frozen=True):
    """A feed of the effective list, with its state."""

    id: str
    outlet: str
    outlet_name: str
    country: str
    address: str
    status: status.FeedStatus


class NewOutlet(Struct, frozen=True, kw_only=True):
    """What the operator says of an outlet that the list does not have yet."""

    name: str | None = None
    name_en: str | None = None
    country: str | None = None
    timezone: str | None = None
    viewpoint: str = "independent"
    kind: str = "site"


def listed(settings: Settings, country: str | None, failing: bool) -> list[Listed]:
    """The feeds in the order of the list."""
    kept = operations(settings)
    feeds, rows = kept.feed_list(), kept.feed_rows()
    found = []
    for feed in feeds.feeds.values():
        outlet, row = feeds.outlets[feed.outlet], rows.get(feed.id)
        state = status.feed_status(feed.id, feed.outlet, row)
        address = (row and decode_state(row.state).found) or feed.address
        if (country is None or outlet.country == country) and (not failing or state.state not in ("ok", "new")):
            found.append(Listed(feed.id, outlet.id, outlet.name, outlet.country, address, state))
    return found


def add_feed(
    settings: Settings, address: str, feed_id: str | None, outlet: str | None, new: NewOutlet, unseen: bool
) -> str:
    """Finds the feed, adds it (with its outlet where that is new), and says so. Raises UsageError with what was tried."""
    feeds = operations(settings).feed_list()
    try:
        url = canonical(address if "://" in address else f"https://{address}")
    except BadUrl as error:
        raise UsageError(f"{address}: {error}") from None
    owner, made = _owner(feeds, url, outlet, new)
    found = asyncio.run(_discover(settings, feeds, url, (made or owner).timezone))
    if found.url is None and not unseen:
        raise UsageError(f"{url}: no feed found; what was tried:\n{found.told()}\n--unseen adds the site all the same")
    feed_id = feed_id or _free_id(feeds, registrable(host(url)) or host(url))
    if feed_id in feeds.feeds:
        raise UsageError(f"--id {feed_id}: taken by {feeds.feeds[feed_id].address}")
    taken = [feed.id for feed in feeds.feeds.values() if found.url and feed.url == found.url]
    if taken:
        raise UsageError(f"{found.url} is watched already, as {taken[0]}")
    feed = Feed(id=feed_id, outlet=owner.id, url=found.url, site=None if found.url else url)
    _store(
        settings,
        feeds,
        [FeedChange(action="add", feed_id=feed_id, feed=feed, outlet=made, changed_at=datetime.now(UTC))],
    )
    return f"{feed_id}: {feed.address} is watched from now on, for {owner.name} ({owner.country})\n{found.told()}"


def _owner(feeds: FeedList, url: str, wanted: str | None, new: NewOutlet) -> tuple[Outlet, Outlet | None]:
    """The outlet of an address, and the same where it is new."""
    if wanted is not None:
        if wanted not in feeds.outlets:
            raise UsageError(f"--outlet {wanted}: not in the list; leave it out to make a new outlet")
        return feeds.outlets[wanted], None
    if (known := feeds.outlet_of(url)) is not None:
        return known, None
    made = _new_outlet(feeds, url, new)
    return made, made


def _new_outlet(feeds: FeedList, url: str, new: NewOutlet) -> Outlet:
    domain = registrable(host(url)) or host(url)
    if new.country is None:
        raise UsageError(
            f"{domain} is a new outlet: name its --country (and --name, --name-en, --timezone, --viewpoint)"
        )
    country = new.country.upper()
    if feeds.viewpoints and new.viewpoint not in feeds.viewpoints:
        raise UsageError(f"--viewpoint {new.viewpoint}: one of {', '.join(feeds.viewpoints)}")
    zones = Counter(outlet.timezone for outlet in feeds.outlets.values() if outlet.country == country)
    zone = new.timezone or (zones.most_common(1)[0][0] if zones else None)
    if zone is None:
        raise UsageError(f"no outlet of {country} in the list yet: name the --timezone, such as Asia/Damascus")
    name = new.name or domain
    outlet_id = _free_id(feeds, domain)
    return Outlet(
        id=outlet_id, name=name, name_en=new.name_en or name, country=country, timezone=zone, viewpoint=new.viewpoint,
        kind=new.kind, domains=(domain,),
    )  # fmt: skip


def _free_id(feeds: FeedList, domain: str) -> str:
    base = domain.replace(".", "-")
    taken, number, name = set(feeds.feeds) | set(feeds.outlets), 2, base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _store(settings: Settings, feeds: FeedList, changes: list[FeedChange]) -> None:
    try:
        overlay(feeds, changes)
    except ValueError as error:
        raise UsageError(str(error)) from None
    operations(settings).change_feeds(changes)


def remove_feed(settings: Settings, feed_id: str) -> None:
    """Raises NotFound."""
    feeds = operations(settings).feed_list()
    if feed_id not in feeds.feeds:
        raise NotFound(f"no feed {feed_id}; `rasid feeds list` shows those there are")
    _store(settings, feeds, [FeedChange(action="remove", feed_id=feed_id, changed_at=datetime.now(UTC))])


@asynccontextmanager
async def _poller(settings: Settings, feeds: FeedList) -> AsyncIterator[FeedPoller]:
    pool = build.worker_pool(settings.model_copy(update={"workers": 1}), feeds)
    try:
        async with build.client(settings) as web:
            yield build.poller(settings, feeds, web, pool, build.gate(settings))
    finally:
        pool.close()


async def _discover(settings: Settings, feeds: FeedList, url: str, timezone: str) -> Discovery:
    async with _poller(settings, feeds) as poller:
        return await discover(poller.web, poller.pool, url, datetime.now(UTC), timezone)


def check_feeds(settings: Settings, feed_ids: list[str], say: Callable[[str], None]) -> int:
    """Polls each once from its present state, stores nothing, says what came; how many did not answer."""
    kept = operations(settings)
    feeds = kept.feed_list()
    unknown = [feed for feed in feed_ids if feed not in feeds.feeds]
    if unknown:
        raise NotFound(f"no feed {', '.join(unknown)}; `rasid feeds list` shows those there are")
    states = {feed: row.state for feed, row in kept.feed_rows().items()}
    chosen = feed_ids or [feed.id for feed in feeds.active()]
    return asyncio.run(_check(settings, feeds, states, chosen, say))


async def _check(
    settings: Settings, feeds: FeedList, states: dict[str, bytes | None], chosen: list[str], say: Callable[[str], None]
) -> int:
    failed, turns = 0, asyncio.Semaphore(settings.poll_concurrency)
    async with _poller(settings, feeds) as poller:

        async def one(feed_id: str) -> bool:
            async with turns:
                look = await poller.look(feed_id, states.get(feed_id), datetime.now(UTC))
            say(strip_controls(explain(look.polled, look.parsed, look.discovery)))
            return look.polled.ok

        failed = [*await asyncio.gather(*map(one, chosen))].count(False)
    return failed


def import_opml(settings: Settings, file: Path, country: str | None, timezone: str | None) -> Iterator[str]:
    """Adds the feeds of an OPML file that are not watched yet; a line for each that is left out, and a sum."""
    try:
        imported = read_opml(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    feeds = operations(settings).feed_list()
    changes: list[FeedChange] = []
    known = {feed.url for feed in feeds.feeds.values()}
    yield from imported.problems
    for outline in imported.outlines:
        if outline.url in known:
            yield f"{outline.url}: watched already"
            continue
        new = NewOutlet(name=outline.title, country=outline.country or country, timezone=timezone)
        try:
            wanted = outline.outlet if outline.outlet in feeds.outlets else None
            owner, made = _owner(feeds, outline.url, wanted, new)
        except UsageError as error:
            yield f"{outline.url}: {error}"
            continue
        feed = Feed(
            id=_free_id(feeds, registrable(host(outline.url)) or host(outline.url)), outlet=owner.id, url=outline.url
        )
        change = FeedChange(action="add", feed_id=feed.id, feed=feed, outlet=made, changed_at=datetime.now(UTC))
        feeds = overlay(feeds, [change])
        changes.append(change)
    if changes:
        _store(settings, operations(settings).feed_list(), changes)
    yield f"{len(changes)} feeds added from {file}"


def export_feeds(settings: Settings, format_: str) -> str:
    """The effective list; discovered addresses stand in for sites in OPML."""
    kept = operations(settings)
    feeds = kept.feed_list()
    if format_ == "toml":
        return dump(feeds)
    found = {feed: state.found for feed, row in kept.feed_rows().items() if (state := decode_state(row.state)).found}
    return write_opml(feeds, found)
