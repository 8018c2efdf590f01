"""Golden pairs of the whole Arab world: what is quoted stands in the text, and no group's figures fall below those that are pinned."""

import json
from datetime import date

import pytest

from arabic.fold import fold
from bench.golden import DIRECTORY, groups, scores
from contracts.taxonomy import SUB_EVENTS

GROUPS = groups()
PINNED = json.loads((DIRECTORY / "scores.json").read_text(encoding="utf-8"))
KEYS = {
    "type", "trigger", "place", "date", "killed", "injured", "detained", "status", "background", "initiators", "targets",
}  # fmt: skip
REGIONS = ("egypt", "gaza_west_bank", "iraq", "lebanon", "libya", "maghreb", "sudan", "yemen")


@pytest.mark.parametrize("name", GROUPS)
def test_no_group_scores_less_than_it_did(name):
    got = scores(GROUPS[name])
    fallen = {key: (value, got[key]) for key, value in PINNED[name].items() if got[key] < value}
    assert not fallen


@pytest.mark.parametrize("name", GROUPS)
def test_labels_are_well_formed_and_quote_their_text(name):
    for pair in GROUPS[name]:
        text = fold(pair.text)
        for event in pair.events:
            assert event.keys() <= KEYS
            assert event["type"] in SUB_EVENTS
            quoted = [event["trigger"], *event.get("initiators", ()), *event.get("targets", ())]
            missing = [phrase for phrase in [*quoted, event.get("place") or quoted[0]] if fold(phrase) not in text]
            assert not missing
            for day in event.get("date", pair.day).split("/"):
                assert date.fromisoformat(day) <= date.fromisoformat(pair.day) or event.get("status") == "planned"


@pytest.mark.parametrize("name", REGIONS)
def test_every_region_has_twenty_articles_and_every_rare_class_ten(name):
    assert len(GROUPS[name]) >= 20
    assert all(len(pairs) >= 10 for pairs in GROUPS.values())
