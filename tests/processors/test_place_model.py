"""Places by weight: all places in reach compete, and the place of the rules stays unless another is surely likelier."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.records import Place
from processors.extract import extract_reports, located, published_day, told_by
from processors.files import read_article
from processors.place_candidates import PlaceCandidate, Whereabouts
from processors.place_model import PlaceModel, chances, choose, has_choice, model

TEXT = (
    "قُتل أربعة جنود في انفجار عبوة ناسفة بمحافظة درعا اليوم. وقال مصدر محلي إن الانفجار وقع في حي المنشية بمدينة درعا. "
    "وفي سياق منفصل، قصفت قوات النظام بلدة البارة جنوبي إدلب."
)


def article(text, title=""):
    row = {
        "id": "a",
        "text": text,
        "title": title,
        "published": "2022-10-14",
        "timezone": "Asia/Damascus",
        "country": "SY",
    }
    return read_article(json.dumps(row))


def candidate(name, *seen, kept=False):
    place = Place(text=name, start=0, end=len(name)) if name else None
    return PlaceCandidate(place, seen, kept)


def weights(sure=1.0, **named):
    return PlaceModel(named, sure, "")


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), min_size=1, max_size=6))
def test_chances_sum_to_one(seen):
    row = chances(weights(a=2.0, b=-700.0, c=700.0), [candidate("x", *names) for names in seen])
    assert sum(row) == pytest.approx(1.0)
    assert all(0 <= chance <= 1 for chance in row)


def test_the_likeliest_place_is_taken_where_it_is_surely_likelier_than_the_kept_one():
    rows = [candidate("x", "a", kept=True), candidate("y", "b"), candidate("", "nowhere")]
    assert choose(weights(a=0.0, b=1.0), rows).place.text == "y"
    assert choose(weights(sure=3.0, a=0.0, b=1.0), rows).place.text == "x"
    assert choose(weights(nowhere=2.0), rows).place is None


def test_the_likeliest_mention_of_the_kept_place_speaks_for_it():
    rows = [candidate("x", kept=True), candidate("x", "a", kept=True), candidate("y", "b")]
    assert choose(weights(a=1.0, b=0.9), rows).place.text == "x"


def test_every_place_in_reach_is_a_candidate_and_so_is_nowhere():
    source = article(TEXT)
    told = told_by(source)
    things = located(published_day(source), told)
    blast = next(thing for thing in things if thing.sub_event == "remote_explosive_landmine_ied")
    rows = list(Whereabouts(told.passages, told.context, told.drafts).candidates(blast, things))
    assert {row.place.text for row in rows if row.place} >= {"درعا", "حي المنشية"}
    assert [row.place for row in rows][-1] is None
    assert any(row.kept and row.place.text == blast.place.text for row in rows if row.place)
    assert all("kept" in row.seen for row in rows if row.kept)


def test_talks_and_the_places_of_a_list_are_no_question():
    told = told_by(article("قصفت قوات النظام قرى سفوهن والفطيرة وفليفل بريف إدلب الجنوبي اليوم."))
    assert [has_choice(thing) for thing in told.drafts] == [False] * 3


def test_weights_are_of_features_that_the_code_sees():
    seen = {"nowhere"}
    for text in (
        TEXT,
        "انفجرت سيارة في مدينة الباب بريف حلب. وقُتل مدني قرب طريق حمص، قال مراسلنا إن لغمًا انفجر به في تدمر.",
    ):
        source = article(text, title="انفجار في درعا")
        told = told_by(source)
        things = located(published_day(source), told)
        whereabouts = Whereabouts(told.passages, told.context, told.drafts)
        seen |= {name for thing in things for row in whereabouts.candidates(thing, things) for name in row.seen}
    stems = {name.split("=")[0].split("_")[0] for name in seen}
    known = {name.split("=")[0].split("_")[0] for name in model().weights}
    assert known & stems >= {"kept", "at", "fit", "head", "precision", "rule", "nowhere"}
    assert set(model().weights) & seen
    assert "fit_places.py" in model().provenance


def test_reports_of_an_article_stand_where_their_text_says():
    reports = [report for report in extract_reports(article(TEXT)) if report.sub_event_type]
    assert {report.place.admin1_code for report in reports} == {"SY.06", "SY.12"}
    for report in reports:
        assert TEXT[report.place.start : report.place.end] == report.place.text


def test_the_day_that_a_later_sentence_tells_replaces_the_day_of_saying():
    text = (
        "أعلنت وزارة الداخلية التونسية أمس الخميس عن مقتل عنصر إرهابي في مدينة سجنان. "
        "وأضافت أن وحدات الحرس تحركت مساء الأربعاء بناء على معلومات دقيقة."
    )
    (report,) = [report for report in extract_reports(article(text)) if report.sub_event_type]
    assert report.date_start.isoformat() == "2022-10-12"
    assert report.date_text == "مساء الأربعاء"
