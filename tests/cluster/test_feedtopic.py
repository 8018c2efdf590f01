"""The list of feeds as its records make it, in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import codec
from ingest.feeds import Feed, Outlet
from rasid.cluster.feedtopic import HEAD, FeedBook, Head, Watched

AT = datetime(2026, 3, 1, tzinfo=UTC)


def outlet(name: str, **more: Any) -> Outlet:
    given: dict[str, Any] = {"country": "SY", "timezone": "UTC", "viewpoint": "independent", "kind": "site"}
    return Outlet(id=name, name="شبكة", name_en=name, **{**given, **more})


def watched(feed: str, minute: int, host: str = "a.example", **more: Any) -> Watched:
    made = Feed(id=feed, outlet="o", url=f"https://{host}/feed")
    return Watched(feed=made, outlet=outlet("o"), changed_at=AT + timedelta(minutes=minute), **more)


def book(*records: Watched) -> FeedBook:
    made = FeedBook(Path("lists"))
    for record in records:
        made.take(record.feed.id, codec.encode(record))
    return made


RECORDS = [
    watched("a", 1),
    watched("a", 2, host="b.example"),
    watched("a", 3, removed=True),
    watched("b", 1, listed=True),
    watched("b", 5, host="c.example", listed=True),
]


@given(st.permutations(RECORDS))
def test_the_later_change_of_a_feed_wins_whatever_partition_is_read_first(records: list[Watched]) -> None:
    feeds = book(*records).feeds()
    assert {feed.id: feed.url for feed in feeds.feeds.values()} == {"b": "https://c.example/feed"}


def test_outlets_without_feeds_and_what_is_of_no_feed_come_from_the_head() -> None:
    made = book(watched("a", 1))
    head = Head(
        outlets=(outlet("quiet", domains=("quiet.example",)),), viewpoints={"independent": "…"}, feed_hosts=("x",)
    )
    made.take(HEAD, codec.encode(head))
    feeds = made.feeds()
    assert feeds.outlet_of("https://quiet.example/1").id == "quiet"  # type: ignore[union-attr]
    assert (feeds.viewpoints, feeds.feed_hosts, feeds.folder) == ({"independent": "…"}, ("x",), Path("lists"))


def test_a_record_that_cannot_be_read_is_passed_over_and_the_one_before_stays() -> None:
    made = book(watched("a", 1))
    made.take("a", b"\xff")
    made.take("b", b'{"feed": 5}')
    assert list(made.feeds().feeds) == ["a"]


def test_a_null_value_takes_a_feed_out() -> None:
    made = book(watched("a", 1))
    assert list(made.feeds().feeds) == ["a"]
    made.take("a", None)
    assert list(made.feeds().feeds) == []


def test_the_list_is_made_anew_only_where_something_came() -> None:
    made = book(watched("a", 1))
    assert made.feeds() is made.feeds()
    before = made.feeds()
    made.take("b", codec.encode(watched("b", 1)))
    assert made.feeds() is not before
