"""Runs the fast tests on every Python newer than the one that runs this, where the machine has it, and checks that the
dependencies resolve for those that it lacks. Exit status 1 where something fails; what is not there is said, not failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.12", "3.13", "3.14")
TESTS = [
    "tests/contracts",
    "tests/arabic",
    "tests/ingest",
    "tests/processors",
    "tests/sinks",
    "tests/rasid",
    "tests/kibana",
]


def interpreter(version: str) -> str | None:
    """A command that is really this version (a shim may name one that is not installed)."""
    candidates = [shutil.which(f"python{version}")]
    candidates += [
        str(p) for p in Path(os.environ.get("PYENV_ROOT", "/nonexistent")).glob(f"versions/{version}.*/bin/python")
    ]
    for command in filter(None, candidates):
        asked = subprocess.run(
            [command, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.stdout.strip() == version:
            return command
    return None


def run(*command: str) -> bool:
    print("$", " ".join(command), flush=True)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def tested(python: str, version: str) -> bool:
    venv = ROOT / f".venv-{version}"
    pip = (str(venv / "bin/python"), "-m", "pip", "install", "--quiet")
    fresh = venv.exists() or run(python, "-m", "venv", str(venv))
    there = [path for path in TESTS if (ROOT / path).is_dir()]
    return (
        fresh
        and run(*pip, "--editable", ".[dev,elasticsearch]")
        and run(
            str(venv / "bin/python"),
            "-m",
            "pytest",
            "-q",
            "-x",
            "-m",
            "not soak and not server",
            "-p",
            "no:cacheprovider",
            *there,
        )
    )


def resolves(version: str) -> bool:
    """Do wheels of everything we depend on exist for this Python?"""
    with tempfile.TemporaryDirectory() as folder:
        names = subprocess.run(
            [sys.executable, "-c", "import tomllib;d=tomllib.load(open('pyproject.toml','rb'))['project'];print('\\n'.join(d['dependencies']))"],
            capture_output=True, text=True, check=True, cwd=ROOT,
        ).stdout  # fmt: skip
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(names, encoding="utf-8")
        return run(
            sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary=:all:",
            "--python-version", version, "--target", folder, "--requirement", str(wanted),
        )  # fmt: skip


def main() -> int:
    failed = []
    for version in VERSIONS:
        if sys.version_info[:2] >= tuple(map(int, version.split("."))):
            continue
        python = interpreter(version)
        ok = tested(python, version) if python else resolves(version)
        print(
            f"Python {version}: {'tests' if python else 'resolution of dependencies'} {'passed' if ok else 'FAILED'}",
            flush=True,
        )
        failed += [] if ok else [version]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
