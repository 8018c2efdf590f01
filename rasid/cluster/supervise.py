"""``rasid worker``: one step in this process, or several, each in a child that is started again when it ends."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import SpawnProcess

import structlog

from rasid.cluster.connection import check_versions
from rasid.cluster.delay import run_delay
from rasid.cluster.parts import Bind
from rasid.cluster.worker import STOP_SECONDS, run_step
from rasid.errors import CommandError, UsageError
from rasid.logs import configure_logs
from rasid.settings import Settings
from rasid.topology import FLOW

log = structlog.get_logger("rasid")

DELAY = "delay"
STEPS = (*(step.name for step in FLOW if step.kind != "source"), DELAY)
"""What a worker can be asked for; without a name, all."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0
"""A child that ran so long is started again at once."""
LOOK_EVERY = 0.2
_PR_SET_PDEATHSIG = 1

Run = Callable[[Settings, str], None]


def run_worker(settings: Settings, steps: Sequence[str], bind: Bind) -> None:
    """Until SIGTERM or SIGINT. One step runs in this process, several in children. Raises UsageError for a step that there is not, and
    for settings that do not fit the cluster."""
    check_versions()
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise UsageError(f"no stage {', '.join(unknown)}; there are {', '.join(STEPS)}")
    wanted = tuple(dict.fromkeys(steps)) or STEPS
    configure_logs(settings.log_level, quiet=False)
    if len(wanted) == 1:
        _run(settings, wanted[0], bind)
    else:
        Supervisor(settings, wanted, bind).run()


def _run(settings: Settings, step: str, bind: Bind) -> None:
    if step == DELAY:
        run_delay(settings)
    else:
        run_step(settings, step, bind)


class Child:
    """The process of a step, and when it is started again."""

    def __init__(self, step: str, settings: Settings) -> None:
        self.step, self.settings = step, settings
        self.process: SpawnProcess | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.pause = FIRST_PAUSE

    def ended(self, now: float) -> int | None:
        """The status with which it ended just now; None where it runs, or waits for its start."""
        if self.process is None or self.process.is_alive():
            return None
        status = self.process.exitcode or 0
        self.process = None
        if now - self.started_at > STEADY_SECONDS:
            self.pause = FIRST_PAUSE
        self.start_at = now + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return status


class Supervisor:
    """Starts the children, says how each ended, and starts it again with growing pauses."""

    def __init__(self, settings: Settings, steps: Sequence[str], bind: Bind) -> None:
        self._bind = bind
        self._children = [Child(step, _own(settings, number)) for number, step in enumerate(steps)]
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until a signal. Raises UsageError where a child found that the settings are wrong: the others would find the same."""
        held = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not self._stopping.wait(LOOK_EVERY):
                self._look(time.monotonic())
        finally:
            self._end()
            for number, handler in held.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: object) -> None:
        self._stopping.set()

    def _look(self, now: float) -> None:
        for child in self._children:
            status = child.ended(now)
            if status == UsageError.status:
                raise UsageError(f"{child.step}: the settings do not fit the cluster (said above)")
            if status is not None:
                log.error("worker ended", stage=child.step, status=status, again_in=child.start_at - now)
            if child.process is None and now >= child.start_at:
                self._start(child, now)

    def _start(self, child: Child, now: float) -> None:
        context = multiprocessing.get_context("spawn")
        child.process = context.Process(
            target=_child, args=(child.settings, child.step, self._bind), name=f"rasid worker {child.step}"
        )
        child.process.start()
        child.started_at = now

    def _end(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        for process in running:
            process.join(STOP_SECONDS + 10.0)
            if process.is_alive():  # it ends by itself where it cannot stop; this one is not even able to do that
                process.kill()
                process.join()


def _own(settings: Settings, number: int) -> Settings:
    """Each child answers for its metrics on a port of its own, from the one in the settings upwards."""
    if not settings.metrics_port:
        return settings
    return settings.model_copy(update={"metrics_port": settings.metrics_port + number})


def _child(settings: Settings, step: str, bind: Bind) -> None:
    if sys.platform == "linux":  # ends with the supervisor, also when that is killed
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; the supervisor passes it on
    try:
        _run(settings, step, bind)
    except CommandError as error:
        sys.stderr.write(f"rasid: {step}: {error}\n")
        sys.exit(error.status)
