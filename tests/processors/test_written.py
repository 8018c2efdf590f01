"""The articles that are written for the fits are labelled as they must be: what is quoted stands in them."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from contracts.taxonomy import SUB_EVENTS

WRITTEN = sorted((Path(__file__).resolve().parents[2] / "scripts" / "fitting" / "written").glob("*.jsonl"))
ROWS = [json.loads(line) for path in WRITTEN for line in path.read_text(encoding="utf-8").splitlines()]


def test_ids_are_unique():
    assert ROWS
    assert max(Counter(row["id"] for row in ROWS).values()) == 1


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_labels_quote_their_article(row):
    whole = f"{row['title']}\n{row['text']}"
    for event in row["events"]:
        assert event["type"] in SUB_EVENTS
        assert event["sentences"]
        quoted = [event["trigger"], *event["initiators"], *event["targets"], *filter(None, [event["place"]])]
        assert [phrase for phrase in quoted if phrase not in whole] == []
        for day in (event["date"] or row["published"]).split("/"):
            assert date.fromisoformat(day) <= date.fromisoformat(row["published"]) or event["status"] == "planned"
        for name in ("killed", "injured", "detained"):
            assert event[name] is None or event[name][1] is None or event[name][0] <= event[name][1]
