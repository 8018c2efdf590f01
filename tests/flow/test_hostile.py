"""The worst of feeds and pages through the real runner: no crash, no hang, nothing asked that must not be, each refusal told."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from hostile_server import HONEST, NET, HostileServer, furnish
from runs import Rasid, alive, offspring, resident

MOST_MEMORY = 400 << 20
MOST_SECONDS = 100.0

BAD = {
    "announced": ("refused", "too_large"), "fifty-megabytes": ("refused", "too_large"), "bomb": ("refused", "bomb"), "bomb-in-bomb": ("refused", "codings"),
    "no-gzip": ("refused", "bad_encoding"), "drip": ("unreachable", "timeout"), "cut": ("unreachable", ""), "says-more": ("unreachable", ""),
    "silent": ("unreachable", "timeout"), "no-http": ("unreachable", "protocol"), "headers": ("unreachable", ""),
    "chunks": ("unreachable", ""), "lengths": ("unreachable", "protocol"), "says-less": ("unreachable", ""),
    "to-metadata": ("refused", "private_address: 169.254.169.254"), "to-six": ("refused", "private_address: ::1"),
    "to-spy": ("refused", "private_address: 127.0.0.2"), "to-name": ("refused", "private_address"), "to-mapped": ("refused", "private_address"),
    "to-number": ("refused", "no address"), "to-file": ("refused", "only http and https"), "to-script": ("refused", "only http and https"),
    "to-nowhere": ("refused", ""), "to-endless": ("refused", "too_many_redirects"), "to-itself": ("refused", "too_many_redirects"),
    "gone": ("gone", "410"), "too-often": ("busy", "429"), "later": ("busy", "503"), "unasked": ("bad_feed", "without conditions"),
    "teapot": ("refused", "418"), "partial": ("bad_feed", "206"), "web-page": ("bad_feed", "web page"), "empty": ("bad_feed", "empty"),
    "noise": ("bad_feed", "neither"), "sitemap-of-itself-news": ("bad_feed", "index"), "attribute": ("bad_feed", "far more elements"),
    "attributes": ("bad_feed", "far more elements"), "nested-json": ("bad_feed", "neither"), "brackets": ("bad_feed", "far more elements"),
}  # fmt: skip
"""Feeds that bring nothing: their outcome (None: one of several), and a word of the reason that an operator reads."""


class Ended:
    """The one run that all tests look at."""

    def __init__(self, folder: Path) -> None:
        self.server = HostileServer()
        furnish(self.server)
        self.feeds = folder / "feeds.toml"
        self.server.write_list(self.feeds)
        self.rasid = Rasid(
            folder / "data",
            self.feeds,
            ALLOW_NETWORKS=f'["{NET}"]',
            REQUEST_SECONDS="4",
            PAGE_SECONDS="2",
            PARSE_SECONDS="10",
            FIRST_DAYS="365",
        )
        self.memory, self.workers, self.status = 0, set[int](), -1
        with self.server:
            self._run()
            self.listed = {row["id"]: row["status"] for row in self.rasid.lines("feeds", "list")}
            self.report = json.loads(self.rasid.run("status", "--json").stdout)
            self.articles = self._articles()

    def _run(self) -> None:
        started, process = time.monotonic(), self.rasid.start("run", "--until-idle", "--no-live")
        try:
            while process.poll() is None and time.monotonic() < started + MOST_SECONDS:
                self.memory = max(self.memory, resident(process.pid))
                self.workers |= offspring(process.pid)
                time.sleep(0.5)
        finally:
            self.seconds, self.status = time.monotonic() - started, process.poll() if process.poll() is not None else -1
            process.kill()
            process.wait()

    def _articles(self) -> dict[str, dict[str, Any]]:
        database = sqlite3.connect(self.rasid.folder / "rasid.sqlite")
        rows = database.execute("SELECT value FROM log WHERE kind='article'").fetchall()
        database.close()
        return {article["url"]: article for (value,) in rows if (article := json.loads(value))}

    def stories(self, feed: str) -> list[dict[str, Any]]:
        base = self.server.feeds[feed].rpartition("/")[0]
        return [article for url, article in self.articles.items() if url.startswith(f"{base}/")]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return Ended(tmp_path_factory.mktemp("hostile"))


@pytest.mark.timeout(240)
def test_the_run_ends_well_in_bounded_time_and_memory_and_leaves_no_worker_behind(ended: Ended) -> None:
    assert ended.status == 0, ended.rasid.said()[-3000:]
    assert ended.seconds < MOST_SECONDS
    assert 20 << 20 < ended.memory < MOST_MEMORY
    assert len(ended.workers) >= 3
    assert alive(ended.workers) == set()
    assert "Traceback" not in ended.rasid.said()


def test_no_address_inside_was_connected_to(ended: Ended) -> None:
    assert ended.server.spied == []
    assert ended.server.seen["/links"] >= 2


def test_every_honest_article_is_in_the_index(ended: Ended) -> None:
    for number in range(HONEST):
        assert len(ended.stories(f"honest-{number}")) == 4
        assert ended.listed[f"honest-{number}"]["state"] == "ok"
    found = {hit["id"] for hit in ended.rasid.lines("search")}
    assert len(found) >= 4
    assert ended.report["documents"]["articles"] == len(ended.articles)


@pytest.mark.parametrize("feed", BAD)
def test_a_feed_that_brings_nothing_is_explained_in_words(ended: Ended, feed: str) -> None:
    outcome, word = BAD[feed]
    state = ended.listed[feed]
    assert state["state"] in ("failing", "gone")
    assert outcome in (None, state["outcome"]), state
    assert word in state["detail"]
    assert state["detail"].strip()
    assert state["entries"] == 0
    assert state["next_at"] > time.time()


def test_what_can_be_read_of_a_bad_feed_is_read(ended: Ended) -> None:
    for feed in ("laughs", "blowup", "entities", "charset", "moved", "links"):
        assert ended.listed[feed]["state"] == "ok", (feed, ended.listed[feed])
        assert ended.listed[feed]["entries"] >= 1, feed
    assert ended.listed["sitemap"]["entries"] == 5
    assert len(ended.stories("sitemap")) == 5
    assert len(ended.stories("guids")) == 3
    assert len(ended.stories("dates")) == 7


def test_no_file_of_this_machine_came_in(ended: Ended) -> None:
    assert "root:" not in json.dumps(list(ended.articles.values()))
    dump = "\n".join(sqlite3.connect(ended.rasid.folder / "rasid.sqlite").iterdump())
    assert "root:x:0" not in dump


def test_titles_hold_no_directions_and_no_controls(ended: Ended) -> None:
    titles = [article["title"] for article in ended.stories("titles")]
    assert len(titles) == 9
    for title in titles:
        assert title
        assert not [char for char in title if unicodedata.category(char) in ("Cc", "Cf", "Cs")]
        assert len(title) <= 500


def test_dates_that_cannot_be_true_are_not_believed(ended: Ended) -> None:
    published = [article.get("published_at") or "" for article in ended.stories("dates")]
    assert not [date for date in published if date.startswith(("1970", "2099"))]


def test_every_refusal_is_counted_under_a_reason(ended: Ended) -> None:
    dropped, failed, dead = ended.report["dropped"], ended.report["failed"], ended.rasid.lines("dead", "list")
    assert dropped["poll: bad_link"] >= 10
    assert dropped["poll: beyond_cap"] > 40_000
    assert dropped["fetch: refused"] >= 4
    for reason in ("timeout", "robots"):
        assert failed[f"fetch: {reason}"] >= 1
    for outcome in ("refused", "unreachable", "bad_feed", "busy", "gone"):
        assert failed[f"poll: {outcome}"] >= 1
    inside = [letter for letter in dead if letter["reason"].startswith("private_address")]
    assert len(inside) >= 10
    assert all(letter["reason"].strip() for letter in dead)
    steps = {row["name"]: row for row in ended.report["stages"]}
    assert sum(row["dead"] for row in steps.values()) == len(dead)
    assert all(row["waiting"] == 0 for row in steps.values())


def test_nothing_is_lost_between_the_steps(ended: Ended) -> None:
    """What a step takes it sends on, drops, refuses, or keeps for later: nothing else."""
    count = ended.rasid.sql
    ends = count("SELECT sum(n) FROM counters WHERE stage='fetch' AND name IN ('dropped', 'dead')")[0][0]
    pages = count("SELECT sum(n) FROM counters WHERE stage='clean' AND name='received'")[0][0]
    waiting = count(
        """SELECT count(*) FROM queue JOIN log USING (position)
           WHERE stage='fetch' AND coalesce(json_extract(CAST(value AS TEXT), '$.look'), 0)=0"""
    )[0][0]
    assert sum(state["entries"] for state in ended.listed.values()) == ends + pages + waiting
    assert waiting > 0


def test_robots_are_obeyed_and_hostile_ones_hold_up_nobody(ended: Ended) -> None:
    assert ended.stories("robots-forbids") == []
    for name in ("ten-megabytes", "stars"):
        assert len(ended.stories(f"robots-{name}")) == 1, name
    assert ended.server.seen["/story/12/96"] <= 4
