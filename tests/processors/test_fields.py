"""Fields of a report by what the text says: the day, the place told later, the toll and its parts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from contracts.records import Article, Count, CountPart, Report
from processors.casualties import parted
from processors.extract import extract_reports

FRIDAY = datetime(2022, 3, 4, 12, tzinfo=UTC)


def reports(text: str, title: str = "") -> tuple[Report, ...]:
    return extract_reports(
        Article(
            id="a",
            outlet="",
            feed_id="",
            language="ar",
            revision=1,
            url="",
            title=title,
            text=text,
            country="SY",
            timezone="Asia/Damascus",
            published_at=FRIDAY,
            fetched_at=FRIDAY,
        )
    )


def test_the_day_of_a_statement_gives_way_to_the_day_that_the_text_tells():
    text = (
        "أعلنت وزارة الداخلية اليوم الجمعة عن مقتل شرطيين بانفجار عبوة ناسفة في مدينة الباب شرقي حلب.\n"
        "وقال متحدث إن الانفجار وقع مساء الأربعاء في مدينة الباب."
    )
    assert {report.date_start for report in reports(text)} == {date(2022, 3, 2)}


@pytest.mark.parametrize(
    ("said", "start"), [("خلال الساعات الماضية", date(2022, 3, 4)), ("خلال الـ48 ساعة الماضية", date(2022, 3, 2))]
)
def test_the_past_hours_are_those_of_the_day(said: str, start: date):
    (report,) = reports(f"قصفت قوات النظام بالمدفعية مدينة الأتارب غربي حلب {said}، دون إصابات.")
    assert report.date_start == start


def test_news_from_elsewhere_does_not_take_the_day_of_the_lead():
    text = (
        "قُتل مدنيان بقصف مدفعي على مدينة الأتارب غربي حلب مساء الأربعاء.\n"
        "وقال ناشطون إن الأهالي أسعفوا الجرحى.\n"
        "وأضافوا أن المنازل تضررت.\n"
        "وكانت المدينة هادئة.\n"
        "وفي محافظة درعا، استهدف مسلحون مجهولون سيارة عسكرية بعبوة ناسفة قرب مدينة نوى."
    )
    assert {r.place.name: r.date_start for r in reports(text) if r.place} == {
        "الأتارب": date(2022, 3, 2),
        "نوى": date(2022, 3, 4),
    }


def test_a_sentence_soon_after_tells_where_in_the_province_it_was():
    text = (
        "قُتل أربعة من رجال الشرطة اليوم الجمعة بانفجار قنبلة في محافظة إدلب.\n"
        "وذكرت شبكة محلية أن الحادث وقع في مدينة أريحا."
    )
    assert [report.place and report.place.name for report in reports(text)] == ["أريحا"]


def test_others_who_were_hurt_are_of_the_toll_before():
    text = "قالت مصادر طبية إن 19 شخصًا قُتلوا بانفجار ألغام، فيما أصيب 63 آخرون، اليوم الجمعة في مدينة منبج."
    (report,) = reports(text)
    assert report.killed is not None
    assert report.injured is not None
    assert (report.killed.low, report.injured.low) == (19, 63)


def test_a_toll_of_the_title_is_not_given_to_a_second_thing_too():
    text = (
        "قُتل طفل بقصف طائرة مسيرة على قرية كراف في ريف حلب اليوم الجمعة.\n"
        "بالتزامن مع ذلك تعرضت مدينة منبج لقصف بالمدفعية."
    )
    tolls = [report.killed.low for report in reports(text, "مقتل طفل جراء قصف") if report.killed]
    assert tolls == [1]


def test_parts_of_a_count_never_sum_to_more_than_it():
    (report,) = reports("قُتل خمسة مدنيين بينهم طفلة وامرأتان بقصف مدفعي على مدينة الأتارب اليوم الجمعة.")
    assert report.killed is not None
    assert [(part.who, part.low) for part in report.killed.by] == [("مدنيين", 2), ("طفلة", 1), ("امرأتان", 2)]


@pytest.mark.parametrize(
    ("by", "part", "want"),
    [
        ((("مدنيين", 5),), ("طفلة", 1), [("مدنيين", 4), ("طفلة", 1)]),
        ((("مدنيين", 2),), ("طفلتان", 2), [("طفلتان", 2)]),
        ((("أطفال", 3),), ("عناصر", 2), [("أطفال", 3), ("عناصر", 2)]),
        ((("مدنيين", 5),), ("أطفال", 9), [("مدنيين", 5)]),
    ],
)
def test_a_part_is_taken_out_of_what_held_it(by, part, want):
    total = 5 if by[0][1] != 2 else 2
    kept = Count(low=total, high=total, text="", by=tuple(CountPart(who=w, low=n, high=n) for w, n in by))
    found = parted(kept, CountPart(who=part[0], low=part[1], high=part[1]))
    assert [(p.who, p.low) for p in found] == want
    assert sum(p.low for p in found) <= total


def test_an_unknown_name_is_given_as_the_text_spells_it():
    (report,) = reports("قصفت قوات النظام اليوم الجمعة قرية الزُّهيرية الغربيّة بريف حلب، ما أدى إلى مقتل مدني.")
    assert report.place is not None
    assert report.place.name == "الزهيرية"


def test_villages_joined_by_dashes_are_each_hit():
    text = "قصفت القوات التركية اليوم الجمعة بالمدفعية قرى الوردية – الياسمينات – النرجسة بريف الرقة."
    assert [r.place.name for r in reports(text) if r.place] == ["الوردية", "الياسمينات", "النرجسة"]
