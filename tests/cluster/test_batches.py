"""A stage that is killed in the middle of a batch, at each point where something of it is done and something is not."""

from __future__ import annotations

import pytest

from contracts import codec, ids
from contracts.records import ArticleReports, Event, Quote, Report, Stamp
from tests.cluster.parts import AT
from tests.cluster.running import Cluster

pytestmark = pytest.mark.server

ARTICLES = 40
HOSTS = ("a", "b", "c")


def reports(number: int) -> ArticleReports:
    host = f"{HOSTS[number % len(HOSTS)]}.sy"
    url = f"https://{host}/{number}"
    quote = Quote(text=url, start=0, end=len(url))
    made = Report(id=url, article_id=ids.article_id(url), trigger=quote, evidence=quote)
    return ArticleReports(article_id=made.article_id, key=host, stamp=Stamp(1, 0), reports=(made,))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("point", ["folds", "outputs", "state"])
def test_a_batch_whose_worker_is_gone_midway_is_folded_whole_by_the_next(cluster: Cluster, point: str) -> None:
    order = cluster.settings.data_dir / "die-at"
    order.write_text(point)
    cluster.put(reports(number) for number in range(ARTICLES))
    worker = cluster.start("merge,index", "tests.cluster.parts:bind_dying")
    cluster.until_worked("merge", "index", seconds=150)
    assert worker.stop() == 0
    assert not order.exists(), "it never came to that point"
    assert "worker ended" in worker.said()
    newest: dict[str, Event] = {}
    for record in cluster.read(cluster.topics.of_kind(Event)):
        event = codec.decode(Event, record.value)
        newest[event.id] = max(newest.get(event.id, event), event, key=lambda one: one.version)
    expected: dict[str, set[str]] = {f"{host}.sy": set() for host in HOSTS}
    for number in range(ARTICLES):
        made = reports(number)
        expected[made.key].add(made.article_id)
    assert {event.id: set(event.outlets) for event in newest.values()} == expected
    came = {(one.partition, one.offset) for one in cluster.read(cluster.topics.inputs("merge")[0])}
    mark = AT.encode()
    marks = [one for one in cluster.read(cluster.topics.changelog("merge")) if one.key.startswith(mark)]
    assert {(one.partition, int(one.key.removeprefix(mark))) for one in marks} == came
