"""A flow of two stages in the pool whose work does what the record's address says: the worst that a parser can do to a worker."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent / "rasid"))
from fakes import FakeSource, ListSink, fake_topology
from msgspec import structs

from contracts.records import Page
from contracts.stage import Context, Stage
from rasid.local.database import Database
from rasid.local.runner import LocalRunner, Parts
from rasid.pool import WorkerPool
from rasid.settings import Settings
from rasid.topology import Topology

KINDS = ("kill", "exit", "hang", "deaf", "memory", "recursion", "overflow", "raise", "stop")


def work(page: Page, context: Context) -> Any:
    """As the fake stage cleans, but for poison; every run of it is noted beside the database."""
    url = urlsplit(page.url)
    kind = url.path.strip("/").partition("-")[0]
    if kind in KINDS:
        with Path(os.environ["POISON_NOTES"]).open("a") as notes:
            notes.write(f"{kind} {os.getpid()}\n")
        _do(kind)
    time.sleep(0.01)  # so that the poison meets work of others
    return fake_topology().stages["clean"].work(page, context)  # type: ignore[misc]


def _do(kind: str) -> Any:
    match kind:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "hang":
            while True:
                pass
        case "deaf":  # in C, with the interpreter locked, and no ear for SIGTERM
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            re.match(r"(a+)+$", "a" * 60 + "b")
        case "memory":
            return bytearray(1 << 40)
        case "recursion":
            return _deeper(0)
        case "overflow":
            sys.setrecursionlimit(1 << 30)
            return repr(_nested())
        case "raise":
            raise ValueError("the parser gave up")
        case "stop":
            raise SystemExit(4)


def _deeper(depth: int) -> int:
    return _deeper(depth + 1) + 1


def _nested() -> list[Any]:
    outer: list[Any] = []
    for _ in range(2_000_000):
        outer = [outer]
    return outer


def build() -> Mapping[str, Stage[Any, Any]]:
    """The stages inside a worker."""
    stages = dict(fake_topology().stages)
    stages["clean"] = structs.replace(stages["clean"], work=work)
    return {"clean": stages["clean"], "extract": stages["extract"]}


def flow(folder: Path, urls: list[str], seconds: float) -> tuple[LocalRunner, ListSink]:
    """Runs the entries of one feed through the real runner and pool until it is idle; ``seconds`` for each record's work."""
    pool = WorkerPool(build, workers=2, memory=1 << 30, tasks=1000)
    try:
        topology, sink = Topology({**fake_topology().stages, **build()}), ListSink()
        parts = Parts(topology=topology, source=FakeSource({"f": [urls]}), feeds=("f",), pool=pool, sink=sink)
        settings = Settings(min_free_bytes=0, page_seconds=seconds, workers=2)
        made = LocalRunner(Database(folder / "rasid.sqlite"), settings, parts, rounds="until-idle")
        asyncio.run(asyncio.wait_for(made.run(), 90))
    finally:
        pool.close()
    return made, sink


if __name__ == "__main__":
    import poison  # by its name, as the workers know it

    poison.flow(Path(sys.argv[1]), sys.argv[3:], float(sys.argv[2]))
