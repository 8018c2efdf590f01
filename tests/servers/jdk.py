"""Which Java there is on this machine."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

_FOLDERS = ("/usr/lib/jvm", "/opt")
_VERSION = re.compile(r'version "(\d+)')


class Missing(Exception):
    """What a server needs is not on this machine; the message says what, in plain words."""


def find_jdk(least: int) -> Path:
    """The home of the oldest JDK (with a compiler) of at least this version. Raises Missing."""
    fitting = sorted((version, home) for home, version in _homes().items() if version >= least)
    if not fitting:
        raise Missing(f"no JDK of version {least} or newer (looked at JAVA_HOME, {' and '.join(_FOLDERS)})")
    return fitting[0][1]


@cache
def _homes() -> dict[Path, int]:
    named = [Path(home) for home in (os.environ.get("JAVA_HOME"),) if home]
    beside = [home for folder in _FOLDERS if Path(folder).is_dir() for home in sorted(Path(folder).iterdir())]
    homes = {home.resolve() for home in [*named, *beside] if (home / "bin" / "javac").is_file()}
    return {home: version for home in homes if (version := _version(home))}


def _version(home: Path) -> int:
    """The major version that ``java -version`` says; 0 where it says none."""
    asked = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=60, check=False)
    found = _VERSION.search(asked.stderr)
    return int(found[1]) if found else 0
