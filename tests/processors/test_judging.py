"""What is judged an event and of which type: crowds, riots and gangs, ground regained, types with few labels."""

import json
import re
from pathlib import Path

import pytest
from msgspec import structs

from processors import confidence
from processors.confidence import asked_of, event_chance, features, is_accepted
from processors.extract import candidates_of, drafts_of
from processors.files import read_article
from processors.learned import models
from processors.neighbours import look_around

QUIET = Path(__file__).resolve().parents[2] / "scripts" / "fitting" / "quiet.txt"


def article(text, title="", published="2023-05-05"):
    return read_article(json.dumps({"id": "x", "title": title, "text": text, "published": published}))


def told(text, **more):
    return [(draft.sub_event, draft.trigger.text) for draft in candidates_of(article(text, **more)) if draft.sub_event]


def types(text):
    return [slug for slug, _ in told(text)]


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("اقتحم محتجون مبنى المحافظة في الناصرية أمس وأضرموا النار فيه احتجاجا على الغلاء.", ["violent_demonstration"]),
        ("تظاهر المئات في ساحة التحرير ببغداد، وفرقت قوات الأمن المحتجين بالغاز.", ["protest_with_intervention"]),
        ("احتجزت عصابة مسلحة شابين على طريق السلمية بريف حماة أمس.", ["abduction_forced_disappearance"]),
        ("احتجزت قوات الأمن شابين على طريق السلمية بريف حماة أمس.", ["arrests"]),
        ("اندلعت مواجهات بين سكان ومهاجرين في مدينة صفاقس أمس.", ["mob_violence"]),
        ("استعادت المقاومة الشعبية اليمنية مدينة لودر من الحوثيين أمس.", ["government_regains_territory"]),
        ("استعاد تنظيم داعش بلدة السخنة من قوات النظام أمس.", ["non_state_actor_overtakes_territory"]),
        ("الطائرات الحربية الروسية قصفت بالصواريخ أمس محيط بلدة كنصفرة.", ["air_drone_strike"]),
        ("قوات النظام قصفت بالصواريخ أمس محيط بلدة كنصفرة.", ["shelling_artillery_missile_attack"]),
        ("شن طيران التحالف ثلاث غارات على معسكر في صعدة أمس، وقصف أهدافا في مدينة حرض.", ["air_drone_strike"]),
        (
            "شن طيران التحالف ثلاث غارات على معسكر في صعدة أمس، وقصف بالمدفعية مدينة حرض.",
            ["air_drone_strike", "shelling_artillery_missile_attack"],
        ),
        ("قتل العشرات في اشتباكات بين قبيلتين مسلحتين في سبها أمس.", ["armed_clash"]),
        ("استهدف مسلحون مجهولون نقطة عسكرية لقوات الأمن في بلدة البصيرة أمس.", ["armed_clash"]),
        ("استهدف مسلحون مجهولون بقذائف صاروخية وأسلحة رشاشة نقطة عسكرية في بلدة البصيرة أمس.", ["armed_clash"]),
        ("استهدف الجيش التركي نقطة عسكرية في بلدة تل رفعت أمس.", ["shelling_artillery_missile_attack"]),
        ("قتلت القوات قياديا في تنظيم داعش بدعم من طيران التحالف في بلدة الصبحة أمس.", ["armed_clash"]),
        ("قتلت القوات قياديا في تنظيم داعش بغارة من طيران التحالف في بلدة الصبحة أمس.", ["air_drone_strike"]),
        ("أحرق مسلحون منازل في قرية كامونا أمس ما أدى إلى مقتل ستة أشخاص.", ["attack"]),
        ("أحرق مسلحون منازل في قرية كامونا أمس.", ["looting_property_destruction"]),
        ("اغتال مسلحون مجهولون عضو اللجنة المركزية في مدينة الصنمين أمس.", ["attack"]),
        ("اغتال مسلحون مجهولون شرطيا في مدينة الصنمين أمس.", ["armed_clash"]),
        ("قتل عنصر سابق في الجيش الحر برصاص مجهولين في مدينة الصنمين أمس.", ["attack"]),
        ("قتل عنصر من الجيش الوطني برصاص مجهولين في مدينة الباب أمس.", ["armed_clash"]),
        ("استهدفت المدفعية فجراً قرية مرعناز بريف حلب.", ["shelling_artillery_missile_attack"]),
        ("قتل عشرة في بغداد أمس، وقال مصدر إن انتحاريين فجرا نفسيهما في السوق.", ["suicide_bomb"]),
        ("أفاد مراسلنا أن مسيرة تركية قصفت محطة في ناحية جل آغا أمس، ثم قصفت حقل سعيدة.", ["air_drone_strike"]),
        (
            "شنت الطائرات الروسية غارات على بينين أمس، في حين قصفت قوات النظام بلدة الرويحة.",
            ["air_drone_strike", "shelling_artillery_missile_attack"],
        ),
        ("أعلن قائد الحملة أن القوات حررت حي الرفاق في الموصل أمس.", ["government_regains_territory"]),
        ("أعلنت السلطات أن فرق الهندسة نزعت أمس 120 لغما من محيط مطار عدن.", ["disrupted_weapons_use"]),
        ("أصيب شاب أمس برصاص مستوطنين هاجموا قرية الفندق شرق قلقيلية.", ["attack"]),
        ("تجدد أمس نزاع عشائري بين عشيرتي الحلاف والكرامشة في قضاء القرنة أسفر عن مقتل شخصين.", ["armed_clash"]),
        ("سقطت مسيرة انتحارية على سجن في مدينة الأبيض أمس ما أودى بحياة 20 نزيلا.", ["air_drone_strike"]),
        (
            "هاجم جنود الاحتلال المشاركين في المسيرة الأسبوعية في كفر قدوم أمس بالرصاص المعدني، ما أدى لإصابة 6 شبان.",
            ["excessive_force_against_protesters"],
        ),
        ("توصل الطرفان أمس إلى اتفاق لوقف إطلاق النار في مدينة الزاوية برعاية أعيان المنطقة.", ["agreement"]),
        ("تسلمت قوات النخبة الحضرمية أمس معسكر اللواء 135 في القطن دون قتال.", ["non_violent_transfer_of_territory"]),
        ("قتل مساعد في المخابرات الجوية برصاص مجهولين في مدينة الصنمين أمس.", ["armed_clash"]),
    ],
)
def test_who_acts_decides_the_type(text, slugs):
    assert [*dict.fromkeys(types(text))] == slugs


@pytest.mark.parametrize(
    "text",
    [
        "قال والدهما إن قوات الأمن لم تصل إلى البيت.",
        "كرم المحافظ أسر شهداء قوات الطوارئ.",
        "احتجت البحرين على تصريحات قائد الحرس الثوري.",
        "رتل أحد جنود الكتيبة آيات من القرآن.",
        "سيطر الملف الأمني على محادثات الوزيرين.",
    ],
)
def test_words_that_look_like_triggers_tell_nothing(text):
    assert told(text) == []


def test_a_bare_toll_after_the_strike_is_its_toll():
    text = (
        "أغارت الطائرات الإسرائيلية مساء أمس على مبنى في مدينة صور. وقالت وزارة الصحة إن ثلاثة أشخاص قتلوا وأصيب سبعة."
    )
    (strike,) = [draft for draft in candidates_of(article(text)) if draft.sub_event]
    assert strike.sub_event == "air_drone_strike"
    assert strike.mentions == 2


def test_a_thing_is_judged_once_before_its_roles_are_chosen():
    text = "قصفت قوات النظام بالمدفعية بلدة كنصفرة جنوبي إدلب أمس ما أدى إلى مقتل مدنيين اثنين."
    (kept,) = drafts_of(article(text))
    assert event_chance(kept) == pytest.approx(models().event.chance(kept.extra["seen"]))
    assert is_accepted(kept)


def test_a_type_with_few_labels_is_judged_by_its_family_and_asked_less(monkeypatch):
    text = "قصفت قوات النظام بالمدفعية بلدة كنصفرة جنوبي إدلب أمس ما أدى إلى مقتل مدنيين اثنين."
    (draft,) = drafts_of(article(text))
    usual, own = asked_of(draft), {name for name in features(draft) if name.startswith(("type_", "trigger_"))}
    few = structs.replace(models(), rare=frozenset({draft.sub_event}))
    monkeypatch.setattr(confidence, "models", lambda: few)
    seen = features(draft)
    assert own
    assert not own & seen.keys()
    assert "family_explosions" in seen
    assert asked_of(draft) == pytest.approx(usual - confidence.RARE)


def test_quiet_articles_are_named_by_their_ids_alone():
    lines = QUIET.read_text(encoding="utf-8").splitlines()
    assert len(set(lines)) == len(lines) > 1
    assert all(line.startswith("#") or re.fullmatch(r"[0-9a-f]{16}", line) for line in lines)


def test_a_word_whose_waw_is_its_own_lists_no_second_place():
    text = "قصفت طائرات إسرائيلية منزلا في مخيم النصيرات وسط قطاع غزة أمس."
    (strike,) = [draft for draft in candidates_of(article(text)) if draft.sub_event]
    assert strike.place is not None
    assert "النصيرات" in strike.place.text


def test_the_only_thing_of_a_brief_is_its_news():
    (draft,) = [d for d in candidates_of(article("قصفت قوات النظام بلدة سرمين أمس.", title="قصف سرمين")) if d.sub_event]
    asked = [asked_of(replaced(draft, things)) for things in (1, 2, 3, 9)]
    assert asked[0] < asked[1] < asked[2] == asked[3]


def replaced(draft, things):
    draft.features["things"] = things
    return draft


def test_a_lead_over_incidents_is_seen_as_their_sum_and_a_governorate_of_a_list_is_not():
    (wide,) = candidates_of(article("قصفت قوات النظام بالمدفعية محافظة إدلب اليوم."))
    exact = candidates_of(article("قصفت قوات النظام بالمدفعية بلدات كنصفرة والنيرب وبينين اليوم."))
    look_around([wide, *exact])
    assert [draft.features["parts_inside"] for draft in (wide, *exact)] == [1, 0, 0, 0]
    look_around([wide, exact[0]])
    assert (wide.features["parts_inside"], wide.features["part_inside"]) == (0, 1)
    listed = candidates_of(article("اعتقلت قسد 15 شابا في الرقة والطبقة والمنصورة اليوم."))
    assert len(listed) == 3
    assert not any(draft.features["parts_inside"] or draft.features["part_inside"] for draft in listed)
