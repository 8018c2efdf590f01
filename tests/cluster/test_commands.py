"""The command line in the mode of a cluster, as an operator types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster.clusters import cluster_settings
from tests.cluster.pollers import ROOT
from tests.servers.broker import KafkaServer

pytestmark = pytest.mark.server

LIST = """
[[outlet]]
id = "o"
name = "شبكة"
name_en = "o"
country = "SY"
timezone = "Asia/Damascus"
viewpoint = "independent"
kind = "site"
domains = ["a.example"]
feeds = [{ id = "f", url = "https://a.example/feed" }, { id = "g", url = "https://b.example/feed" }]
"""


class Commands:
    """``rasid`` with the settings of one cluster in its environment."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        made = cluster_settings(bootstrap, folder)
        (folder / "feeds.toml").write_text(LIST, encoding="utf-8")
        given = {
            "MODE": "cluster", "KAFKA": bootstrap, "PREFIX": made.prefix, "PARTITIONS": "2", "DATA_DIR": str(folder),
            "FEEDS": str(folder / "feeds.toml"), "KAFKA_PASSWORD": "geheim", "ELASTICSEARCH_API_KEY": "geheim",
        }  # fmt: skip
        env = {f"RASID_{name}": value for name, value in given.items()}
        self._env = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", **env}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rasid", *arguments]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, check=False, timeout=60)


def test_the_commands_of_one_machine_work_on_a_cluster(kafka_server: KafkaServer, tmp_path: Path) -> None:
    rasid = Commands(kafka_server.bootstrap, tmp_path)
    early = rasid("feeds", "list")
    assert (early.returncode, early.stderr.count("\n")) == (2, 1)
    assert "rasid setup" in early.stderr
    assert rasid("setup").returncode == 0
    assert rasid("feeds", "remove", "f").returncode == 0
    listed = rasid("feeds", "list", "--json")
    assert [json.loads(line)["id"] for line in listed.stdout.splitlines()] == ["g"]
    assert 'id = "g"' in rasid("feeds", "export", "--format", "toml").stdout
    status = json.loads(rasid("status", "--json").stdout)
    assert [(feed["id"], feed["state"]) for feed in status["feeds"]] == [("g", "new")]
    assert {stage["waiting"] for stage in status["stages"]} == {0}
    waited = rasid("status", "--wait-idle", "--timeout", "1")
    assert (waited.returncode, "1 feeds were not asked yet" in waited.stderr) == (5, True)
    assert rasid("dead", "list").stdout == "no dead letters\n"
    assert rasid("dead", "show", "17").returncode == 4
    assert "0 records" in rasid("replay", "--from", "merge").stdout
    shown = rasid("config").stdout
    assert "geheim" not in shown


def test_a_broker_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    rasid = Commands("127.0.0.1:9", tmp_path)
    for arguments in (("dead", "list"), ("replay", "--from", "nothing")):
        done = rasid(*arguments)
        assert done.returncode in (1, 2)
        assert "Traceback" not in done.stderr
        assert "geheim" not in done.stderr
