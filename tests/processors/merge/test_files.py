"""Reports from files and events into them."""

from __future__ import annotations

from io import BytesIO

import pytest

from contracts.codec import BadRecord, NewerRecord, decode, encode
from contracts.records import Event
from processors.merge import merge_reports, read_reports, write_events
from tests.processors.merge.builder import DAY, clash, report


def test_what_is_written_is_read_back_as_events() -> None:
    lines = [encode(clash("a")), b"", encode(clash("b")) + b"\n", encode(clash("c", "bara")).decode()]
    out = BytesIO()
    assert write_events(merge_reports(read_reports(lines)), out) == 2
    events = [decode(Event, line) for line in out.getvalue().splitlines()]
    assert sorted(len(event.reports) for event in events) == [1, 2]


def test_rows_without_url_outlet_or_dates_are_merged_too() -> None:
    bare = report("a", None, day=None, outlet=None, published_at=None)
    (event,) = merge_reports(read_reports([encode(bare)]))
    assert event.id.startswith("000000-")
    assert (event.outlets, event.first_seen_at, event.key) == ((), None, "XX")


def test_a_bad_line_is_named() -> None:
    with pytest.raises(BadRecord, match=r"line 2: .*`int`"):
        list(read_reports([encode(clash("a")), encode(clash("b", killed=4)).replace(b'"low":4', b'"low":"4"')]))
    with pytest.raises(BadRecord, match="line 1: "):
        list(read_reports(["{"]))
    with pytest.raises(NewerRecord, match="line 1: "):
        list(read_reports([encode(clash("a")).replace(b'"schema_version":1', b'"schema_version":99')]))


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert [one.id for one in read_reports([b"\xef\xbb\xbf" + encode(clash("a"))])] == ["a"]


def test_of_two_revisions_of_a_report_the_higher_counts_wherever_it_stands() -> None:
    old, new = clash("a", killed=2, revision=0), clash("a", killed=4, revision=1)
    for order in ([old, new], [new, old]):
        (event,) = merge_reports(order)
        assert event.killed is not None
        assert event.killed.low == 4


def test_events_are_grouped_by_country_and_ordered_by_id() -> None:
    events = merge_reports([clash("a"), report("b", None), clash("c", day=DAY.replace(year=2021))])
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert {event.key for event in events} == {"SY", "XX"}
