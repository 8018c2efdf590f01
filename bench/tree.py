"""What a command costs with every process that it starts: CPU by the kernel's own account, memory by looking once a second.

Run as a module (``python -m bench.tree OUT COMMAND …``) it adopts the orphans of its command, waits for all of them, and so
counts workers whose parents have gone before.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from msgspec import Struct

_PR_SET_CHILD_SUBREAPER = 36


class Cost(Struct, frozen=True, kw_only=True):
    """Seconds; bytes. ``main_cpu`` is of the command's own process as last seen, without its workers; ``main_rss_seen`` its
    memory at each look."""

    status: int
    wall: float
    cpu: float
    main_cpu: float
    main_rss_seen: tuple[int, ...]
    worker_rss: int
    output: str


class Failed(Exception):
    """The command did not end well; the message holds the end of what it said."""

    def __init__(self, command: Sequence[str], status: int, said: str) -> None:
        super().__init__(f"{' '.join(command)} ended with {status}:\n{said[-4000:]}")


class _Watch:
    """What was seen of a command's processes."""

    def __init__(self) -> None:
        self.main_cpu, self.worker_rss = 0.0, 0
        self.main_rss: list[int] = []

    def look(self, counting: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):
            for main in counting.children():
                times, memory = main.cpu_times(), main.memory_info()
                self.main_cpu = max(self.main_cpu, times.user + times.system)
                self.main_rss.append(memory.rss)
                self._workers(main)

    def _workers(self, main: psutil.Process) -> None:
        """The server that forks the workers is a child of the main process, they are its children."""
        for process in main.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.ppid() != main.pid:
                    self.worker_rss = max(self.worker_rss, process.memory_info().rss)


def run(command: Sequence[str], *, env: Mapping[str, str] | None = None, every: float = 1.0, seconds: float) -> Cost:
    """Runs the command to its end, looking at its processes every so many seconds. Raises TimeoutError after ``seconds``,
    Failed where it did not end well."""
    watch = _Watch()
    with tempfile.TemporaryDirectory(prefix="rasid-bench-") as folder:
        out, log = Path(folder, "cost.json"), Path(folder, "output.txt")
        with log.open("wb") as output:
            counting = subprocess.Popen(
                [sys.executable, "-m", "bench.tree", str(out), *command],
                stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, start_new_session=True,
            )  # fmt: skip
        try:
            _watch(counting, watch, every, seconds)
        finally:
            _end(counting)
        text = log.read_text(encoding="utf-8", errors="replace")
        if counting.returncode != 0 or not out.exists():
            raise Failed(command, counting.returncode, text)
        counted = json.loads(out.read_text())
    return Cost(
        **counted,
        main_cpu=watch.main_cpu,
        main_rss_seen=tuple(watch.main_rss),
        worker_rss=watch.worker_rss,
        output=text,
    )


def _watch(counting: subprocess.Popen[bytes], watch: _Watch, every: float, seconds: float) -> None:
    """Looks until the command has ended. Raises TimeoutError."""
    process, deadline = psutil.Process(counting.pid), time.monotonic() + seconds
    while counting.poll() is None:
        watch.look(process)
        if time.monotonic() > deadline:
            raise TimeoutError(f"not done after {seconds:.0f} s: {counting.args!r}")
        with suppress(subprocess.TimeoutExpired):
            counting.wait(timeout=every)


def _end(counting: subprocess.Popen[bytes]) -> None:
    """Whatever still runs of the command's session: it was too slow, or who waits was interrupted."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if counting.poll() is None:
            os.killpg(counting.pid, number)
            with suppress(subprocess.TimeoutExpired):
                counting.wait(timeout=20)


def _adopt_orphans() -> None:
    """Linux; elsewhere what outlives its parent is not counted."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main(out: str, command: Sequence[str]) -> int:
    _adopt_orphans()
    started = time.perf_counter()
    status = subprocess.call(command)
    wall = time.perf_counter() - started
    with suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    Path(out).write_text(json.dumps({"status": status, "wall": wall, "cpu": used.ru_utime + used.ru_stime}))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
