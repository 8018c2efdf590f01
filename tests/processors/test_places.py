"""Places in running text: heads, relations, roles, names that need proof, offsets."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded, fold
from processors.place_grammar import LEXICONS, grammar
from processors.places import find_places

EXAMPLES = tomllib.loads((LEXICONS / "place_examples.toml").read_text("utf-8"))["example"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["text"][:40])
def test_examples_of_the_grammar_hold(example: dict[str, object]):
    found = {mention.text: mention.role for mention in find_places(Folded(str(example["text"])))}
    assert example.get("finds", {}).items() <= found.items(), found  # type: ignore[attr-defined]
    assert not set(example.get("absent", [])) & set(found)  # type: ignore[call-overload]


def test_the_relation_of_a_countryside_keeps_its_direction():
    (mention,) = [m for m in find_places(Folded("في ريف حلب الغربي")) if m.name == "حلب"]
    assert mention.text == "ريف حلب الغربي"
    assert mention.relation == fold("ريف الغربي")
    assert mention.surroundings
    assert mention.preposition == fold("في")


def test_a_place_beside_another_is_said_to_be_its_surroundings():
    (mention,) = find_places(Folded("سقط صاروخ شمال شرقي تدمر"))
    assert mention.relation == fold("شمال شرقي")
    assert mention.surroundings


def test_an_unknown_village_is_a_place_without_entries():
    (mention,) = [m for m in find_places(Folded("في قرية العنقودية بريف إدلب")) if not m.entries]
    assert mention.text == "العنقودية"
    assert mention.head == fold("قرية")


def test_a_name_proved_once_counts_again():
    text = "قصف مدينة الباب. وقتل مدني قرب سوق في الباب"
    assert [m.text for m in find_places(Folded(text))] == ["الباب", "الباب"]


def test_words_that_follow_a_head_without_being_names_are_left():
    assert find_places(Folded("في منطقة سكنية وفي قرية صغيرة وفي حي مجاور")) == [] or all(
        m.text not in ("سكنية", "صغيرة") for m in find_places(Folded("في منطقة سكنية وفي قرية صغيرة"))
    )


def test_names_that_need_proof_are_folded_and_not_in_both_lists():
    rules = grammar()
    assert not rules.needs_head & rules.needs_preposition
    assert all(name == fold(name) for name in rules.needs_head | rules.needs_preposition | rules.never)


MARKS = st.sampled_from(["", "َ", "ُ", "ّ", "ـ", "\u200f", "ِّ"])
WORDS = st.lists(
    st.sampled_from(
        "قصف الطيران مدينة إدلب وريف حلب الغربي في بلدة الشحيل قرب دير الزور، ومخيم جنين. للقامشلي".split()
    ),
    min_size=1,
    max_size=25,
)


@given(WORDS, st.data())
def test_offsets_quote_the_original_whatever_marks_it_bears(words: list[str], data: st.DataObject):
    marked = " ".join("".join(letter + data.draw(MARKS) for letter in word) for word in words)
    plain = find_places(Folded(" ".join(words)))
    mentions = find_places(Folded(marked))
    assert [fold(m.text) for m in mentions] == [fold(m.text) for m in plain]
    for mention in mentions:
        assert marked[mention.start : mention.end] == mention.text


def test_mentions_stand_in_the_order_of_the_text():
    text = "من مدينة حلب إلى بلدة تل رفعت ثم قرى منغ ومرعناز وكفر خاشر شمال حلب"
    starts = [m.start for m in find_places(Folded(text))]
    assert starts == sorted(starts)
    assert len(starts) == len(set(starts))


def test_the_grammar_file_is_where_the_wheel_looks_for_it():
    assert Path(LEXICONS / "place_grammar.toml").is_file()
