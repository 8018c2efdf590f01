"""The whole pipeline, from polling to the index, against ``trafilatura.extract`` alone on the same pages."""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from bench import feeds, flow, stages, tree
from bench.news import tell
from bench.pages import page
from bench.peer import Spent, Trafilatura
from bench.report import Figure, figure, progress
from bench.server import Server
from ingest.feeds import load
from rasid.local.database import Database
from rasid.local.report import report

RATIO = 1.3
OURS = "rasid, CPU a page"
SHARE_FEEDS = 10
"""Feeds of pages through each stage alone, to tell the shares."""
RUN = (*flow.RASID, "run", "--until-idle", "--no-live", "--limit", "1")


class Run(Struct, frozen=True):
    """A run of Rasid from an empty database: its cost, and what it made."""

    cost: tree.Cost
    seconds_by_stage: dict[str, float]
    received: dict[str, int]
    documents: dict[str, int]


def against_trafilatura(count: int, rounds: int) -> list[Figure]:
    """``count`` feeds of 20 pages, alternating."""
    today, processes = datetime.now(UTC), max(1, os.cpu_count() or 1)
    keys = [key for feed in range(count) for key in feeds.shown(feed)]
    progress(f"writing {len(keys):,} pages")
    pages = [page(tell(*key, today), feeds.address("http://127.0.0.1:1", key)) for key in keys]
    few, alone, whole = [], [], []
    with Server(today, hosts=count, warm_feeds=count) as server, Trafilatura(pages, processes) as peer:
        for n in range(1, rounds + 1):
            progress(f"round {n} of {rounds}: trafilatura alone, rasid over one feed, rasid over all")
            alone.append(peer.extract())
            few.append(run(server, 1).cost)
            whole.append(run(server, count))
    figures = _ratios(len(pages), processes, alone, few, whole)
    return [*figures, *_shares(figures), *_stages(whole)]


def run(server: Server, count: int, *, every: float = 0.25, seconds: float = 900) -> Run:
    """``rasid run --until-idle`` over the first ``count`` feeds of the server, on a new database."""
    with tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder:
        env = flow.prepare(Path(folder), server, count)
        cost = tree.run(RUN, env=env, every=every, seconds=seconds)
        database = Database(Path(env["RASID_DATA_DIR"], "rasid.sqlite"), readonly=True)
        made = report(database, load(Path(env["RASID_FEEDS"])), time.time())
        database.close()
    return Run(
        cost,
        {row.name: (row.milliseconds or 0.0) * row.received / 1000 for row in made.stages},
        {row.name: row.received for row in made.stages},
        made.documents,
    )


def _ratios(pages: int, processes: int, alone: list[Spent], few: list[tree.Cost], whole: list[Run]) -> list[Figure]:
    """The start of the programs (imports, lexicons, gazetteer, workers) is paid once a run: what a page costs is the
    difference between the run over all feeds and the run over one."""
    theirs = [1e3 * spent.cpu / pages for spent in alone]
    ours = [1e3 * (all_.cost.cpu - one.cpu) / (pages - feeds.ITEMS) for all_, one in zip(whole, few, strict=True)]
    walls = [1e3 * (all_.cost.wall - one.wall) / (pages - feeds.ITEMS) for all_, one in zip(whole, few, strict=True)]
    note = f"{pages:,} pages, start apart; {_made(whole[-1])}"
    return [
        figure("pipeline", "CPU against trafilatura alone", _ratio(ours, theirs), "times", RATIO, note),
        figure("pipeline", "wall against trafilatura alone", _ratio(walls, [1e3 * s.wall / pages for s in alone]), "times", note=f"{processes} processes each, start apart"),
        figure("pipeline", "trafilatura alone, CPU a page", theirs, "ms"),
        figure("pipeline", OURS, ours, "ms"),
        figure("pipeline", "of it in the main process", [1e3 * r.cost.main_cpu / pages for r in whole], "ms", note="start included, as last seen"),
        figure("pipeline", "rasid, whole run, CPU", [r.cost.cpu for r in whole], "s"),
        figure("pipeline", "rasid over one feed, CPU", [cost.cpu for cost in few], "s", note=f"the start and {feeds.ITEMS} pages"),
    ]  # fmt: skip


def _ratio(ours: list[float], theirs: list[float]) -> list[float]:
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def _made(one: Run) -> str:
    named = {"articles": "articles", "events.live": "live events"}
    return ", ".join(f"{one.documents[name]:,} {words}" for name, words in named.items() if name in one.documents)


def _shares(figures: list[Figure]) -> list[Figure]:
    """Where the CPU of a page goes: the stages as they cost alone, and what is left for everything around them."""
    whole = next(one.value for one in figures if one.what == OURS)
    parts = stages.measure(SHARE_FEEDS).a_page()
    parts["the rest: fetching, queues, database, processes"] = whole - sum(parts.values())
    return [
        figure("where the time goes", name, [100 * each / whole], "%", note=f"{each:.2f} ms a page")
        for name, each in parts.items()
    ]


def _stages(whole: list[Run]) -> list[Figure]:
    """As the runner counts them: time of a record's work on the loop or in the pool, waiting for its turn there included."""
    found = []
    for name, received in whole[-1].received.items():
        each = [1e3 * one.seconds_by_stage[name] / max(1, one.received[name]) for one in whole]
        found.append(
            figure("as rasid status tells", f"{name}, time a record", each, "ms", note=f"{received:,} records")
        )
    return found
