"""What only a party says: own deeds against an enemy are claimed, what others did to one's own side is told."""

import json

import pytest

from contracts.records import Actor
from processors.extract import extract_reports
from processors.files import read_article
from processors.speakers import Source, is_claim


def actor(text, kind, country=None):
    return Actor(text=text, start=0, end=len(text), kind=kind, country=country)


POLICE = Source("المتحدث باسم الشرطة", kind="state_forces", country="EG", official=True)
GUNMEN = actor("مسلحون", "political_militia")
CIVILIANS = actor("مدنيون", "civilians")
OWN = actor("قوات الأمن المصرية", "state_forces", "EG")


@pytest.mark.parametrize(
    ("slug", "initiators", "targets", "claimed"),
    [
        ("armed_clash", (GUNMEN,), (OWN,), False),  # an attack on its own side
        ("armed_clash", (OWN,), (GUNMEN,), True),
        ("armed_clash", (), (OWN,), True),
        ("arrests", (GUNMEN,), (), True),  # «القبض على مسلحين»: they did not arrest anybody
        ("disrupted_weapons_use", (GUNMEN,), (), True),
        ("shelling_artillery_missile_attack", (GUNMEN,), (), False),
        ("air_drone_strike", (OWN,), (GUNMEN,), True),
        ("air_drone_strike", (OWN,), (CIVILIANS,), False),  # an accusation
        ("arrests", (OWN,), (CIVILIANS,), True),
        ("peaceful_protest", (OWN,), (), False),  # the whole street saw it
        ("disrupted_weapons_use", (), (), True),  # «إسقاط مسيّرة»: told by those who did it
    ],
)
def test_an_official_source_claims_the_deeds_of_its_own_side(slug, initiators, targets, claimed):
    assert is_claim(POLICE, slug, initiators, targets) is claimed


def test_nobody_outside_the_conflict_claims():
    witness = Source("شهود عيان", independent=True)
    assert not is_claim(witness, "armed_clash", (OWN,), (GUNMEN,))
    assert not is_claim(None, "armed_clash", (OWN,), (GUNMEN,))


def test_a_non_state_party_claims_whatever_it_says():
    party = Source("التنظيم", kind="rebel")
    assert is_claim(party, "armed_clash", (GUNMEN,), (OWN,))
    assert is_claim(party, "shelling_artillery_missile_attack", (), ())


def test_one_side_s_unnamed_officials_tell_of_a_fight():
    sources = Source("مصادر أمنية", kind="state_forces", official=True)
    assert not is_claim(sources, "armed_clash", (OWN,), (GUNMEN,))
    assert is_claim(sources, "air_drone_strike", (OWN,), (GUNMEN,))


def test_a_party_that_speaks_elsewhere_claims_its_own_deeds_alone():
    party = Source("التنظيم", kind="rebel", actor_id="x", elsewhere=True)
    own = Actor(text="التنظيم", start=0, end=7, kind="rebel", actor_id="x")
    assert is_claim(party, "armed_clash", (own,), ())
    assert not is_claim(party, "arrests", (OWN,), ())


def statuses(text):
    row = {
        "id": "a",
        "text": text,
        "title": "",
        "published": "2022-10-14",
        "timezone": "Asia/Damascus",
        "country": "SY",
    }
    return [r.status for r in extract_reports(read_article(json.dumps(row))) if r.sub_event_type]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("وقالت مصادر محلية إن قوات سوريا الديمقراطية أعلنت سيطرتها على بلدة الشحيل.", "claimed"),
        ("وقالت مصادر محلية إن قوات سوريا الديمقراطية سيطرت على بلدة الشحيل.", "asserted"),
        ("أفادت مصادر قبلية بأن قوات الأمن اعتقلت أربعة شبان في مدينة الرقة.", "asserted"),
        ("سيطرت القوات الحكومية على مدينة زنجبار التي كانت بيد الحوثيين، حسبما أفاد شهود عيان.", "asserted"),
        ("اعتقلت قوات النظام شابين في بلدة كناكر. وقال الحوثيون إنهم قصفوا معسكرا في مأرب بالصواريخ.", "asserted"),
    ],
)
def test_whose_word_a_deed_is(text, status):
    assert statuses(text)[0] == status
