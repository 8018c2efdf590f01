"""The sample through ``rasid setup``, ``poll`` and ``worker`` over a real Kafka into a real Elasticsearch, and every operator's command on
what came of it. The tests run in their order over one cluster: the last of them takes things out."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.ids import article_id
from ingest.urls import canonical, identity
from rasid.cluster import backup
from rasid.settings import Settings
from tests.cluster.clusters import cluster_settings
from tests.cluster.operators import bury
from tests.cluster.running import ROOT, wait_for
from tests.flow.ran import Ran
from tests.flow.same import result
from tests.servers.broker import KafkaServer
from tests.servers.fixtures import shared
from tests.servers.node import ElasticsearchServer

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]


class Served:
    """A cluster as an operator has it: settings in the environment, a poller and a worker with every stage, the sample's feeds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.alone = Ran(folder / "alone")
        kafka, node = shared(KafkaServer), shared(ElasticsearchServer)
        self.settings: Settings = cluster_settings(
            kafka.bootstrap, folder / "cluster", feeds=self.alone.folder / "feeds.toml", elasticsearch=node.url
        )
        given = {
            "MODE": "cluster", "KAFKA": kafka.bootstrap, "PREFIX": self.settings.prefix, "PARTITIONS": "2", "WORKERS": "1",
            "DATA_DIR": str(self.settings.data_dir), "FEEDS": str(self.settings.feeds), "ELASTICSEARCH": node.url,
            "HOST_SPACING": "0", "SESSION_SECONDS": "10",
        }  # fmt: skip
        env = {f"RASID_{name}": value for name, value in given.items()}
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", **env}
        self._started: list[subprocess.Popen[bytes]] = []

    def __call__(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rasid", *arguments]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, check=False, timeout=seconds)

    def well(self, *arguments: str, seconds: float = 120) -> str:
        """What a command says that must end well."""
        done = self(*arguments, seconds=seconds)
        assert done.returncode == 0, f"{arguments}: {done.stderr[-3000:]}"
        return done.stdout

    def start(self, command: str) -> None:
        with (self.folder / f"{command}.log").open("wb") as log:
            process = subprocess.Popen([sys.executable, "-m", "rasid", command], env=self._env, stdout=log, stderr=log)
        self._started.append(process)

    def until_worked(self) -> None:
        """Every feed has been asked and nothing waits. ``--wait-idle`` asks for a second poll of each, which the sample's feeds allow an
        hour after the first."""

        def worked() -> bool:
            told = json.loads(self.well("status", "--json"))
            asked = all(feed["state"] != "new" for feed in told["feeds"])
            return asked and not any(stage["waiting"] for stage in told["stages"] if stage["name"] != "poll")

        wait_for(worked, 300, "all that came to be worked")

    def events(self) -> list[bytes]:
        return self.well("search", "--diplomatic", "--json", "--limit", "1000").encode().splitlines()

    def end(self) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(60)
            finally:
                process.kill()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    try:
        assert "topics" in made.well("setup")
        made.start("worker")
        made.start("poll")
        wait_for(made.events, 400, "the first events")
        made.until_worked()
        yield made
    finally:
        made.end()


def test_the_sample_ends_in_what_one_process_makes_of_it(served: Served) -> None:
    done = served.alone.rasid("run", "--until-idle", "--no-live")
    assert done.returncode == 0, done.stderr[-3000:]
    expected = served.alone.rasid("search", "--diplomatic", "--json", "--limit", "1000").stdout.splitlines()
    assert len(expected) > 30
    assert result(served.events()) == result(expected)


def test_status_tells_stages_feeds_and_documents(served: Served) -> None:
    told = json.loads(served.well("status", "--json"))
    assert {stage["name"]: stage["waiting"] for stage in told["stages"] if stage["waiting"]} == {}
    assert {feed["state"] for feed in told["feeds"]} <= {"ok", "empty", "silent", "stale"}
    assert sum(told["documents"].values()) >= len(served.events())
    assert not any("index" in warning for warning in told["warnings"])


def test_search_and_show_find_what_was_told(served: Served) -> None:
    found = [json.loads(line) for line in served.well("search", "جاسم", "--json").splitlines()]
    assert found
    told = served.well("show", found[0]["id"], "--text")
    assert found[0]["reports"][0]["evidence"]["text"][:20] in told.replace("[[", "").replace("]]", "")
    missing = served("show", "202201-nothing")
    assert (missing.returncode, "Traceback" in missing.stderr) == (4, False)


def test_a_dead_letter_is_listed_shown_and_tried_again(served: Served) -> None:
    bury(served.settings, "poison", b"\xff\x00")
    (letter,) = [json.loads(line) for line in served.well("dead", "list", "--json", "--stage", "clean").splitlines()]
    assert letter["key"] == "poison"
    assert "\\xff" in served.well("dead", "show", str(letter["id"]))
    served.well("dead", "retry", str(letter["id"]))

    def refused_again() -> bool:
        held = [json.loads(line) for line in served.well("dead", "list", "--json", "--stage", "clean").splitlines()]
        return [one["key"] for one in held] == ["poison"] and held[0]["id"] != letter["id"]

    wait_for(refused_again, 180, "clean to refuse it again")


@pytest.mark.parametrize("stage", ["merge", "extract"])
def test_a_replay_while_the_stages_run_ends_in_the_same_events(served: Served, stage: str) -> None:
    before = result(served.events())
    assert "records" in served.well("replay", "--from", stage)
    served.until_worked()
    assert result(served.events()) == before


def test_a_backup_holds_the_events_of_the_index_and_the_articles_of_the_topics(served: Served) -> None:
    file = served.folder / "copy.jsonl.gz"
    assert "MB" in served.well("backup", str(file))
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        kinds = [json.loads(line).get("kind") for line in lines]
    assert kinds.count(backup.INDEX) >= len(served.events())
    assert kinds.count("articles") >= 20


def test_a_forgotten_article_is_gone_from_topics_to_index_and_stays_out(served: Served) -> None:
    url = json.loads(served.events()[0])["reports"][0]["url"]
    article = article_id(identity(canonical(url)))
    assert article in served.well("forget", url, seconds=300)
    served.until_worked()
    served.well("replay", "--from", "extract")
    served.until_worked()
    left = [json.loads(line) for line in served.events()]
    assert left
    assert all(report["article_id"] != article for event in left for report in event["reports"])
