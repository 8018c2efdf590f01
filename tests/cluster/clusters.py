"""Clusters on the shared broker: each test has a prefix of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from rasid.settings import Settings, load


def cluster_settings(bootstrap: str, folder: Path, **more: Any) -> Settings:
    """Settings of a cluster that nobody else uses."""
    given = {
        "kafka": bootstrap,
        "prefix": f"t{uuid4().hex[:8]}",
        "partitions": 2,
        "data_dir": folder,
        "session_seconds": 6.0,
        "workers": 1,
    }
    return load(None, **{**given, **more})
