"""Three ways of falling silent, each against the outlet's own rhythm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ingest.feeds import Feed
from ingest.schedule import FeedState
from ingest.silence import OutletCounts, eventless, long_gap, silent, silent_feed, textless, warnings
from tests.ingest.feed_fakes import NOW, feed_list, outlet

HOUR = 3_600


def quiet(hours: float, gap_hours: float = 1, **fields: object) -> FeedState:
    """A feed with an entry every ``gap_hours`` until ``hours`` ago."""
    last = int(NOW.timestamp() - hours * HOUR)
    times = tuple(int(last - gap_hours * HOUR * n) for n in reversed(range(20)))
    return FeedState(times=times, new_at=NOW - timedelta(hours=hours), succeeded_at=NOW, **fields)


@pytest.mark.parametrize(
    ("state", "warned"),
    [
        (quiet(23), False),
        (quiet(25), True),
        (quiet(25, gap_hours=12), False),
        (quiet(49, gap_hours=12), True),
        (quiet(20 * 24, gap_hours=7 * 24), False),
        (quiet(30 * 24, gap_hours=7 * 24), True),
        (quiet(200, failures=3), False),
        (FeedState(succeeded_at=NOW), False),
        (FeedState(), False),
    ],
)
def test_a_feed_is_silent_against_its_own_rhythm(state, warned):
    warning = silent_feed("nabaa", "f", state, NOW)
    assert (warning is not None) == warned
    if warning is not None:
        assert warning.since == state.new_at
        assert "nothing new for" in warning.detail


def test_an_outlet_all_of_whose_feeds_are_silent_is_told_once():
    feeds = feed_list(*(Feed(id=name, outlet="nabaa", url=f"https://nabaa.example/{name}") for name in "abc"))
    everything = silent(feeds, {"a": quiet(50), "b": quiet(40), "c": quiet(90, failures=9)}, NOW)
    assert [(one.outlet, one.feed_id) for one in everything] == [("nabaa", None)]
    assert everything[0].since == NOW - timedelta(hours=40)
    one_of_two = silent(feeds, {"a": quiet(50), "b": quiet(1)}, NOW)
    assert [(one.outlet, one.feed_id) for one in one_of_two] == [("nabaa", "a")]


def test_samples_and_disabled_feeds_are_never_silent():
    sample = Feed(id="s", outlet="sample", url="file:x")
    off = Feed(id="f", outlet="nabaa", url="https://nabaa.example/feed", enabled=False)
    feeds = feed_list(sample, off, outlets=(outlet("sample", sample=True),))
    assert silent(feeds, {"s": quiet(900), "f": quiet(900)}, NOW) == ()


@pytest.mark.parametrize(
    ("usual", "recent", "warned"),
    [
        (OutletCounts(100, 95), OutletCounts(20, 2), True),
        (OutletCounts(100, 95), OutletCounts(20, 15), False),
        (OutletCounts(100, 30), OutletCounts(20, 5), False),
        (OutletCounts(100, 30), OutletCounts(20, 1), True),
        (OutletCounts(100, 95), OutletCounts(5, 0), False),
        (OutletCounts(), OutletCounts(20, 0), True),
        (OutletCounts(100, 0), OutletCounts(20, 0), False),
    ],
)
def test_entries_without_text_are_held_to_the_usual_share(usual, recent, warned):
    assert (textless("nabaa", usual, recent) is not None) == warned


@pytest.mark.parametrize(
    ("usual", "recent", "warned"),
    [
        (OutletCounts(100, 100, 50), OutletCounts(20, 20, 0), True),
        (OutletCounts(100, 100, 50), OutletCounts(20, 20, 1), False),
        (OutletCounts(100, 100, 5), OutletCounts(20, 20, 0), False),
        (OutletCounts(100, 100, 5), OutletCounts(200, 200, 0), True),
        (OutletCounts(100, 100, 100), OutletCounts(8, 8, 0), True),
        (OutletCounts(100, 100, 0), OutletCounts(500, 500, 0), False),
        (OutletCounts(), OutletCounts(500, 500, 0), False),
    ],
)
def test_text_without_events_is_held_to_the_usual_rate(usual, recent, warned):
    assert (eventless("nabaa", usual, recent) is not None) == warned


def test_the_three_warnings_are_told_apart():
    feeds = feed_list(outlets=(outlet("b"), outlet("c")))
    usual = {"b": OutletCounts(100, 95, 50), "c": OutletCounts(100, 95, 50)}
    recent = {"b": OutletCounts(20, 0, 0), "c": OutletCounts(20, 20, 0)}
    told = {(one.kind, one.outlet) for one in warnings(feeds, {"f": quiet(60)}, usual, recent, NOW)}
    assert told == {("silent", "nabaa"), ("textless", "b"), ("eventless", "c")}


def test_few_entries_have_no_rhythm():
    assert long_gap([1, 2, 3]) is None
    assert long_gap([0, 10, 20, 100]) == timedelta(seconds=80)
