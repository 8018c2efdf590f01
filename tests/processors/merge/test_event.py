"""One event out of the reports of a cluster."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.records import Count, CountPart, SharedToll, Speaker
from processors.merge.decisions import Decided
from processors.merge.event import MOST_REPORTS, build_event
from tests.processors.merge.builder import (
    CIVILIANS,
    DAY,
    NOON,
    PLACES,
    REGIME,
    RUSSIA,
    clash,
    count,
    decision,
    report,
    shelling,
)

WIRE = "نقلت الوكالة عن شهود أن قذائف سقطت على أطراف البلدة مساء اليوم وأن ثلاثة من عمال مزرعة قتلوا فيها ونقل الجرحى إلى مشفى قريب"


def hours(number: int) -> dict[str, Any]:
    return {"published_at": NOON + timedelta(hours=number)}


def test_an_event_of_one_report_says_what_the_report_says() -> None:
    one = clash("a", killed=4, injured=count(1, None))
    event = build_event([one], key="SY", id="x")
    for field in (
        "event_type",
        "sub_event_type",
        "date_start",
        "place",
        "initiators",
        "targets",
        "killed",
        "injured",
        "confidence",
    ):
        assert getattr(event, field) == getattr(one, field)
    assert (event.state, event.review, event.disputed, event.independent_sources) == ("live", "new", {}, 1)


def test_the_most_specific_place_day_and_type_win() -> None:
    vague = report("v", "idlib", type="attack", date_basis="published")
    event = build_event([vague, replace(vague, id="w"), shelling("a", date_basis="explicit", day=DAY - timedelta(1))])
    assert event.sub_event_type == "shelling_artillery_missile_attack"
    assert event.place == PLACES["bara"]
    assert event.date_start == DAY - timedelta(1)


def test_conflicting_tolls_stand_side_by_side_and_most_independent_sources_give_the_best() -> None:
    event = build_event(
        [shelling("a", killed=3, **hours(0)), shelling("b", killed=3, **hours(1)), shelling("c", killed=2, **hours(2))]
    )
    assert event.killed == count(3)
    assert event.fatalities is not None
    assert (event.fatalities.low, event.fatalities.best, event.fatalities.high) == (2, 3, 3)
    assert [(one.value, one.reports, one.outlets) for one in event.disputed["killed"]] == [
        ("[2,2]", ("c",), ("outlet-c",)),
        ("[3,3]", ("a", "b"), ("outlet-a", "outlet-b")),
    ]


def test_copies_of_one_agency_text_do_not_outvote_independent_sources() -> None:
    copies = [shelling(id, killed=9, agency="سانا", **hours(0)) for id in "abc"]
    event = build_event([*copies, shelling("d", killed=2, **hours(0)), shelling("e", killed=2, **hours(0))])
    assert (event.killed, event.independent_sources) == (count(2), 3)


@pytest.mark.parametrize(
    "fields",
    [{"agency": "أ ف ب"}, {"text": WIRE}, {"outlet": "one"}, {"article_id": "one"}],
    ids=["agency", "text", "outlet", "article"],
)
def test_one_agency_text_outlet_or_article_is_one_source(fields: dict[str, Any]) -> None:
    assert build_event([shelling(id, **fields) for id in "abc"]).independent_sources == 1
    assert build_event([shelling("d"), *(shelling(id, **fields) for id in "abc")]).independent_sources == 2


def test_near_identical_texts_are_one_source() -> None:
    texts = (WIRE, WIRE + " وكالات", WIRE + " خاص")
    event = build_event([shelling(id, text=text) for id, text in zip("abc", texts, strict=True)])
    assert event.independent_sources == 1


def test_a_rising_toll_is_history_and_not_dispute() -> None:
    event = build_event(
        [shelling("c", killed=8, **hours(5)), shelling("a", killed=2, **hours(0)), shelling("b", killed=5, **hours(2))]
    )
    assert event.killed == count(8)
    assert "killed" not in event.disputed
    assert [(point.report_id, point.killed) for point in event.toll_history] == [
        ("a", (2, 2)),
        ("b", (5, 5)),
        ("c", (8, 8)),
    ]
    assert event.fatalities is not None
    assert (event.fatalities.low, event.fatalities.high) == (2, 8)


def test_a_number_counts_before_some_and_some_does_not_open_the_range() -> None:
    event = build_event(
        [shelling("a", killed=count(1, None)), shelling("b", killed=count(1, None)), shelling("c", killed=4)]
    )
    assert event.killed == count(4)
    assert event.fatalities is not None
    assert (event.fatalities.low, event.fatalities.best, event.fatalities.high) == (4, 4, 4)
    assert "killed" not in event.disputed


def test_at_least_so_many_leaves_the_range_open() -> None:
    event = build_event([shelling("a", killed=count(15, None))])
    assert event.fatalities is not None
    assert (event.fatalities.low, event.fatalities.best, event.fatalities.high) == (15, 15, None)


def test_silence_is_not_zero() -> None:
    event = build_event([shelling("a")])
    assert event.killed is None
    assert event.fatalities is None


def test_civilians_among_the_killed_are_told() -> None:
    parts = (CountPart(who="أطفال", civilian=True, low=2, high=2), CountPart(who="مسلح", civilian=False, low=1, high=1))
    event = build_event([shelling("a", killed=Count(low=3, high=3, text="ثلاثة", by=parts))])
    assert event.fatalities is not None
    assert event.fatalities.civilians == 2


@pytest.mark.parametrize(
    ("statuses", "expected", "disputed"),
    [
        (("asserted", "claimed"), "asserted", False),
        (("claimed", "claimed"), "claimed", False),
        (("claimed", "denied"), "claimed", True),
        (("asserted", "denied"), "asserted", True),
        (("denied", "denied"), "denied", False),
        (("planned",), "planned", False),
    ],
)
def test_status(statuses: tuple[str, ...], expected: str, disputed: bool) -> None:
    event = build_event([clash(f"r{number}", status=status) for number, status in enumerate(statuses)])
    assert event.status == expected
    assert ("status" in event.disputed) is disputed


def test_the_denial_does_not_set_the_toll() -> None:
    event = build_event([shelling("a", killed=3, status="claimed"), shelling("b", killed=0, status="denied")])
    assert event.killed == count(3)


def test_who_claims_it_is_named() -> None:
    event = build_event([clash("a", status="claimed", speaker=Speaker(text="وزارة الدفاع", name="وزارة الدفاع"))])
    assert event.speaker == Speaker(text="وزارة الدفاع", name="وزارة الدفاع")


def test_background_only_if_all_reports_recall_it() -> None:
    assert build_event([clash("a", background=True), clash("b", background=True)]).background
    assert not build_event([clash("a", background=True), clash("b")]).background


def test_known_actors_that_differ_are_disputed() -> None:
    event = build_event([shelling("a"), shelling("b"), shelling("c", initiators=(RUSSIA,))])
    assert event.initiators == (REGIME,)
    assert [one.value for one in event.disputed["initiators"]] == ['["ru-forces"]', '["sy-regime"]']


def test_confidence_grows_with_independent_sources_alone() -> None:
    one, other = shelling("a", confidence=0.6), shelling("b", confidence=0.5)
    assert build_event([one]).confidence == 0.6
    assert build_event([one, other]).confidence == pytest.approx(0.8)
    assert build_event([one, replace(other, outlet=one.outlet)]).confidence == 0.6


def test_a_shared_toll_is_kept_but_is_no_toll_of_the_event() -> None:
    toll = SharedToll(text="سبعة في البلدتين", killed=count(7), reports=("a", "elsewhere"))
    event = build_event([shelling("a", shared_toll=toll)])
    assert (event.shared_toll, event.killed, event.fatalities) == (toll, None, None)


def test_a_shared_toll_all_of_whose_reports_are_one_event_is_that_events_toll_once() -> None:
    toll = SharedToll(text="سبعة", killed=count(7), reports=("a", "b"))
    event = build_event([shelling("a", shared_toll=toll), shelling("b", shared_toll=toll)])
    assert (event.shared_toll, event.killed) == (None, count(7))


def test_at_most_two_hundred_reports_whole_and_the_others_by_id() -> None:
    event = build_event([shelling(f"{number:03}", outlet="one") for number in range(MOST_REPORTS + 5)])
    assert len(event.reports) == MOST_REPORTS
    assert event.more_reports == ("200", "201", "202", "203", "204")


def test_seen_times_come_from_the_reports() -> None:
    event = build_event([clash("a", **hours(3)), clash("b", **hours(0))])
    assert (event.first_seen_at, event.last_seen_at) == (NOON, NOON + timedelta(hours=4))


@pytest.mark.parametrize(
    ("action", "fields", "review"),
    [
        ("confirm", {}, "confirmed"),
        ("reject", {"why": "خبر قديم"}, "rejected"),
        ("set", {"field": "weapons", "value": '["هاون"]'}, "corrected"),
    ],
)
def test_review(action: str, fields: dict[str, Any], review: str) -> None:
    one = clash("a")
    event = build_event([one, clash("b")], Decided([decision("d", action, one, **fields)]))
    assert event.review == review
    assert event.review_note == fields.get("why")


def test_a_set_field_stands_over_what_reports_say() -> None:
    one = clash("a", killed=4)
    value = '{"low":6,"high":6,"text":"ستة"}'
    event = build_event([one], Decided([decision("d", "set", one, field="killed", value=value)]))
    assert event.killed == Count(low=6, high=6, text="ستة")
    assert event.fatalities is not None
    assert event.fatalities.best == 6


def test_of_two_verdicts_on_two_reports_of_an_event_the_later_counts() -> None:
    one, other = clash("a"), clash("b")
    decided = Decided([decision("d", "confirm", one, minute=5), decision("e", "reject", other, minute=2)])
    assert build_event([one, other], decided).review == "confirmed"


def test_a_decision_whose_sentence_is_gone_asks_for_review() -> None:
    gone = decision("d", "confirm", report("x", evidence="قتل أربعة في جاسم"))
    event = build_event([clash("a")], lost=[gone])
    assert event.review == "check"
    assert event.review_note is not None
    assert "قتل أربعة في جاسم" in event.review_note


def test_targets_of_the_event_are_those_that_most_sources_name() -> None:
    event = build_event([shelling("a", targets=(CIVILIANS,)), shelling("b", targets=(CIVILIANS,)), shelling("c")])
    assert event.targets == (CIVILIANS,)
