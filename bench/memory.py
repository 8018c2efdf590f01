"""Memory after many articles: the main process and the workers, looked at from outside once a second."""

from __future__ import annotations

from datetime import UTC, datetime

from bench import feeds, pipeline
from bench.report import Figure, figure, progress
from bench.server import Server

MAIN_MB, WORKER_MB = 300, 400


def memory(articles: int) -> list[Figure]:
    """``rasid run`` over so many articles that the server makes on the fly."""
    progress(f"memory over {articles:,} articles")
    count = max(1, articles // feeds.ITEMS)
    with Server(datetime.now(UTC), hosts=count) as server:
        made = pipeline.run(server, count, every=1.0, seconds=300 + articles * 0.1)
    cleaned, cost = made.received["clean"], made.cost
    note = f"after {cleaned:,} articles" + ("" if articles >= 50_000 else "; --full looks after 50,000")
    seen = cost.main_rss_seen
    quarters = ", ".join(f"{max(seen[: max(1, len(seen) * part // 4)]) / 1e6:.0f}" for part in (1, 2, 3, 4))
    return [
        figure(
            "memory",
            "main process, highest RSS",
            [max(seen) / 1e6],
            "MB",
            MAIN_MB,
            f"{note}; by quarters of the run: {quarters}",
        ),
        figure("memory", "any worker, highest RSS", [cost.worker_rss / 1e6], "MB", WORKER_MB, note),
        figure(
            "memory",
            "articles a second",
            [cleaned / cost.wall],
            "",
            note="the server makes the pages on the same cores",
        ),
    ]
