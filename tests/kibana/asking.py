"""Kibana's questions, put to a real node under a prefix of the test's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from elasticsearch import Elasticsearch

from kibana.queries import Asked
from tests.flow.ran import ROOT, Ran

NOW = "2022-10-18T20:00:00Z||"
"""A moment of the sample's own week, in place of the clock's."""


def run_sample(ran: Ran, url: str, prefix: str) -> None:
    """One process over the sample, its events in the node."""
    given = {
        "RASID_DATA_DIR": str(ran.folder / "data"), "RASID_FEEDS": str(ran.folder / "feeds.toml"), "RASID_PREFIX": prefix,
        "RASID_ELASTICSEARCH": url, "RASID_INDEX": "elasticsearch", "RASID_MIN_FREE_BYTES": "0", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    command = [sys.executable, "-m", "rasid", "run", "--until-idle", "--no-live"]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, check=False, timeout=110)
    assert done.returncode == 0, done.stderr[-3000:]


def index_of(asked: Asked, prefix: str) -> str:
    return asked.index.replace("rasid-", f"{prefix}-", 1)


def answer(node: Elasticsearch, prefix: str, asked: Asked) -> dict[str, Any]:
    """The answer over all times, of documents that have a time where a time is chosen."""
    body = dict(asked.body)
    dated = [{"exists": {"field": asked.time_field}}] if asked.time_field else []
    body["query"] = {"bool": {"filter": [body.get("query", {"match_all": {}}), *dated]}}
    body = json.loads(re.sub(r'"now(?=[-/"])', f'"{NOW}', json.dumps(body)))
    return dict(node.search(index=index_of(asked, prefix), allow_partial_search_results=False, **body).body)


def leaves(aggregations: dict[str, Any], buckets: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """What stands inside the innermost buckets."""
    if not buckets:
        yield aggregations
        return
    for bucket in aggregations[buckets[0]]["buckets"]:
        yield from leaves(bucket, buckets[1:])


def figure(found: dict[str, Any]) -> float:
    """The number that a metric gives; of a metric with a filter, the one inside."""
    if "value" in found and isinstance(found["value"], dict):
        return figure(found["value"])
    return float(found.get("value", found.get("doc_count", 0)) or 0)
