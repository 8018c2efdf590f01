"""One small server a process: ``/metrics`` for Prometheus, ``/healthz`` (the process lives), ``/readyz`` (it is at work).

It listens on loopback unless the settings say otherwise; what it tells holds no address, no text and no secret.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from rasid.errors import UsageError
from rasid.metrics import Snapshot, exposition
from rasid.settings import Settings

log = structlog.get_logger("rasid")

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

Trouble = Callable[[], str | None]
"""Why the process cannot work just now, in one line; None where it can."""


def application(take: Callable[[], Snapshot], trouble: Trouble) -> web.Application:
    """The three pages."""
    told = exposition(take)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=told(), headers={"Content-Type": PROMETHEUS})

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        reason = trouble()
        return web.Response(text=f"{reason or 'ok'}\n", status=503 if reason else 200)

    made = web.Application()
    made.add_routes([web.get("/metrics", metrics), web.get("/healthz", healthz), web.get("/readyz", readyz)])
    return made


@asynccontextmanager
async def served(settings: Settings, take: Callable[[], Snapshot], trouble: Trouble) -> AsyncIterator[int | None]:
    """The server while the context lasts, with the port it listens on; None where the settings name no port.

    Raises UsageError where the port is taken.
    """
    if settings.metrics_port is None:
        yield None
        return
    runner = web.AppRunner(application(take, trouble), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.metrics_host, settings.metrics_port).start()
    except OSError as error:
        await runner.cleanup()
        raise UsageError(
            f"metrics_port {settings.metrics_port} on {settings.metrics_host}: {error.strerror}; choose another"
        ) from None
    port = int(runner.addresses[0][1])
    log.info("metrics", host=settings.metrics_host, port=port)
    try:
        yield port
    finally:
        await runner.cleanup()
