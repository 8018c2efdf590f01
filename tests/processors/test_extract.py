"""Extraction end to end: the user's article as a golden pair, every article of the sample, offsets, ids, and what is no news."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.records import Article
from processors.extract import extract_reports, published_day
from processors.files import read_article

ROOT = Path(__file__).parents[2]
SAMPLE = sorted((ROOT / "seeds" / "sample" / "expected").glob("*.json"))
GOLDEN = json.loads((Path(__file__).parent / "golden" / "jasim-clashes.json").read_text(encoding="utf-8"))
FAMILY = {"battles", "explosions", "civilians", "protests", "riots", "strategic"}


def article(text, title="", published="2022-10-14", **changes) -> Article:
    row = {
        "id": "a",
        "text": text,
        "title": title,
        "published": published,
        "timezone": "Asia/Damascus",
        "country": "SY",
    }
    return read_article(json.dumps({**row, **changes}))


def sample(name) -> Article:
    row = json.loads((ROOT / "seeds" / "sample" / "expected" / f"{name}.json").read_text(encoding="utf-8"))
    return article(row["text"], row["title"] or "", row["published"])


def one(text, **more):
    reports = [r for r in extract_reports(article(text, **more)) if r.sub_event_type]
    assert len(reports) == 1, [(r.sub_event_type, r.trigger.text) for r in reports]
    return reports[0]


def bounds(count):
    return None if count is None else [count.low, count.high]


# The user's article


@pytest.fixture(scope="module")
def jasim():
    return extract_reports(sample("jasim-clashes"))


@pytest.mark.parametrize("want", GOLDEN, ids=lambda row: f"{row['type']}-{row['status']}")
def test_the_article_on_jasim_yields_what_it_tells(jasim, want):
    got = [r for r in jasim if (r.sub_event_type or r.plover) == want["type"] and r.trigger.text == want["trigger"]]
    assert len(got) == 1
    report = got[0]
    assert want["place"] in report.place.text
    assert report.place.country == "SY"
    assert (report.date_start.isoformat(), report.status, report.background) == (
        want["date"], want["status"], want["background"],
    )  # fmt: skip
    for field in ("killed", "injured"):
        assert field not in want or bounds(getattr(report, field)) == want[field]
    for field in ("initiators", "targets"):
        assert field not in want or [actor.text for actor in getattr(report, field)] == want[field]


def test_the_toll_of_jasim_is_two_of_each_side(jasim):
    parts = jasim[0].killed.by
    assert [part.low for part in parts] == [2, 2]


def test_news_of_jasim_holds_nothing_else(jasim):
    fresh = [r.sub_event_type for r in jasim if r.sub_event_type and not r.background]
    assert len(fresh) <= 6


# The sample


def spans(report):
    yield report.trigger
    yield report.evidence
    yield from filter(None, (report.place, *report.initiators, *report.targets, report.killed, report.injured))


def check_offsets(item: Article) -> None:
    for report in extract_reports(item):
        for span in spans(report):
            if span.start >= 0:
                assert item.text[span.start : span.end] == span.text
            else:
                assert item.title[span.title_start : span.title_start + len(span.text)] == span.text


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_every_span_of_the_sample_is_the_text_that_it_quotes(path):
    check_offsets(sample(path.stem))


def meets(report, event) -> bool:
    """The same family, and the trigger in one of the event's sentences or the same place on the same day."""
    from contracts.taxonomy import SUB_EVENTS

    if SUB_EVENTS[report.sub_event_type].family != SUB_EVENTS[event["type"]].family:
        return False
    place = bool(event["place"] and report.place and set(event["place"].split()) & set(report.place.text.split()))
    day = event["date"] == (report.date_start and report.date_start.isoformat())
    return (place and day) or event["trigger"].split()[0] in report.trigger.text


def test_most_events_of_the_sample_are_found_and_few_others():
    wanted = found = false = 0
    for path in SAMPLE:
        events = json.loads(path.read_text(encoding="utf-8"))["events"]
        reports = [r for r in extract_reports(sample(path.stem)) if r.sub_event_type and not r.background]
        fresh = [e for e in events if not e["background"]]
        wanted += len(fresh)
        found += sum(any(meets(r, e) for r in reports) for e in fresh)
        false += sum(not any(meets(r, e) for e in events) for r in reports)
    assert found / wanted >= 0.75
    assert false / wanted <= 0.35


def test_an_article_without_events_in_the_sample_yields_none_or_next_to_none():
    empty = [path for path in SAMPLE if not json.loads(path.read_text(encoding="utf-8"))["events"]]
    loud = [
        path.stem
        for path in empty
        if any(r.sub_event_type and not r.background for r in extract_reports(sample(path.stem)))
    ]
    assert len(loud) <= 1, loud


MARKS = st.lists(st.tuples(st.integers(0, 400), st.sampled_from("َُِّـ\u200f\u202b\u202c\u200d")), max_size=30)


@settings(max_examples=25, deadline=None)
@given(MARKS, st.sampled_from([path.stem for path in SAMPLE[:20]]))
def test_offsets_hold_for_any_mix_of_marks_tatweel_and_controls(marks, name):
    item = sample(name)
    text = item.text
    for at, mark in sorted(marks, reverse=True):
        text = text[:at] + mark + text[at:]
    check_offsets(article(text, item.title))


# Identity


def test_the_same_article_gives_the_same_reports():
    assert extract_reports(sample("jasim-clashes")) == extract_reports(sample("jasim-clashes"))


def test_an_id_survives_an_edit_elsewhere():
    text = "قصفت قوات النظام السوري بالمدفعية بلدة الفطيرة جنوبي إدلب اليوم الجمعة."
    (before,) = extract_reports(article(text))
    after = extract_reports(article("افتتح المجلس المحلي مدرسة جديدة في البلدة.\n" + text))
    assert before.id in {report.id for report in after}


def test_a_withdrawn_article_reports_nothing():
    from msgspec.structs import replace

    assert extract_reports(replace(sample("jasim-clashes"), withdrawn=True)) == ()


def test_the_day_of_publication_is_the_outlets():
    assert published_day(article("", published="2022-10-14T22:30:00+00:00")).isoformat() == "2022-10-15"


# Frames, tolls, facts


def test_a_row_of_villages_is_one_report_each_and_their_toll_is_shared():
    text = "قصفت قوات النظام السوري بالمدفعية قرى الفطيرة وسفوهن وفليفل جنوبي إدلب اليوم الجمعة، ما أدى إلى مقتل ثلاثة مدنيين."
    reports = [r for r in extract_reports(article(text)) if r.sub_event_type]
    assert [r.place.text for r in reports] == ["الفطيرة", "سفوهن", "فليفل"]
    assert all(r.killed is None and r.shared_toll.killed.low == 3 for r in reports)
    assert set(reports[0].shared_toll.reports) == {r.id for r in reports}


def test_the_doer_and_the_sufferer_of_an_active_verb():
    report = one("اعتقلت قوات النظام شابين في بلدة محجة بريف درعا اليوم الجمعة.")
    assert [a.text for a in report.initiators] == ["قوات النظام"]
    assert report.detained is not None
    assert report.detained.low == 2


def test_clashes_before_the_taking_of_a_town_are_how_it_was_taken():
    report = one("استعادت فصائل المعارضة اليوم مدينة سراقب بعد معارك عنيفة مع قوات النظام.")
    assert (report.sub_event_type, report.place.text) == ("non_state_actor_overtakes_territory", "سراقب")


def test_a_noun_of_shelling_behind_a_preposition_is_no_verb():
    report = one("وفي ريف إدلب، انتشلت طواقم الإنقاذ جثامين أربعة شهداء بعد قصف مدفعي استهدف بلدة كنصفرة.")
    assert (report.place.text, bounds(report.killed)) == ("كنصفرة", [4, 4])


def test_a_marked_passive_names_who_suffered():
    report = one("قُتل جندي برصاص مسلحين مجهولين قرب مدينة نوى بريف درعا اليوم الجمعة.")
    assert report.sub_event_type == "armed_clash"
    assert bounds(report.killed) == [1, 1]


def test_a_lead_its_details_and_its_recap_are_one_report():
    text = (
        "قتل مدنيان وأصيب آخرون، اليوم الجمعة، إثر قصف مدفعي لقوات النظام على مدينة الأتارب غربي حلب.\n"
        "وقال مراسلنا إن القصف استهدف السوق الشعبي وسط المدينة.\n"
        "وأضاف أن القصف أدى إلى إصابة خمسة مدنيين بجروح."
    )
    report = one(text, title="قتيلان بقصف على الأتارب")
    assert bounds(report.killed) == [2, 2]
    assert bounds(report.injured) == [5, 5]


def test_what_happened_before_is_background():
    text = (
        "قصفت قوات النظام السوري مدينة الأتارب غربي حلب بالمدفعية اليوم الجمعة.\n"
        "وكانت قوات النظام قد قصفت بلدة كفر تعال غربي حلب في 8 من أيلول الماضي، ما أدى إلى مقتل ثلاثة مدنيين."
    )
    reports = [r for r in extract_reports(article(text)) if r.sub_event_type]
    assert [(r.background, r.date_start.isoformat()) for r in reports] == [(False, "2022-10-14"), (True, "2022-09-08")]


@pytest.mark.parametrize(
    "text",
    [
        "لم تقع اشتباكات بين الجيش والفصائل في مدينة درعا اليوم.",
        "دعا المجلس إلى وقف القصف على مدينة إدلب.",
        "تسود مخاوف من هجوم للجيش على مدينة إدلب.",
        "فاز الفريق بهجوم قوي ودفاع منظم في المباراة، وسدد اللاعب قذيفة في المرمى وسط جماهير الملعب.",
    ],
)
def test_what_did_not_happen_is_no_report(text):
    assert not [r for r in extract_reports(article(text)) if r.sub_event_type]


def test_still_is_no_negation():
    assert (
        one("لا تزال الاشتباكات مستمرة بين الجيش والفصائل في مدينة درعا اليوم الجمعة.").sub_event_type == "armed_clash"
    )


def test_a_party_that_tells_of_its_own_deed_claims_it():
    text = "أعلنت قوات سوريا الديمقراطية أنها قتلت خمسة من عناصر تنظيم الدولة في مدينة الرقة اليوم الجمعة."
    report = one(text)
    assert report.status == "claimed"
    assert report.speaker.text == "قوات سوريا الديمقراطية"


def test_a_monitor_asserts():
    text = "قال المرصد السوري لحقوق الإنسان إن قوات النظام قصفت بلدة الفطيرة جنوبي إدلب بالمدفعية اليوم الجمعة."
    assert one(text).status == "asserted"


def test_confidence_is_a_chance():
    assert all(0 < r.confidence < 1 for r in extract_reports(sample("jasim-clashes")))
