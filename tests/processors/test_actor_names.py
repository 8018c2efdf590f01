"""The names of one actor, whichever of them is asked for."""

import pytest

from processors.actor_names import _latin, names_of


@pytest.mark.parametrize("asked", ["داعش", "تنظيم الدولة", "ISIS", "isil", "Daesh", "Islamic  State"])
def test_every_name_of_an_actor_leads_to_its_main_name(asked):
    assert "تنظيم الدولة الإسلامية" in names_of(asked)


@pytest.mark.parametrize(("asked", "name"), [("قسد", "قوات سوريا الديمقراطية"), ("sdf", "قوات سوريا الديمقراطية"), ("IDF", "الجيش الإسرائيلي"), ("RSF", "قوات الدعم السريع")])  # fmt: skip
def test_short_names(asked, name):
    assert name in names_of(asked)


def test_actors_of_one_name_at_different_times_are_asked_for_once():
    assert names_of("الجيش السوري").count("الجيش السوري") == 1


@pytest.mark.parametrize("asked", ["", "مجموعة لا يعرفها أحد", "سوريا", "x" * 1000])
def test_what_no_table_knows_stands_for_itself(asked):
    assert names_of(asked) == ()


def test_every_short_name_means_an_actor_of_the_tables():
    assert _latin()
