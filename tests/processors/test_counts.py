import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arabic.fold import Folded, fold
from processors.counts import find_counts

DATA = tomllib.loads(files("processors").joinpath("lexicons", "counts.toml").read_text("utf-8"))


def bounds(mentions):
    return [[mention.field, mention.low, -1 if mention.high is None else mention.high] for mention in mentions]


@pytest.mark.parametrize("example", DATA["example"], ids=lambda example: example["text"][:40])
def test_examples_of_the_lexicon_hold(example):
    mentions = find_counts(Folded(example["text"]))
    totals = [mention for mention in mentions if mention.role != "part"]
    assert bounds(totals) == example["counts"]
    assert bounds(mention for mention in mentions if mention.role == "part") == example.get("parts", [])
    if "roles" in example:
        assert [mention.role for mention in totals] == example["roles"]
