import pytest

from arabic.marks import has_shadda, has_tanwin_accusative, is_dual_marked, is_passive_marked, letters


@pytest.mark.parametrize(
    "word", ["قُتل", "قُتِلَ", "وقُتل", "فأُصيب", "أُصيبت", "اعتُقل", "واعتُقل", "اتُّهم", "استُهدف", "يُقتَل", "يُقتل", "ويُعتقَل"]
)
def test_the_vowels_of_the_passive_are_seen(word):
    assert is_passive_marked(word)


@pytest.mark.parametrize("word", ["قتل", "قَتَل", "يُقاتل", "يُقاتِل", "المُدن", "اعتقل", "و", "", "ُ", "قـ"])
def test_active_and_bare_forms_are_not_passive(word):
    assert not is_passive_marked(word)


def test_tatweel_between_letter_and_mark_changes_nothing():
    assert is_passive_marked("قـُتل")
    assert letters("قـُت") == [("ق", "\u064f"), ("ت", "")]


def test_shadda_and_tanwin():
    assert has_shadda("قتّل")
    assert not has_shadda("قتل")
    assert has_tanwin_accusative("شخصًا")
    assert has_tanwin_accusative("شخصاً")
    assert not has_tanwin_accusative("شخصا")


def test_the_vowel_before_the_ending_tells_dual_from_plural():
    assert is_dual_marked("مواطنَين")
    assert is_dual_marked("مدنيَّين")
    assert not is_dual_marked("مدنيِّين")
    assert not is_dual_marked("مدنيين")
