"""A folder with the sample in it, and the commands over it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


class Ran:
    """A data folder with the sample in it, and the commands over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "seeds" / "sample", folder / "sample")
        text = (ROOT / "seeds" / "feeds.toml").read_text(encoding="utf-8")
        (folder / "feeds.toml").write_text(text[: text.index("# --- outlets ---")], encoding="utf-8")

    def rasid(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        given = {"RASID_DATA_DIR": str(self.folder / "data"), "RASID_FEEDS": str(self.folder / "feeds.toml")}
        given |= {"NO_COLOR": "1", "PYTHONPATH": str(ROOT), "RASID_MIN_FREE_BYTES": "0"}
        command = [sys.executable, "-m", "rasid", *arguments]
        return subprocess.run(command, env={**os.environ, **given}, capture_output=True, check=False, timeout=120)

    def search(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.rasid("search", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]
