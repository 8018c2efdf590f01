"""Binds the real stages for a worker: what ``rasid.build`` binds, over the feeds as they stand in the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from contracts.records import Document
from ingest.feeds import FeedList
from ingest.hosts import HostGate
from ingest.web import Web
from processors.merge.stage import MergeSettings, merge_stage
from rasid import build
from rasid.cluster.feedtopic import FeedWatch
from rasid.cluster.parts import Parts, Write
from rasid.errors import UsageError
from rasid.indexes import elasticsearch_index
from rasid.pool import WorkerPool
from rasid.settings import Settings
from rasid.topology import Topology

if TYPE_CHECKING:
    from sinks.elasticsearch import ElasticsearchIndex

log = structlog.get_logger("rasid")

IN_POOL = ("clean", "extract")
SETTLE_SECONDS = 1.0
"""A list of feeds comes as many records: it is taken over once."""


@asynccontextmanager
async def bind(settings: Settings, step: str) -> AsyncIterator[Parts]:
    """The parts of a step. Merging and indexing know nothing of feeds."""
    if step == "index":
        index = elasticsearch_index(settings)
        try:
            yield Parts(Topology({}), write=writing(index), forget=index.forget)
        finally:
            index.close()
    elif step == "merge":
        yield Parts(Topology({"merge": merge_stage(MergeSettings(keep_days=settings.event_expiry_days))}))
    else:
        async with _over_feeds(settings, step) as parts:
            yield parts


@asynccontextmanager
async def _over_feeds(settings: Settings, step: str) -> AsyncIterator[Parts]:
    turns = build.gate(settings)
    async with FeedWatch(settings) as watch, build.client(settings) as web:
        binding = _Binding(settings, step, web, turns)
        parts = Parts(*binding.bound(watch.feeds()))
        following = asyncio.create_task(binding.follow(watch, parts), name="feeds")
        try:
            yield parts
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            if isinstance(parts.pool, WorkerPool):
                parts.pool.close()


class _Binding:
    def __init__(self, settings: Settings, step: str, web: Web, turns: HostGate) -> None:
        self._settings, self._step, self._web, self._turns = settings, step, web, turns

    def bound(self, feeds: FeedList) -> tuple[Topology, WorkerPool | None]:
        pool = build.worker_pool(self._settings, feeds) if self._step in IN_POOL else None
        return build.topology(self._settings, feeds, self._web, self._turns), pool

    async def follow(self, watch: FeedWatch, parts: Parts) -> None:
        """Takes changed feeds over, with a pool that knows the new outlets; what the old one has begun, it ends."""
        while True:
            await watch.changed()
            await asyncio.sleep(SETTLE_SECONDS)
            old = parts.pool
            try:
                parts.topology, parts.pool = self.bound(watch.feeds())
            except UsageError as error:  # a folder that this machine does not have: the feeds before stay
                log.error("changed feeds not taken over", reason=str(error))
                continue
            log.info("feeds changed", stage=self._step, feeds=len(watch.feeds().feeds))
            if isinstance(old, WorkerPool):
                old.finish()


def writing(index: ElasticsearchIndex) -> Write:
    """Writes to the index; what it gives back are the documents that it refused. Raises UsageError where the index cannot be used as
    it is."""
    from sinks.elasticsearch import IndexRefused, RejectedDocuments

    def write(documents: Sequence[Document]) -> Mapping[str, str]:
        try:
            index.write(documents)
        except RejectedDocuments as refused:
            return refused.reasons
        except IndexRefused as error:
            raise UsageError(str(error)) from error
        return {}

    return write
