import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.hosts import LONGEST_PARK, HostBusy, HostGate, retry_after

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Clock:
    """Time that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.now += seconds
        await asyncio.sleep(0)


def gate(clock, **options):
    return HostGate(clock=clock, sleep=clock.sleep, **options)


async def take(gate, clock, host, times, **options):
    starts = []
    for _ in range(times):
        async with gate.slot(host, **options):
            starts.append(clock.now)
    return starts


def test_requests_to_one_host_are_spaced_and_other_hosts_do_not_wait():
    async def run():
        clock = Clock()
        turns = gate(clock, spacing=1.0)
        first = await take(turns, clock, "a.example", 3)
        clock.now = 100.0
        second = await take(turns, clock, "b.example", 1)
        return first, second

    assert asyncio.run(run()) == ([100.0, 101.0, 102.0], [100.0])


def test_a_crawl_delay_holds_for_the_turn_that_follows():
    async def run():
        clock = Clock()
        return await take(gate(clock, spacing=1.0), clock, "a.example", 3, spacing=10.0)

    assert asyncio.run(run()) == [100.0, 110.0, 120.0]


def test_a_host_of_the_operators_own_may_have_another_spacing():
    async def run():
        clock = Clock()
        return await take(gate(clock, spacing=5.0, exceptions={"127.0.0.1": 0.0}), clock, "127.0.0.1", 3)

    assert asyncio.run(run()) == [100.0, 100.0, 100.0]


def test_not_more_than_the_concurrency_are_inside():
    async def run():
        clock, inside, most = Clock(), 0, 0
        turns = gate(clock, spacing=0.0, concurrency=2)

        async def one():
            nonlocal inside, most
            async with turns.slot("a.example"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(one() for _ in range(8)))
        return most

    assert asyncio.run(run()) == 2


def test_a_parked_host_sends_away_who_would_not_wait_so_long():
    async def run():
        clock = Clock()
        turns = gate(clock)
        turns.park("a.example", 300)
        turns.park("a.example", 20)
        with pytest.raises(HostBusy) as busy:
            await take(turns, clock, "a.example", 1, patience=60)
        return busy.value.seconds, turns.wait("a.example"), turns.wait("b.example")

    assert asyncio.run(run()) == (300.0, 300.0, 0.0)


def test_who_waits_when_the_host_is_parked_is_sent_away():
    async def run():
        clock = Clock()

        async def park_while_asleep(seconds):
            turns.park("a.example", 500)
            clock.now += seconds

        turns = HostGate(clock=clock, sleep=park_while_asleep)
        with pytest.raises(HostBusy):
            await take(turns, clock, "a.example", 2, patience=60)

    asyncio.run(run())


def test_idle_hosts_are_forgotten_when_there_are_too_many():
    async def run():
        clock = Clock()
        turns = gate(clock, most_hosts=10)
        turns.park("parked.example", 10_000)
        for number in range(50):
            await take(turns, clock, f"h{number}.example", 1)
            clock.now += 5
        return len(turns._hosts), turns.wait("parked.example") > 0

    count, parked = asyncio.run(run())
    assert count <= 11
    assert parked


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Tue, 24 Nov 2026 12:05:00 GMT", 300.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("99999999999999999999", LONGEST_PARK),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_PARK),
        ("soon", None),
        ("-5", None),
        ("١٢٠", None),
        ("", None),
    ],
)
def test_retry_after_in_seconds_and_dates(value, seconds):
    assert retry_after({"retry-after": value}, NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_of_any_text_is_within_bounds_or_none(value):
    seconds = retry_after({"retry-after": value}, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_PARK


def test_without_the_header_nothing_is_asked_for():
    assert retry_after({}, NOW) is None
