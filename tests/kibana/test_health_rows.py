"""What a real run records of itself answers the questions of the *Health* dashboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("elasticsearch")

from elasticsearch import Elasticsearch

from kibana.queries import load, questions
from sinks.elasticsearch.connection import ElasticsearchSettings, connect
from tests.flow.ran import Ran
from tests.kibana.asking import answer, figure, leaves, run_sample
from tests.servers.node import ElasticsearchServer

pytestmark = pytest.mark.server

PREFIX = "rasid-own-health"
ASKED = [one for one in questions(load()) if one.index.startswith("rasid-health")]
WELL = {("rasid-pipeline-health/dead", "dead"), ("rasid-pipeline-health/feed-states", "gone")}
"""Numbers that are 0 where nothing goes wrong."""
UNREACHABLE = """
[[outlet]]
id = "nowhere"
name = "شبكة"
name_en = "Nowhere"
country = "SY"
timezone = "Asia/Damascus"
viewpoint = "independent"
kind = "site"
feeds = [{ id = "nowhere", url = "http://127.0.0.1:9/feed" }]
"""


@pytest.fixture(scope="module")
def node(
    tmp_path_factory: pytest.TempPathFactory, elasticsearch_server: ElasticsearchServer
) -> Iterator[Elasticsearch]:
    ran = Ran(tmp_path_factory.mktemp("health"))
    feeds = ran.folder / "feeds.toml"
    feeds.write_text(feeds.read_text(encoding="utf-8") + UNREACHABLE, encoding="utf-8")
    run_sample(ran, elasticsearch_server.url, PREFIX)
    client = connect(ElasticsearchSettings(urls=(elasticsearch_server.url,), prefix=PREFIX))
    client.indices.refresh(index=f"{PREFIX}-*")
    yield client
    client.indices.delete(index=list(client.indices.get(index=f"{PREFIX}-*")))
    client.close()


def test_the_dashboard_asks_the_rows() -> None:
    assert len(ASKED) > 8


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.source)
def test_a_run_fills_the_rows_that_a_panel_asks_for(node: Elasticsearch, asked):
    found = list(leaves(answer(node, PREFIX, asked)["aggregations"], asked.buckets))
    assert found
    numbers = {name for leaf in found for name in leaf if isinstance(leaf[name], dict)}
    silent = {(asked.source, name) for name in numbers if not any(figure(leaf[name]) for leaf in found)}
    assert {name for _, name in silent} - {"waiting", "age", "overdue"} == {
        name for source, name in WELL if source == asked.source
    }


def test_every_step_of_the_flow_has_rows_of_this_one_process(node: Elasticsearch) -> None:
    fields = {field: {"terms": {"field": field}} for field in ("step", "process")}
    found = node.search(index=f"{PREFIX}-health-*", size=0, aggregations=fields)["aggregations"]
    steps = {bucket["key"] for bucket in found["step"]["buckets"]}
    assert {"poll", "fetch", "clean", "extract", "merge", "index"} <= steps
    assert len(found["process"]["buckets"]) == 1
