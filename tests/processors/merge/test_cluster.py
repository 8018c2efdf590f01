"""Which reports become one event."""

from __future__ import annotations

from datetime import timedelta

from contracts.records import Decision, Report
from processors.merge.cluster import cluster
from processors.merge.decisions import Decided, country_of
from processors.merge.features import features
from tests.processors.merge.builder import DAY, NOON, clash, count, decision, report, shelling

WIRE = "قتلى وجرحى في قصف طال أرياف المحافظة صباح اليوم وفق ما ذكرت الوكالة في خبر عاجل نقلته عن مصادر طبية في المنطقة"


def clusters(*reports: Report, decisions: tuple[Decision, ...] = ()) -> set[frozenset[str]]:
    """The clusters as sets of ids, each id being letters."""
    by_key: dict[str, list[Report]] = {}
    for one in reports:
        by_key.setdefault(country_of(one), []).append(one)
    found = [cluster([features(one, key) for one in group], Decided(decisions)) for key, group in by_key.items()]
    return {frozenset(members) for some in found for members in some}


def sets(*names: str) -> set[frozenset[str]]:
    return {frozenset(name.split()) for name in names}


def test_independent_reports_of_one_clash_are_one_event() -> None:
    assert clusters(clash("a"), clash("b"), clash("c", "bara")) == sets("a b", "c")


def test_a_vague_report_joins_the_only_event_that_fits() -> None:
    vague = report("v", "idlib", type="attack", killed=count(1, None))
    assert clusters(shelling("a", killed=3), shelling("b", killed=3), vague) == sets("a b v")


def test_a_vague_report_that_fits_two_towns_joins_neither_and_bridges_none() -> None:
    vague = report("v", "idlib", type="attack", killed=count(1, None))
    assert clusters(shelling("a", killed=3), shelling("b", "taftanaz", killed=2), vague) == sets("a", "b", "v")


def test_a_town_that_was_shelled_without_a_word_on_tolls_is_a_rival_too() -> None:
    vague = report("v", "idlib", type="shelling_artillery_missile_attack", killed=count(1, None))
    assert clusters(shelling("a", killed=3), shelling("b", "taftanaz", initiators=()), vague) == sets("a", "b", "v")
    telling = report("w", "idlib", type="shelling_artillery_missile_attack", killed=3)
    assert clusters(shelling("a", killed=3), shelling("b", "taftanaz", initiators=()), telling) == sets("a w", "b")


def test_the_toll_of_a_vague_report_says_which_event_it_fits() -> None:
    vague = report("v", "idlib", type="attack", killed=3)
    assert clusters(shelling("a", killed=3), shelling("b", "taftanaz", killed=9), vague) == sets("a v", "b")


def test_a_vague_report_of_another_governorate_or_week_joins_nothing() -> None:
    elsewhere = report("v", "daraa", type="attack", killed=3)
    later = report("w", "idlib", type="attack", killed=3, day=DAY + timedelta(6))
    assert clusters(shelling("a", killed=3), elsewhere, later) == sets("a", "v", "w")


def test_a_country_alone_needs_more_than_some_killed() -> None:
    some = report("v", "syria", type="attack", killed=count(1, None))
    exact = report("w", "syria", type="attack", killed=17)
    assert clusters(shelling("a", killed=17), some, exact) == sets("a w", "v")


def test_an_undated_report_fits_by_the_day_it_was_published() -> None:
    fresh = shelling("v", killed=3, day=None)
    old = shelling("w", killed=3, day=None, background=True)
    assert clusters(shelling("a", killed=3), fresh, old) == sets("a v", "w")


def test_two_vague_guests_that_contradict_each_other_do_not_share_an_event() -> None:
    host = shelling("a", killed=count(2, None), evidence="قصف على مزرعة")
    school = report(
        "v", "idlib", type="shelling_artillery_missile_attack", killed=3, evidence="قصف مدرسة في حي الشهداء ظهرًا"
    )
    market = report(
        "w", "idlib", type="shelling_artillery_missile_attack", killed=9, evidence="قصف سوقًا في حي الثورة مساء"
    )
    found = clusters(host, school, market)
    assert not any({"v", "w"} <= members for members in found)


def test_without_a_country_only_copies_of_one_text_merge() -> None:
    copies = [report(id, None, text=WIRE, evidence=WIRE[:50], killed=count(1, None)) for id in "ab"]
    other = report("c", None, evidence=WIRE[:50], killed=count(1, None))
    assert clusters(*copies, other) == sets("a b", "c")


def test_vague_copies_go_together() -> None:
    copies = [report(id, "idlib", text=WIRE, evidence=WIRE[:50], type="attack") for id in "ab"]
    assert clusters(*copies) == sets("a b")


def test_vague_reports_of_one_governorate_day_and_telling_toll_go_together_and_join_as_one() -> None:
    twins = [report(id, "idlib", type="attack", killed=7, injured=4) for id in "ab"]
    assert clusters(*twins) == sets("a b")
    assert clusters(*twins, shelling("c", killed=7), shelling("d", "taftanaz", killed=2)) == sets("a b c", "d")
    assert clusters(*twins, shelling("c", killed=7), shelling("d", "taftanaz", killed=7)) == sets("a b", "c", "d")


def test_an_event_spans_three_days_at_most() -> None:
    days = [
        shelling(id, killed=3, day=DAY + timedelta(number), date_basis="published") for number, id in enumerate("abcde")
    ]
    for members in clusters(*days):
        assert max(map("abcde".index, members)) - min(map("abcde".index, members)) <= 2


def test_a_stated_duration_lets_an_event_last_longer() -> None:
    siege = clash("s", date_end=DAY + timedelta(2), date_basis="explicit")
    assert clusters(siege, clash("b", day=DAY + timedelta(2))) == sets("s b")


def test_two_shellings_of_one_town_on_one_day_stay_apart_when_their_details_part_them() -> None:
    morning = [shelling(id, killed=2, evidence="سقطت قذائف صباحًا على مدرسة في البلدة") for id in "ab"]
    evening = [shelling(id, killed=9, evidence="استهدف القصف مساء سوق البلدة") for id in "cd"]
    assert clusters(*morning, *evening) == sets("a b", "c d")


def test_a_rising_toll_keeps_one_event() -> None:
    rising = [
        shelling(id, killed=killed, published_at=NOON + timedelta(hours=killed))
        for id, killed in zip("abc", (2, 5, 8), strict=True)
    ]
    assert clusters(*rising) == sets("a b c")


def test_a_report_between_two_things_of_one_article_joins_one_of_them() -> None:
    from msgspec.structs import replace

    fight, fire = replace(clash("a"), article_id="x"), replace(shelling("b", "jasim", killed=3), article_id="x")
    other = report("c", "jasim", type="attack", killed=3)
    assert clusters(fight, fire, other) == sets("a", "b c")


def test_an_analyst_joins_what_the_rules_leave_apart_and_parts_what_they_join() -> None:
    one, other, third = clash("a"), clash("b", "bara"), clash("c")
    assert clusters(one, other, decisions=(decision("d", "join", one, other),)) == sets("a b")
    assert clusters(one, third, decisions=(decision("d", "separate", one, third),)) == sets("a", "c")


def test_of_contradictory_decisions_the_latest_counts() -> None:
    one, other = clash("a"), clash("b", "bara")
    join, part = decision("d", "join", one, other, minute=1), decision("e", "separate", other, one, minute=2)
    assert clusters(one, other, decisions=(join, part)) == sets("a", "b")
    later = decision("f", "join", one, other, minute=3)
    assert clusters(one, other, decisions=(join, part, later)) == sets("a b")


def test_a_later_separation_holds_against_older_joins_through_a_third() -> None:
    one, two, three = clash("a"), clash("b", "bara"), clash("c", "taftanaz")
    decisions = (
        decision("d", "join", one, two, minute=1),
        decision("e", "join", two, three, minute=2),
        decision("f", "separate", one, three, minute=3),
    )
    assert clusters(one, two, three, decisions=decisions) == sets("a", "b c")


def test_a_vague_report_can_be_joined_by_an_analyst() -> None:
    vague, one, two = report("v", "idlib", type="attack"), shelling("a", killed=3), shelling("b", "taftanaz", killed=2)
    assert clusters(vague, one, two, decisions=(decision("d", "join", vague, two),)) == sets("a", "b v")
