"""What docker compose makes of docker-compose.yml: the real one (2.40), from its package, without a Docker engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ("cluster", "small")
COMMAND = Path(sys.executable).parent / "docker-compose"
OURS = "rasid:0.1.0"


def compose(*arguments: str) -> str:
    """What a command of docker compose says; the profile of ``.env`` holds where none is named."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COMPOSE_", "RASID_"))}
    done = subprocess.run(
        [COMMAND, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def config(profile: str) -> dict[str, Any]:
    """The whole of a profile, with everything merged and filled in."""
    made: dict[str, Any] = json.loads(compose("--profile", profile, "config", "--format", "json"))
    return made


def services(profile: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = config(profile)["services"]
    return found


EVERY = [(profile, name) for profile in PROFILES for name in services(profile)] if COMMAND.exists() else []
"""Profile and service."""


def service(one: tuple[str, str]) -> dict[str, Any]:
    profile, name = one
    return services(profile)[name]
