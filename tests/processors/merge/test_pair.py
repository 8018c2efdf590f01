"""When two reports are one thing, two things, or nobody can tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.records import Place
from processors.merge.features import features
from processors.merge.pair import Relation, compare
from tests.processors.merge.builder import (
    CIVILIANS,
    DAY,
    LOCALS,
    NOON,
    PLACES,
    REGIME,
    RUSSIA,
    STATE,
    clash,
    count,
    report,
    shelling,
)

WIRE = (
    "قتل ثلاثة من عمال مزرعة في قصف مدفعي على أطراف البلدة مساء اليوم وفق ما نقلت الوكالة عن شهود في المكان ونقل "
    "المصابون إلى مشفى قريب حيث وصفت حال اثنين منهم بالخطرة بينما واصلت فرق الإنقاذ البحث بين الأنقاض حتى ساعة متأخرة"
)
CAFE = Place(text="حي الوعر", start=0, end=8, name="الوعر", admin1="حمص", admin2="حمص", country="SY", precision=1)
HOMS = Place(text="حمص", start=0, end=3, name="حمص", geonameid=9, admin1="حمص", country="SY", lat=34.73, lon=36.71)
UNKNOWN_VILLAGE = Place(text="قرية كلبيت", start=0, end=10, name="كلبيت", admin1="إدلب", country="SY", precision=3)


def relation(one: Any, other: Any, key: str = "SY") -> Relation:
    return compare(features(one, key), features(other, key))


LINKS = {
    "the same clash in other words": (clash("a"), clash("b")),
    "sides of a clash named the other way round": (
        clash("a"),
        report("b", initiators=(STATE,), targets=(LOCALS,)),
    ),
    "an attack and a shelling with one toll: texts differ in naming the means": (
        shelling("a", killed=3),
        shelling("b", type="attack", killed=3),
    ),
    "a strike dated by publication, a day late": (
        shelling("a", killed=3, day=DAY),
        shelling("b", killed=3, day=DAY + timedelta(1), date_basis="published"),
    ),
    "a conflicting toll where target and words agree": (
        shelling("a", killed=3, evidence="قصفت قوات النظام سوق الخضار في البلدة بصواريخ عنقودية أحرقت محال عدة"),
        shelling("b", killed=4, evidence="أحرقت صواريخ عنقودية محال سوق الخضار وسط البلدة"),
    ),
    "a toll that rose": (
        shelling("a", killed=3),
        shelling("b", killed=7, published_at=NOON + timedelta(hours=5)),
    ),
    "two copies of one text without a country": (
        report("a", None, text=WIRE, evidence=WIRE[:60]),
        report("b", None, text=WIRE + " (وكالة)", evidence=WIRE[:60]),
    ),
    "an unknown village under its own name": (
        shelling("a", UNKNOWN_VILLAGE, killed=2),
        shelling("b", replace(UNKNOWN_VILLAGE, text="كلبيت"), killed=2),
    ),
    "a quarter and its city, with one toll": (
        shelling("a", CAFE, killed=2),
        shelling("b", HOMS, killed=2),
    ),
    "a claim and its denial in one article": (
        replace(clash("a", status="claimed"), article_id="x"),
        replace(clash("b", status="denied"), article_id="x"),
    ),
}

CONTRADICTIONS = {
    "types that nobody confuses": (clash("a"), clash("b", type="peaceful_protest")),
    "places apart": (clash("a", "jasim"), clash("b", "bara")),
    "towns 11 km apart": (clash("a", "jasim"), clash("b", "nawa")),
    "four days apart": (clash("a"), clash("b", day=DAY + timedelta(4))),
    "two explicit days": (
        clash("a", date_basis="explicit"),
        clash("b", day=DAY + timedelta(1), date_basis="explicit"),
    ),
    "two days apart, both told": (clash("a"), clash("b", day=DAY + timedelta(2))),
    "a plan and a deed": (clash("a"), clash("b", status="planned")),
    "what one article tells as two things": (
        replace(shelling("a", killed=3), article_id="x"),
        replace(shelling("b", killed=5), article_id="x"),
    ),
    "the clash and the shelling of one article": (
        replace(clash("a"), article_id="x"),
        replace(shelling("b", "jasim"), article_id="x"),
    ),
    "two shellings of one town on one day with other targets and tolls": (
        shelling("a", killed=2, evidence="سقطت قذائف على مدرسة ظهرًا"),
        shelling("b", killed=9, evidence="سقطت قذائف على سوق البلدة مساء"),
    ),
    "two quarters of one town": (
        shelling("a", killed=2, evidence="استهدف القصف حي الزهراء", initiators=()),
        shelling("b", killed=4, evidence="استهدف القصف حي الغوطة", initiators=()),
    ),
    "countries": (
        clash("a"),
        clash("b", replace(PLACES["jasim"], country="IQ")),
    ),
}

UNKNOWN = {
    "one town, one day, one type, and nothing said": (report("a"), report("b")),
    "the same force with another toll and no detail": (shelling("a", killed=3), shelling("b", killed=6)),
    "without a country, and no copies": (report("a", None, killed=3), report("b", None, killed=3)),
}


@pytest.mark.parametrize("case", LINKS)
def test_links(case: str) -> None:
    assert relation(*LINKS[case], key="XX" if "without a country" in case else "SY").verdict == "link"


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_contradicts(case: str) -> None:
    assert relation(*CONTRADICTIONS[case]).verdict == "contradiction"


@pytest.mark.parametrize("case", UNKNOWN)
def test_leaves_unknown(case: str) -> None:
    assert relation(*UNKNOWN[case], key="XX" if "without a country" in case else "SY").verdict == "unknown"


def test_a_copy_is_told_from_an_independent_report_with_the_same_facts() -> None:
    one = shelling("a", killed=3, text=WIRE, evidence=WIRE[:60])
    assert relation(one, shelling("b", killed=3, text=WIRE, evidence=WIRE[:60])).copy
    assert not relation(one, shelling("b", killed=3)).copy


def test_an_extract_of_a_long_text_is_a_copy_of_it() -> None:
    long, short = WIRE + " " + " ".join(f"كلمة{n}" for n in range(40)), WIRE
    one = report("a", None, text=long, evidence=WIRE[:60])
    assert relation(one, report("b", None, text=short, evidence=WIRE[:60]), "XX").copy


def test_texts_read_without_a_signature_are_copies_by_a_long_sentence_word_for_word() -> None:
    pair = [report(id, None, evidence=WIRE, signature=()) for id in "ab"]
    assert relation(*pair, key="XX").copy
    short = [report(id, None, evidence="سقوط قتلى في الريف", signature=()) for id in "ab"]
    assert not relation(*short, key="XX").copy


def test_a_range_and_a_number_inside_it_do_not_differ() -> None:
    assert relation(shelling("a", killed=count(3, None)), shelling("b", killed=5)).verdict == "link"


def test_other_actors_alone_do_not_part_a_strike_whose_toll_agrees() -> None:
    one = shelling("a", killed=3, injured=4)
    assert relation(one, shelling("b", killed=3, injured=4, initiators=(RUSSIA,))).verdict == "link"


def test_that_civilians_were_hit_by_somebody_is_weak_agreement() -> None:
    one = report("a", "bara", initiators=(REGIME,), targets=(CIVILIANS,), killed=2)
    other = report("b", "bara", initiators=(STATE,), targets=(CIVILIANS,), killed=5)
    assert relation(one, other).verdict != "link"


SIDES = ((), (LOCALS,), (STATE,), (REGIME,), (CIVILIANS,), (STATE, CIVILIANS))


def test_who_is_asked_first_does_not_matter_whichever_sides_of_a_clash_are_named() -> None:
    told = [
        report(f"{n}-{m}", initiators=one, targets=other)
        for n, one in enumerate(SIDES)
        for m, other in enumerate(SIDES)
    ]
    for a in told:
        for b in told:
            assert relation(a, b) == relation(b, a), (a.id, b.id)
