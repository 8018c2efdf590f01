"""The settings under which the benchmarks run Rasid: on loopback, without pauses between requests, in a folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from bench import feeds
from bench.server import Server

RASID = (sys.executable, "-c", "from rasid.cli import main; main()")


def prepare(folder: Path, server: Server, count: int, max_minutes: float = 60.0) -> dict[str, str]:
    """Writes the list of the first ``count`` feeds, due again after ``max_minutes``; the environment that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "feeds.toml"
    feeds.write_list(listed, server.bases(count), max_minutes)
    return {
        "RASID_DATA_DIR": str(folder / "var"),
        "RASID_FEEDS": str(listed),
        "RASID_ALLOW_NETWORKS": '["127.0.0.0/8"]',
        "RASID_HOST_SPACING": "0",
        "RASID_POLL_CONCURRENCY": "128",
        "RASID_LOG_LEVEL": "warning",
    }
