"""The program's own commands over a test's settings: ``rasid poll`` beside the test, and others to their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rasid.settings import Settings
from tests.flow.ran import ROOT

NAMES = ("mode", "kafka", "prefix", "partitions", "data_dir", "feeds", "workers", "elasticsearch", "index")


def rasid(settings: Settings, *arguments: str) -> bytes:
    """What a command says; it must end well."""
    command = [sys.executable, "-m", "rasid", *arguments]
    done = subprocess.run(command, env=_environment(settings), capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@contextmanager
def polling(settings: Settings, feeds: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``rasid setup``, and ``rasid poll`` over these feeds while the block lasts."""
    given = settings.model_copy(update={"mode": "cluster", "feeds": feeds})
    rasid(given, "setup")
    with (settings.data_dir / "poll.log").open("wb") as log:
        command = [sys.executable, "-m", "rasid", "poll"]
        process = subprocess.Popen(command, env=_environment(given), stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _environment(settings: Settings) -> dict[str, str]:
    given = {f"RASID_{name.upper()}": str(getattr(settings, name)) for name in NAMES}
    return {**os.environ, **given, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "RASID_MIN_FREE_BYTES": "0"}
