"""Every panel's question on a real node that holds the sample's events: none is empty, and every column and number has something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("elasticsearch")

from elasticsearch import Elasticsearch

from kibana.queries import load, questions
from sinks.elasticsearch.connection import ElasticsearchSettings, connect
from sinks.elasticsearch.health import FeedsHealth, HealthIndex, HealthRow, ReasonHealth, StepHealth
from tests.flow.ran import Ran
from tests.kibana.asking import answer, figure, index_of, leaves, run_sample
from tests.servers.node import ElasticsearchServer

pytestmark = pytest.mark.server

PREFIX = "rasid-panels"
FETCHED_JUST_NOW = {("rasid-morning/coverage", "meanX0")}
"""Articles of the seven days before today: the sample's were all fetched by this test."""
ASKED = list(questions(load()))


def health() -> list[HealthRow]:
    """A minute of two steps, one of which fails at times."""
    of: dict[str, Any] = {"at": datetime.now(UTC), "process": "one-1"}
    return [
        StepHealth(step="fetch", received=40, sent=31, dropped=9, dead=1, lag=12, oldest_s=8.5, ms_each=120.0, **of),
        StepHealth(step="clean", received=31, sent=30, dropped=1, dead=1, lag=3, oldest_s=1.5, ms_each=9.5, **of),
        ReasonHealth(step="fetch", what="retried", reason="503", count=4, **of),
        FeedsHealth(feeds_ok=8, feeds_failing=1, feeds_gone=1, oldest_success_s=7200.0, overdue_s=30.0, **of),
    ]


@pytest.fixture(scope="module")
def node(
    tmp_path_factory: pytest.TempPathFactory, elasticsearch_server: ElasticsearchServer
) -> Iterator[Elasticsearch]:
    ran, known = (
        Ran(tmp_path_factory.mktemp("panels")),
        ElasticsearchSettings(urls=(elasticsearch_server.url,), prefix=PREFIX),
    )
    run_sample(ran, elasticsearch_server.url, PREFIX)
    HealthIndex(known).write(health())
    client = connect(known)
    client.indices.refresh(index=f"{PREFIX}-*")
    yield client
    client.indices.delete(index=list(client.indices.get(index=f"{PREFIX}-*")))
    client.close()


@pytest.mark.parametrize("asked", [one for one in ASKED if one.body["size"]], ids=lambda asked: asked.source)
def test_a_list_of_documents_is_not_empty_and_each_of_its_columns_is_filled_somewhere(node, asked):
    assert answer(node, PREFIX, asked)["hits"]["hits"]
    index = index_of(asked, PREFIX)
    empty = {
        field
        for field in asked.body["fields"]
        if not node.count(index=index, query={"exists": {"field": field}})["count"]
    }
    assert empty == set()


@pytest.mark.parametrize("asked", [one for one in ASKED if not one.body["size"]], ids=lambda asked: asked.source)
def test_a_chart_or_control_is_not_empty_and_each_of_its_numbers_says_something(node, asked):
    found = list(leaves(answer(node, PREFIX, asked)["aggregations"], asked.buckets))
    assert found
    metrics = {name for leaf in found for name in leaf if isinstance(leaf[name], dict)}
    silent = {(asked.source, name) for name in metrics if not any(figure(leaf[name]) for leaf in found)}
    assert silent - FETCHED_JUST_NOW == set()


def test_totals_leave_out_what_was_denied_planned_recalled_or_rejected(node):
    """The count of the timeline equals that of the events that were asserted or claimed, against an independent question."""
    timeline = next(one for one in ASKED if one.source == "rasid-morning/timeline")
    counted = sum(
        leaf["doc_count"] for leaf in leaves(answer(node, PREFIX, timeline)["aggregations"], timeline.buckets)
    )
    wanted = {
        "filter": [{"terms": {"status": ["asserted", "claimed"]}}, {"exists": {"field": "date_start"}}, {"exists": {"field": "event_type"}}],
        "must": [{"term": {"state": "live"}}, {"term": {"background": False}}],
    }  # fmt: skip
    whole = node.count(index=f"{PREFIX}-events", query={"bool": wanted})["count"]
    everything = node.count(index=f"{PREFIX}-events", query={"exists": {"field": "date_start"}})["count"]
    assert counted == whole < everything


def test_what_is_denied_is_listed(node):
    disputed = next(one for one in ASKED if one.source == "rasid-disputed")
    statuses = {status for hit in answer(node, PREFIX, disputed)["hits"]["hits"] for status in hit["fields"]["status"]}
    assert "denied" in statuses
