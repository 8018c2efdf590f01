"""A Java server as a child process on loopback ports: started, ended, killed, stopped in its tracks, and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_READY_SECONDS = 90
_END_SECONDS = 30
_POLL_SECONDS = 0.05
_FRESH_TRIES = 3
_LOG_TAIL = 3_000
_STACKS_SECONDS = 10
_LAST_OF_STACKS = "Heap"  # what comes after the last thread
_ROOM_BYTES = 4 << 30


class ServerFailed(Exception):
    """The server ended or did not come up; the message carries the end of its log."""


def _scratch() -> str | None:
    """Where there is room, memory that looks like a disk: a server of tests writes small files at every turn, and half of a broker's time
    would go into the pages of its index files. Elsewhere the usual folder."""
    there = Path("/dev/shm")
    roomy = there.is_dir() and os.access(there, os.W_OK) and shutil.disk_usage(there).free > _ROOM_BYTES
    return str(there) if roomy else None


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on just now."""
    taken = [socket.socket() for _ in range(number)]
    try:
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


class JavaServer(ABC):
    """One server with a folder and ports of its own, which it keeps over ``stop``, ``kill`` and ``restart``. As a context manager
    it is started on entering; on leaving it is killed and its folder removed."""

    name: str
    port_count: int

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"rasid-{self.name}-", dir=_scratch()))
        self.log = self.folder / "log.txt"
        self.ports: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What to run, over ``folder`` and ``ports``."""

    @property
    @abstractmethod
    def classes(self) -> Path:
        """Where the server's classes are kept as Java has read them: with them a start takes half the time. Made at first use."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers."""

    @abstractmethod
    def prepare(self) -> None:
        """Before the first start on these ports."""

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} does not run"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Starts it and waits until it answers. Ports are chosen at the first start: another may take them meanwhile, so that the
        first start is tried again. Raises ServerFailed with the end of the log."""
        fresh = not self.ports
        if fresh and not self.classes.exists():
            self._keep_classes()
        for left in reversed(range(_FRESH_TRIES if fresh else 1)):
            if fresh:
                self.ports = free_ports(self.port_count)
                self.prepare()
            try:
                self._launch()
            except ServerFailed:
                self.kill()
                if not left:
                    raise
            else:
                break
        return self

    def class_flags(self) -> list[str]:
        """What tells Java of the kept classes."""
        if self.classes.exists():
            return [f"-XX:SharedArchiveFile={self.classes}"]
        return [f"-XX:ArchiveClassesAtExit={self._written_classes}"]

    @property
    def _written_classes(self) -> Path:
        return self.folder / "classes.jsa"

    def _keep_classes(self) -> None:
        """A first run that writes its classes when it ends; several processes may do so at once."""
        self.ports = free_ports(self.port_count)
        self.prepare()
        self._launch()
        self.stop()
        if self._written_classes.exists():
            ours = self.classes.with_suffix(f".{os.getpid()}")
            shutil.move(self._written_classes, ours)
            ours.replace(self.classes)

    def stop(self) -> None:
        """Asks it to end (SIGTERM) and waits; kills it where it does not."""
        if self._process is None:
            return
        self.resume()
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._gone()

    def kill(self) -> None:
        """SIGKILL: it has no time to write anything."""
        if self._process is not None:
            self._process.kill()
            self._gone()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        if self.running:
            os.kill(self.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Ends it and starts it on the same data and ports."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Kills it and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def log_tail(self, characters: int = _LOG_TAIL) -> str:
        """The end of what it has written."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else ""

    def stacks(self) -> str:
        """What each of its threads does, and how full its heap is, which Java writes to the log when it is asked (SIGQUIT)."""
        if not self.running:
            return f"{self.name} does not run"
        before = self.log.stat().st_size
        os.kill(self.pid, signal.SIGQUIT)
        deadline = time.monotonic() + _STACKS_SECONDS
        told = ""
        while time.monotonic() < deadline and _LAST_OF_STACKS not in told:
            time.sleep(_POLL_SECONDS)
            told = self.log.read_bytes()[before:].decode(errors="replace")
        return told

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                list(map(str, self.command())),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then end it
            )
        self._guard = _guard(self._process.pid)
        self._await_ready()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                raise ServerFailed(f"{self.name} ended at its start:\n{self.log_tail()}")
            if self.is_ready():
                return
            time.sleep(_POLL_SECONDS)
        raise ServerFailed(f"{self.name} does not answer after {_READY_SECONDS} s:\n{self.log_tail()}")

    def _gone(self) -> None:
        assert self._process is not None
        self._process.wait()
        self._process = None
        if self._guard is not None:
            self._guard.communicate(b"ended\n")
            self._guard = None


def _guard(pid: int) -> subprocess.Popen[bytes]:
    """A shell that kills the server when the tests' own process is gone without having said that the server has ended."""
    script = 'read -r line || kill -9 "$0"'
    return subprocess.Popen(
        ["/bin/sh", "-c", script, str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
