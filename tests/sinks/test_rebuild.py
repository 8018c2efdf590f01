"""A rebuild into new indices beside writers at work: nothing is lost, nothing half is read, and one that is killed can go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.index import Query
from contracts.outcomes import RejectedDocuments, Unavailable
from rasid.indexes import unended_rebuild
from sinks.elasticsearch import IndexRefused
from sinks.elasticsearch.rebuild import Rebuild
from tests.flow.ran import ROOT
from tests.servers.proxy import FaultyProxy
from tests.sinks.events import article, event, report

pytestmark = pytest.mark.server

EVERYTHING = Query(states=("live", "superseded", "retracted"), diplomatic=True)
MONTHS = ("2022.09", "2022.10", "other")
N = 450
"""More than two pages."""


def filled(node):
    """An index with some months, tombstones and articles."""
    index = node.index()
    index.write(
        [event(f"202210-{n:04}", version=n + 1, state="superseded" if n % 50 == 0 else "live") for n in range(N)]
    )
    index.write([event("202209-a"), event("x"), *(article(f"a-{n}", withdrawn=n == 3) for n in range(N))])
    index.refresh()
    return index


def held(index):
    """All events by id; how many articles."""
    index.refresh()
    return {one.id: one for one in index.export(EVERYTHING)}, index.count()["articles"]


def until(happened, seconds: float = 60):
    end = time.monotonic() + seconds
    while not (answer := happened()):
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.02)
    return answer


def test_all_that_is_read_is_made_anew_and_takes_over_at_once(node):
    index = filled(node)
    before, seen, later = held(index), [], datetime.now(UTC)
    done = index.rebuild(lambda copied, total: seen.append((copied, total, index.search(EVERYTHING).total)))
    whole = 2 * N + 2
    assert (done.series, done.documents) == (1, whole)
    assert seen[0][:2] == (0, whole)
    assert seen[-1][:2] == (whole, whole)
    assert {total for _, _, total in seen} == {N + 2}  # the old indices are read to the end
    assert held(index) == before
    assert (index.series(), index.building()) == (1, None)
    read = sorted(node.client.indices.get_alias(name=f"{node.prefix}-events"))
    assert read == [f"{node.prefix}-events-{month}-s1" for month in MONTHS]
    assert done.left == (f"{node.prefix}-articles-all", *(f"{node.prefix}-events-{month}" for month in MONTHS))
    assert index.search(Query(changed_since=later)).total == 0  # to be moved is no change
    assert index.search(Query(text="جاسم")).total > 400
    held_aliases = {
        alias for one in node.client.indices.get_alias(index=f"{node.prefix}-*").values() for alias in one["aliases"]
    }
    assert f"{node.prefix}-events" in held_aliases
    assert not [alias for alias in held_aliases if "copied" in alias or "building" in alias]


def test_old_indices_are_deleted_where_that_is_asked_for(node):
    index = filled(node)
    before = held(index)
    index.rebuild(drop_old=True)
    assert index.rebuild(drop_old=True).series == 2
    assert {name.rpartition("-")[2] for name in node.indices()} == {"s2"}
    assert held(index) == before


def test_an_index_of_other_analyzers_is_what_a_rebuild_is_for(node):
    index = filled(node)
    before = held(index)
    old = f"{node.prefix}-events-2022.10"
    node.client.indices.close(index=old)
    other = {"analyzer": {"arabic_text": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]}}}
    node.client.indices.put_settings(index=old, settings={"analysis": other})
    node.client.indices.open(index=old, wait_for_active_shards=1)
    with pytest.raises(IndexRefused, match="rasid replay --rebuild"):
        node.index().setup()
    node.index().rebuild()
    fresh = node.index()
    fresh.write([event("202210-new")])
    assert held(fresh)[0].keys() == before[0].keys() | {"202210-new"}


def test_what_is_written_meanwhile_is_there_when_the_new_indices_take_over(node):
    index, writer = filled(node), node.index()
    writer.write([event("202209-a")])
    written = []

    def meanwhile(done, total):
        number = len(written)
        new = [event(f"202210-new{number}"), event(f"2023{1 + number % 9:02}-new")]
        newer = [event(f"202210-{at:04}", version=10_000 + number) for at in (number, N - 1 - number)]
        writer.write([*new, *newer, article(f"b-{number}")])
        written.extend([*new, *newer])

    before = held(index)
    index.rebuild(meanwhile)
    newest = {one.id: one for one in sorted(written, key=lambda one: one.version)}
    events, articles = held(index)
    assert len(written) > 10
    assert events == before[0] | newest
    assert articles == before[1] + len(written) // 4
    assert index.series() == 1


def test_a_write_that_lands_just_before_the_change_is_in_the_new_indices_when_it_is_done(node, monkeypatch):
    index, writer = filled(node), node.index()
    writer.write([event("202209-a")])
    published, look = threading.Event(), writer._standing

    def late():
        assert published.wait(60)
        return look()

    monkeypatch.setattr(writer, "_standing", late)
    writing = threading.Thread(target=writer.write, args=([event("202210-late"), event("202401-late")],))

    def landed():
        asked = node.client.options(ignore_status=(404, 503))  # the month is just being made
        places = {"202210-late": "events-2022.10", "202401-late": "events-2024.01"}
        return all(asked.get(index=f"{node.prefix}-{place}", id=one).body.get("found") for one, place in places.items())

    def last_moment(done, total):
        if done == total == 2 * N + 2 and not writing.ident:
            writing.start()
            until(landed)

    index.rebuild(last_moment)
    assert "202210-late" not in held(index)[0]
    published.set()
    writing.join(60)
    assert {"202210-late", "202401-late"} <= held(index)[0].keys()
    assert {name.rpartition("-")[2] for name in node.client.indices.get_alias(name=f"{node.prefix}-events")} == {"s1"}


def test_what_is_forgotten_while_it_is_copied_does_not_come_back(node, monkeypatch):
    index = node.index()
    both = event("202210-a", reports=(report("r1", article_id="a-1"), report("r2", article_id="a-2")))
    alone = event("202210-b", reports=(report("r3", article_id="a-1"),))
    index.write([both, alone, article("a-1"), article("a-2")])
    write, forgotten = Rebuild._write, []

    def between(self, lines, *, newer):
        if not forgotten and lines:
            forgotten.append(node.index().forget("a-1"))  # the page has been read, and is not yet written
        write(self, lines, newer=newer)

    monkeypatch.setattr(Rebuild, "_write", between)
    index.rebuild()
    assert forgotten == [2]
    assert (index.article("a-1"), index.article("a-2").id) == (None, "a-2")
    assert [one.article_id for one in index.show("202210-a").reports] == ["a-2"]
    assert index.show("202210-b").reports == ()


def test_a_rebuild_that_was_begun_goes_on_and_anew_begins_again(node, monkeypatch):
    index, write = filled(node), Rebuild._write

    def fails(self, lines, *, newer):
        if any(line.kind == "articles" for line in lines):
            raise RejectedDocuments({"a-1": "of the test"})
        write(self, lines, newer=newer)

    monkeypatch.setattr(Rebuild, "_write", fails)
    for _ in range(2):
        with pytest.raises(RejectedDocuments):
            index.rebuild()
        assert (index.series(), index.building()) == (0, 1)
    monkeypatch.setattr(Rebuild, "_write", write)
    assert index.rebuild().documents == N  # the events were copied before
    monkeypatch.setattr(Rebuild, "_write", fails)
    with pytest.raises(RejectedDocuments):
        index.rebuild()
    monkeypatch.setattr(Rebuild, "_write", write)
    assert index.rebuild(anew=True).documents == 2 * N + 2
    assert index.series() == 2  # what was given up is gone, number and all
    assert held(index)[1] == N


def test_a_node_that_is_busy_for_a_while_is_waited_for(node):
    filled(node)
    with FaultyProxy(node.url) as proxy:
        index = node.index(urls=(proxy.url,), busy_seconds=0.2)
        proxy.faults.extend(["503"] * 4 + ["cut"] * 3 + ["429"] * 3)
        assert index.rebuild().documents >= 2 * N + 2
        proxy.storm = lambda: "503"
        with pytest.raises(Unavailable, match="give the command again"):
            index.rebuild()
        assert (index.series(), index.building()) == (1, 2)
        proxy.storm = None
        index.rebuild()
    assert index.series() == 2


def test_a_killed_rebuild_leaves_the_old_indices_read_and_goes_on_when_asked_again(node, tmp_path: Path):
    index = filled(node)
    before = held(index)
    with FaultyProxy(node.url) as proxy:
        bulks = iter(range(1_000_000))
        proxy.storm = lambda: "none" if next(bulks) < 3 else "503"
        env = {"INDEX": "elasticsearch", "ELASTICSEARCH": proxy.url, "PREFIX": node.prefix, "DATA_DIR": str(tmp_path)}
        given = {f"RASID_{name}": value for name, value in env.items()} | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "rasid", "replay", "--rebuild"]
        process = subprocess.Popen(
            command, env={**os.environ, **given}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: proxy.stormed)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        assert (index.series(), index.building()) == (0, 1)
        assert "series 1" in (unended_rebuild(index) or "")
        assert held(index) == before
        half = node.client.count(index=f"{node.prefix}-*-s1")["count"]
        assert 0 < half < 2 * N + 2
        index.write([event("202210-between"), event("202210-0007", version=77_777)])
        proxy.storm = None
        done = subprocess.run(
            command, env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=120
        )
    assert done.returncode == 0, done.stderr
    assert "series 1 is read now" in done.stdout
    assert "left behind" in done.stdout
    events, articles = held(index)
    assert events.keys() == before[0].keys() | {"202210-between"}
    assert events["202210-0007"].version == 77_777
    assert articles == before[1]
    assert unended_rebuild(index) is None
