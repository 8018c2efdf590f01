from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded
from sinks.words import MAX_TERMS, Term, bare_forms, forms, parse, words_of


@given(st.text())
def test_words_are_those_that_the_folded_text_has(text):
    assert words_of(text) == Folded(text).words


@given(st.text(max_size=2_000))
def test_terms_hold_letters_and_digits_only(text):
    terms = parse(text) or ()
    assert len(terms) <= MAX_TERMS
    assert all(word.isalnum() for term in terms for word in term.words)


def test_quotes_of_any_kind_make_phrases():
    phrase = Term(("تنظيم", "الدوله"), phrase=True)
    assert parse('"تنظيم الدولة"') == parse("«تنظيم الدولة»") == parse("“تنظيم الدولة”") == (phrase,)
    assert parse('جاسم "تنظيم الدولة" قتلى') == (Term(("جاسم",)), phrase, Term(("قتلي",)))


def test_a_quote_that_is_never_closed_still_opens_a_phrase():
    assert parse('"تنظيم الدولة') == (Term(("تنظيم", "الدوله"), phrase=True),)


def test_a_word_said_twice_counts_once():
    assert parse("جاسم جَاسِم") == (Term(("جاسم",)),)


def test_particles_come_off_where_enough_is_left():
    assert "جاسم" in bare_forms("وبجاسم")
    assert bare_forms("لجنه") == ()
    assert forms("جاسم") == {"جاسم"}
