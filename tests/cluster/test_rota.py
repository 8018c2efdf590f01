"""Which feed is due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rasid.cluster.rota import Rota

PLANS = st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 100)), max_size=40)


@given(PLANS)
def test_feeds_come_in_the_order_of_their_last_plan_and_each_once(plans: list[tuple[str, float]]) -> None:
    rota = Rota()
    for feed, at in plans:
        rota.plan(feed, at)
    last = dict(plans)
    taken = []
    while (feed := rota.take(100.0)) is not None:
        taken.append(feed)
    assert sorted(taken) == sorted(last)
    assert [last[feed] for feed in taken] == sorted(last.values())


def test_nothing_is_taken_before_it_is_due() -> None:
    rota = Rota()
    rota.plan("a", 10.0)
    assert rota.take(9.9) is None
    assert rota.next_at() == 10.0
    assert rota.take(10.0) == "a"
    assert rota.next_at() is None


def test_a_feed_that_was_dropped_or_put_off_is_not_taken_at_its_old_hour() -> None:
    rota = Rota()
    rota.plan("gone", 1.0)
    rota.plan("later", 1.0)
    rota.drop("gone")
    rota.plan("later", 5.0)
    assert rota.take(2.0) is None
    assert list(rota) == ["later"]
    assert rota.hours() == (5.0,)
