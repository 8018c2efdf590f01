"""The merge stage: ids that stay, tombstones, revisions, decisions, what is forgotten and what is freed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from contracts.codec import encode
from contracts.outcomes import Quarantine
from contracts.records import Event, Place, Report
from contracts.stage import MAX_VALUE_BYTES
from processors.merge import cells, judge
from processors.merge.batch import merge_reports
from processors.merge.cells import PART_BYTES
from processors.merge.pair import compare
from tests.processors.merge.builder import (
    DAY,
    NOON,
    Run,
    article,
    clash,
    content,
    decision,
    groups,
    own,
    report,
    shelling,
)


def the(run: Run, *ids: str) -> Event:
    """The live event that holds these reports."""
    (event,) = [one for one in run.live() if set(ids) <= {report.id for report in one.reports}]
    return event


def test_reports_of_several_articles_become_one_event_with_the_version_of_the_last_change() -> None:
    run = Run()
    run.give(article("x", clash("a", killed=4)), position=5)
    run.give(article("y", clash("b", killed=4)), position=9)
    (event,) = run.live()
    assert (groups(run.live()), event.version, event.key) == ({frozenset("ab")}, 9, "SY")
    assert event.id.startswith("202210-")


def test_the_id_hangs_on_the_report_that_was_seen_first_not_on_the_one_published_first() -> None:
    run = Run()
    run.give(article("x", clash("late", published_at=NOON + timedelta(days=20))))
    id = the(run, "late").id
    run.give(article("y", clash("early", published_at=NOON - timedelta(days=20))))
    assert the(run, "late", "early").id == id
    assert id.startswith("202211-")


def test_the_month_of_an_id_is_never_later_than_the_fetch_and_nought_where_neither_is_known() -> None:
    run = Run()
    run.give(article("x", clash("a", published_at=datetime(2099, 1, 1, tzinfo=UTC), fetched_at=NOON)))
    run.give(article("y", report("b", "bara", published_at=None, fetched_at=None)))
    assert the(run, "a").id.startswith("202210-")
    assert the(run, "b").id.startswith("000000-")


def test_when_events_join_the_older_id_lives_and_the_other_points_to_it() -> None:
    run = Run()
    run.give(article("x", shelling("a", killed=3)))
    run.give(article("y", shelling("b", killed=6)))
    old, new = the(run, "a").id, the(run, "b").id
    assert old != new
    run.give(decision("d", "join", shelling("a"), shelling("b")))
    assert the(run, "a", "b").id == old
    assert (run.documents[new].state, run.documents[new].superseded_by) == ("superseded", old)


def test_when_an_event_splits_the_part_with_the_ids_own_report_keeps_it_and_the_other_gets_its_old_one_back() -> None:
    run = Run()
    one, other = shelling("a", killed=3), shelling("b", killed=6)
    run.give_all([article("x", one), article("y", other)])
    ids = the(run, "a").id, the(run, "b").id
    run.give(decision("d", "join", one, other, minute=1))
    run.give(decision("e", "separate", one, other, minute=2))
    assert (the(run, "a").id, the(run, "b").id) == ids
    assert groups(run.live()) == {frozenset("a"), frozenset("b")}


def test_an_event_that_vanishes_is_retracted_and_holds_no_text() -> None:
    run = Run()
    run.give(article("x", clash("a", evidence="جملة لا ينبغي أن تبقى")))
    id = the(run, "a").id
    run.give(article("x", revision=1))
    assert run.live() == []
    tombstone = run.documents[id]
    assert tombstone.state == "retracted"
    assert "جملة" not in encode(tombstone).decode()
    assert all("جملة".encode() not in value for value in run.store.values.values())


def test_a_retracted_event_whose_sentence_comes_back_has_its_id_again() -> None:
    run = Run()
    run.give(article("x", clash("a")))
    id = the(run, "a").id
    run.give_all([article("x", revision=1), article("x", clash("a"), revision=2)])
    assert the(run, "a").id == id


def test_an_event_keeps_its_id_when_the_report_that_named_it_goes() -> None:
    run = Run()
    run.give_all([article("x", clash("a")), article("y", clash("b")), article("z", clash("c"))])
    id = the(run, "a", "b", "c").id
    run.give(article("x", revision=1))
    assert the(run, "b", "c").id == id
    run.give(article("x", clash("a"), revision=2))
    assert the(run, "a", "b", "c").id == id


def test_an_id_passed_on_is_not_given_twice_when_its_first_report_comes_back_elsewhere() -> None:
    run = Run()
    run.give_all([article("x", clash("a")), article("y", clash("b"))])
    id = the(run, "a", "b").id
    run.give(article("x", revision=1))
    run.give(article("x", clash("a", "bara"), revision=2))
    assert the(run, "b").id == id
    assert the(run, "a").id != id


def test_an_older_revision_that_comes_late_changes_nothing_and_gives_the_same_documents() -> None:
    run = Run()
    new = run.give(article("x", clash("a", killed=4), revision=2), position=1)
    late = run.give(article("x", clash("a", killed=1), clash("b", "bara"), revision=1), position=1)
    assert late == new


def test_the_operators_replay_counts_before_the_revision() -> None:
    run = Run()
    run.give(article("x", clash("a", killed=4), revision=7))
    run.give(article("x", clash("a", killed=5), revision=2, generation=1))
    assert the(run, "a").killed == clash("a", killed=5).killed


def test_a_correction_moves_a_report_to_another_day() -> None:
    run = Run()
    run.give_all([article("x", clash("a")), article("y", clash("b", day=DAY + timedelta(9)))])
    run.give(article("x", clash("a", day=DAY + timedelta(9)), revision=1))
    assert groups(run.live()) == {frozenset("ab")}


def test_a_withdrawal_that_comes_before_its_article_keeps_it_out() -> None:
    run = Run()
    assert run.give(article("x", revision=1)) == ()
    run.give(article("x", clash("a"), revision=0))
    assert run.live() == []


def test_an_article_that_moves_to_another_country_leaves_nothing_behind() -> None:
    run = Run()
    here = Place(text="الرقة", start=0, end=5, name="الرقة", country="SY", precision=1)
    run.give(article("x", report("a", here)))
    run.give(article("x", revision=1))
    run.give(article("x", report("a", replace(here, country="IQ")), revision=1, key="IQ"))
    (event,) = run.live()
    assert (event.key, sorted(one.state for one in run.documents.values())) == ("IQ", ["live", "retracted"])


def test_a_forgotten_article_is_taken_out_and_never_comes_back() -> None:
    run = Run()
    sentence = "جملة منسية"
    run.give_all([article("x", clash("a", evidence=sentence)), article("y", clash("b"))])
    run.give(decision("d", "confirm", clash("a", evidence=sentence)))
    run.store.put("forgotten:x", b"")
    run.give(article("x", revision=1))
    run.give(article("x", clash("a", evidence=sentence), revision=0, generation=5))
    run.give(article("x", clash("a", evidence=sentence), revision=9, generation=9))
    assert groups(run.live()) == {frozenset("b")}
    assert all(sentence.encode() not in value for value in run.store.values.values())
    assert all(sentence not in encode(event).decode() for event in run.documents.values())


def test_a_confirmed_event_stays_confirmed_through_a_new_revision_and_a_replay() -> None:
    run = Run()
    run.give_all([article("x", clash("a", killed=4)), decision("d", "confirm", clash("a"))])
    run.give(article("x", clash("a", killed=5), clash("n", "bara"), revision=1))
    run.give(article("x", clash("a", killed=5), clash("n", "bara"), revision=1, generation=1))
    assert the(run, "a").review == "confirmed"
    assert the(run, "n").review == "new"


def test_the_event_that_a_vague_report_leaves_by_a_decision_is_given_without_it() -> None:
    run = Run()
    vague, other = report("v", "idlib", type="attack", killed=3), clash("b")
    run.give_all([article("x", shelling("a", killed=3)), article("y", vague), article("z", other)])
    assert groups(run.live()) == {frozenset("av"), frozenset("b")}
    run.give(decision("d", "join", vague, other))
    assert groups(run.live()) == {frozenset("a"), frozenset("bv")}
    run.give(article("z", revision=1))
    assert groups(run.live()) == {frozenset("av")}
    run.give(article("z", other, revision=2))
    assert groups(run.live()) == {frozenset("a"), frozenset("bv")}


def test_a_decision_may_come_before_its_report() -> None:
    run = Run()
    run.give_all([decision("d", "reject", clash("a"), why="خبر كاذب"), article("x", clash("a"))])
    assert (the(run, "a").review, the(run, "a").review_note) == ("rejected", "خبر كاذب")


@pytest.mark.parametrize("decided_first", [True, False])
def test_an_event_whose_decided_sentence_is_gone_asks_for_review(decided_first: bool) -> None:
    run = Run()
    run.give_all([article("x", clash("a", evidence="جملة حذفت")), article("y", clash("b"))])
    steps = [decision("d", "confirm", clash("a", evidence="جملة حذفت")), article("x", revision=1)]
    run.give_all(steps if decided_first else reversed(steps))
    event = the(run, "b")
    assert event.review == "check"
    assert event.review_note is not None
    assert "جملة حذفت" in event.review_note
    run.give(decision("e", "confirm", clash("b"), minute=9))
    assert the(run, "b").review == "confirmed"


def test_a_decision_that_cannot_be_taken_is_a_dead_letter() -> None:
    run = Run()
    outcome = run.fold(decision("d", "set", clash("a"), field="killed", value="many"), 1)
    assert isinstance(outcome, Quarantine)
    assert "killed" in outcome.reason
    assert run.store.values == {}


def test_a_report_too_large_for_the_store_is_a_dead_letter() -> None:
    run = Run()
    outcome = run.fold(article("x", clash("a", evidence="كلمة " * 60_000)), 1)
    assert isinstance(outcome, Quarantine)
    assert run.store.values == {}


def test_days_untouched_for_long_are_freed_and_published_ids_stay() -> None:
    run = Run()
    run.give_all([article("x", clash("a")), article("y", clash("b"))])
    id, values = the(run, "a", "b").id, set(run.store.values)
    run.now = NOON + timedelta(days=399)
    run.give(article("y", clash("b"), revision=1))
    assert the(run, "a", "b").id == id
    run.now = NOON + timedelta(days=399 + 401)
    run.give(article("z", clash("c", "bara")))
    left = {key.split("/")[0] for key in set(run.store.values) & values}
    assert left == {"event", "anchor", "cell"}  # the day's cell holds the new report alone
    assert not any(key.startswith(("report/SY/a", "article/SY/x")) for key in run.store.values)
    assert run.documents[id].state == "live"
    run.give(article("z2", clash("d")))
    assert the(run, "d").id != id


def test_an_event_over_two_days_keeps_its_id_when_one_of_them_is_freed() -> None:
    run = Run()
    run.give_all(
        [
            article("x", shelling("a", killed=3)),
            article("y", shelling("b", killed=3, day=DAY + timedelta(1), date_basis="published")),
        ]
    )
    id = the(run, "a", "b").id
    run.now = NOON + timedelta(days=300)
    run.give(article("w", clash("w", day=DAY + timedelta(1))))  # touches the second day alone
    run.now = NOON + timedelta(days=500)
    run.give(article("z", shelling("c", killed=3, day=DAY + timedelta(1), date_basis="published")))
    assert the(run, "b", "c").id == id


def many(number: int, towns: int) -> list[Report]:
    """Reports of one day over so many towns, 40 km apart, of which every tenth is vague."""
    made = []
    for one in range(number):
        town = one % towns
        place = Place(
            text=f"بلدة {town}",
            start=0,
            end=6,
            name=f"بلدة{town}",
            geonameid=town,
            admin1="إدلب",
            country="SY",
            lat=30 + 0.4 * (town // 20),
            lon=36 + 0.4 * (town % 20),
        )
        made.append(
            shelling(
                f"{one:04}",
                "idlib" if one % 10 == 0 else place,
                killed=one % 7 + 1,
                injured=town % 5,
                text=f"نص الخبر رقم {one} عن البلدة",
            )
        )
    return made  # fmt: skip


def test_a_large_cell_is_split_and_no_value_passes_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PART_BYTES < MAX_VALUE_BYTES
    monkeypatch.setattr(cells, "PART_BYTES", 8 * 1024)
    run = Run()
    reports = [one for report in many(150, 30) for one in own(f"x{report.id}", report)]
    for one in reports:
        run.give(article(one.article_id, one))
    parts = [value for key, value in run.store.values.items() if key.startswith("cell/")]
    assert len(parts) > 5
    assert max(map(len, parts)) <= 8 * 1024
    assert content(run.live()) == content(merge_reports(reports))


def test_a_thousand_reports_of_one_day_are_not_compared_each_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counting(a: object, b: object) -> object:
        nonlocal compared
        compared += 1
        return compare(a, b)  # type: ignore[arg-type]

    monkeypatch.setattr(judge, "compare", counting)
    merge_reports(many(1000, 200))
    assert compared < 1000 * 999 / 2 / 4


def test_a_new_report_is_compared_with_its_neighbourhood_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    for one in many(100, 20):
        run.give(article(f"x{one.id}", one))
    compared = []
    monkeypatch.setattr(judge, "compare", lambda a, b: compared.append((a, b)) or compare(a, b))
    run.give(article("new", shelling("new", "bara", killed=2)))
    assert len(compared) <= 100
    compared.clear()
    run.give(article("new", shelling("new", "bara", killed=2)))
    assert compared == []


def test_state_survives_in_the_store_alone() -> None:
    run, again = Run(), Run()
    run.give_all([article("x", clash("a")), article("y", clash("b"))])
    again.store, again.position = run.store, run.position
    again.give(article("z", clash("c")))
    run.give(article("z", clash("c")))
    assert the(again, "a", "b", "c") == the(run, "a", "b", "c")


def test_rows_read_back_as_they_were_written() -> None:
    run = Run()
    run.give(article("x", clash("a", text="نص طويل بما يكفي ليكون له توقيع من كلمات")))
    for key, value in run.store.values.items():
        assert msgspec.msgpack.decode(value) is not None, key
