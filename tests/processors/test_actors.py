"""Actors in running text: names by date, viewpoint and country, the unnamed, definite descriptions, offsets."""

from __future__ import annotations

import itertools
import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded, fold
from processors.actor_ontology import FOLDER, ontology
from processors.actors import ActorMention, find_actors, spoken_countries

EXAMPLES = tomllib.loads((FOLDER / "examples.toml").read_text("utf-8"))["example"]


def found_in(example: dict[str, Any]) -> dict[str, ActorMention]:
    day = date.fromisoformat(example.get("day", "2023-06-01"))
    mentions = find_actors(
        Folded(example["text"]), viewpoint=example.get("viewpoint"), country=example.get("outlet"), published=day
    )
    return {mention.text: mention for mention in mentions}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["text"][:40])
def test_examples_of_actors_hold(example: dict[str, Any]):
    found = found_in(example)
    told = {text: mention.actor_id or mention.kind or "?" for text, mention in found.items()}
    assert example.get("finds", {}).items() <= told.items(), told
    assert not set(example.get("absent", [])) & set(found)


def test_an_apposition_does_not_lose_the_day():
    mentions = find_actors(Folded("قال الجيش السوري إن الجيش يتقدم"), published=date(2025, 3, 1))
    assert {m.actor_id for m in mentions} == {"sy-army"}


def test_a_bare_army_is_that_of_the_country_spoken_of():
    (mention,) = find_actors(Folded("أعلن الجيش"), country="LB")
    assert (mention.actor_id, mention.country) == ("lb-army", "LB")
    assert spoken_countries(["السودانيه", "السوداني", "السوداني"], "EG")[0] == "SD"


def test_a_generic_name_abroad_stays_open():
    mentions = find_actors(Folded("تدخل الأمن العسكري"), country="MA", published=date(2023, 1, 1))
    assert all(mention.actor_id is None for mention in mentions)


def test_civilians_beside_an_actor_stay_civilians():
    (mention,) = find_actors(Folded("متطوع في منظمة الدفاع المدني السوري"))
    assert mention.kind == "civilians"
    assert mention.actor_id == "white-helmets"


def test_proclitics_stay_outside_the_quote():
    texts = [m.text for m in find_actors(Folded("وقسد وللحوثيين وبالمدنيين ولقوات النظام"))]
    assert texts == ["قسد", "حوثيين", "المدنيين", "قوات النظام"]


def test_a_phrase_has_at_most_twelve_words():
    text = (
        "عناصر من قوات الجيش الوطني السوري المدعوم من تركيا التابعة لقوات النظام السوري العسكرية الأمنية الخاصة المحلية"
    )
    assert all(len(m.text.split()) <= 12 for m in find_actors(Folded(text)))


SURE = [
    (spelling, entry.id, entry.since or entry.until)
    for spelling, name in ontology().names.items()
    for entry in name.entries[:1]
    if len(name.entries) == 1 and not (name.proof or name.generic or name.viewed or name.state)
]


def test_every_sure_name_is_found_and_means_its_actor():
    missed = []
    for spelling, actor_id, _ in SURE:
        entry = ontology().entries[actor_id]
        day = entry.since or (date(2016, 6, 1) if entry.until else date(2026, 1, 1))
        mentions = find_actors(Folded(f"أعلنت {spelling} أمس"), published=day)
        if actor_id not in {mention.actor_id for mention in mentions}:
            missed.append((spelling, actor_id))
    assert not missed


def test_ids_are_unique_and_kinds_known():
    kinds = {
        "state_forces",
        "rebel",
        "political_militia",
        "identity_militia",
        "rioters",
        "protesters",
        "civilians",
        "external",
    }
    entries = ontology().entries.values()
    assert {entry.kind for entry in entries if entry.kind} <= kinds
    assert all(entry.id == entry.id.lower() and " " not in entry.id for entry in entries)
    assert all(entry.country is None or len(entry.country) == 2 for entry in entries)
    assert len(ontology().entries) >= 800


@pytest.mark.parametrize("table", sorted(path.name for path in FOLDER.glob("*.csv")))
def test_tables_have_all_columns_and_each_id_once(table: str):
    lines = [line for line in (FOLDER / table).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert all(line.count(";") == 7 for line in lines)
    ids = [line.split(";")[0] for line in lines]
    assert len(ids) == len(set(ids))


def test_viewpoints_name_known_actors_and_known_viewpoints():
    seeds = tomllib.loads((FOLDER.parents[2] / "seeds" / "feeds.toml").read_text("utf-8"))["viewpoints"]
    for row in tomllib.loads((FOLDER / "viewpoints.toml").read_text("utf-8"))["name"]:
        named = [*row["follows"], *row["viewpoints"].values(), *row["countries"].values()]
        assert set(named) <= ontology().entries.keys(), row["forms"]
        assert row["viewpoints"].keys() <= seeds.keys(), row["forms"]


MARKS = st.sampled_from(["", "َ", "ّ", "ـ", "\u200f", "ِ"])
WORDS = st.lists(
    st.sampled_from(
        "قتل مسلحون مجهولون عناصر من قوات النظام السوري وثلاثة أطفال، قصف الطيران الروسي لقسد. للحوثيين".split()
    ),
    min_size=1,
    max_size=25,
)


@given(WORDS, st.data())
def test_offsets_quote_the_original_whatever_marks_it_bears(words: list[str], data: st.DataObject):
    marked = " ".join("".join(letter + data.draw(MARKS) for letter in word) for word in words)
    mentions = find_actors(Folded(marked))
    plain = find_actors(Folded(" ".join(words)))
    assert [fold(m.text) for m in mentions] == [fold(m.text) for m in plain]
    for before, after in itertools.pairwise(mentions):
        assert before.end <= after.start
    for mention in mentions:
        assert marked[mention.start : mention.end] == mention.text
