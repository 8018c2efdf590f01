import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded, fold

LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0655\u0670\u06d6\u0301"
CONTROLS = "\u200e\u200f\u202a\u202b\u202c\u202e\u2066\u2067\u2068\u2069\u061c\ufeff\u200b\u200c\u200d\u00ad"
PRESENTATION = "ﺍﺎﷲﻻﻼﷺﭐﮎﻳﺔﱠﹰ"
OTHERS = "پچژگکیےہ٠٣٩۰۵۹٪،؛؟«»…  \n.,-abZÉßİΣ½①😀"
SIGNS = st.sampled_from(LETTERS + MARKS + CONTROLS + PRESENTATION + OTHERS + "\u0640")
TEXTS = st.text(SIGNS, max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("قُتِلَ", "قتل"),
        ("أإآٱا", "ااااا"),
        ("مدرسةُ مصطفى", "مدرسه مصطفي"),
        ("مسؤول رئيس", "مسوول رييس"),
        ("جـــاسم", "جاسم"),
        ("\u202bدرعا\u202c\u200f", "درعا"),
        ("ﻻ ﷲ", "لا الله"),
        ("١٤/۱۰", "14/10"),
        ("گلگامش ایران", "كلكامش ايران"),
        ("Idlib İzmir Élysée", "idlib izmir elysee"),
        ("", ""),
    ],
)
def test_spellings_of_one_word_fold_to_one_form(text, folded):
    assert fold(text) == folded


@given(TEXTS)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(TEXTS, TEXTS)
def test_folding_knows_no_context(a, b):
    assert fold(a + b) == fold(a) + fold(b)


@given(st.text(max_size=60))
def test_any_text_folds_and_maps(text):
    folded = Folded(text)
    assert folded.text == fold(text)
    assert folded.span(0, len(folded.text))[1] <= len(text)


@given(TEXTS, st.data())
def test_the_original_of_a_slice_folds_to_the_slice(text, data):
    folded = Folded(text)
    size = len(folded.text)
    start = data.draw(st.integers(0, size))
    end = data.draw(st.integers(start, size))
    first, last = folded.span(start, end)
    assert 0 <= first <= last <= len(text)
    quoted = fold(text[first:last])
    if any(sign in text for sign in "ﷲﻻﻼﷺ…½ﱠﹰßİ"):  # a ligature that the slice cuts is taken whole
        assert folded.text[start:end] in quoted
    else:
        assert quoted == folded.text[start:end]


def test_marks_on_the_last_letter_belong_to_the_span_and_controls_after_it_do_not():
    text = "قُتِلَ\u200f شخصٌ\u200f\u064b\u200f"
    folded = Folded(text)
    assert folded.quote(0, 3) == "قُتِلَ"
    assert folded.quote(4, 7) == "شخصٌ\u200f\u064b"
    assert folded.quote(4, 4) == ""


@given(TEXTS)
def test_index_is_the_first_folded_sign_at_or_after_an_original_offset(text):
    folded = Folded(text)
    for offset in range(len(text) + 1):
        index = folded.index(offset)
        assert all(folded.span(at, at + 1)[0] < offset for at in range(index))
        if index < len(folded.text):
            assert folded.span(index, index + 1)[0] >= offset


@given(TEXTS)
def test_words_are_runs_of_letters_or_digits_at_their_starts(text):
    folded = Folded(text)
    for word, start in zip(folded.words, folded.starts, strict=True):
        assert folded.text[start : start + len(word)] == word
        assert word.isdigit() or not any(sign in "0123456789" for sign in word)
