"""Who does what to whom, by the order and the cue words of Arabic."""

import json

import pytest

from processors.extract import candidates_of
from processors.files import read_article


def parts(text):
    row = {"id": "a", "text": text, "published": "2022-10-14", "timezone": "Asia/Damascus", "country": "SY"}
    drafts = [d for d in candidates_of(read_article(json.dumps(row))) if d.sub_event]
    assert drafts, text
    return [a.text for a in drafts[0].initiators], [a.text for a in drafts[0].targets]


@pytest.mark.parametrize(
    ("text", "initiators", "targets"),
    [
        ("قصفت قوات النظام بلدة الفطيرة جنوبي إدلب بالمدفعية.", ["قوات النظام"], []),
        ("قوات النظام قصفت بلدة الفطيرة جنوبي إدلب بالمدفعية.", ["قوات النظام"], []),
        ("تعرضت بلدة الفطيرة لقصف مدفعي من قبل قوات النظام.", ["قوات النظام"], []),
        ("قتل مدني برصاص قوات النظام في بلدة محجة بريف درعا.", ["قوات النظام"], ["مدني"]),
        ("قتل مسلحون مجهولون شابا في بلدة محجة بريف درعا.", ["مسلحون مجهولون"], ["شابا"]),
        ("اندلعت اشتباكات بين قوات النظام وتنظيم الدولة في بادية تدمر.", ["قوات النظام"], ["تنظيم الدولة"]),
        ("شنت قوات النظام هجوما على مواقع قسد في ريف الرقة.", ["قوات النظام"], ["مواقع قسد"]),
    ],
)
def test_parts_are_read(text, initiators, targets):
    assert parts(text) == (initiators, targets)


def test_a_weapon_is_nobody():
    initiators, targets = parts("استهدفت فصائل المعارضة بالمدفعية والصواريخ مواقع قوات النظام في بلدة جورين.")
    assert initiators == ["فصائل المعارضة"]
    assert targets == ["مواقع قوات النظام"]
