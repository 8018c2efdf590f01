"""The same result: the same live events (the same reports in each, the same merged fields), compared without id, version,
superseded_by, tombstones and our own times."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

OURS = {"id", "version", "superseded_by", "first_seen_at", "last_seen_at", "fetched_at", "seen_at"}


def result(events: Iterable[bytes]) -> list[str]:
    """The events in a canonical form and order."""
    return sorted(json.dumps(_event(json.loads(event)), sort_keys=True, ensure_ascii=False) for event in events)


def _event(event: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in event.items() if key not in OURS}
    kept["reports"] = sorted(
        ({k: v for k, v in report.items() if k not in OURS - {"id"}} for report in event["reports"]),
        key=lambda r: r["id"],
    )
    return kept
