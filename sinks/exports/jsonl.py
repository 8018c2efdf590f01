"""Events as JSON Lines: each whole, as the records have it, tombstones with ``state`` and ``superseded_by``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from contracts.codec import encode
from contracts.records import Event
from sinks.exports.written import Written


def write_jsonl(events: Iterable[Event], file: BinaryIO) -> Written:
    """One event a line, UTF-8."""
    rows = 0
    for event in events:
        file.write(encode(event) + b"\n")
        rows += 1
    return Written(rows=rows)
