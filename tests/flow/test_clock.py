"""A clock that jumps: nothing is lost, feeds that are due are polled, and no delay grows for ever."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "rasid"))
from fakes import DirectPool, FakeSource, ListSink, fake_topology

from rasid.local.database import Database
from rasid.local.runner import LONGEST_DELAY, LocalRunner, Parts
from rasid.settings import Settings

DAY = 86_400.0
LATER = "https://a.example/later"
"""The fake fetch puts it off for an hour."""


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time() + self.ahead


class RhythmicSource(FakeSource):
    """Due an hour after its last poll, as the runner remembers it; at once where that lies in the future."""

    def __init__(self, polls: dict[str, list[list[str] | str]]) -> None:
        super().__init__(polls)
        self.polled_at: dict[str, Any] = {}

    def next_at(self, feed_id: str, state: bytes | None, now: Any) -> Any:
        last = self.polled_at.get(feed_id)
        return now if last is None or last > now else last + self.every

    async def poll(self, feed_id: str, state: bytes | None, now: Any) -> Any:
        self.polled_at[feed_id] = now
        return await super().poll(feed_id, state, now)


def runner(path: Path, source: FakeSource, clock: Clock, rounds: Any = "forever") -> tuple[LocalRunner, ListSink]:
    topology, sink = fake_topology(), ListSink()
    parts = Parts(
        topology=topology, source=source, feeds=tuple(source.polls), pool=DirectPool(dict(topology.stages)), sink=sink
    )
    database = Database(path / "rasid.sqlite")
    return LocalRunner(database, Settings(min_free_bytes=0), parts, rounds=rounds, clock=clock), sink


async def until(happened: Callable[[], Any], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.02)


def jump(path: Path, seconds: float, then: Callable[[LocalRunner, FakeSource, Clock], bool]) -> ListSink:
    """A run in which the clock jumps once all is done; ``then`` must become true by itself."""
    source, clock = RhythmicSource({"f": [[LATER, "https://a.example/1"], ["https://a.example/2"]]}), Clock()

    async def scene() -> ListSink:
        made, sink = runner(path, source, clock)
        running = asyncio.create_task(made.run())
        await until(lambda: "a.example" in sink.documents and delayed(made))
        await asyncio.sleep(0.1)
        clock.ahead = seconds
        await until(lambda: then(made, source, clock))
        made.stop()
        await running
        return sink

    return asyncio.run(scene())


def delayed(made: LocalRunner) -> list[float]:
    return [at for (at,) in made.database.rows("SELECT ready_at FROM queue WHERE stage='fetch' AND tries=1")]


def test_a_clock_that_jumps_back_a_day_postpones_nothing_by_it(tmp_path: Path) -> None:
    def mended(made: LocalRunner, source: FakeSource, clock: Clock) -> bool:
        waits = [at - clock() for at in delayed(made)]
        return bool(waits) and max(waits) < 3700 and source.asked.count("f") == 2

    sink = jump(tmp_path, -DAY, mended)
    assert len(sink.documents["a.example"].outlets) >= 1


def test_after_a_jump_ahead_the_feeds_are_polled_and_what_was_put_off_is_done(tmp_path: Path) -> None:
    def done(made: LocalRunner, source: FakeSource, clock: Clock) -> bool:
        seconds = made.database.rows("SELECT max(tries) FROM queue WHERE stage='fetch'")[0][0]
        return source.asked.count("f") == 2 and seconds == 2

    jump(tmp_path, DAY, done)


def test_a_small_correction_of_the_clock_changes_nothing(tmp_path: Path) -> None:
    source, clock = RhythmicSource({"f": [[LATER]]}), Clock()

    async def scene() -> list[float]:
        made, _ = runner(tmp_path, source, clock)
        running = asyncio.create_task(made.run())
        await until(lambda: delayed(made))
        before = delayed(made)
        clock.ahead = -30.0
        version = made.database.data_version()
        await asyncio.sleep(1.3)
        made.stop()
        await running
        assert made.database.data_version() == version
        return [*before, *delayed(made)]

    before, after = asyncio.run(scene())
    assert before == after
    assert source.asked == ["f"]


def test_a_run_after_the_clock_was_set_back_takes_up_what_would_wait_for_ever(tmp_path: Path) -> None:
    ahead = Clock()
    ahead.ahead = 365 * DAY
    first, _ = runner(tmp_path, FakeSource({"f": [[LATER, "https://a.example/1"]]}), ahead, "until-idle")
    asyncio.run(asyncio.wait_for(first.run(), 30))
    assert min(delayed(first)) > time() + LONGEST_DELAY
    first.database.close()
    second, _ = runner(tmp_path, FakeSource({"f": []}), Clock(), "until-idle")
    asyncio.run(asyncio.wait_for(second.run(), 30))
    far = second.database.rows("SELECT count(*) FROM queue WHERE ready_at>?", time() + LONGEST_DELAY)
    assert far == [(0,)]
    assert second.database.rows("SELECT tries FROM queue WHERE stage='fetch' AND tries>0") == [(2,)]
