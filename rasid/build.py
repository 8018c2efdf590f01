"""Binds the stages to what they need: the flow of ``topology.FLOW``, built from settings and the list of feeds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from contracts.records import Validators
from contracts.source import Pool
from contracts.stage import Stage
from ingest.clean import clean_stage
from ingest.feeds import FeedChange, FeedList, load, overlay
from ingest.fetch import FetchSettings, fetch_stage
from ingest.hosts import HostBusy, HostGate
from ingest.http import Client, ClientSettings
from ingest.local import LocalSite
from ingest.poll import FeedPoller
from ingest.robots import LIMITS as ROBOTS_LIMITS
from ingest.robots import Robots
from ingest.schedule import Pace
from ingest.urls import host
from ingest.web import Limits, Response, Unreachable, Web
from processors.merge.stage import MergeSettings, merge_stage
from processors.stage import extract_stage
from rasid import __version__
from rasid.errors import UsageError
from rasid.own_places import checked
from rasid.pool import WorkerPool
from rasid.settings import Settings
from rasid.topology import Topology

POLL_PATIENCE = 900.0
"""Seconds that a poll waits for its host's turn: an outlet with many feeds on one host."""


def feeds_of(settings: Settings, changes: tuple[FeedChange, ...] = ()) -> FeedList:
    """The operator's list with the changes made at run time. Raises UsageError with every fault of the file."""
    try:
        return overlay(load(settings.feeds), changes)
    except OSError as error:
        raise UsageError(f"{settings.feeds}: {error.strerror}; name the list of feeds with --feeds") from None
    except ValueError as error:
        raise UsageError(str(error)) from None


class PoliteWeb:
    """A ``Web`` in which each request waits for its host's turn."""

    def __init__(self, web: Web, gate: HostGate) -> None:
        self._web, self._gate = web, gate

    async def get(
        self, url: str, *, validators: Validators | None = None, limits: Limits = Limits(), accept: str = "*/*"
    ) -> Response:
        try:
            async with self._gate.slot(host(url), patience=POLL_PATIENCE):
                return await self._web.get(url, validators=validators, limits=limits, accept=accept)
        except HostBusy as error:
            raise Unreachable(url, "busy", str(error)) from error


class SampleSites:
    """The sites on disk behind ``file:`` feeds, as one: a feed of an outlet may link to the pages of another."""

    def __init__(self, sites: Mapping[str, LocalSite], own: LocalSite) -> None:
        self._sites = (own, *(site for site in sites.values() if site is not own))

    def page(self, url: str, at: datetime | None = None) -> Response | None:
        for site in self._sites:
            if (found := site.page(url, at)) is not None:
                return found
        return None


def local_sites(feeds: FeedList) -> dict[str, LocalSite]:
    """The folders of the list's ``file:`` feeds. Raises UsageError for a broken one."""
    sites = {}
    for feed in feeds.active():
        try:
            if (folder := feeds.local_folder(feed.id)) is not None:
                sites[feed.id] = LocalSite.load(folder)
        except (OSError, ValueError) as error:
            raise UsageError(f"feed {feed.id}: {error}") from None
    return sites


def client(settings: Settings) -> Client:
    agent = f"Rasid/{__version__} (+{settings.contact})"
    return Client(
        ClientSettings(
            user_agent=agent,
            allow=settings.allow_networks,
            trust_env=settings.proxy_from_environment,
            connections=settings.poll_concurrency + settings.fetch_concurrency,
        )
    )


def gate(settings: Settings) -> HostGate:
    """The turns by host that polling and fetching share."""
    return HostGate(spacing=settings.host_spacing)


def poller(settings: Settings, feeds: FeedList, web: Web, pool: Pool, turns: HostGate) -> FeedPoller:
    return FeedPoller(
        feeds,
        PoliteWeb(web, turns),
        pool,
        pace=Pace(fastest=settings.poll_least, slowest=settings.poll_most),
        limits=Limits(max_bytes=settings.max_feed_bytes, seconds=settings.request_seconds),
        sites=local_sites(feeds),
        first_days=settings.first_days,
        parse_seconds=settings.parse_seconds,
    )


def pool_stages(feeds: FeedList, gazetteer: Path | None = None) -> dict[str, Stage[Any, Any]]:
    """The stages whose work runs in the pool; built in each worker and in the runner alike. ``gazetteer``: the operator's own
    places, read by a worker at its first article."""
    return {"clean": clean_stage(feeds), "extract": extract_stage(gazetteer)}


def worker_pool(settings: Settings, feeds: FeedList) -> WorkerPool:
    checked(settings.gazetteer)
    return WorkerPool(
        partial(pool_stages, feeds, settings.gazetteer),
        workers=settings.workers,
        memory=settings.worker_memory,
        tasks=settings.worker_tasks,
    )


def topology(settings: Settings, feeds: FeedList, web: Web, turns: HostGate) -> Topology:
    """Every stage, bound."""
    sites = local_sites(feeds)
    limits = Limits(max_bytes=settings.max_page_bytes, seconds=settings.request_seconds)
    stages: dict[str, Stage[Any, Any]] = {
        "fetch": fetch_stage(
            web,
            Robots(web, seconds=min(settings.request_seconds, ROBOTS_LIMITS.seconds)),
            FetchSettings(spacing=settings.host_spacing, limits=limits),
            {feed: SampleSites(sites, site) for feed, site in sites.items()},
            turns,
        ),
        **pool_stages(feeds, settings.gazetteer),
        "merge": merge_stage(MergeSettings(keep_days=settings.event_expiry_days)),
    }
    return Topology(stages)
