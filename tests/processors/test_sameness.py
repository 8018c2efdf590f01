"""Which tellings of an article are of one thing, and what stands beside a thing."""

import json

import pytest

from processors.extract import candidates_of, told_by
from processors.files import read_article
from processors.learned import Weights, models
from processors.sameness import can_be_same, chance_of_same, pair_features


def article(*sentences, title="", published="2023-05-05"):
    return read_article(json.dumps({"id": "x", "title": title, "text": "\n".join(sentences), "published": published}))


def things(*sentences, **more):
    return [d for d in candidates_of(article(*sentences, **more)) if d.sub_event]


def pair(*sentences, **more):
    told = told_by(article(*sentences, **more))
    assert told is not None
    return [d for d in told.drafts if d.sub_event][:2]


SHELLED = "قصفت قوات النظام بالمدفعية بلدة كنصفرة جنوبي إدلب ما أدى إلى مقتل مدنيين اثنين."


def test_details_in_the_next_sentence_are_of_the_thing_told_before():
    told = things(SHELLED, "وقال مراسلنا إن القصف المدفعي على بلدة كنصفرة أسفر عن مقتل مدنيين اثنين وإصابة طفل.")
    assert len(told) == 1
    assert told[0].mentions == 2
    assert told[0].counts["injured"].low == 1


def test_the_same_in_another_town_is_another_thing():
    told = things(SHELLED, "كما قصفت قوات النظام قرية سفوهن بقذائف الهاون.")
    assert [d.place.name for d in told] == ["كنصفرة", "سفوهن"]


def test_places_of_one_list_are_never_one_thing():
    one, other = pair("قصفت قوات النظام بالمدفعية قريتي سفوهن والفطيرة جنوبي إدلب.")
    assert not can_be_same(one, other)


def test_a_list_with_a_conjunction_apart_and_with_dashes_is_one_thing_each():
    joined = things("قصفت قوات النظام بالمدفعية قريتي جب الدم و اللوش بريف جرابلس.")
    assert [d.place.name for d in joined] == ["جب الدم", "اللوش"]
    dashed = things("تركز القصف المدفعي لقوات النظام على قرى المستورة – العليمات بريف الرقة أمس.")
    assert len(dashed) == 2


def test_an_answer_in_the_same_sentence_is_a_thing_of_its_own():
    told = things("تعرضت قرية كفرتعال لقصف مدفعي من قوات النظام، وردت الفصائل بقصف مواقعها في بلدة أورم الكبرى.")
    assert len(told) == 2


@pytest.mark.parametrize(
    ("second", "likelier"),
    [
        ("وأسفر القصف على بلدة كنصفرة عن مقتل مدنيين اثنين.", True),
        ("وقصفت قوات النظام مدينة سراقب بالصواريخ أول أمس.", False),
    ],
)
def test_the_chance_of_one_thing_follows_place_and_day(second, likelier):
    chance = chance_of_same(*pair(SHELLED, second))
    assert (chance > models().join) is likelier


def test_features_of_a_pair_are_within_their_bounds():
    seen = pair_features(*pair(SHELLED, "وأسفر القصف على بلدة كنصفرة عن مقتل مدنيين اثنين.", title="قصف على كنصفرة"))
    assert seen
    assert all(0 < value <= 1 for value in seen.values())


def test_what_is_denied_elsewhere_in_the_article_is_disputed():
    told = things(
        "قالت وزارة الدفاع في حكومة النظام إن قوات النظام شنت حملة على خلايا التنظيم في مدينة جاسم.",
        "ونفى قيادي سابق في المعارضة من أبناء مدينة جاسم أن تكون هذه الحملة بطلب من النظام.",
    )
    assert any(d.features["disputed"] for d in told if d.status != "denied")


def test_a_feature_that_a_model_does_not_know_weighs_nothing():
    model = Weights(bias=0.0, weights={"known": 2.0})
    assert model.chance({"unknown": 1.0}) == 0.5
    assert model.chance({"known": 1.0}) > 0.85


def test_the_shipped_models_say_on_what_they_were_fitted():
    assert "scripts/fit_models.py" in models().provenance
    assert 0 < models().accept < 1
    assert 0 < models().join < 1
