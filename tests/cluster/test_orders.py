"""Revisions, moves to another country, withdrawals and late reports, in every order in which they can come to a real cluster: the countries
lie in two partitions, and the index takes what both of them give."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from contracts.index import Query
from contracts.records import ArticleReports, Event, Place, Report
from processors.merge.batch import merge_reports
from rasid.cluster.topics import partition_of
from rasid.indexes import elasticsearch_index
from tests.cluster.clusters import cluster_settings
from tests.cluster.running import Cluster
from tests.processors.merge.builder import DAY, NOON, PLACES, article, clash, content, own
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import elasticsearch_server, kafka_server
from tests.servers.node import ElasticsearchServer

__all__ = ["elasticsearch_server", "kafka_server"]

pytestmark = pytest.mark.server

ELSEWHERE = Place(text="عرسال", start=0, end=5, name="عرسال", name_en="Arsal", geonameid=9, admin1="بعلبك الهرمل", admin1_en="Baalbek-Hermel", country="LB", lat=34.18, lon=36.42)  # fmt: skip
APART = 10
"""Days between two histories, so that none has to do with another."""


class History:
    """What happens to a few articles, on days of its own; ``records`` in one of their orders, and the sets that count in the end."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.day: date = DAY + timedelta(days=APART * number)
        self.records: list[ArticleReports] = []
        self.last: dict[tuple[str, str], ArticleReports] = {}

    def clash(self, name: str, place: str | Place = "jasim", **fields: Any) -> Report:
        at = NOON + timedelta(days=APART * self.number)
        return clash(f"{self.number}-{name}", place, day=self.day, published_at=at, **fields)

    def add(self, name: str, *reports: Report, **fields: Any) -> None:
        made = article(f"{self.number}-{name}", *reports, **fields)
        self.records.append(made)
        self.last[made.article_id, made.key] = made  # they are added in the order of their stamps

    def order(self, chosen: Sequence[int]) -> None:
        self.records = [self.records[index] for index in chosen]

    def left(self) -> Iterator[Report]:
        for (name, _), made in self.last.items():
            yield from own(name, *made.reports)


def moved(number: int) -> History:
    """An article turns out to tell of another country; one that knew better stands in each of the two."""
    made = History(number)
    made.add("a", made.clash("a", killed=4), revision=0)
    made.add("a", revision=1)
    made.add("a", made.clash("a", ELSEWHERE, killed=4), revision=1, key="LB")
    made.add("b", made.clash("b", killed=2))
    made.add("c", made.clash("c", ELSEWHERE, killed=4), key="LB")
    return made


def withdrawn(number: int) -> History:
    """An article is corrected and then gone; another goes on telling of it, with the higher toll."""
    made = History(number)
    made.add("d", made.clash("d", killed=3), revision=0)
    made.add("d", made.clash("d", killed=5), revision=1)
    made.add("d", revision=2)
    made.add("e", made.clash("e", killed=5))
    return made


def corrected(number: int) -> History:
    """A toll rises, a second place is told of later, and one that came late agrees."""
    made = History(number)
    made.add("f", made.clash("f", killed=2), revision=0)
    made.add("f", made.clash("f", killed=7), made.clash("g", "bara", killed=1), revision=1)
    made.add("h", made.clash("h", killed=7), revision=0)
    made.add("h", made.clash("h", killed=7), revision=1)
    return made


def histories() -> list[History]:
    """Each kind in every order of its records."""
    made: list[History] = []
    for kind in (moved, withdrawn, corrected):
        for chosen in permutations(range(len(kind(0).records))):
            history = kind(len(made))
            history.order(chosen)
            made.append(history)
    return made


def mixed(told: Sequence[History], chance: random.Random) -> Iterator[ArticleReports]:
    """The records of all, each history's in its own order."""
    turns = [history for history in told for _ in history.records]
    chance.shuffle(turns)
    waiting = {history.number: iter(history.records) for history in told}
    for history in turns:
        yield next(waiting[history.number])


@pytest.mark.timeout(400)
def test_every_order_of_revisions_moves_withdrawals_and_late_reports_ends_in_the_same_events(
    kafka_server: KafkaServer, elasticsearch_server: ElasticsearchServer, tmp_path: Path
) -> None:
    assert {partition_of(key, 2) for key in ("SY", "LB")} == {0, 1}
    assert PLACES["jasim"].country == "SY"
    told = histories()
    assert len(told) == 120 + 24 + 24
    settings = cluster_settings(kafka_server.bootstrap, tmp_path, elasticsearch=elasticsearch_server.url)
    with Cluster(settings) as cluster:
        workers = [cluster.start("merge,index", "rasid.cluster.build:bind") for _ in range(2)]
        records = list(mixed(told, random.Random(5)))
        for start in range(0, len(records), 40):  # in many batches, while the workers work
            cluster.put(records[start : start + 40])
        cluster.until_worked("merge", "index", seconds=240)
        for worker in workers:
            assert worker.stop() == 0, worker.said()[-3000:]
        index = elasticsearch_index(settings)
        index.refresh()
        held = list(index.export(Query(states=("live", "superseded", "retracted"))))
        index.close()
    expected = merge_reports(report for history in told for report in history.left())
    assert sorted(_told(held)) == sorted(_told(expected))
    assert {event.state for event in held} > {"live"}, "nothing was ever taken back"


def _told(events: Sequence[Event]) -> Iterator[str]:
    """Live events as they are compared."""
    for event in content(events):
        yield repr(event)
