"""``trafilatura.extract`` with its default settings alone, over as many processes as Rasid's pool has."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from time import perf_counter, process_time
from types import TracebackType
from typing import Self

from msgspec import Struct


class Spent(Struct, frozen=True):
    """Seconds; the CPU is that of the calls, summed over the processes."""

    wall: float
    cpu: float


def _extract(page: str) -> float:
    import trafilatura

    started = process_time()
    trafilatura.extract(page)
    return process_time() - started


class Trafilatura:
    """The processes; their start is not counted."""

    def __init__(self, pages: Sequence[str], processes: int) -> None:
        self._pages = pages
        self._pool = multiprocessing.get_context("forkserver").Pool(processes)

    def __enter__(self) -> Self:
        self._pool.map(_extract, self._pages[:20], 1)  # imports and first-use tables
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.terminate()
        self._pool.join()

    def extract(self) -> Spent:
        """All pages once."""
        started = perf_counter()
        cpu = sum(self._pool.imap_unordered(_extract, self._pages, 8))
        return Spent(perf_counter() - started, cpu)
