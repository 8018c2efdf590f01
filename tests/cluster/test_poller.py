"""A poller over fakes of its group, its list and its broker: which polls count, and in which order what they give is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from contracts import codec
from contracts.records import Entry
from contracts.source import Polled
from ingest.feeds import Feed, FeedList, Outlet
from ingest.fetch import FetchSettings, fetch_stage
from rasid.cluster.feedstate import Place
from rasid.cluster.group import Holding
from rasid.cluster.poller import LARGEST_ENTRY, ROUTES, ClusterPoller
from rasid.cluster.sending import Outgoing
from rasid.errors import UsageError
from rasid.operators import FeedRow
from rasid.settings import Settings
from tests.rasid.fakes import FakeSource, entry

SETTINGS = Settings(partitions=4, prefix="t")
OUTLET = Outlet(id="o", name="شبكة", name_en="o", country="SY", timezone="UTC", viewpoint="independent", kind="site")


def feeds_on(*hosts: str) -> FeedList:
    """A feed a host, named as it."""
    return FeedList({"o": OUTLET}, {host: Feed(id=host, outlet="o", url=f"https://{host}/feed") for host in hosts})


class Calm(FakeSource):
    """A feed that was asked is not due again for an hour."""

    def next_at(self, feed_id: str, state: bytes | None, now: datetime) -> datetime:
        return now if state is None else now + self.every


class World:
    """All that a poller stands on."""

    def __init__(self, source: Any, feeds: FeedList) -> None:
        self.source, self.listed, self.version = source, feeds, 0
        self.holding, self.sent, self.stored = Holding(), [], {}
        self.loads: list[list[int]] = []
        self.sending: Callable[[Sequence[Outgoing]], None] = lambda messages: None
        self.poller = ClusterPoller(
            SETTINGS, self, SimpleNamespace(holding=self.holding), self, lambda feeds: self.source, self.load
        )  # type: ignore[arg-type]

    def feeds(self) -> FeedList:
        return self.listed

    def change(self, feeds: FeedList) -> None:
        self.listed, self.version = feeds, self.version + 1

    async def load(self, partitions: Collection[int]) -> dict[Place, FeedRow]:
        self.loads.append(sorted(partitions))
        return {place: row for place, row in self.stored.items() if place[0] in partitions}

    async def send_all(self, messages: Sequence[Outgoing]) -> list[None]:
        self.sending(messages)
        self.sent += messages
        for message in messages:
            if message.topic == "t.feed-state":
                self.stored[message.partition, message.key.decode()] = codec.decode(FeedRow, message.value or b"")
        return [None] * len(messages)

    def topics(self) -> list[str]:
        return [message.topic for message in self.sent]

    def entries(self) -> list[str]:
        return [codec.decode(Entry, m.value or b"").url for m in self.sent if m.topic == "t.entries"]

    async def until(self, happened: Callable[[], Any]) -> None:
        """Runs the poller until something is so."""
        task = asyncio.create_task(self.poller.run())
        async with asyncio.timeout(5):
            while not happened():
                assert not task.done(), task.result()
                await asyncio.sleep(0.005)
        self.poller.stop()
        await task


def test_entries_are_sent_before_the_state_of_their_feed_and_to_the_partition_of_their_host() -> None:
    world = World(FakeSource({"a.example": [["https://a.example/1", "https://b.example/2"]]}), feeds_on("a.example"))
    world.holding.assigned(range(4), 1)
    asyncio.run(world.until(lambda: world.stored))
    assert world.topics()[:3] == ["t.entries", "t.entries", "t.feed-state"]
    stage = fetch_stage(None, None, FetchSettings(), {}, None)  # type: ignore[arg-type]
    for message in world.sent[:2]:
        made = codec.decode(Entry, message.value or b"")
        assert stage.key(made) == ROUTES.stages["fetch"].key(made)
        assert message.partition == world.poller._topics.feed_partition(stage.key(made))


def test_only_feeds_of_held_partitions_are_polled() -> None:
    hosts = [f"h{n}.example" for n in range(12)]
    world = World(FakeSource({host: [[]] for host in hosts}), feeds_on(*hosts))
    mine = [host for host in hosts if world.poller._topics.feed_partition(host) in (0, 2)]
    world.holding.assigned([0, 2], 1)
    asyncio.run(world.until(lambda: len(world.stored) >= len(mine)))
    assert sorted(set(world.source.asked)) == sorted(mine)
    assert 0 < len(mine) < len(hosts)


def test_what_was_remembered_is_what_the_next_poll_starts_from() -> None:
    polls: dict[str, list[list[str] | str]] = {"a.example": [["https://a.example/1"], ["https://a.example/2"]]}
    world = World(Calm(polls), feeds_on("a.example"))
    world.holding.assigned(range(4), 1)
    asyncio.run(world.until(lambda: world.stored))
    after = World(FakeSource(polls), feeds_on("a.example"))
    after.stored = dict(world.stored)
    after.holding.assigned(range(4), 2)
    asyncio.run(after.until(after.entries))
    assert after.entries() == ["https://a.example/2"]
    (row,) = after.stored.values()
    assert row.entries == 2


class SlowSource(Calm):
    """Polls that end when they are told to."""

    def __init__(self, polls: dict[str, list[list[str] | str]]) -> None:
        super().__init__(polls)
        self.go = asyncio.Event()

    async def poll(self, feed_id: str, state: bytes | None, now: datetime) -> Polled:
        made = await super().poll(feed_id, state, now)
        await self.go.wait()
        return made


def test_a_poll_whose_partition_was_given_up_meanwhile_never_happened() -> None:
    async def run() -> World:
        source = SlowSource({"a.example": [["https://a.example/1"]]})
        world = World(source, feeds_on("a.example"))
        world.holding.assigned(range(4), 1)

        def step() -> bool:
            if source.asked and not source.go.is_set():
                world.holding.revoked(lost=False)
                world.holding.assigned([], 2)
                source.go.set()
            return source.go.is_set() and not world.poller._flying

        await world.until(step)
        return world

    world = asyncio.run(run())
    assert world.sent == []
    assert world.stored == {}


def test_a_poll_of_a_partition_that_was_given_up_is_called_off() -> None:
    """It would hold its host for as long as a request may take, while another poller asks the same feed."""

    async def run() -> World:
        source = SlowSource({"a.example": [["https://a.example/1"]]})  # nobody tells it to go on
        world = World(source, feeds_on("a.example"))
        world.holding.assigned(range(4), 1)

        def step() -> bool:
            if source.asked and world.holding.held:
                world.holding.revoked(lost=False)
                world.holding.assigned([], 2)
            return bool(source.asked) and not world.poller._flying and not world.poller._called_off

        await world.until(step)
        return world

    world = asyncio.run(run())
    assert world.source.asked == ["a.example"]
    assert world.sent == []


def test_a_poll_under_way_counts_where_the_partition_stays_ours_over_a_rebalance() -> None:
    async def run() -> World:
        source = SlowSource({"a.example": [["https://a.example/1"]]})
        world = World(source, feeds_on("a.example"))
        world.holding.assigned(range(4), 1)

        def step() -> bool:
            if source.asked and not source.go.is_set():
                world.holding.revoked(lost=False)
                source.go.set()
                asyncio.get_running_loop().call_later(0.1, lambda: world.holding.assigned(range(4), 2))
            return bool(world.stored)

        await world.until(step)
        return world

    world = asyncio.run(run())
    assert world.entries() == ["https://a.example/1"]
    assert world.source.asked == ["a.example"]
    assert world.loads == [[0, 1, 2, 3]]  # nothing is read anew for what stays


def test_state_is_not_written_where_the_partition_went_while_the_entries_were_sent() -> None:
    source = FakeSource({"a.example": [["https://a.example/1"]]})
    world = World(source, feeds_on("a.example"))
    world.holding.assigned(range(4), 1)

    def lose(messages: Sequence[Outgoing]) -> None:
        if messages and messages[0].topic == "t.entries":
            world.holding.held = type(world.holding.held)({})

    world.sending = lose
    asyncio.run(world.until(world.entries))
    assert world.stored == {}


def test_a_feed_that_is_added_is_polled_and_one_that_is_removed_no_longer() -> None:
    class Busy(FakeSource):
        def next_at(self, feed_id: str, state: bytes | None, now: datetime) -> datetime:
            return now + timedelta(milliseconds=5)

    async def run() -> World:
        world = World(Busy({"a.example": [], "b.example": []}), feeds_on("a.example"))
        world.holding.assigned(range(4), 1)
        marks: dict[str, int] = {}

        def step() -> bool:
            asked = world.source.asked
            if len(asked) >= 3 and world.version == 0:
                world.change(feeds_on("b.example"))
            if "b.example" in asked and "after" not in marks:
                marks["after"] = len(asked)
            return "after" in marks and len(asked) > marks["after"] + 3

        await world.until(step)
        assert "a.example" not in world.source.asked[marks["after"] :]
        return world

    asyncio.run(run())


def test_a_list_that_this_machine_cannot_bind_leaves_the_feeds_before_at_work() -> None:
    async def run() -> None:
        world = World(Calm({"a.example": [["https://a.example/1"]]}), feeds_on("a.example"))

        def source_of(feeds: FeedList) -> Any:
            raise UsageError("no such folder")

        world.poller._source_of = source_of
        world.change(feeds_on("b.example"))
        world.holding.assigned(range(4), 1)
        await world.until(lambda: world.stored)
        assert world.source.asked == ["a.example"]

    asyncio.run(run())


def test_a_bug_over_one_feed_is_told_and_the_others_go_on() -> None:
    class Buggy(FakeSource):
        async def poll(self, feed_id: str, state: bytes | None, now: datetime) -> Polled:
            if feed_id == "bad.example":
                raise KeyError("bug of the test")
            return await super().poll(feed_id, state, now)

    world = World(Buggy({"a.example": [["https://a.example/1"]]}), feeds_on("a.example", "bad.example"))
    world.holding.assigned(range(4), 1)
    asyncio.run(world.until(lambda: world.stored and world.poller.snapshot().counted.get(("poll", "failed", "bug"))))
    assert world.entries() == ["https://a.example/1"]


def test_an_entry_too_large_for_its_topic_is_sent_without_the_text_that_its_feed_carries() -> None:
    class Large(FakeSource):
        async def poll(self, feed_id: str, state: bytes | None, now: datetime) -> Polled:
            large = entry("https://a.example/1", feed_id, content_html="ا" * LARGEST_ENTRY, title="خبر")
            return Polled(
                feed_id=feed_id, entries=(large,), state=b"1", next_at=now + timedelta(hours=1), outcome="new"
            )

    world = World(Large({}), feeds_on("a.example"))
    world.holding.assigned(range(4), 1)
    asyncio.run(world.until(lambda: world.stored))
    made = codec.decode(Entry, world.sent[0].value or b"")
    assert (made.title, made.content_html) == ("خبر", None)


def test_metrics_tell_feeds_by_state_and_what_was_polled() -> None:
    class Two(Calm):
        def next_at(self, feed_id: str, state: bytes | None, now: datetime) -> datetime:
            return super().next_at(feed_id, b"-" if feed_id == "c.example" else state, now)

    source = Two({"a.example": [["https://a.example/1"]], "b.example": ["no answer"]})
    world = World(source, feeds_on("a.example", "b.example", "c.example"))
    world.holding.assigned(range(4), 1)
    asyncio.run(world.until(lambda: len(world.stored) == 2))
    seen = world.poller.snapshot()
    assert seen.counted["poll", "sent", ""] == 1
    assert seen.counted["poll", "failed", "unreachable"] == 1
    assert seen.feeds is not None
    assert seen.feeds.by_state == {"ok": 1, "failing": 1, "new": 1}


@pytest.mark.parametrize("partitions", [1, 7, 12])
def test_every_feed_has_exactly_one_partition(partitions: int) -> None:
    from rasid.cluster.feedtopic import place_of
    from rasid.cluster.topics import Topics

    feeds = [*feeds_on("a.example", "b.example").feeds.values(), Feed(id="s", outlet="o", url="file:sample/a")]
    for feed in feeds:
        assert 0 <= Topics("t", partitions).feed_partition(place_of(feed)) < partitions
