"""Jars of a pom, and what is built from them, kept in a folder that git ignores so that a second run starts in seconds."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.servers.jdk import Missing

SOURCES = Path(__file__).parent
CACHE = SOURCES.parent.parent / ".servers"
_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"
_DOWNLOAD_SECONDS = 600


def build(name: str, make: Callable[[Path, Sequence[Path]], None]) -> Path:
    """The folder of what ``make(folder, jars)`` builds from the sources in ``tests/servers/<name>``: built at first use, and again
    when a source has changed or a jar is gone. ``jars`` stands in it as a list of paths. Raises Missing."""
    CACHE.mkdir(exist_ok=True)
    done = CACHE / f"{name}-{_fingerprint(name)}"
    with _alone(name):
        if not _is_whole(done):
            shutil.rmtree(done, ignore_errors=True)
            with TemporaryDirectory(dir=CACHE, prefix=f"{name}-") as scratch:
                fresh = Path(scratch) / "build"
                fresh.mkdir()
                jars = _resolve(SOURCES / name / "pom.xml", fresh / "jars")
                make(fresh, jars)
                fresh.rename(done)
    return done


def jars_of(built: Path) -> list[Path]:
    """The jars from which ``built`` was built."""
    return [Path(jar) for jar in (built / "jars").read_text().strip().split(os.pathsep)]


def _is_whole(built: Path) -> bool:
    return (built / "jars").is_file() and all(jar.is_file() for jar in jars_of(built))


def _fingerprint(name: str) -> str:
    hasher = sha256()
    for source in sorted((SOURCES / name).iterdir()):
        if source.is_file():
            hasher.update(source.name.encode() + source.read_bytes())
    return hasher.hexdigest()[:12]


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process at a time."""
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _resolve(pom: Path, listed: Path) -> list[Path]:
    """The jars of a pom: from the local repository where all are there, else from the registry that Maven is set up with."""
    if shutil.which("mvn") is None:
        raise Missing("no Maven (mvn) on the path")
    command = ["mvn", "-B", "-ntp", "-q", "-f", str(pom), _GOAL, f"-Dmdep.outputFile={listed}"]
    for more in (["-o"], []):
        asked = subprocess.run(
            [*command, *more], capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False
        )
        if asked.returncode == 0 and listed.is_file():
            return jars_of(listed.parent)
    said = next((line for line in asked.stdout.splitlines() if "ERROR" in line), asked.stderr.strip())
    raise Missing(f"the artifacts of {pom.parent.name} are not here and cannot be fetched: {said[:300]}")
