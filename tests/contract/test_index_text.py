"""What every index finds by words, in Arabic and in Latin letters, and what it shows of them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.index import Query
from tests.contract.indexes import INDEXES, Clock, elasticsearch_on_a_node, examples_on, ids
from tests.sinks.events import actor, bare, event, place, report, unresolved

# --- text


@pytest.mark.parametrize(
    "asked",
    [
        "جاسم",
        "Jasim",
        "jasim",
        "وجاسم",
        "بجاسم",
        "جَاسِم",
        "جـاسم",
        "اشتباك",
        "الاشتباكات",
        "تنظيم الدوله",
        '"تنظيم الدولة"',
        "«خلايا تنظيم»",
        "مقاتل محلي",
        "clash",
        "Daraa",
        "درعا",
        "Syria",
        "الأسلامية",
    ],
)
def test_a_text_query_finds_the_event_in_jasim(index, asked):
    told = event("1", targets=(actor("تنظيم الدولة", "تنظيم الدولة الإسلامية"),))
    index.write([told, bare("2", "انطلقت حافلات من الميناء", place=None, sub="arrests", key="XX")])
    assert ids(index, text=asked) == ["1"]


def test_a_town_without_a_known_english_name_is_found_by_its_sound(index):
    index.write([bare("1", "قصف طال صوران", place=unresolved("صوران")), bare("2", "قصف طال البلدة")])
    assert ids(index, text="Soran") == ["1"]


def test_another_spelling_of_an_english_name_is_found_where_nothing_else_is(index):
    index.write([event("1")])
    assert ids(index, text="Jassem") == ["1"]
    index.write([event("2", place=place("جسيم", name_en="Jassem"), summary_en="")])
    assert ids(index, text="Jassem") == ["2"]


def test_a_word_in_the_evidence_is_found_with_and_without_particles(index):
    index.write([bare("1", "وقعت المواجهات بالسويداء ولشهبا")])
    assert ids(index, text="السويداء") == ["1"]
    assert ids(index, text="والسويداء") == ["1"]
    assert ids(index, text="شهبا") == ["1"]


def test_a_lam_that_belongs_to_the_word_is_not_taken_off(index):
    index.write([bare("1", "اجتمعت لجنة الحي")])
    assert ids(index, text="جنة") == []
    assert ids(index, text="اللجنة") == ["1"]


def test_all_words_must_match(index):
    index.write([event("1"), bare("2", "وصلت حافلات إلى جاسم")])
    assert ids(index, text="حافلات جاسم") == ["2"]
    assert ids(index, text="حافلات حلب") == []


def test_a_phrase_needs_its_words_in_order_and_inside_one_text(index):
    index.write([bare("1", "عاد الهدوء إلى المدينة", summary_ar="الجيش والسوري"), bare("2", "تقدم للجيش السوري شرقا")])
    assert ids(index, text='"الجيش السوري"') == ["2"]
    assert ids(index, text='"إلى الهدوء"') == []
    assert ids(index, text='"الهدوء إلى المدينة"') == ["1"]


@pytest.mark.parametrize("asked", ["", "   ", "\u202e", "\u200f\u064e"])
def test_a_text_of_nothing_restricts_nothing(index, asked):
    index.write([event("1")])
    assert ids(index, text=asked) == ["1"]


@pytest.mark.parametrize("asked", ["***", '"', "( ) ^ :", "»«", "…", "😀"])
def test_a_text_without_a_word_finds_nothing(index, asked):
    index.write([event("1")])
    assert ids(index, text=asked) == []


@pytest.mark.parametrize(
    "asked",
    [
        'جاسم"',
        '"جاسم',
        "جاسم*",
        "(جاسم",
        "جاسم OR",
        "NEAR(جاسم, 2)",
        "names:جاسم",
        "جاسم AND NOT درعا",
        "\u202eجاسم",
        "جاسم\x00",
        "{a b}:جاسم",
        "'; DROP TABLE events; --",
        "جاسم " * 2500,
        "س" * 10000,
        "\ud800جاسم",
        "%_",
        "\\",
        "جاسم-",
        "^جاسم",
        '""""""',
        "a" * 300,
    ],
)
def test_the_words_of_a_user_are_data_and_never_syntax(index, asked):
    index.write([event("1")])
    for filters in (
        {"text": asked},
        {"place": asked},
        {"actor": asked},
        {"outlet": asked},
        {"types": (asked,)},
        {"countries": (asked,)},
    ):
        index.search(Query(**filters))
    assert index.show(asked) is None
    assert index.article(asked) is None
    assert index.count()["events.live"] == 1


def test_operators_of_a_query_language_are_looked_for_as_words(index):
    index.write([event("1"), bare("2", "وصلت OR غادرت NOT بعد"), bare("3", "غادرت بعد")])
    assert ids(index, text="OR") == ["2"]
    assert ids(index, text="غادرت NOT بعد") == ["2"]


# --- snippets and relevance


def test_the_snippet_is_the_original_evidence_with_marks_around_the_words(index):
    index.write([event("1", reports=(report("r1", "قُتل أربعةٌ في مدينةِ جاسِم، وأُصيب آخرون بجاسم."),))])
    snippet = index.search(Query(text="جاسم قتل")).hits[0].snippet
    assert snippet == "[[قُتل]] أربعةٌ في مدينةِ [[جاسِم]]، وأُصيب آخرون [[بجاسم]]."


def test_the_snippet_marks_the_arabic_words_of_an_english_name(index):
    index.write([event("1")])
    assert "[[جاسم]]" in index.search(Query(text="Jasim")).hits[0].snippet


def test_a_long_snippet_is_cut_around_the_match(index):
    evidence = "كلمة " * 200 + "ثم وصلت حافلات إلى المعبر " + "كلمة " * 200
    index.write([bare("1", evidence)])
    snippet = index.search(Query(text="حافلات")).hits[0].snippet
    assert "[[حافلات]]" in snippet
    assert len(snippet) < 260
    assert snippet.startswith("…")
    assert snippet.endswith("…")


def test_without_a_text_there_is_no_snippet(index):
    index.write([event("1")])
    assert index.search(Query()).hits[0].snippet is None


def test_relevance_puts_names_before_mentions(index):
    mention = bare("1", "تحدث السكان عن أمور كثيرة منها ما جرى في جاسم قبل أعوام", date_start=date(2023, 1, 1))
    index.write([mention, event("2")])
    hits = index.search(Query(text="جاسم", sort="relevance")).hits
    assert [hit.event.id for hit in hits] == ["2", "1"]
    assert hits[0].score > hits[1].score


# --- properties


strings = st.text(max_size=60) | st.text(alphabet='"*()^:-+{}ANDORTNEaجاسم \u202e\x00«»', max_size=40)


@pytest.mark.parametrize("factory", INDEXES, ids=lambda factory: factory.__name__)
def test_no_query_string_ever_raises(factory, tmp_path):
    never_raises(factory, tmp_path, examples_on(factory, 60))


@pytest.mark.soak
@pytest.mark.server
@pytest.mark.timeout(3_600)
def test_no_query_string_ever_raises_on_a_node_at_length(tmp_path):
    never_raises(elasticsearch_on_a_node, tmp_path, 300)


def never_raises(factory, folder, examples):
    """What is asked changes nothing: one index for all questions."""
    with factory(folder, Clock()) as index:
        index.write([event("1")])

        @settings(max_examples=examples, deadline=None)
        @given(texts=st.lists(strings, min_size=1, max_size=5))
        def ask(texts):
            for text in texts:
                for query in (
                    Query(text=text),
                    Query(place=text),
                    Query(actor=text),
                    Query(outlet=text),
                    Query(types=(text,)),
                ):
                    total = index.search(query).total
                    assert total == len(list(index.export(query)))
                index.facets(Query(text=text, actor=text), ["actor"])

        ask()
