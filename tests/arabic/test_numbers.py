import tomllib
from importlib.resources import files

import pytest

from arabic.fold import Folded
from arabic.numbers import find_numbers, ordinal

DATA = tomllib.loads(files("arabic").joinpath("numbers.toml").read_text("utf-8"))


@pytest.mark.parametrize("example", DATA["example"], ids=lambda example: example["text"])
def test_examples_of_the_lexicon_hold(example):
    assert [number.value for number in find_numbers(Folded(example["text"]))] == example["values"]


@pytest.mark.parametrize(("text", "gender"), [("خمسة جنود", "m"), ("خمس نساء", "f"), ("5 جنود", None)])
def test_the_number_word_shows_the_gender_of_what_it_counts(text, gender):
    assert find_numbers(Folded(text))[0].gender == gender


def test_offsets_cover_the_whole_compound_and_its_clitics():
    text = Folded("أصيب مئةٌ وخمسـة وعشرون شخصًا")
    number = find_numbers(text)[0]
    assert text.quote(number.start, number.end) == "مئةٌ وخمسـة وعشرون"
    assert text.words[number.first : number.last] == ["ميه", "وخمسه", "وعشرون"]


def test_the_article_makes_a_number_definite():
    assert [number.definite for number in find_numbers(Folded("القتلى الخمسة وثلاثة جرحى"))] == [True, False]


def test_a_comma_parts_two_numbers():
    assert [number.value for number in find_numbers(Folded("خمسة، وعشرون"))] == [5, 20]


def test_ordinals_are_no_numbers():
    assert find_numbers(Folded("للمرة الثالثة في الطابق الرابع")) == ()
    assert (ordinal("الثالثه"), ordinal("رابع"), ordinal("خمسه")) == (3, 4, None)


@pytest.mark.parametrize("text", ["", "و", "14/10/2022", "و 3", "2022-10-14", "1.2.3", "مليون و", "مليون و5000 ألف"])
def test_odd_figures_never_break_it(text):
    for number in find_numbers(Folded(text)):
        assert number.value >= 0
        assert number.first < number.last
