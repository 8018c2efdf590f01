"""Every row of the trigger lexicon carries sentences in which it speaks and sentences in which it does not: all of them run."""

from datetime import UTC, datetime

import pytest

from contracts.records import Article
from processors.extract import candidates_of, write_drafts
from processors.lexicon import Trigger, load_rows

PUBLISHED = datetime(2022, 10, 14, 9, tzinfo=UTC)
ROWS = load_rows()


def reports_of(text):
    article = Article(
        id="x", url="", outlet="", feed_id="", title="", text=text, fetched_at=PUBLISHED, published_at=PUBLISHED
    )
    return write_drafts(article, candidates_of(article))  # what the rules say, before likeness to an event is weighed


def evoked(row: Trigger, text: str) -> list[str]:
    """The reports that a row may answer for: of its own type, or of its PLOVER category, or violence of any kind."""
    reports = [r for r in reports_of(text) if r.status in ("asserted", "claimed", "planned")]
    if row.role == "talk":
        return [r.id for r in reports if r.sub_event_type is None and r.plover == row.plover]
    if row.type is not None and row.role == "act":
        return [r.id for r in reports if r.sub_event_type == row.type]
    return [r.id for r in reports if r.sub_event_type is not None]


@pytest.mark.parametrize(
    ("row", "text"), [(row, text) for row in ROWS for text in row.yes], ids=lambda v: getattr(v, "id", None)
)
def test_a_row_speaks_in_its_positive_examples(row, text):
    assert evoked(row, text), text


@pytest.mark.parametrize(
    ("row", "text"), [(row, text) for row in ROWS for text in row.no], ids=lambda v: getattr(v, "id", None)
)
def test_a_row_keeps_silent_in_its_negative_examples(row, text):
    assert not evoked(row, text), text
