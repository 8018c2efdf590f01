"""Kills at random points: nothing lost, nothing doubled, the same result as an undisturbed run."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from newssite import NewsSite
from runs import wait_for
from same import result

ROOT = Path(__file__).resolve().parent.parent.parent
LIST = ROOT / "seeds" / "feeds.toml"


def command(feeds: Path, data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "rasid", "--feeds", str(feeds), "--data-dir", str(data), *arguments]


def environment() -> dict[str, str]:
    given = {
        "RASID_ALLOW_NETWORKS": '["127.0.0.0/8"]', "RASID_HOST_SPACING": "0", "RASID_MIN_FREE_BYTES": "0",
        "RASID_WORKERS": "2", "RASID_FIRST_DAYS": "100000", "NO_COLOR": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return {**os.environ, **given}


def start(feeds: Path, data: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            command(feeds, data, "run", "--until-idle", "--no-live"), env=environment(), stdout=out, stderr=out
        )


def at_work(process: subprocess.Popen[bytes], data: Path) -> None:
    """Waits until the process holds the database (it writes its number into the lock): before, a kill would meet imports alone."""
    lock = data / "rasid.lock"
    wait_for(lambda: lock.exists() and lock.read_text() == str(process.pid), 60, "the start of a run")


def events(feeds: Path, data: Path) -> list[str]:
    asked = subprocess.run(command(feeds, data, "search", "--json"), env=environment(), capture_output=True, check=True)
    return result(asked.stdout.splitlines())


def killed_run(feeds: Path, data: Path, log: Path, kills: int, seed: int, longest: float) -> int:
    """Runs to the end through ``kills`` kills, at random moments after the process is at work; how many it met alive. A run that ends
    before its moment is begun again, and the moments come sooner."""
    dice, met = random.Random(seed), 0
    while met < kills:
        process = start(feeds, data, log)
        at_work(process, data)
        try:
            process.wait(dice.uniform(0.0, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            met += 1
        else:
            assert process.returncode == 0, log.read_text(encoding="utf-8")[-3000:]
            longest /= 2
    process = start(feeds, data, log)
    assert process.wait(300) == 0, log.read_text(encoding="utf-8")[-3000:]
    return met


def check(data: Path) -> None:
    """The file is whole and every queue is empty but for what is delayed."""
    database = sqlite3.connect(data / "rasid.sqlite")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM queue WHERE ready_at<?", (time.time(),)).fetchone() == (0,)
    orphans = "SELECT count(*) FROM queue WHERE position NOT IN (SELECT position FROM log)"
    assert database.execute(orphans).fetchone() == (0,)
    unread = (
        """SELECT count(*) FROM log WHERE kind IN ('entry','event') AND position NOT IN (SELECT position FROM queue)"""
    )
    assert database.execute(unread).fetchone() == (0,)
    database.close()


def rehearse(tmp_path: Path, feeds: int, items: int, rounds: list[int], longest: float) -> int:
    with NewsSite(feeds, items) as site:
        listed = tmp_path / "feeds.toml"
        shutil.copytree(LIST.parent / "sample", tmp_path / "sample")
        site.write_list(listed, LIST)
        calm = start(listed, tmp_path / "calm", tmp_path / "calm.log")
        assert calm.wait(300) == 0, (tmp_path / "calm.log").read_text(encoding="utf-8")[-3000:]
        expected = events(listed, tmp_path / "calm")
        assert len(expected) > 30
        met = 0
        for number, kills in enumerate(rounds):
            data = tmp_path / f"killed-{number}"
            met += killed_run(listed, data, tmp_path / f"killed-{number}.log", kills, number, longest)
            check(data)
            assert events(listed, data) == expected
        return met


@pytest.mark.timeout(900)
def test_ten_kills_change_nothing(tmp_path: Path) -> None:
    assert rehearse(tmp_path, feeds=20, items=3, rounds=[10], longest=2.5) == 10


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_fifty_kills_over_some_hundred_feeds_change_nothing(tmp_path: Path) -> None:
    assert rehearse(tmp_path, feeds=300, items=4, rounds=[10, 10, 15, 15], longest=6.0) >= 50
