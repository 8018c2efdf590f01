"""Rows of health on a real node: what is written fits the strict mapping, is there once, and goes with its month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from elasticsearch import Elasticsearch

from contracts.outcomes import IndexRefused
from sinks.elasticsearch.connection import ElasticsearchSettings
from sinks.elasticsearch.health import (
    KEPT_DAYS,
    FeedsHealth,
    HealthIndex,
    HealthRow,
    ReasonHealth,
    StepHealth,
    definition,
)
from tests.sinks.nodes import Place

AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
STEP = StepHealth(at=AT, process="one-1", step="clean", received=20, sent=15, lag=7, oldest_s=90.0, ms_each=10.5)
REASON = ReasonHealth(at=AT, process="one-1", step="clean", what="dropped", reason="قصير", count=3)
FEEDS = FeedsHealth(at=AT, process="one-1", feeds_ok=4, feeds_failing=1, overdue_s=2.0)


def test_every_field_of_a_row_is_in_the_mapping_and_none_beside():
    fields = {name for kind in (StepHealth, ReasonHealth, FeedsHealth) for name in kind.__struct_fields__}
    assert set(definition()["mappings"]["properties"]) == fields | {"kind"}
    assert definition()["mappings"]["dynamic"] == "strict"


def test_rows_about_different_matters_have_different_ids_and_the_same_row_its_own():
    other = ReasonHealth(at=AT, process="one-1", step="clean", what="failed", reason="قصير", count=3)
    later = StepHealth(at=AT + timedelta(minutes=1), process="one-1", step="clean")
    same = StepHealth(at=AT, process="one-1", step="clean", received=99)
    assert len({row.ident for row in (STEP, REASON, FEEDS, other, later)}) == 5
    assert same.ident == STEP.ident


@pytest.fixture
def written(node: Place) -> HealthIndex:
    index = HealthIndex(ElasticsearchSettings(urls=(node.url,), prefix=node.prefix))
    index.write([STEP, REASON, FEEDS])
    return index


def found(client: Elasticsearch, pattern: str) -> list[dict]:
    client.indices.refresh(index=pattern)
    return [hit["_source"] for hit in client.search(index=pattern, size=100)["hits"]["hits"]]


@pytest.mark.server
def test_rows_are_kept_by_month_with_the_mapping_that_ships(node: Place, written: HealthIndex):
    index = f"{node.prefix}-health-2026.11"
    assert node.indices() == [index]
    assert node.client.indices.get_mapping(index=index)[index]["mappings"]["dynamic"] == "strict"
    assert sorted(row["kind"] for row in found(node.client, index)) == ["feeds", "reason", "step"]


@pytest.mark.server
def test_a_row_written_twice_is_there_once(node: Place, written: HealthIndex):
    written.write([STEP, FEEDS])
    assert len(found(node.client, f"{node.prefix}-health-*")) == 3


@pytest.mark.server
def test_a_row_that_does_not_fit_is_told_and_the_others_are_there(node: Place, written: HealthIndex):
    class Odd(HealthRow, frozen=True, kw_only=True, tag="odd"):
        unknown: int = 1

    other = StepHealth(at=AT, process="two-2", step="clean")
    with pytest.raises(IndexRefused, match="unknown"):
        written.write([Odd(at=AT, process="one-1"), other])
    assert "two-2" in {row["process"] for row in found(node.client, f"{node.prefix}-health-*")}


@pytest.mark.server
def test_a_month_goes_when_its_last_day_is_too_old_and_no_sooner(node: Place, written: HealthIndex):
    last = datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert written.expire(last + timedelta(days=KEPT_DAYS)) == []
    assert written.expire(last + timedelta(days=KEPT_DAYS + 1)) == [f"{node.prefix}-health-2026.11"]
    assert node.indices() == []
