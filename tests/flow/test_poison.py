"""A worker that hangs, dies or eats memory costs its own record and no other, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import poison
from runs import ROOT, alive, offspring, wait_for

from rasid.local.journal import read_counters

HEALTHY = 40
WORDS = {
    "kill": "died", "exit": "died", "hang": "timeout", "deaf": "timeout", "memory": "memory", "recursion": "RecursionError",
    "overflow": "", "raise": "ValueError: the parser gave up", "stop": "died",
}  # fmt: skip
"""What the reason of each dead letter says. What happens at a deep nesting depends on the interpreter: an error, or a crash."""
ONCE = {"recursion", "raise", "overflow"}
"""Errors of the work itself need no second try."""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "notes"
    path.touch()
    monkeypatch.setenv("POISON_NOTES", str(path))
    return path


def tried(notes: Path) -> Counter[str]:
    return Counter(line.split()[0] for line in notes.read_text().splitlines())


def test_each_poison_costs_its_own_record_and_every_other_comes_through(tmp_path: Path, notes: Path) -> None:
    bad = [f"https://a.example/{kind}" for kind in poison.KINDS]
    good = [f"https://a.example/{number}" for number in range(HEALTHY)]
    urls = [url for pair in zip(good[: len(bad)], bad, strict=True) for url in pair] + good[len(bad) :]
    made, sink = poison.flow(tmp_path, urls, 1.5)
    assert len(sink.documents["a.example"].outlets) == HEALTHY
    dead = dict(made.database.rows("SELECT json_extract(CAST(value AS TEXT), '$.url'), reason FROM dead"))
    assert {url.rpartition("/")[2] for url in dead} == set(poison.KINDS)
    for kind, words in WORDS.items():
        assert words in dead[f"https://a.example/{kind}"], kind
    runs = tried(notes)
    assert {kind for kind, n in runs.items() if n == 2} >= set(poison.KINDS) - ONCE
    assert set(runs.values()) == {1, 2}
    assert read_counters(made.database)["clean", "dead", ""] == len(poison.KINDS)


def test_workers_end_with_a_runner_that_was_killed_also_where_they_hang(tmp_path: Path, notes: Path) -> None:
    urls = [f"https://{kind}.example/{kind}" for kind in ("hang", "deaf")]
    command = [sys.executable, str(Path(poison.__file__)), str(tmp_path), "60", *urls]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        wait_for(lambda: len(tried(notes)) == 2, 30, "work on both records")
        workers = offspring(process.pid)
        assert len(workers) >= 3
        process.send_signal(signal.SIGKILL)
        # Not waited for yet: a runner that died but was not looked at must not keep them either.
        wait_for(lambda: not alive(workers), 10, f"the end of {workers}")
    finally:
        process.kill()
        process.wait()
