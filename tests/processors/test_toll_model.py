"""Tolls by weight: counts in reach of a thing compete with each other and with none; what the order of words gives stays unless
another is surely likelier."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.records import Count
from processors.extract import extract_reports, placed, published_day, told_by
from processors.files import read_article
from processors.toll_candidates import TollCandidate, Tolls, fields_of
from processors.toll_model import TollModel, chances, choose, model


def article(text, title=""):
    row = {"id": "a", "text": text, "title": title, "published": "2022-10-14", "timezone": "Asia/Damascus"}
    return read_article(json.dumps({**row, "country": "SY"}))


def candidate(*seen, at=0, low=1, kept=False):
    return TollCandidate(Count(low=low, high=low, text="x", start=at, end=at + 1), seen, kept)


def weights(none=0.0, sure=1.0, **known):
    return TollModel(known, none, sure, "")


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=6), st.floats(-900, 900))
def test_chances_and_none_sum_to_one(seen, none):
    row, rest = chances(weights(none, a=2.0, b=-700.0, c=700.0), [candidate(*names) for names in seen])
    assert sum(row) + rest == pytest.approx(1.0)
    assert all(0 <= chance <= 1 for chance in (*row, rest))


def test_the_likeliest_count_is_taken_or_none():
    given_ = [candidate("a", at=0), candidate("b", at=5)]
    assert choose(weights(a=1.0, b=2.0), given_) is given_[1]
    assert choose(weights(none=9.0, a=1.0, b=2.0), given_) is None
    assert choose(weights(), []) is None


def test_what_the_order_of_words_gives_stays_where_nothing_is_surely_likelier():
    given_ = [candidate("a", kept=True), candidate("b", at=5, low=2)]
    assert choose(weights(none=-9.0, sure=5.0, a=1.0, b=2.0), given_) is given_[0]
    assert choose(weights(none=-9.0, sure=2.0, a=1.0, b=2.0), given_) is given_[1]
    assert choose(weights(none=2.0, sure=5.0, a=1.0, b=-9.0), given_) is given_[0]


def test_the_same_number_told_elsewhere_changes_nothing():
    given_ = [candidate("a", kept=True), candidate("b", at=5)]
    assert choose(weights(none=-9.0, sure=1.0, a=1.0, b=9.0), given_) is given_[0]


def test_none_told_at_the_end_of_a_sentence_holds_for_each_of_its_things():
    text = "استهدف الطيران بلدة سرمين بغارتين، وقصفت المدفعية بلدة النيرب، دون وقوع إصابات."
    reports = [report for report in extract_reports(article(text)) if report.sub_event_type]
    assert len(reports) == 2
    assert [(r.killed.high, r.injured.high) for r in reports] == [(0, 0), (0, 0)]


def test_none_told_in_a_sentence_of_its_own_holds_for_each_place_of_the_row_before_it():
    text = "قصفت المدفعية أطراف بلدتي سرمين والنيرب بريف إدلب. ولم تسجل إصابات."
    reports = [report for report in extract_reports(article(text)) if report.sub_event_type]
    assert [(r.place.text.split()[-1], r.killed.high, r.injured.high) for r in reports] == [
        ("سرمين", 0, 0),
        ("النيرب", 0, 0),
    ]


def candidates_in(text, number, field, title=""):
    told = told_by(article(text, title))
    things = placed(published_day(article(text, title)), told)
    return Tolls(told.passages, told.drafts, things).candidates(things[number], field), things[number]


CLASH = "قصفت قوات النظام بلدة سرمين بالمدفعية، ما أدى إلى مقتل ثلاثة مدنيين وإصابة تسعة آخرين."


def test_the_count_that_a_thing_has_stands_first_and_is_no_candidate_twice():
    found, thing = candidates_in(CLASH, 0, "killed")
    assert [(c.kept, c.count.low) for c in found] == [(True, 3)]
    assert found[0].count is thing.counts["killed"]


def test_a_count_says_how_far_it_stands_and_whose_it_is_by_the_order_of_words():
    text = CLASH + "\n" + "وفي ريف حلب انفجرت عبوة ناسفة في مدينة الباب، وأسفر الانفجار عن مقتل طفلين."
    found, thing = candidates_in(text, 0, "killed")
    other = next(c for c in found if not c.kept)
    assert thing.sub_event == "shelling_artillery_missile_attack"
    assert {"where=+1", "taken=kin", "place=apart"} <= {*other.seen}


def test_only_arrests_have_detained_and_only_abductions_abducted():
    told = told_by(article("اعتقلت قوات الأمن خمسة شبان في مدينة الرقة، وخطف مسلحون مجهولون طبيبًا في مدينة الباب."))
    things = placed(published_day(article("")), told)
    fields = {thing.sub_event: fields_of(thing) for thing in things}
    assert "detained" in fields["arrests"]
    assert "abducted" not in fields["arrests"]
    assert "abducted" in fields["abduction_forced_disappearance"]


def test_every_count_of_a_report_stands_where_it_says():
    text = (
        CLASH
        + "\n"
        + "وقال الدفاع المدني إن ثلاثة مدنيين قتلوا وأصيب تسعة في القصف.\n"
        + "وفي إدلب قُتل شاب برصاص مجهولين."
    )
    for report in extract_reports(article(text, "قتلى وجرحى بقصف على سرمين")):
        for count in (report.killed, report.injured):
            if count is not None and count.start >= 0:
                assert text[count.start : count.end] == count.text


def test_the_weights_say_what_they_were_fitted_on():
    assert "fit_tolls.py" in model().provenance
    assert model().sure >= 1
