"""``rasid poll``: a poller, its membership in the group, and its end."""

from __future__ import annotations

import asyncio
import signal
from functools import partial

import structlog

from contracts.records import Entry
from contracts.source import Source
from ingest.feeds import FeedList
from rasid import build
from rasid.cluster import feedstate
from rasid.cluster.connection import check_versions
from rasid.cluster.feedtopic import FeedWatch
from rasid.cluster.group import PollerGroup
from rasid.cluster.poller import ClusterPoller
from rasid.cluster.sending import Sender
from rasid.cluster.setup import check
from rasid.cluster.topics import Topics
from rasid.cluster.totals import totalled
from rasid.health import served
from rasid.indexes import health_settings
from rasid.pool import WorkerPool
from rasid.recorded import recorded
from rasid.settings import Settings

log = structlog.get_logger("rasid")

PARSERS = ("rasid.worker", "ingest.parse")
"""All that a poller's workers need: no lexicon, no gazetteer."""
STOP_SECONDS = 5.0
"""What a stopped poller may take to send what it holds; where the broker is away, the polls never happened."""


def poll_forever(settings: Settings) -> None:
    """Polls until SIGTERM or SIGINT. Raises UsageError where the cluster was not set up, or with other partitions."""
    check_versions()
    asyncio.run(_poll(settings))


async def _poll(settings: Settings) -> None:
    topics = Topics.of(settings)
    await check(settings, (topics.feeds, topics.feed_state, topics.counts, topics.of_kind(Entry)))
    pool = WorkerPool(
        dict,
        workers=settings.workers,
        memory=settings.worker_memory,
        tasks=settings.worker_tasks,
        preload=PARSERS,
    )
    turns = build.gate(settings)
    try:
        async with FeedWatch(settings) as watch, Sender(settings) as sender, build.client(settings) as web:
            group = PollerGroup(settings, topics.feeds, topics.group("poll"))

            def source_of(feeds: FeedList) -> Source:
                return build.poller(settings, feeds, web, pool, turns)

            poller = ClusterPoller(settings, watch, group, sender, source_of, partial(feedstate.load, settings))
            async with (
                served(settings, poller.snapshot, lambda: group.trouble),
                recorded(health_settings(settings), poller.snapshot),
                totalled(settings, poller.counts),
            ):
                await _until_stopped(poller, group)
    finally:
        pool.close()


async def _until_stopped(poller: ClusterPoller, group: PollerGroup) -> None:
    """Both run until a signal, or until one of them fails, which is then raised."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    polling, member = asyncio.create_task(poller.run()), asyncio.create_task(group.run())
    waiting = asyncio.create_task(stopped.wait())
    await asyncio.wait({polling, member, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    poller.stop()
    await asyncio.wait({polling}, timeout=STOP_SECONDS)
    polling.cancel()
    group.leave()
    for ended in await asyncio.gather(polling, member, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
