"""Surface forms: what a verb and a noun look like in the news, and what is stripped from them."""

import pytest

from arabic.fold import fold
from processors.forms import conjugate, has_article, noun_stems, verb_object_stems, verb_stems


@pytest.mark.parametrize("form", ["قصف", "قصفت", "قصفوا", "قصفا", "يقصف", "تقصف", "يقصفون", "تقصفان"])
def test_a_sound_verb_has_its_third_persons(form):
    assert fold(form) in conjugate("قصف", "يقصف")


@pytest.mark.parametrize("form", ["ألقى", "ألقت", "ألقوا", "ألقيا", "يلقي", "تلقي", "يلقون"])
def test_a_defective_verb_drops_its_last_letter(form):
    assert fold(form) in conjugate("ألقى", "يلقي")


@pytest.mark.parametrize("form", ["لقي", "لقيت", "لقوا", "يلقى"])
def test_a_verb_in_yeh_keeps_it_before_the_feminine(form):
    assert fold(form) in conjugate("لقي", "يلقى")


@pytest.mark.parametrize(("word", "stem"), [("وقصفت", "قصفت"), ("سيقصف", "يقصف"), ("فاستهدفت", "استهدفت")])
def test_proclitics_of_verbs_are_stripped(word, stem):
    assert stem in verb_stems(word)


def test_an_object_pronoun_is_stripped():
    assert "قصفت" in verb_object_stems("قصفتها")


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("بالقصف", "قصف"),
        ("للهجوم", "هجوم"),
        ("وغارات", "غارات"),
        ("قصفا", "قصف"),
        ("غارته", "غارة"),
        ("هجومهم", "هجوم"),
    ],
)
def test_nouns_lose_article_preposition_tanwin_and_owner(word, stem):
    assert fold(stem) in noun_stems(fold(word))


def test_two_letters_are_never_left_over():
    assert all(len(stem) >= 3 for stem in noun_stems("والد") if stem != "والد")


@pytest.mark.parametrize(
    ("word", "definite"), [("القصف", True), ("للهجوم", True), ("بالقصف", True), ("قصف", False), ("بقصف", False)]
)
def test_the_article_is_seen_through_prepositions(word, definite):
    assert has_article(word) is definite
