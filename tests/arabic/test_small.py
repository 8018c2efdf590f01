import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.bidi import FIRST_STRONG_ISOLATE, POP_ISOLATE, isolate, strip_controls
from arabic.digits import to_ascii, value
from arabic.latin import latin_key


@given(st.text())
def test_an_isolate_opens_once_and_closes_once(text):
    isolated = isolate(text)
    assert isolated[0] == FIRST_STRONG_ISOLATE
    assert isolated[-1] == POP_ISOLATE
    assert not set(isolated[1:-1]) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def test_controls_go_and_the_joiners_of_persian_stay():
    assert strip_controls("\ufeff\u202eدرعا\u202c\u200f می\u200cشود\u00ad") == "درعا می\u200cشود"


@pytest.mark.parametrize("clean", [isolate, strip_controls])
def test_nothing_that_a_terminal_obeys_comes_through(clean):
    said = clean("درعا\x1b[31m\x1b]0;title\x07\x9b2J\r\x7f\nنوى\tجاسم")
    assert said.strip(FIRST_STRONG_ISOLATE + POP_ISOLATE) == "درعا[31m]0;title2J\nنوى\tجاسم"


@pytest.mark.parametrize(
    ("figure", "number"),
    [
        ("1,200", 1200),
        ("1.200.000", 1200000),
        ("1.5", 1.5),
        ("007", 7),
        ("3,5", 3.5),
        ("12", 12),
        ("1.2.3", None),
        ("س", None),
    ],
)
def test_figures_are_read_with_their_separators(figure, number):
    assert value(figure) == number


def test_eastern_and_persian_figures_become_ascii_and_nothing_else_changes():
    assert to_ascii("قُتل ٣ في ۱۴") == "قُتل 3 في 14"


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [
        ("جاسم", "Jasim"),
        ("الرقة", "ar-Raqqa"),
        ("القامشلي", "Qamishli"),
        ("غزة", "Gaza"),
        ("الشيخ مسكين", "al-Sheikh Maskin"),
        ("خان شيخون", "Khan Shaykhun"),
        ("صنعاء", "Sana'a"),
        ("ذمار", "Dhamar"),
        ("جمال", "Gamal"),
    ],
)
def test_an_arabic_name_meets_its_latin_spellings(arabic, latin):
    assert latin_key(arabic) == latin_key(latin)


def test_different_names_keep_different_keys():
    assert len({latin_key(name) for name in ("جاسم", "حلب", "درعا", "دمشق", "الموصل")}) == 5


def test_a_name_of_vowels_alone_has_no_key():
    assert latin_key("أوي") == ""
