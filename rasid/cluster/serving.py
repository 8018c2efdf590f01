"""Metrics and health of a worker's process: what its counts say."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from rasid.cluster.counts import Counts
from rasid.health import served
from rasid.metrics import Snapshot
from rasid.settings import Settings


def serving(settings: Settings, counts: Counts) -> AbstractAsyncContextManager[int | None]:
    """The server while the context lasts, where the settings name a port."""
    return served(settings, lambda: snapshot(counts), lambda: trouble(counts))


def snapshot(counts: Counts) -> Snapshot:
    lag = {step: one.records for step, one in counts.lags.items()}
    oldest = {step: one.oldest_at for step, one in counts.lags.items() if one.oldest_at is not None}
    return Snapshot(dict(counts.counters), lag, oldest)


def trouble(counts: Counts) -> str | None:
    """Why the worker is not at work."""
    return counts.trouble or (None if counts.ready else "partitions are not assigned yet")


def with_port(settings: Settings, number: int) -> Settings:
    """For the number-th of several processes of one command: a port each, counted up from the one that the settings name."""
    if not settings.metrics_port:
        return settings
    return settings.model_copy(update={"metrics_port": settings.metrics_port + number})
