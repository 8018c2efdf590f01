"""How long ``rasid --help`` takes, in processes of its own."""

from __future__ import annotations

import subprocess
import sys
from time import perf_counter

from bench import flow
from bench.report import Figure, figure, progress

HELP_SECONDS = 0.5


def help_time(rounds: int) -> list[Figure]:
    progress(f"rasid --help, {rounds} times")
    helps, bare = [], []
    for _ in range(rounds):
        helps.append(_seconds([*flow.RASID, "--help"]))
        bare.append(_seconds([sys.executable, "-c", "pass"]))
    return [
        figure("start", "rasid --help, wall", helps, "s", HELP_SECONDS),
        figure("start", "an empty Python program, wall", bare, "s"),
    ]


def _seconds(command: list[str]) -> float:
    started = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - started
