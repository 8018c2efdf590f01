"""When a feed is asked again, as a table; and what a poll does to the state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts.records import Validators
from ingest.feeds import Feed
from ingest.schedule import (
    LOST_AFTER,
    MAX_SEEN,
    MAX_TIMES,
    FeedState,
    Pace,
    PollResult,
    after_poll,
    bounds,
    decode_state,
    encode_state,
    is_gone,
    next_poll_at,
    remembered,
    seconds_until,
    will_adopt,
)
from tests.ingest.feed_fakes import NOW

FEED = Feed(id="f", outlet="nabaa", url="https://nabaa.example/feed")
EXACT = Pace(jitter=0)
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def state(**fields: object) -> FeedState:
    """A feed that was polled just now."""
    return FeedState(**{"address": FEED.address, "attempted_at": NOW, "succeeded_at": NOW, "polls": 9, **fields})


def every(seconds: float, count: int = 20, ago: float = 0) -> tuple[int, ...]:
    """Times of entries at equal gaps, the last one ``ago`` seconds before now."""
    last = NOW.timestamp() - ago
    return tuple(int(last - seconds * n) for n in reversed(range(count)))


ROWS = {
    # name: (state, feed, seconds from NOW to the next poll)
    "never asked: now": (FeedState(), FEED, 0),
    "another address in the list: now": (state(address="https://old.example/"), FEED, 0),
    "no rhythm yet": (state(), FEED, 15 * MINUTE),
    "one entry is no rhythm": (state(times=every(HOUR, 1)), FEED, 15 * MINUTE),
    "an entry an hour: twice an hour": (state(times=every(HOUR)), FEED, 0.5 * HOUR * 19 / 20),
    "an entry a minute: as fast as the pace": (state(times=every(MINUTE)), FEED, 2 * MINUTE),
    "an entry a week: as slow as the pace": (state(times=every(7 * DAY)), FEED, 6 * HOUR),
    "quiet for a night: slower by the quiet": (
        state(times=every(MINUTE, 20, ago=8 * HOUR)),
        FEED,
        (8 * HOUR + 19 * MINUTE) / 40,
    ),
    "the publisher asks for 30 minutes": (state(times=every(MINUTE), ask_every=30 * MINUTE), FEED, 30 * MINUTE),
    "the publisher asks for a day: at most an hour counts": (state(times=every(MINUTE), ask_every=DAY), FEED, HOUR),
    "the publisher asks for less than the rhythm": (state(times=every(HOUR), ask_every=60), FEED, 0.5 * HOUR * 19 / 20),
    "the operator asks for at least 10 minutes": (
        state(times=every(MINUTE)),
        structs.replace(FEED, min_minutes=10),
        10 * MINUTE,
    ),
    "the operator asks for at most 5 minutes": (
        state(times=every(HOUR)),
        structs.replace(FEED, max_minutes=5),
        5 * MINUTE,
    ),
    "the operator wins over the publisher": (
        state(times=every(HOUR), ask_every=HOUR),
        structs.replace(FEED, max_minutes=5),
        5 * MINUTE,
    ),
    "one failure": (state(failures=1), FEED, 2 * MINUTE),
    "two failures: twice as long": (state(failures=2), FEED, 4 * MINUTE),
    "five failures": (state(failures=5), FEED, 32 * MINUTE),
    "many failures: the cap": (state(failures=200), FEED, 6 * HOUR),
    "failures do not ask for the rhythm": (state(failures=1, times=every(7 * DAY)), FEED, 2 * MINUTE),
    "busy with Retry-After longer than the back-off": (
        state(failures=1, retry_at=NOW + timedelta(hours=2)),
        FEED,
        2 * HOUR,
    ),
    "busy with Retry-After shorter than the back-off": (
        state(failures=3, retry_at=NOW + timedelta(seconds=5)),
        FEED,
        8 * MINUTE,
    ),
    "Retry-After of a month: a day": (state(failures=1, retry_at=NOW + timedelta(days=30)), FEED, DAY),
    "Retry-After in the past": (state(failures=1, retry_at=NOW - timedelta(days=1)), FEED, 2 * MINUTE),
    "410 once: a failure like others": (state(failures=1, gone=1), FEED, 2 * MINUTE),
    "410 three times: once a day": (state(failures=3, gone=3), FEED, DAY),
    "gone for long: still once a day": (state(failures=90, gone=90), FEED, DAY),
    "asked in the future, the clock went back: now": (state(attempted_at=NOW + timedelta(days=400)), FEED, 0),
    "asked a moment ahead: as if now": (state(attempted_at=NOW + timedelta(seconds=30)), FEED, 15 * MINUTE + 30),
    "asked long ago, after an outage: overdue": (
        state(attempted_at=NOW - timedelta(days=3)),
        FEED,
        15 * MINUTE - 3 * DAY,
    ),
    "entries dated ahead of now": (state(times=(int(NOW.timestamp()) + DAY,) * 3), FEED, 2 * MINUTE),
}


@pytest.mark.parametrize("row", ROWS)
def test_next_poll(row):
    before, feed, seconds = ROWS[row]
    assert next_poll_at(before, feed, NOW, EXACT) == NOW + timedelta(seconds=seconds)


def test_jitter_spreads_feeds_and_is_the_same_again():
    feeds = [structs.replace(FEED, id=f"f{n}") for n in range(200)]
    waits = [(next_poll_at(state(), feed, NOW) - NOW).total_seconds() for feed in feeds]
    assert waits == [(next_poll_at(state(), feed, NOW) - NOW).total_seconds() for feed in feeds]
    assert 15 * MINUTE <= min(waits) < 15.2 * MINUTE
    assert 16.3 * MINUTE < max(waits) <= 16.5 * MINUTE
    assert next_poll_at(state(polls=1), FEED, NOW) != next_poll_at(state(polls=2), FEED, NOW)


moments = st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
states = st.builds(
    FeedState,
    address=st.just(FEED.address),
    attempted_at=moments | st.none(),
    succeeded_at=moments | st.none(),
    times=st.lists(st.integers(0, 2**31), max_size=MAX_TIMES).map(sorted).map(tuple),
    polls=st.integers(0, 10**9),
    failures=st.integers(0, 10**6),
    gone=st.integers(0, 10),
    retry_at=moments | st.none(),
    ask_every=st.integers(0, 10**9),
)
feeds = st.builds(
    Feed,
    id=st.text(max_size=9),
    outlet=st.just("nabaa"),
    url=st.just(FEED.url),
    min_minutes=st.none() | st.floats(0.1, 10**6),
    max_minutes=st.none() | st.floats(0.1, 10**6),
)


@given(states, feeds)
def test_the_wait_after_a_poll_is_within_its_bounds(before, feed):
    least, most = bounds(before, feed)
    asked = before.attempted_at
    wait = (next_poll_at(before, feed, asked or NOW) - (asked or NOW)).total_seconds()
    assert wait == 0 if asked is None else least - 1e-3 <= wait <= most + 1e-3


@given(states, moments)
def test_no_clock_makes_a_feed_wait_longer_than_its_bound(before, now):
    most = max(bounds(before, FEED)[1], 0)
    assert next_poll_at(before, FEED, now) <= now + timedelta(seconds=most + 61)


@given(states, moments, moments)
def test_when_a_feed_is_due_does_not_depend_on_when_that_is_asked(before, one, other):
    times = {
        next_poll_at(before, FEED, now) for now in (one, other) if before.attempted_at and before.attempted_at <= now
    }
    assert len(times) <= 1


@given(st.integers(1, 40), st.text(max_size=9))
def test_the_wait_grows_with_every_failure_until_the_cap(failures, feed_id):
    feed = structs.replace(FEED, id=feed_id)
    waits = [next_poll_at(state(failures=n, polls=n), feed, NOW) for n in (failures, failures + 1)]
    cap = NOW + timedelta(seconds=Pace().slowest_retry)
    assert waits[0] < waits[1] <= cap or waits == [cap, cap] or min(waits) >= cap - timedelta(hours=1)


def polled(before: FeedState, outcome: str, now: datetime = NOW, **fields: object) -> FeedState:
    return after_poll(before, PollResult(outcome=outcome, **fields), FEED, now)


def test_a_feed_revives_by_itself_after_an_outage():
    before = polled(state(times=every(HOUR)), "unreachable")
    for _ in range(30):
        before = polled(before, "unreachable")
    after = polled(before, "new", times=(NOW,), newest_at=NOW)
    assert (after.failures, after.retry_at, after.new_at) == (0, None, NOW)
    assert next_poll_at(after, FEED, NOW) <= NOW + timedelta(hours=1)


def test_a_failure_forgets_nothing_that_was_learnt():
    known = state(seen={"a": "1"}, validators=Validators(etag="x"), times=every(HOUR), new_at=NOW, ask_every=60)
    after = polled(known, "unreachable", detail="name not found")
    assert (after.seen, after.validators, after.times, after.succeeded_at) == (
        known.seen,
        known.validators,
        known.times,
        NOW,
    )
    assert (after.failures, after.outcome, after.detail) == (1, "unreachable", "name not found")


def test_gone_is_believed_when_it_repeats_and_taken_back():
    before = state()
    believed = []
    for _ in range(3):
        before = polled(before, "gone")
        believed.append(is_gone(before))
    assert believed == [False, False, True]
    assert not is_gone(polled(before, "new"))
    assert not is_gone(polled(polled(polled(state(), "gone"), "busy"), "gone"))


def test_a_permanent_redirect_is_adopted_the_third_time_and_hours_apart():
    new, before, now, found = "https://nabaa.example/new", state(), NOW, []
    for hours in (0, 1, 2, 3, 4):
        now = NOW + timedelta(hours=hours)
        adopts = will_adopt(before, new, now)
        before = polled(before, "nothing_new", now, moved_to=new)
        assert adopts == (before.found == new)
        found.append(before.found)
    assert found == [None, None, None, None, new]


@pytest.mark.parametrize("targets", [("a", "b", "a", "b"), ("a", "a", None, "a"), ("a", None, "a", "a")])
def test_a_redirect_that_changes_or_pauses_starts_anew(targets):
    before = state()
    for step, target in enumerate(targets):
        before = polled(before, "not_modified", NOW + timedelta(hours=3 * step), moved_to=target)
    assert before.found is None


def test_an_address_that_was_found_is_given_up_when_it_fails_on():
    before = state(found="https://nabaa.example/found", validators=Validators(etag="x"))
    for _ in range(LOST_AFTER - 1):
        before = polled(before, "refused")
        assert before.found is not None
    after = polled(before, "refused")
    assert (after.found, after.validators) == (None, None)


def test_another_address_in_the_list_keeps_only_what_was_seen():
    before = state(
        address="https://old.example/", seen={"a": "1"}, failures=9, gone=9, found="x", validators=Validators(etag="x")
    )
    after = polled(before, "new", seen={"b": "2"})
    assert (after.address, after.failures, after.gone, after.found, after.validators) == (
        FEED.address,
        0,
        0,
        None,
        None,
    )
    assert after.seen == {"a": "1", "b": "2"}


def test_the_longest_unseen_are_forgotten_first():
    seen = {f"k{n}": "m" for n in range(MAX_SEEN)}
    after = remembered(seen, {"k0": "new", "x": "m"})
    assert len(after) == MAX_SEEN
    assert (after["k0"], "k1" in after, "k2" in after) == ("new", False, True)
    assert list(after)[-2:] == ["k0", "x"]


@given(
    st.dictionaries(st.integers(0, 40), st.sampled_from("ab")),
    st.dictionaries(st.integers(0, 40), st.sampled_from("ab")),
)
def test_what_is_shown_is_always_remembered(seen, shown):
    after = remembered({str(key): mark for key, mark in seen.items()}, {str(key): mark for key, mark in shown.items()})
    assert all(after[str(key)] == mark for key, mark in shown.items())
    assert len(after) == len({*seen, *shown})


def test_a_full_state_stays_under_200_kb_and_reads_back():
    full = state(seen={f"{n:010x}": "0123abcd" for n in range(MAX_SEEN)}, times=every(60, MAX_TIMES), detail="x" * 500)
    data = encode_state(full)
    assert len(data) < 200_000
    assert decode_state(data) == full


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"failures": "x"}', b"\xff"])
def test_an_unreadable_state_starts_afresh_and_says_so(data):
    assert "afresh" in decode_state(data).detail


@given(st.lists(moments, max_size=80))
def test_times_are_few_sorted_and_never_ahead(times):
    after = polled(state(), "new", times=tuple(times))
    assert len(after.times) <= MAX_TIMES
    assert list(after.times) == sorted(after.times)
    assert all(time <= NOW.timestamp() for time in after.times)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 10 Mar 2026 13:00:00 GMT", HOUR),
        ("Tue, 10 Mar 2026 11:00:00 GMT", 0),
        ("99999999999999", 999_999_999),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٥", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert seconds_until(value, NOW) == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_seconds_or_none(value):
    seconds = seconds_until(value, NOW)
    assert seconds is None or seconds >= 0
