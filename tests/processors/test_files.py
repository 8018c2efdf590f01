"""Articles from JSON lines, reports to JSON lines."""

import io
import json
from datetime import UTC, datetime

import pytest

from contracts.records import Quote, Report
from processors.files import BadLine, read_article, read_articles, write_reports


def test_id_and_text_are_enough():
    article = read_article('{"id": "a", "text": "نص"}')
    assert (article.id, article.text, article.title, article.published_at) == ("a", "نص", "", None)


def test_a_bare_date_is_the_day_of_the_outlet():
    article = read_article('{"id": "a", "text": "", "published": "2022-10-14", "timezone": "Asia/Damascus"}')
    assert article.published_at == datetime(2022, 10, 13, 21, tzinfo=UTC)
    assert article.published_precision == "day"


def test_an_instant_keeps_its_offset():
    article = read_article('{"id": "a", "text": "", "published": "2022-10-14T01:30:00+03:00"}')
    assert article.published_at == datetime(2022, 10, 13, 22, 30, tzinfo=UTC)
    assert article.published_precision == "instant"


def test_keys_that_are_not_known_are_passed_over():
    assert read_article('{"id": "a", "text": "", "events": [], "body": [0, 3]}').id == "a"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"text": "x"}', "id"),
        ("not json", "not an article"),
        ('{"id": "a", "text": 3}', "text"),
        ('{"id": "a", "text": "", "published": "14/10/2022"}', "14/10/2022"),
        ('{"id": "a", "text": "", "timezone": "Mars/Base"}', "Mars/Base"),
    ],
)
def test_a_bad_line_is_named_with_its_fault(line, said):
    with pytest.raises(BadLine, match="line 7") as caught:
        read_article(line, 7)
    assert said in str(caught.value)


def test_reading_goes_on_after_a_bad_line():
    errors = []
    lines = ['{"id": "a", "text": ""}', "", "{", '{"id": "b", "text": ""}']
    assert [a.id for a in read_articles(lines, errors.append)] == ["a", "b"]
    assert [error.line for error in errors] == [3]


def test_without_a_taker_of_errors_a_bad_line_raises():
    with pytest.raises(BadLine):
        list(read_articles(["{"]))


def test_reports_are_written_a_line_each():
    quote = Quote(text="قصف", start=0, end=3)
    out = io.BytesIO()
    assert write_reports([Report(id="r", article_id="a", trigger=quote, evidence=quote)], out) == 1
    assert json.loads(out.getvalue())["trigger"]["text"] == "قصف"
