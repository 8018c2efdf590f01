"""What a poller holds, over the generations of its group."""

from __future__ import annotations

import threading

from rasid.cluster.group import Holding


def test_what_is_held_in_the_next_generation_too_is_held_without_a_break() -> None:
    holding = Holding()
    holding.assigned([0, 1], 4)
    holding.revoked(lost=False)
    assert not holding.settled
    assert dict(holding.held) == {}
    holding.assigned([1, 2], 5)
    assert dict(holding.held) == {1: 4, 2: 5}
    assert holding.settled


def test_a_generation_that_was_missed_breaks_the_holding() -> None:
    holding = Holding()
    holding.assigned([0], 4)
    holding.revoked(lost=False)
    holding.assigned([0], 6)
    assert dict(holding.held) == {0: 6}


def test_a_membership_that_was_lost_breaks_the_holding() -> None:
    holding = Holding()
    holding.assigned([0], 4)
    holding.revoked(lost=True)
    holding.assigned([0], 5)
    assert dict(holding.held) == {0: 5}


def test_two_revocations_in_a_row_forget_nothing() -> None:
    holding = Holding()
    holding.assigned([0], 4)
    holding.revoked(lost=False)
    holding.revoked(lost=False)
    holding.assigned([0], 5)
    assert dict(holding.held) == {0: 4}


def test_a_revocation_waits_for_what_is_being_written() -> None:
    holding = Holding()
    holding.assigned([0], 1)
    given_up = threading.Event()

    def revoke() -> None:
        holding.revoked(lost=False)
        given_up.set()

    with holding.writing() as held:
        assert dict(held) == {0: 1}
        thread = threading.Thread(target=revoke)
        thread.start()
        assert not given_up.wait(0.2)
        assert dict(holding.held) == {}  # the next write finds nothing
    assert given_up.wait(1.0)
    thread.join()
