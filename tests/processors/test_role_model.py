"""Roles by weight: actors compete with each other and with nobody; what the article says elsewhere counts; who blames is no doer."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.actors import ActorMention
from processors.extract import candidates_of, extract_reports, things_of
from processors.files import read_article
from processors.participants import Candidate, who_is
from processors.passage import Located
from processors.role_model import RoleModel, SideWeights, chances, choose, model


def article(text, title="", **more):
    row = {
        "id": "a",
        "text": text,
        "title": title,
        "published": "2022-10-14",
        "timezone": "Asia/Damascus",
        "country": "SY",
    }
    return read_article(json.dumps({**row, **more}))


def only(text, **more):
    reports = [report for report in extract_reports(article(text, **more)) if report.sub_event_type]
    assert len(reports) == 1, [report.trigger.text for report in reports]
    return reports[0]


def candidate(who, *seen, at=0, nearness=2):
    mention = ActorMention(who, at, at + len(who))
    return Candidate(Located(at, at + 1, mention), False, who, seen, nearness)


def side(nobody=0.0, silent=0.7, ratio=0.5, **weights):
    return SideWeights(weights, nobody, silent, ratio)


NONE = side(nobody=50.0)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=6), st.floats(-900, 900))
def test_chances_and_nobody_sum_to_one(seen, nobody):
    row, none = chances(side(nobody, a=2.0, b=-700.0, c=700.0), seen)
    assert sum(row) + none == pytest.approx(1.0)
    assert all(0 <= chance <= 1 for chance in (*row, none))


def test_the_likeliest_actor_comes_first_and_the_unlikely_are_left_out():
    given_ = [candidate("x", "a"), candidate("y", "b"), candidate("z", "c")]
    doers, _ = choose(RoleModel(side(a=1.0, b=1.5, c=-3.0), NONE, ""), given_)
    assert [actor.who for actor in doers] == ["y", "x"]


def test_mentions_of_one_actor_add_up():
    given_ = [candidate("x", "a"), candidate("x", "a", at=5), candidate("y", "b")]
    doers, _ = choose(RoleModel(side(a=1.0, b=1.5, ratio=0.9), NONE, ""), given_)
    assert [actor.who for actor in doers] == ["x"]


def test_of_one_actor_the_mention_in_the_quoted_sentence_is_given():
    given_ = [candidate("x", "a", nearness=0), candidate("x", "b", at=5)]
    doers, _ = choose(RoleModel(side(a=3.0, b=1.0), NONE, ""), given_)
    assert doers[0].actor.first == 5


def test_an_actor_takes_one_side_only():
    given_ = [candidate("x", "a"), candidate("y", "b")]
    doers, sufferers = choose(RoleModel(side(a=2.0, b=1.9), side(a=1.0, b=3.0), ""), given_)
    assert ([a.who for a in doers], [a.who for a in sufferers]) == (["x"], ["y"])


def test_where_nobody_is_likeliest_a_side_stays_empty():
    assert choose(RoleModel(NONE, NONE, ""), [candidate("x", "a")]) == ([], [])


def test_the_shipped_weights_say_where_they_come_from():
    assert "labelled events" in model().provenance
    assert {"accused", "accuser"} <= model().initiator.weights.keys()


def test_a_strike_told_without_a_doer_is_his_who_struck_before():
    text = (
        "قصفت قوات النظام بالمدفعية بلدة كفرتخاريم صباح اليوم. كما تعرضت بلدة تديل غربي حلب لقصف مماثل دون وقوع إصابات."
    )
    reports = [r for r in extract_reports(article(text)) if r.sub_event_type]
    assert len(reports) == 2
    assert all(r.initiators[0].text == "قوات النظام" for r in reports)


def test_who_is_blamed_did_it_and_not_who_blames():
    report = only(
        "قتل ثلاثة مدنيين في غارة جوية على مدينة سراقب اليوم الجمعة. واتهم الدفاع المدني قوات النظام بشن الغارة."
    )
    assert [actor.text for actor in report.initiators] == ["قوات النظام"]


def test_a_speaker_tells_of_the_deed_of_its_own_fighters():
    report = only("أعلنت قسد أن مقاتليها استهدفوا دورية للجيش التركي بصاروخ في مدينة تل أبيض اليوم.")
    assert "قسد" in report.initiators[0].text or "مقاتلي" in report.initiators[0].text
    assert "الجيش التركي" in report.targets[0].text or "دورية" in report.targets[0].text
    assert report.status == "claimed"


def test_army_and_government_of_a_state_are_one_side_and_two_states_are_two():
    forces = ActorMention("الجيش", 0, 5, actor_id="iq-forces")
    government = ActorMention("بغداد", 0, 5, actor_id="iq-government")
    other = ActorMention("أنقرة", 0, 5, actor_id="tr-government")
    assert who_is(forces) == who_is(government) != who_is(other)


def test_a_count_does_not_make_another_actor():
    assert who_is(ActorMention("9 مدنيين", 0, 8)) == who_is(ActorMention("المدنيين", 0, 8))


def test_every_candidate_is_an_actor_in_reach_and_is_seen_once():
    text = "قصفت قوات النظام بلدة تديل. وقال ناشطون إن طفلا قتل. ونزح السكان. وعقد المجلس المحلي اجتماعا. وأدان الائتلاف الوطني القصف."
    things, cast = things_of(article(text))
    for thing in things:
        starts = [c.actor.mention.start for c in cast.candidates(thing) if not c.is_title]
        assert all(a < b for a, b in pairwise(starts))


def test_a_planned_strike_stays_planned_whoever_says_it():
    drafts = [
        d
        for d in candidates_of(article("أعلن الجيش التركي أنه سيشن هجوما على مدينة منبج خلال الأيام المقبلة."))
        if d.sub_event
    ]
    assert {draft.status for draft in drafts} == {"planned"}


def test_a_crowd_that_suffers_is_no_source():
    report = only("نفذت قسد حملة اعتقالات بحق أهالي بلدة غرانيج، وفق بيان لها.")
    assert report.speaker is None or "أهالي" not in report.speaker.text


def test_an_agency_that_quotes_an_officer_makes_a_claim_of_his_own_deed():
    report = only(
        "نقلت وكالة الأناضول عن قائد عمليات الأنبار قوله إن القوات العراقية قتلت ستة من عناصر تنظيم داعش في الرمادي اليوم."
    )
    assert report.status == "claimed"
