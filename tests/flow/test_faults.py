"""Faults of the machine and of the operator's hand: each is named, and nothing is lost, doubled or half done."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from newssite import NewsSite
from runs import Rasid, alive, offspring, wait_for
from same import result

OUTLETS, ITEMS = 6, 3
ALLOWED = '["127.0.0.0/8"]'


def rasid(folder: Path, feeds: Path, **settings: str) -> Rasid:
    return Rasid(folder, feeds, ALLOW_NETWORKS=ALLOWED, **settings)


def articles(data: Rasid) -> int:
    return int(data.sql("SELECT count(*) FROM articles")[0][0])


def kept(data: Rasid, kind: str) -> int:
    """Records of a kind in the log; 0 as long as there is no log."""
    if not (data.folder / "rasid.sqlite").exists():
        return 0
    try:
        return int(data.sql("SELECT count(*) FROM log WHERE kind=?", kind)[0][0])
    except sqlite3.OperationalError:
        return 0


def events(data: Rasid) -> list[str]:
    done = data.run("search", "--json")
    assert done.returncode == 0, done.stderr
    return result(done.stdout.encode().splitlines())


class Done:
    """A site, its list, and a database in which all of it is done."""

    def __init__(self, folder: Path, site: NewsSite) -> None:
        self.folder, self.site, self.feeds = folder, site, folder / "feeds.toml"
        site.write_list(self.feeds, None)
        self.rasid = rasid(folder / "done", self.feeds)
        self.rasid.until_idle()
        self.events = events(self.rasid)

    def copy(self, path: Path) -> Rasid:
        shutil.copytree(self.rasid.folder, path)
        return rasid(path, self.feeds)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    with NewsSite(OUTLETS, ITEMS) as site:
        yield Done(tmp_path_factory.mktemp("faults"), site)


def mounted(path: Path, options: str) -> bool:
    """Whether this machine lets us mount a file system of our own."""
    path.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "rasid-test", str(path)]
    return (
        shutil.which("mount") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    if not mounted(path, "size=64m"):
        pytest.skip("no right to mount a small file system")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=False)


# --- disk ---


def test_a_disk_that_fills_up_is_waited_for_and_nothing_is_lost(small_disk: Path, done: Done) -> None:
    data = rasid(small_disk / "data", done.feeds)
    data.log = done.folder / "small-disk.log"
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        file.write(b"x" * (shutil.disk_usage(small_disk).free - (1500 << 10)))
    process = data.start("run", "--until-idle", "--no-live")
    try:
        wait_for(lambda: "the disk is full" in data.said(), 40, "the word of the full disk")
        assert process.poll() is None
        assert articles(data) < OUTLETS * ITEMS
        ballast.unlink()
        assert process.wait(60) == 0, data.said()[-2000:]
    finally:
        process.kill()
    assert articles(data) == OUTLETS * ITEMS
    assert events(data) == done.events


@pytest.mark.soak
def test_a_file_that_may_not_grow_is_waited_for_and_nothing_is_lost(tmp_path: Path, done: Done) -> None:
    """As on a disk with a quota; needs no right to mount."""
    data = rasid(tmp_path / "data", done.feeds)
    process = data.start("run", "--until-idle", "--no-live")
    try:
        wait_for((data.folder / "rasid.sqlite-wal").exists, 20, "a database")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (300 << 10, resource.RLIM_INFINITY))
        wait_for(lambda: '"event": "waiting"' in data.said(), 40, "waiting")
        assert process.poll() is None
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert process.wait(60) == 0, data.said()[-2000:]
    finally:
        process.kill()
    assert events(data) == done.events


def test_a_run_that_waits_for_a_full_disk_can_still_be_stopped(tmp_path: Path, done: Done) -> None:
    data = rasid(tmp_path / "data", done.feeds)
    process = data.start("run", "--until-idle", "--no-live")
    try:
        wait_for((data.folder / "rasid.sqlite-wal").exists, 20, "a database")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (300 << 10, resource.RLIM_INFINITY))
        wait_for(lambda: '"event": "waiting"' in data.said(), 40, "waiting")
        process.terminate()
        assert process.wait(15) == 0, data.said()[-2000:]
    finally:
        process.kill()
    data.until_idle()
    assert events(data) == done.events


def test_a_disk_without_room_for_a_database_is_named(small_disk: Path, done: Done) -> None:
    with (small_disk / "ballast").open("wb") as file:
        file.write(b"x" * (shutil.disk_usage(small_disk).free - 8192))
    ended = rasid(small_disk / "data", done.feeds).run("run", "--once", "--no-live")
    assert (ended.returncode, "Traceback" in ended.stderr) == (6, False)
    assert "disk is full" in ended.stderr


def test_a_read_only_disk_is_named_by_every_command_that_writes(small_disk: Path, done: Done) -> None:
    data = done.copy(small_disk / "data")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for command in (["run", "--once", "--no-live"], ["forget", "https://x.example/1"], ["dead", "retry", "--all"]):
        ended = data.run(*command)
        assert (command, ended.returncode, "Traceback" in ended.stderr) == (command, 6, False)
        assert "write" in ended.stderr.lower() or "read-only" in ended.stderr.lower()


def test_a_folder_that_cannot_be_made_is_named(done: Done) -> None:
    ended = rasid(Path("/proc/rasid"), done.feeds).run("run", "--once", "--no-live")
    assert ended.returncode == 6
    assert "/proc/rasid" in ended.stderr
    assert "--data-dir" in ended.stderr


# --- damage ---


def test_a_corrupted_record_becomes_a_dead_letter_and_the_rest_comes_through(tmp_path: Path, done: Done) -> None:
    data = done.copy(tmp_path / "data")
    (first,), (second,) = data.sql("SELECT position FROM log WHERE kind='article' ORDER BY position LIMIT 2")
    data.sql("UPDATE log SET value=substr(value, 1, 100) WHERE position=?", first)
    data.sql(
        'UPDATE log SET value=CAST(replace(CAST(value AS TEXT), \'"title":"\', \'"title":7,"x":"\') AS BLOB) WHERE position=?',
        second,
    )
    ended = data.run("replay", "--from", "extract")
    assert ended.returncode == 0, ended.stderr
    dead = data.lines("dead", "list")
    assert [letter["stage"] for letter in dead] == ["extract", "extract"]
    assert all("bad record" in letter["reason"] for letter in dead)
    assert any("$.title" in letter["reason"] for letter in dead)
    assert events(data) == done.events  # what had come of the two stays as it was


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.soak), 2])
def test_a_damaged_file_ends_commands_with_one_clear_line(tmp_path: Path, done: Done, seed: int) -> None:
    data = done.copy(tmp_path / "data")
    path, dice = data.folder / "rasid.sqlite", random.Random(seed)
    content = bytearray(path.read_bytes())
    start = (0, 4096, 4096 * 8)[seed]
    for at in range(start, len(content), 4096):
        content[at : at + 2048] = dice.randbytes(2048)
    path.write_bytes(content)
    for command in (["run", "--once", "--no-live"], ["search", "جاسم"], ["status"]):
        ended = data.run(*command)
        assert (command, ended.returncode, "Traceback" in ended.stderr) == (command, 6, False), ended.stderr
        assert "damaged" in ended.stderr
        assert "backup" in ended.stderr


# --- kills of commands ---


def kill_at(data: Rasid, moment: float, *command: str) -> bool:
    """Begins a command and kills it after so many seconds; whether it was alive then."""
    process = data.start(*command)
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        workers = offspring(process.pid)
        process.kill()
        process.wait()
        wait_for(lambda: not alive(workers), 10, "the end of the workers")
        return True
    return False


def whole(data: Rasid) -> None:
    assert data.sql("PRAGMA integrity_check") == [("ok",)]
    assert data.sql("SELECT count(*) FROM queue WHERE position NOT IN (SELECT position FROM log)") == [(0,)]


@pytest.mark.soak
def test_a_replay_that_is_killed_can_be_repeated(tmp_path: Path, done: Done) -> None:
    data = done.copy(tmp_path / "data")
    dice = random.Random(1)
    killed = sum(kill_at(data, dice.uniform(0.4, 2.5), "replay", "--from", "clean") for _ in range(3))
    assert killed >= 1
    whole(data)
    ended = data.run("replay", "--from", "clean")
    assert ended.returncode == 0, ended.stderr
    whole(data)
    assert events(data) == done.events
    assert data.sql("SELECT count(*) FROM queue WHERE stage != 'fetch'") == [(0,)]


def test_forgetting_that_is_killed_is_done_or_not_and_can_be_repeated(tmp_path: Path, done: Done) -> None:
    data = done.copy(tmp_path / "data")
    (url, article) = data.sql(
        "SELECT json_extract(CAST(value AS TEXT), '$.url'), key FROM log WHERE kind='article' LIMIT 1"
    )[0]
    dice = random.Random(2)
    for _ in range(3):
        kill_at(data, dice.uniform(0.3, 1.2), "forget", url)
        whole(data)
        blocked = data.sql("SELECT count(*) FROM state WHERE key=?", f"forgotten:{article}")[0][0]
        kept = data.sql("SELECT count(*) FROM log WHERE kind IN ('article', 'page') AND key=?", article)[0][0]
        assert (blocked > 0) == (kept == 0)
    ended = data.run("forget", url)
    assert ended.returncode == 0, ended.stderr
    assert article not in "".join(events(data))
    assert data.sql("SELECT count(*) FROM articles WHERE id=?", article) == [(0,)]


@pytest.mark.soak
def test_a_backup_that_is_killed_leaves_no_half_copy_under_its_name(tmp_path: Path, done: Done) -> None:
    data, target = done.copy(tmp_path / "data"), tmp_path / "copy.sqlite"
    with sqlite3.connect(data.folder / "rasid.sqlite") as database:  # something to copy
        database.execute(
            "CREATE TABLE ballast AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 3000) SELECT randomblob(20000) FROM n"
        )
    database.close()
    dice = random.Random(3)
    for _ in range(3):
        if not kill_at(data, dice.uniform(0.3, 1.0), "backup", str(target)):
            break
        assert not target.exists()
    if not target.exists():
        assert data.run("backup", str(target)).returncode == 0
    copy = sqlite3.connect(target)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copy.execute("SELECT count(*) FROM ballast").fetchone() == (3000,)
    copy.close()


# --- stopping ---


def test_a_stopped_run_ends_in_seconds_with_status_0_and_loses_nothing(tmp_path: Path, done: Done) -> None:
    data = rasid(tmp_path / "data", done.feeds)
    for number in (signal.SIGTERM, signal.SIGINT):
        process = data.start("run", "--until-idle", "--no-live", start_new_session=True)
        target = min(kept(data, "article") + 4, OUTLETS * ITEMS - 1)
        wait_for(lambda target=target: kept(data, "article") >= target, 30, "work in the midst")
        workers = offspring(process.pid)
        started = time.monotonic()
        os.killpg(process.pid, number)  # as a terminal does: to the workers too
        assert process.wait(15) == 0, data.said()[-2000:]
        assert time.monotonic() - started < 10
        wait_for(lambda workers=workers: not alive(workers), 5, "the end of the workers")
    data.until_idle()
    assert events(data) == done.events
    assert "Traceback" not in data.said()


# --- commands beside a runner ---


def test_a_runner_at_work_takes_over_what_other_commands_change(tmp_path: Path, done: Done) -> None:
    data = done.copy(tmp_path / "data")
    process = data.start("run", "--no-live")
    try:
        wait_for(lambda: offspring(process.pid) or "feeds" in data.said(), 20, "the runner")
        wait_for(lambda: (data.folder / "rasid.lock").read_text().strip() == str(process.pid), 20, "the lock")
        second = data.run("run", "--once", "--no-live")
        assert second.returncode == 5
        assert f"process {process.pid}" in second.stderr

        new = NewsSite(1, 2, stories=60)
        with new:
            added = data.run(
                "feeds", "add", f"{new.base()}/feed/0", "--id", "added", "--country", "SY", "--name", "جديد"
            )
            assert added.returncode == 0, added.stderr
            wait_for(lambda: articles(data) == OUTLETS * ITEMS + 2, 30, "the articles of the new feed")
            assert data.run("feeds", "remove", "added").returncode == 0
            wait_for(
                lambda: data.sql("SELECT 1 FROM feed_changes WHERE CAST(change AS TEXT) LIKE '%remove%'"),
                5,
                "the removal",
            )

        generation = data.sql("SELECT value FROM meta WHERE key='generation'")[0][0]
        replayed = data.run("replay", "--from", "extract")
        assert "a running rasid takes it up" in replayed.stderr + replayed.stdout
        wait_for(
            lambda: data.sql("SELECT count(*) FROM queue WHERE stage IN ('extract', 'merge', 'index')") == [(0,)],
            30,
            "the replay",
        )
        assert data.sql("SELECT value FROM meta WHERE key='generation'")[0][0] != generation
        stamps = data.sql(
            "SELECT DISTINCT json_extract(CAST(value AS TEXT), '$.stamp[0]') FROM log WHERE kind='article_reports'"
        )
        assert [stamp for (stamp,) in stamps] == [int(generation) + 1]

        page = data.sql("SELECT key, value FROM log WHERE kind='page' LIMIT 1")[0]
        data.sql(
            "INSERT INTO dead (stage, kind, key, value, reason, tries, at) VALUES ('clean', 'page', ?, ?, 'x', 0, 0)",
            *page,
        )
        assert data.run("dead", "retry", "--all").returncode == 0
        wait_for(lambda: data.sql("SELECT count(*) FROM dead") == [(0,)], 10, "the retry")
        wait_for(lambda: data.sql("SELECT count(*) FROM queue WHERE stage='clean'") == [(0,)], 20, "the retried page")

        url, key = data.sql(
            "SELECT json_extract(CAST(value AS TEXT), '$.url'), key FROM log WHERE kind='article' LIMIT 1"
        )[0]
        assert data.run("forget", url).returncode == 0
        wait_for(
            lambda: data.sql("SELECT count(*) FROM queue WHERE stage IN ('merge', 'index')") == [(0,)],
            20,
            "the withdrawal",
        )
        assert key not in "".join(events(data))
        assert process.poll() is None
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
    assert "Traceback" not in data.said()
