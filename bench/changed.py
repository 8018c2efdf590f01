"""The poll of a changed feed (decode, heal, parse, compare with what was seen) against feedparser alone on the same bytes."""

from __future__ import annotations

import asyncio
import gc
import io
import pickle
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import TypeVar

import feedparser

from bench import feeds
from bench.report import Figure, figure, progress
from contracts.records import Validators
from ingest.feeds import FeedList, load
from ingest.poll import FeedPoller
from ingest.web import Limits, Response

T = TypeVar("T")

RATIO = 1.5
BASE = "http://127.0.0.1:1"


class _Recorded:
    """A ``Web`` that gives one answer."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def get(
        self, url: str, *, validators: Validators | None = None, limits: Limits = Limits(), accept: str = "*/*"
    ) -> Response:
        headers = {"content-type": "application/rss+xml; charset=utf-8"}
        return Response(
            url=url, status=200, headers=headers, body=self.body, content_type="application/rss+xml", charset="utf-8"
        )


class _Inline:
    """A ``Pool`` that works at once, and pays for the way of bytes and results between processes."""

    async def run(self, function: Callable[..., T], *args: object, seconds: float) -> T:
        sent = pickle.loads(pickle.dumps((function, args)))
        result: T = pickle.loads(pickle.dumps(sent[0](*sent[1])))
        return result


def changed_feed(count: int, rounds: int) -> list[Figure]:
    """CPU in ratios, by turns: feeds as they should be, and feeds that end in the middle, which take the forgiving reader."""
    now = datetime.now(UTC)
    before, after = ([feeds.rss(n, edition, BASE, now) for n in range(count)] for edition in (0, 1))
    cut = [body[: body.rindex(b"</item>") - 40] for body in after]
    listed = _listed(count)
    return [
        *_compare("changed feed", listed, before, after, now, rounds),
        *_compare("changed feed, cut off", listed, before, cut, now, rounds),
    ]


def _listed(count: int) -> FeedList:
    with tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder:
        path = Path(folder, "feeds.toml")
        feeds.write_list(path, [BASE] * count)
        return load(path)


def _compare(
    name: str, listed: FeedList, before: list[bytes], after: list[bytes], now: datetime, rounds: int
) -> list[Figure]:
    progress(f"{name}: {len(after)} feeds against feedparser alone, {rounds} rounds")
    later = now + timedelta(hours=1)
    first = asyncio.run(polls(listed, [None] * len(before), before, now))
    states: list[bytes | None] = [state for state, _ in first]
    ours, alone = [], []
    for _ in range(rounds):
        alone.append(cpu_of(lambda: [feedparser.parse(io.BytesIO(body)) for body in after]))
        ours.append(cpu_of(lambda: asyncio.run(polls(listed, states, after, later))))
    new = sum(n for _, n in asyncio.run(polls(listed, states, after, later)))
    note = f"{len(after[0]) / 1e3:.0f} KB, {feeds.ITEMS} items, {new / len(after):.1f} new in each"
    ratios = [a / b for a, b in zip(ours, alone, strict=True)]
    return [
        figure(name, "CPU against feedparser alone", ratios, "times", RATIO, note),
        figure(name, "one poll", [1e3 * seconds / len(after) for seconds in ours], "ms"),
        figure(name, "feedparser alone", [1e3 * seconds / len(after) for seconds in alone], "ms"),
    ]


async def polls(
    listed: FeedList, states: list[bytes | None], bodies: list[bytes], now: datetime
) -> list[tuple[bytes, int]]:
    """Each feed's new state, and how many entries were new."""
    polled = [
        await FeedPoller(listed, _Recorded(body), _Inline()).poll(f"f{number}", state, now)
        for number, (state, body) in enumerate(zip(states, bodies, strict=True))
    ]
    return [(one.state, len(one.entries)) for one in polled]


def cpu_of(work: Callable[[], object]) -> float:
    """Seconds."""
    gc.collect()
    started = process_time()
    work()
    return process_time() - started
