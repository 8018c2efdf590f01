import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from arabic.fold import fold
from processors.count_lexicon import FIELDS, count_lexicon
from processors.date_lexicon import Phrases, attach, date_lexicon


def table(name):
    return tomllib.loads(files("processors").joinpath("lexicons", name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["months.toml", "dates.toml", "counts.toml"])
def test_every_table_says_where_it_comes_from(name):
    assert table(name)["provenance"] == "hand-written"


@pytest.mark.parametrize("name", ["dates.toml", "counts.toml"])
def test_every_table_has_examples_that_match_and_examples_that_must_not(name):
    found = [example.get("dates", example.get("counts")) for example in table(name)["example"]]
    assert any(found)
    assert [] in found


@pytest.mark.parametrize("usage", ["levantine", "egyptian", "hijri"])
def test_a_calendar_names_each_of_its_twelve_months(usage):
    assert {int(number) for number in table("months.toml")[usage]} == set(range(1, 13))


def test_no_name_stands_for_two_months_of_one_calendar():
    data = table("months.toml")
    names = {
        (fold(form), number)
        for usage in ("levantine", "egyptian", "maghrebi")
        for number, forms in data[usage].items()
        for form in forms
    }
    assert [name for name, times in Counter(name for name, _ in names).items() if times > 1] == []


def test_weak_months_are_months():
    data = table("months.toml")
    known = {
        form
        for usage in ("levantine", "egyptian", "maghrebi", "hijri")
        for forms in data[usage].values()
        for form in forms
    }
    assert set(data["weak"]["names"]) <= known


def test_no_cue_names_two_fields_in_one_table():
    data = table("counts.toml")
    for kind in ("nouns_of", "passive", "active"):
        forms = Counter(fold(form) for field in FIELDS for form in data[kind].get(field, ()))
        assert [form for form, times in forms.items() if times > 1] == []


def test_the_longest_phrase_wins_and_a_proclitic_joins_its_article():
    phrases = Phrases()
    phrases.add("أول", 1)
    phrases.add("أول أمس", 2, ("", "ل"))
    assert phrases.at(["اول", "امس"], 0) == (2, 2)
    assert phrases.at(["اول", "يوم"], 0) == (1, 1)
    assert phrases.at(["اول"], 5) is None
    assert attach("ل", "الاحد") == "للاحد"


def test_people_are_spelled_in_every_number():
    people = count_lexicon().people
    assert [people[form].many for form in ("طفل", "طفلان", "طفلين", "اطفال", "مدنيين", "عايله")] == [
        "one",
        "two",
        "two",
        "many",
        "two or many",
        "group",
    ]
    assert people["والاطفال"].joined
    assert people["للمدنيين"].definite
    assert people["والدته"].civilian
    assert "سوريا" not in people


def test_a_word_beats_what_only_looks_like_a_clitic_and_a_word():
    assert not count_lexicon().people["والد"].joined
    assert date_lexicon().weekdays.at(["للاحد"], 0) == (6, 1)
