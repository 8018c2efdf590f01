"""Running ``rasid`` as an operator does: its command line in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(**more: str) -> dict[str, str]:
    given = {
        "RASID_HOST_SPACING": "0", "RASID_MIN_FREE_BYTES": "0", "RASID_WORKERS": "2", "RASID_FIRST_DAYS": "100000",
        "NO_COLOR": "1", "COLUMNS": "200", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    return {**os.environ, **given, **{f"RASID_{name}": value for name, value in more.items()}}


class Rasid:
    """One data folder with its list of feeds and settings."""

    def __init__(self, folder: Path, feeds: Path, **settings: str) -> None:
        self.folder, self.feeds, self.settings = folder, feeds, settings
        self.log = folder.parent / f"{folder.name}.log"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "rasid", "--feeds", str(self.feeds), "--data-dir", str(self.folder), *arguments]

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:
        """Begins a command; what it says goes to the log."""
        with self.log.open("ab") as out:
            return subprocess.Popen(
                self.command(*arguments), env=environment(**self.settings), stdout=out, stderr=out, **more
            )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command to its end."""
        return subprocess.run(
            self.command(*arguments), env=environment(**self.settings), capture_output=True, text=True, check=False
        )

    def until_idle(self, seconds: float = 120) -> str:
        """A whole run, which must end well; what it said."""
        process = self.start("run", "--until-idle", "--no-live")
        try:
            assert process.wait(seconds) == 0, self.said()[-3000:]
        finally:
            if process.poll() is None:
                process.kill()
        return self.said()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        """The output of a command with ``--json``."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Reads or changes the database from outside, as another program might."""
        database = sqlite3.connect(self.folder / "rasid.sqlite", timeout=30)
        try:
            with database:
                return database.execute(statement, values).fetchall()
        finally:
            database.close()


def wait_for(happened: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    """The first true answer; fails where there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := happened():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


def offspring(process: int) -> set[int]:
    """All processes below this one, however deep."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(folder.name)] = int(fields[1])
    found: set[int] = set()
    frontier = {process}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier} - found
        found |= frontier
    return found


def alive(processes: set[int]) -> set[int]:
    """Those that still run; a dead one whose parent did not look yet does not count."""
    running = set()
    for process in processes:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            running.add(process)
    return running


def resident(process: int) -> int:
    """Bytes of memory in use; 0 where the process is gone."""
    try:
        fields = Path(f"/proc/{process}/statm").read_text().split()
    except OSError:
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
