"""Why an article gives its reports: the same reports as extraction, each with its reasons, and what was turned down."""

from datetime import UTC, datetime

import pytest

from bench.golden import article_of, groups
from contracts.records import Article
from processors.explaining import TITLE, explain
from processors.extract import extract_reports

TEXT = (
    "قُتل ثلاثة مدنيين وأُصيب خمسة آخرون، أمس الثلاثاء، في قصف مدفعي لقوات النظام على بلدة البارة جنوبي إدلب.\n"
    "وقال مصدر في الدفاع المدني إن القصف استهدف سوق البلدة.\n"
    "ولم تقع اشتباكات في محيط بلدة كنصفرة المجاورة.\n"
    "وافتتح معرض للكتاب في مدينة إدلب."
)


def article(text=TEXT, title="ثلاثة قتلى بقصف على البارة", **more):
    at = datetime(2021, 9, 8, 12, tzinfo=UTC)
    return Article(
        id="a", url="", outlet="", feed_id="", title=title, text=text, fetched_at=at, published_at=at, **more
    )


def test_it_explains_the_reports_that_extraction_gives():
    explained = explain(article())
    assert [one.report for one in explained.reports] == list(extract_reports(article()))
    assert explained.unread is None
    assert explained.reports


def test_a_report_says_where_it_is_told_and_why_it_was_kept():
    first = explain(article()).reports[0]
    assert {telling.sentence for telling in first.tellings} >= {0}
    assert first.tellings[0].same is None
    assert first.chance >= first.asked
    assert {one.weight > 0 for one in first.weighed} == {True, False}


@pytest.mark.parametrize("pairs", groups().values(), ids=groups())
def test_it_explains_what_extraction_gives_of_any_article(pairs):
    for number, pair in enumerate(pairs[::4]):
        given = article_of(pair, number)
        explained = explain(given)
        assert [one.report for one in explained.reports] == list(extract_reports(given))
        judged = [one for one in explained.reports if one.asked is not None]
        assert all(one.chance >= one.asked for one in judged)


def test_what_the_judge_turns_down_is_told_with_its_chance():
    vague = "وقال محللون إن الحملة الأمنية في المنطقة قد تطول."
    reasons = [one.reason for one in explain(article(f"{TEXT}\n{vague}")).refused if one.trigger.text in vague]
    assert len(reasons) == 1
    assert "an event with a chance of 0." in reasons[0]
    assert "against it: " in reasons[0]


def test_every_mark_quotes_what_stands_there_and_lies_in_its_sentence():
    given = article()
    explained = explain(given)
    lines = {line.number: line.quote for line in explained.sentences}
    assert {mark.kind for mark in explained.marks} >= {"trigger", "place", "date", "count", "cue"}
    for mark in explained.marks:
        if mark.sentence == TITLE:
            assert given.title[mark.quote.title_start :].startswith(mark.quote.text)
        else:
            assert given.text[mark.quote.start : mark.quote.end] == mark.quote.text
            assert mark.quote.text in lines[mark.sentence].text


def test_what_was_turned_down_is_told_with_its_reason():
    refused = {(one.trigger.text, one.sentence): one.reason for one in explain(article()).refused}
    assert refused["اشتباكات", 2] == "negated"


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        ("افتتح وزير الثقافة معرض الكتاب في دمشق.", "معرض", "no word that tells an event"),
        (
            "فاز المنتخب على ضيفه بهدفين في مباراة الدوري، وهاجم الفريق المرمى بقوة، وسجل اللاعب هدفا بعد هجوم سريع.",
            "مباراة",
            "sport",
        ),
        ("لا تزال المدينة هادئة ولم تقع اشتباكات.", "هدوء", "turned down"),
    ],
)
def test_an_article_in_which_nothing_is_read_says_why(text, title, words):
    explained = explain(article(text, title))
    assert words in explained.unread
    assert explained.reports == ()


def test_a_page_that_is_gone_says_so():
    assert "gone" in explain(article(withdrawn=True)).unread


def test_any_article_can_be_explained():
    for text in ("", "   ", "قصف", "قتل " * 300, "«»()[]\u202e قصف \u200f"):
        explain(article(text, ""))
