"""Sentences and clauses with offsets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded
from processors.sentences import split_sentences


def texts(text):
    folded = Folded(text)
    return [folded.quote(s.start, s.end) for s in split_sentences(folded)]


def test_sentences_end_at_marks_and_lines():
    assert texts("قال الجيش. ثم انسحب؟\nوعاد") == ["قال الجيش.", "ثم انسحب؟", "وعاد"]


def test_a_point_inside_a_number_ends_nothing():
    assert texts("بلغت 3.5 ملايين نسمة") == ["بلغت 3.5 ملايين نسمة"]


def test_a_clause_begins_at_a_turning_word():
    folded = Folded("قصفت المدفعية القرية في حين قتل مدني بينما انسحب الجيش")
    (sentence,) = split_sentences(folded)
    assert [folded.words[at] for at in sentence.clauses] == ["قصفت", "في", "بينما"]


def test_clause_of_gives_the_borders_around_a_word():
    folded = Folded("قصفت المدفعية القرية في حين قتل مدني")
    (sentence,) = split_sentences(folded)
    assert sentence.clause_of(1) == (0, 3)
    assert sentence.clause_of(5) == (3, 7)


@given(st.text(alphabet="قصف ُة.\n؟!ـ\u200f a1،", max_size=80))
def test_sentences_are_in_order_and_cover_every_word(text):
    folded = Folded(text)
    sentences = split_sentences(folded)
    assert sum(s.stop - s.first for s in sentences) == len(folded.words)
    assert all(a.end <= b.start and a.stop == b.first for a, b in pairwise(sentences))
