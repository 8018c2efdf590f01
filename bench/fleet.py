"""The processes of a cluster on this machine, each step in one of its own, and what they have cost so far by kind."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from bench import flow

END_SECONDS = 40


class Fleet:
    """As a context it ends with all its processes. ``env`` is theirs; ``folder`` takes what they say."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._env, self._folder = dict(env), folder
        self._running: list[tuple[str, psutil.Popen]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _, process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for _, process in self._running:
            try:
                process.wait(END_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()

    def start(self, kind: str, *command: str) -> None:
        """Starts ``rasid COMMAND …``, whose cost is counted as ``kind``, and as ``kind, pool`` what its own processes cost."""
        log = self._folder / f"{kind}-{len(self._running)}.log"
        with log.open("wb") as out:
            process = psutil.Popen(
                [*flow.RASID, *command], stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **self._env}
            )
        self._running.append((kind, process))

    def run(self, *command: str) -> None:
        """A command to its end. Raises RuntimeError with what it said where it fails."""
        done = subprocess.run(
            [*flow.RASID, *command], env={**os.environ, **self._env}, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"rasid {' '.join(command)} ended with {done.returncode}:\n{done.stderr[-3000:]}")

    def dead(self) -> str | None:
        """What a process said that has ended; None where all run."""
        for number, (kind, process) in enumerate(self._running):
            if process.poll() is not None:
                said = (self._folder / f"{kind}-{number}.log").read_text(errors="replace")
                return f"{kind} ended with {process.returncode}:\n{said[-3000:]}"
        return None

    def cpu(self) -> Counter[str]:
        """CPU seconds by kind, of all processes so far."""
        spent: Counter[str] = Counter()
        for kind, process in self._running:
            spent[kind] += own(process)
            for child in process.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    spent[f"{kind}, pool"] += whole(child)
        return spent

    def memory(self) -> Counter[str]:
        """Resident bytes by kind, of one process and its pool on the average; pages that they share are counted in each."""
        held: Counter[str] = Counter()
        for kind, process in self._running:
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    held[kind] += one.memory_info().rss
        for kind, number in Counter(kind for kind, _ in self._running).items():
            held[kind] //= number
        return held


def own(process: psutil.Process) -> float:
    """CPU seconds of a process without its children."""
    times = process.cpu_times()
    return float(times.user + times.system)


def whole(process: psutil.Process) -> float:
    """The same with those of its children that have ended."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
