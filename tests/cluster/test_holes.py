from __future__ import annotations

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from rasid.cluster.holes import Hole, HoleWatch

A, B = TP("rasid.entries", 0), TP("rasid.entries", 1)


def test_a_record_that_never_came_is_named() -> None:
    watch = HoleWatch()
    watch.check(A, 1, 5, {})
    with pytest.raises(Hole, match="partition 0: 6 to 7 never came, 8 did"):
        watch.check(A, 1, 8, {})


def test_a_hole_at_the_head_is_seen_too() -> None:
    """The records that faust lost stood there: between what was committed and the first that came."""
    with pytest.raises(Hole, match="10 to 11 never came, 12 did"):
        HoleWatch().check(A, 4, 12, {(A, 4): 10})


def test_records_that_come_again_are_no_hole() -> None:
    watch = HoleWatch()
    for offset in (0, 1, 2, 1, 2, 3):
        watch.check(A, 1, offset, {(A, 1): 0})
    assert watch.next_of(A) == 4


def test_a_new_generation_begins_where_it_was_committed() -> None:
    watch = HoleWatch()
    watch.check(A, 1, 50, {(A, 1): 50})
    watch.check(A, 2, 20, {(A, 2): 20})
    watch.check(A, 2, 21, {(A, 2): 20})
    with pytest.raises(Hole):
        watch.check(A, 2, 23, {(A, 2): 20})


@given(st.sets(st.integers(0, 30), max_size=5), st.lists(st.booleans(), min_size=60, max_size=60))
def test_exactly_the_streams_that_miss_a_record_are_refused(missing: set[int], turns: list[bool]) -> None:
    """Two partitions interleaved in any way; only one of them misses records."""
    watch, starts = HoleWatch(), {(A, 1): 0, (B, 1): 0}
    whole, holed = iter(range(31)), iter([offset for offset in range(31) if offset not in missing])
    said = ""
    for turn in turns:
        offset = next(whole if turn else holed, None)
        if offset is None:
            continue
        try:
            watch.check(A if turn else B, 1, offset, starts)
        except Hole as hole:
            said = str(hole)
            break
    last = (watch.next_of(B) or 0) - 1
    assert "partition 1" in said if said else not any(offset <= last for offset in missing)
