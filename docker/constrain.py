"""Writes ``constraints.txt``: the exact version of everything that the image installs, as it is in this environment, which the tests
ran in. ``python docker/constrain.py`` after the dependencies changed."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("cluster", "elasticsearch")
FOLDER = Path(__file__).resolve().parent
TARGET = FOLDER / "constraints.txt"


def asked() -> list[str]:
    """What the image asks for by itself."""
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]


def closure(lines: Iterable[str], extras: tuple[str, ...], found: dict[str, str]) -> dict[str, str]:
    """Name -> version of what the lines need, and of what that needs."""
    for needed in map(Requirement, lines):
        if needed.marker and not any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            continue
        name = canonicalize_name(needed.name)
        if name not in found:
            found[name] = version(needed.name)
            closure(distribution(needed.name).requires or (), tuple(needed.extras), found)
    return found


def constraints() -> str:
    return "".join(f"{name}=={number}\n" for name, number in sorted(closure(asked(), (), {}).items()))


def main() -> int:
    TARGET.write_text(constraints(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
