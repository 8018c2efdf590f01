"""How Arabic is cut into words on a real node, and what a search from Kibana's bar finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.fixtures import shared
from tests.servers.node import ElasticsearchServer
from tests.sinks.events import article, bare, event
from tests.sinks.nodes import Place, place_on

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def filled() -> Iterator[Place]:
    """Three events and an article, written once."""
    with place_on(shared(ElasticsearchServer).url) as place:
        index = place.index()
        index.write([
            event("202210-jasim"),
            bare("202210-lebanon", "وصلت قافلة إغاثة إلى لبنان عبر المصنع", sub="agreement"),
            bare("202211-school", "أُصيبت معلّماتٌ بقصفٍ على مدرسةٍ في مستشفى المدينة", sub="attack"),
            article("a-1", title="اشتباكات", text="اندلعت الاشتباكات صباحًا"),
        ])  # fmt: skip
        index.refresh()
        yield place


def tokens(place: Place, analyzer: str, text: str) -> list[str]:
    answer = place.client.indices.analyze(index=f"{place.prefix}-events-2022.10", analyzer=analyzer, text=text)
    return [token["token"] for token in answer["tokens"]]


def from_kibana(place: Place, words: str, kind: str = "events") -> list[str]:
    """What the search bar sends for words without a field."""
    query = {"multi_match": {"type": "best_fields", "query": words, "lenient": True, "operator": "and"}}
    answer = place.client.search(index=f"{place.prefix}-{kind}", query=query)
    return sorted(hit["_id"] for hit in answer["hits"]["hits"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("إدلب", "ادلب"),
        ("آلاف", "الاف"),
        ("مستشفى", "مستشفي"),
        ("مدرسة", "مدرسه"),
        ("قُتِلَ", "قتل"),
        ("قتــل", "قتل"),
        ("والمدينة", "المدينة"),
        ("بالمدينة", "مدينة"),
        ("للمدينة", "المدينة"),
        ("كالمدينة", "مدينة"),
        ("فالمدينة", "مدينة"),
        ("ومدينة", "مدينة"),
        ("مدينتها", "مدينته"),
        ("المقاتلون", "مقاتلين"),
        ("هجمات", "هجمة"),
        ("قذيفتان", "قذيفتين"),
        ("مدنيون", "مدني"),
        ("١٢", "12"),
        ("۱۲", "12"),
        ("Jasim", "JASIM"),
    ],
)
def test_spellings_and_forms_of_a_word_are_one_word(filled, one, other):
    assert tokens(filled, "arabic_text", one) == tokens(filled, "arabic_text", other) != []


@pytest.mark.parametrize(
    ("name", "word"), [("لبنان", "لبن"), ("عمان", "عم"), ("طالبان", "طالب"), ("السودان", "السود"), ("إيران", "اير")]
)
def test_names_that_look_like_plurals_stay_whole(filled, name, word):
    assert len(tokens(filled, "arabic_text", name)[0]) == len(name)
    assert tokens(filled, "arabic_text", name) != tokens(filled, "arabic_text", word)


def test_the_unstemmed_words_keep_article_and_plural_but_not_spelling(filled):
    assert tokens(filled, "arabic_exact", "المدينة") == ["المدينه"]
    assert tokens(filled, "arabic_exact", "هجمات") != tokens(filled, "arabic_exact", "هجمة")
    assert tokens(filled, "arabic_exact", "قُتِلَ") == ["قتل"]


def test_stop_words_are_not_looked_for(filled):
    assert tokens(filled, "arabic_text", "في المدينة") == tokens(filled, "arabic_text", "المدينة")
    assert tokens(filled, "arabic_exact", "في المدينة") == ["في", "المدينه"]


def test_our_own_words_are_left_as_they_are(filled):
    assert tokens(filled, "words", "والجيش ¶ ~jsm") == ["والجيش", "¶", "~jsm"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("مدرسه", ["202211-school"]),
        ("المدارس مدرسة", []),
        ("مستشفي", ["202211-school"]),
        ("معلمة", ["202211-school"]),
        ("اشتباك", ["202210-jasim"]),
        ("جَاسِم", ["202210-jasim"]),
        ("Jasim", ["202210-jasim"]),
        ("clash", ["202210-jasim"]),
        ("لبنان", ["202210-lebanon"]),
        ("لبن", []),
    ],
)
def test_the_search_bar_of_kibana_finds_events_by_their_words(filled, words, found):
    assert from_kibana(filled, words) == found


def test_the_search_bar_of_kibana_finds_articles(filled):
    assert from_kibana(filled, "اشتباك", "articles") == ["a-1"]
