import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.stem import bare_forms, clitics, light_stem, stems

FOLDED_WORDS = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويء", min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("مدينة", "والمدينة"),
        ("مقاتل", "المقاتلين"),
        ("قصف", "بالقصف"),
        ("مدرسة", "مدرستها مدرسته"),
        ("احتجاج", "احتجاجات"),
    ],
)
def test_a_query_meets_the_written_forms(query, written):
    assert set(stems(written).split()) == {stems(query)}


@given(FOLDED_WORDS)
def test_a_stem_keeps_two_letters_where_the_word_has_them(word):
    assert len(light_stem(word)) >= min(2, len(word))
    assert light_stem(word) in word


@given(FOLDED_WORDS)
def test_every_split_joins_to_the_word_and_the_whole_word_comes_first(word):
    splits = clitics(word)
    assert splits[0] == ("", word, "")
    assert all("".join(split) == word for split in splits)


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("وبالمدينه", ("وبال", "مدينه", "")),
        ("للنظام", ("لل", "نظام", "")),
        ("سيقتلهم", ("س", "يقتل", "هم")),
        ("فقتلوه", ("ف", "قتلو", "ه")),
        ("والده", ("", "والد", "ه")),
    ],
)
def test_the_right_split_is_among_the_readings(word, split):
    assert split in clitics(word)


def test_a_stem_before_an_enclitic_gets_its_own_ending_back():
    assert bare_forms("مدينت", "ها") == ("مدينت", "مدينه")
    assert bare_forms("مستشفا", "هم") == ("مستشفا", "مستشفي")
    assert bare_forms("بيت", "") == ("بيت",)
