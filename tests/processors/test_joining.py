"""One thing once: which places may be one, and what a toll told of many places becomes."""

import pytest

from contracts.records import Count, Place
from processors.casualties import is_vague
from processors.place_relations import contains, place_fit, same_place


def place(text, precision=1, number=None, **more):
    name_en = more.pop("name_en", "x" if number else None)
    return Place(text=text, start=0, end=1, name=text, geonameid=number, name_en=name_en, precision=precision, **more)


DARAA = place("درعا", 3, 1, admin1_code="SY.06", country="SY", kind="admin1")
JASIM = place("جاسم", 1, 2, admin1_code="SY.06", country="SY", kind="town")
NAWA = place("نوى", 1, 3, admin1_code="SY.06", country="SY", kind="town")
ALEPPO = place("حلب", 3, 4, admin1_code="SY.09", country="SY", kind="admin1")
SYRIA = place("سوريا", 4, 5, country="SY", kind="country")
UNKNOWN = place("قرية كذا", 3, None, admin1_code="SY.06", country="SY")


@pytest.mark.parametrize(
    ("outer", "inner", "holds"),
    [
        (DARAA, JASIM, True),
        (SYRIA, JASIM, True),
        (ALEPPO, JASIM, False),
        (JASIM, DARAA, False),
        (JASIM, NAWA, False),
        (DARAA, UNKNOWN, True),
        (UNKNOWN, JASIM, False),
    ],
)
def test_a_unit_holds_the_places_inside_it(outer, inner, holds):
    assert contains(outer, inner) is holds


def test_two_towns_never_fit_and_silence_always_does():
    assert place_fit(JASIM, NAWA) == 0
    assert place_fit(JASIM, JASIM) == 3
    assert place_fit(JASIM, DARAA) == 2
    assert place_fit(None, JASIM) == 1


def test_a_quarter_near_a_town_may_be_part_of_it():
    town = place("غزة", 1, 6, kind="town", lat=31.5, lon=34.46, country="PS")
    quarter = place("الشيخ رضوان", 1, 7, kind="quarter", lat=31.53, lon=34.46, country="PS")
    far = place("رفح", 1, 8, kind="quarter", lat=31.28, lon=34.24, country="PS")
    assert contains(town, quarter)
    assert not contains(town, far)


def test_unknown_places_are_the_same_by_their_name():
    assert same_place(UNKNOWN, UNKNOWN)
    assert not same_place(UNKNOWN, JASIM)


@pytest.mark.parametrize(("low", "high", "vague"), [(1, None, True), (20, None, False), (1, 1, False), (0, 0, False)])
def test_some_is_vague_and_dozens_are_not(low, high, vague):
    assert is_vague(Count(low=low, high=high, text="x")) is vague
