"""What runs inside a pool process: the stages' work on raw records, under limits of memory; it ends with its parent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from typing import Any

from contracts import codec
from contracts.outcomes import Quarantine
from contracts.stage import Context, Stage

_stages: Mapping[str, Stage[Any, Any]] = {}


class Waits:
    """Worked value of a record that a newer Rasid wrote: it stays in its queue."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def start(build: Callable[[], Mapping[str, Stage[Any, Any]]], memory: int, parent: int) -> None:
    """Called once in each new process: binds the stages to what they need and caps the address space (bytes)."""
    global _stages  # noqa: PLW0603 the process's own copy, set once
    _die_with_parent()
    threading.Thread(target=_end_with, args=(parent, os.getppid()), daemon=True).start()
    _stages = build()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """On Linux the kernel ends this process with the fork server, which ends with the runner: also a worker that hangs in C,
    where no thread of Python's runs. The fork server sees the runner's end by a pipe, whose other end each worker inherits."""
    alive = getattr(forkserver._forkserver, "_forkserver_alive_fd", None)
    if sys.platform == "linux" and alive is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(alive)
        forkserver._forkserver._forkserver_alive_fd = None  # type: ignore[attr-defined]


def _end_with(parent: int, forked_by: int) -> None:
    """Elsewhere, and where the fork server died before it was asked: they look for both once a second."""
    while True:
        time.sleep(1)
        try:
            os.kill(parent, 0)
        except ProcessLookupError:
            os._exit(0)
        if os.getppid() != forked_by:
            os._exit(0)


def work(stage_name: str, value: bytes, context: Context) -> tuple[Any, float]:
    """The stage's work on one record as it stands in the queue, and the seconds that it took; a record that cannot be decoded
    is an outcome."""
    started = time.perf_counter()
    worked = _work(_stages[stage_name], value, context)
    return worked, time.perf_counter() - started


def _work(stage: Stage[Any, Any], value: bytes, context: Context) -> Any:
    try:
        record = codec.decode(stage.takes, value)
    except codec.BadRecord as error:
        return Quarantine(f"bad record: {error}")
    except codec.NewerRecord as error:
        return Waits(str(error))
    return stage.work(record, context) if stage.work else record
