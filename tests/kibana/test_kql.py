"""The part of KQL that the dashboards use."""

from __future__ import annotations

import pytest

from kibana.kql import kql


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("state: live", {"match": {"state": "live"}}),
        ('place: "ريف إدلب"', {"match": {"place": "ريف إدلب"}}),
        ("date_start: *", {"exists": {"field": "date_start"}}),
        ("a >= now-8d", {"range": {"a": {"gte": "now-8d"}}}),
        ("a < 3", {"range": {"a": {"lt": "3"}}}),
        (
            "a: (x or y)",
            {"bool": {"should": [{"match": {"a": "x"}}, {"match": {"a": "y"}}], "minimum_should_match": 1}},
        ),
        ("not a: x", {"bool": {"must_not": [{"match": {"a": "x"}}]}}),
    ],
)
def test_a_single_condition(text, clause):
    assert kql(text) == clause


def test_and_binds_closer_than_or():
    a, b, c = ({"match": {name: "1"}} for name in "abc")
    assert kql("a: 1 or b: 1 and c: 1") == {
        "bool": {"should": [a, {"bool": {"filter": [b, c]}}], "minimum_should_match": 1}
    }


def test_brackets_go_first():
    a, b, c = ({"match": {name: "1"}} for name in "abc")
    either = {"bool": {"should": [a, b], "minimum_should_match": 1}}
    assert kql("(a: 1 or b: 1) and c: 1") == {"bool": {"filter": [either, c]}}


@pytest.mark.parametrize("text", ["", "a", "a:", "a: (x", "a: x y", "a: x and", 'a: "x', "(a: x", "a: x)"])
def test_what_is_not_in_the_language_is_refused(text):
    with pytest.raises(ValueError, match="KQL"):
        kql(text)
