"""Triggers: patterns, idioms, triage, and the lint of the data files."""

import pytest

from arabic.fold import Folded, fold
from processors.lexicon import Lexicon, Pattern, Trigger, check_rows, lexicon, load_rows, read_table


def found(text):
    folded = Folded(text)
    return [hit.trigger.id for hit in lexicon().hits(folded.words, 0, len(folded.words))]


def test_a_verb_is_found_in_any_form():
    assert found("وقصفتها الطائرات") == found("يقصف الجيش المدينة") == ["shell"]


def test_a_pattern_may_skip_four_words_but_not_five():
    pattern = Pattern.parse("سقوط .. قذيفة")
    assert pattern.match(Folded("سقوط أكثر من مئة قذيفة").words, 0, 5) == 4
    assert pattern.match(Folded("سقوط شاب من فوق سطح منزل قذيفة").words, 0, 7) is None


def test_the_longest_reading_of_a_word_wins():
    assert found("هجوم انتحاري في كابل") == ["suicide"]


@pytest.mark.parametrize(
    "text", ["حرب كلامية", "قتل الوقت", "انفجار الأسعار", "ضربة جزاء", "خرق اتفاق وقف إطلاق النار"]
)
def test_idioms_are_no_triggers(text):
    assert found(text) == []


def test_triage_wakes_on_a_trigger_with_clitics_and_sleeps_without():
    assert lexicon().wakes(fold("تعرضت البلدة لقصف عنيف"))
    assert not lexicon().wakes(fold("افتتح الوزير معرض الكتاب في العاصمة"))


def test_triage_checks_the_rest_of_a_pattern():
    assert lexicon().wakes(fold("سقطت قذيفة هاون على الحي"))
    assert not lexicon().wakes(fold("سقطت أوراق الشجر في الخريف"))


def test_talk_alone_is_told_apart_at_triage():
    text = fold("رفض الوزير مقترحا وطالب بالمزيد")
    assert lexicon().wakes(text) == "talk"


def test_a_type_that_does_not_exist_is_refused():
    row = Trigger(id="x", role="means", frame="strike", type="nonsense")
    with pytest.raises(ValueError, match="no sub-event type"):
        check_rows([row])


def test_a_category_that_does_not_exist_is_refused():
    row = Trigger(id="x", role="talk", frame="say", plover="CHAT")
    with pytest.raises(ValueError, match="no PLOVER category"):
        check_rows([row])


def test_an_id_stands_once():
    row = Trigger(id="x", role="means", frame="strike", type="attack")
    with pytest.raises(ValueError, match="twice"):
        check_rows([row, row])


def test_every_row_says_what_it_evokes_and_what_it_does_not():
    for row in load_rows():
        assert row.verbs or row.nouns or row.patterns, row.id
        assert row.yes, f"{row.id} has no positive example"
        assert row.no, f"{row.id} has no negative example"


def test_every_pattern_and_idiom_parses_to_at_least_one_element():
    for source in [p for row in load_rows() for p in row.patterns] + read_table("idioms.toml")["idioms"]:
        assert Pattern.parse(source).elements


def test_an_empty_lexicon_finds_nothing():
    empty = Lexicon([Trigger(id="x", role="means", frame="strike", type="attack", nouns=("قصف",))], [])
    assert empty.hits(["كتاب"], 0, 1) == []
