"""``python -m bench``: what Rasid costs on this machine.

Every ratio is taken within one run, by turns, so that a slow machine is slow for both sides. A missed aim is told and does
not fail: speed is looked at, not asserted.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

from msgspec import Struct

from bench import report


class Sizes(Struct, frozen=True):
    """How much is measured: feeds, articles, rounds."""

    pipeline_feeds: int = 30
    pipeline_rounds: int = 3
    polled_feeds: int = 10_000
    changed_feeds: int = 60
    changed_rounds: int = 7
    memory_articles: int = 4_000
    help_rounds: int = 9
    stage_feeds: int = 20
    cluster_feeds: int = 40
    cluster_workers: tuple[int, ...] = (1, 2, 4)
    cluster_rounds: int = 1


QUICK = Sizes(5, 1, 1_000, 30, 3, 2_000, 3, 5, 10, (1, 2), 1)
FULL = Sizes(60, 5, 10_000, 200, 9, 50_000, 15, 60, 150, (1, 2, 4), 3)


def _benchmarks(sizes: Sizes) -> dict[str, Callable[[], list[report.Figure]]]:
    """Imported when they run: a look at ``--help`` needs none of it."""

    def pipeline() -> list[report.Figure]:
        from bench.pipeline import against_trafilatura

        return against_trafilatura(sizes.pipeline_feeds, sizes.pipeline_rounds)

    def polling() -> list[report.Figure]:
        from bench.polling import poll_many

        return poll_many(sizes.polled_feeds)

    def changed() -> list[report.Figure]:
        from bench.changed import changed_feed

        return changed_feed(sizes.changed_feeds, sizes.changed_rounds)

    def memory() -> list[report.Figure]:
        from bench.memory import memory

        return memory(sizes.memory_articles)

    def start() -> list[report.Figure]:
        from bench.start import help_time

        return help_time(sizes.help_rounds)

    def stages() -> list[report.Figure]:
        from bench.stages import stages_alone

        return stages_alone(sizes.stage_feeds)

    def cluster() -> list[report.Figure]:
        from bench.cluster import through_a_cluster

        return through_a_cluster(sizes.cluster_feeds, sizes.cluster_workers, sizes.cluster_rounds)

    return {one.__name__: one for one in (start, changed, stages, pipeline, polling, memory, cluster)}


def main() -> None:
    known = _benchmarks(Sizes())
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "benchmarks", nargs="*", metavar="BENCHMARK", help=f"some of: {', '.join(known)}; all by default"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line in place of the table")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small numbers, a few minutes")
    size.add_argument("--full", action="store_true", help="memory after 50,000 articles, more rounds; an hour")
    given = parser.parse_args()
    if unknown := set(given.benchmarks) - set(known):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    chosen = _benchmarks(QUICK if given.quick else FULL if given.full else Sizes())
    _run([chosen[name] for name in chosen if name in given.benchmarks or not given.benchmarks], given.json)


def _run(benchmarks: list[Callable[[], list[report.Figure]]], as_json: bool) -> None:
    started, figures = perf_counter(), []
    for number, benchmark in enumerate(benchmarks, 1):
        report.progress(f"{number} of {len(benchmarks)}: {benchmark.__name__}, at {perf_counter() - started:.0f} s")
        made = benchmark()
        figures.extend(made)
        for one in made if as_json else ():
            print(report.as_json(one), flush=True)
    if not as_json:
        report.show(figures, f"Rasid's benchmarks, {perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
