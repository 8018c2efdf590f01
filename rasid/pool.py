"""A pool of processes in which a hung or dead worker costs one item and nothing else (Pebble), seen as coroutines."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, TimeoutError
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from contracts.source import PoolFailed
from contracts.stage import Stage
from rasid import worker

T = TypeVar("T")

PRELOAD = ["rasid.preload"]


class WorkerPool:
    """Implements ``contracts.source.Pool``. ``build`` is a picklable function that gives the stages inside a worker; ``preload`` the
    modules that its workers share (one choice a process)."""

    def __init__(
        self,
        build: Callable[[], Mapping[str, Stage[Any, Any]]],
        *,
        workers: int,
        memory: int,
        tasks: int,
        preload: Sequence[str] = PRELOAD,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(preload))
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=tasks,
            initializer=worker.start,
            initargs=(build, memory, os.getpid()),
            context=context,
        )
        self.workers = workers
        self._started: asyncio.Future[bool] | None = None

    async def run(self, function: Callable[..., T], *args: object, seconds: float) -> T:
        """The function's result or its own exception. What fails by time, memory or death is tried once more alone, then
        raises PoolFailed."""
        try:
            return await self._once(function, args, seconds)
        except PoolFailed:
            return await self._once(function, args, seconds)

    async def start(self) -> None:
        """Starts the first workers, which takes seconds on a busy machine, beside the event loop: else every request that is
        under way would come too late."""
        if self._started is None:
            self._started = asyncio.ensure_future(asyncio.to_thread(lambda: self._pool.active))
        await asyncio.shield(self._started)

    async def _once(self, function: Callable[..., T], args: tuple[object, ...], seconds: float) -> T:
        await self.start()
        future: Future[T] = self._pool.schedule(function, args=args, timeout=seconds)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            raise PoolFailed("timeout", f"no result after {seconds:g} s") from None
        except ProcessExpired as error:
            raise PoolFailed("died", f"the worker process ended with {error.exitcode}") from None
        except MemoryError:
            raise PoolFailed("memory", "more memory than a worker may use") from None
        except SystemExit as error:  # a library's own: passed on, it would end the runner
            raise PoolFailed("died", f"the work ended its process with {error.code}") from None

    def finish(self) -> None:
        """Takes nothing more; the workers end by themselves when what was begun is done."""
        self._pool.close()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Ends the workers; what they were at is left undone."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join(timeout=10)
