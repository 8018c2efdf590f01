"""A round over ten thousand feeds of which nine in ten did not change."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from bench import flow, tree
from bench.report import Figure, figure, progress
from bench.server import Server

ROUND_SECONDS = 60.0
DUE_AGAIN = 0.001
"""Minutes: the second round is measured right after the first."""


def poll_many(count: int) -> list[Figure]:
    """Two rounds: in the first all is new, in the second nine in ten answer 304."""
    with (
        tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder,
        Server(datetime.now(UTC), hosts=count) as server,
    ):
        env = flow.prepare(Path(folder), server, count, DUE_AGAIN)
        first = _round(f"first round over {count:,} feeds, all new", server, env)
        server.turn(1)
        second = _round(f"second round over {count:,} feeds, nine in ten unchanged", server, env)
    answers = second[2] - first[2]  # the counters go on from run to run
    return [
        *_figures("first round", *first, None),
        *_figures("second round", *second[:2], answers, ROUND_SECONDS * count / 10_000),
    ]


def _round(name: str, server: Server, env: dict[str, str]) -> tuple[tree.Cost, float, Counter[str]]:
    progress(name)
    before = server.cpu_seconds()
    cost = tree.run([sys.executable, "-m", "bench.poll_round"], env=env, seconds=900)
    outcomes = json.loads(cost.output.strip().splitlines()[-1])
    return cost, server.cpu_seconds() - before, Counter(outcomes)


def _figures(name: str, cost: tree.Cost, served: float, outcomes: Counter[str], aim: float | None) -> list[Figure]:
    note = f"{', '.join(f'{said} {n:,}' for said, n in sorted(outcomes.items()))}; start included"
    return [
        figure("polling", f"{name}, wall", [cost.wall], "s", aim, note),
        figure("polling", f"{name}, CPU of rasid", [cost.cpu], "s"),
        figure("polling", f"{name}, CPU of the server", [served], "s", note="on the same cores"),
    ]
