"""``rasid run --index elasticsearch``: one process, the events in a real node; the same result as in its own file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("elasticsearch")

from sinks.elasticsearch.connection import ElasticsearchSettings, connect
from tests.flow.ran import ROOT, Ran
from tests.flow.same import result
from tests.servers.node import ElasticsearchServer

pytestmark = pytest.mark.server


def environment(ran: Ran, url: str, prefix: str) -> dict[str, str]:
    return {
        **os.environ,
        "RASID_DATA_DIR": str(ran.folder / "data"), "RASID_FEEDS": str(ran.folder / "feeds.toml"), "NO_COLOR": "1",
        "RASID_ELASTICSEARCH": url, "RASID_INDEX": "elasticsearch", "PYTHONPATH": str(ROOT), "RASID_MIN_FREE_BYTES": "0",
        "RASID_PREFIX": prefix,
    }  # fmt: skip


def command(ran: Ran, url: str, *arguments: str, prefix: str = "rasid-flow") -> subprocess.CompletedProcess[bytes]:
    whole = [sys.executable, "-m", "rasid", *arguments]
    return subprocess.run(whole, env=environment(ran, url, prefix), capture_output=True, check=False, timeout=300)


def test_a_rebuild_beside_a_run_ends_in_the_same_events_in_new_indices(
    sample: Ran, tmp_path: Path, elasticsearch_server: ElasticsearchServer
) -> None:
    ran, url, prefix = Ran(tmp_path), elasticsearch_server.url, "rasid-rebuilt"
    client = connect(ElasticsearchSettings(urls=(url,)))
    whole = [sys.executable, "-m", "rasid", "run", "--until-idle", "--no-live"]
    running = subprocess.Popen(whole, env=environment(ran, url, prefix), stderr=subprocess.DEVNULL)
    rebuilt = 0
    try:
        while running.poll() is None:
            if client.indices.exists(index=f"{prefix}-articles-all*", allow_no_indices=False):
                done = command(ran, url, "replay", "--rebuild", "--drop-old", prefix=prefix)
                assert done.returncode == 0, done.stderr[-3000:]
                rebuilt += 1
    finally:
        assert running.wait(60) == 0
    assert rebuilt, "one at the least must have been beside the run; how many more fit in depends on the machine"
    assert command(ran, url, "replay", "--rebuild", "--drop-old", prefix=prefix).returncode == 0
    rebuilt += 1
    found = command(ran, url, "search", "--json", "--diplomatic", prefix=prefix)
    expected = sample.rasid("search", "--json", "--diplomatic").stdout.splitlines()
    assert result(found.stdout.splitlines()) == result(expected)
    indices = list(client.indices.get(index=f"{prefix}-*"))
    left = {name.rpartition("-")[2] for name in indices if "health" not in name}
    assert left == {f"s{rebuilt}"}
    client.indices.delete(index=indices)
    client.close()


def test_a_node_that_is_not_there_is_waited_for_and_said(tmp_path: Path) -> None:
    ran = Ran(tmp_path)
    done = command(ran, "http://127.0.0.1:9", "search", "x")
    assert done.returncode == 6
    assert b"Traceback" not in done.stderr
