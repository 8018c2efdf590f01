"""The sentences that say an event."""

from __future__ import annotations

import pytest

from contracts.records import Count
from processors.merge.event import build_event
from processors.merge.summary import persons_ar, persons_en
from tests.processors.merge.builder import CIVILIANS, clash, count, report, shelling


@pytest.mark.parametrize(
    ("name", "given", "arabic", "english"),
    [
        ("killed", count(0), "دون قتلى", "none killed"),
        ("killed", count(1), "قتيل واحد", "1 killed"),
        ("killed", count(2), "قتيلان", "2 killed"),
        ("killed", count(3), "3 قتلى", "3 killed"),
        ("injured", count(10), "10 جرحى", "10 injured"),
        ("killed", count(11), "11 قتيلًا", "11 killed"),
        ("injured", count(99), "99 جريحًا", "99 injured"),
        ("killed", count(100), "100 قتيل", "100 killed"),
        ("killed", count(102), "102 قتيل", "102 killed"),
        ("killed", count(105), "105 قتلى", "105 killed"),
        ("detained", count(150), "150 معتقلًا", "150 detained"),
        ("detained", count(4), "4 معتقلين", "4 detained"),
        ("killed", count(1, None), "عدد من القتلى", "some killed"),
        ("injured", count(20, None), "عشرات الجرحى", "at least 20 injured"),
        ("displaced", count(200, None), "مئات النازحين", "at least 200 displaced"),
        ("killed", count(5, None), "5 قتلى على الأقل", "at least 5 killed"),
        ("killed", count(2, None), "قتيلان على الأقل", "at least 2 killed"),
        ("killed", count(3, 5), "بين 3 و5 قتلى", "3 to 5 killed"),
        ("missing", count(0), "0 مفقود", "none missing"),
    ],
)
def test_numbers_agree_with_their_nouns(name: str, given: Count, arabic: str, english: str) -> None:
    assert (persons_ar(name, given), persons_en(name, given)) == (arabic, english)


def test_a_clash_names_both_sides_place_day_and_toll() -> None:
    event = build_event([clash("a", killed=4, injured=count(1, None))])
    assert event.summary_ar == (
        "اشتباك مسلح بين مقاتلون محليون وتنظيم الدولة الإسلامية في جاسم (درعا) "
        "بتاريخ 14 تشرين الأول/أكتوبر 2022، الحصيلة: 4 قتلى وعدد من الجرحى."
    )
    assert event.summary_en == (
        "Armed clash between Local fighters and Islamic State in Jasim, Daraa, SY on 14 October 2022: 4 killed, some injured."
    )


def test_a_disputed_claim_says_so() -> None:
    event = build_event(
        [
            shelling("a", status="claimed", killed=3, targets=(CIVILIANS,)),
            shelling("b", status="claimed", killed=9, outlet="b"),
            shelling("c", status="denied"),
        ]
    )
    assert "ضد مدنيون" in event.summary_ar
    assert event.summary_ar.endswith(
        "، وتختلف الروايات في حصيلة القتلى، بحسب رواية طرف لم تؤكدها جهة مستقلة، وهناك من ينفيه."
    )
    assert event.summary_en.endswith("(as one side claims; number of killed disputed; denied by some).")


def test_what_is_unknown_is_left_out() -> None:
    event = build_event([report("a", None, day=None)])
    assert (event.summary_ar, event.summary_en) == ("اشتباك مسلح.", "Armed clash.")


def test_what_only_plover_knows_has_a_name_too() -> None:
    event = build_event([report("a", type="CONSULT", day=None)])
    assert (event.summary_ar, event.summary_en) == ("تشاور في جاسم (درعا).", "Consult in Jasim, Daraa, SY.")
