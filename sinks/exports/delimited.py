"""Events as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from contracts.records import Event
from sinks.exports.table import COLUMNS, Cell, defused, row
from sinks.exports.written import Written

BOM = "\ufeff"
"""By this mark Excel takes a CSV file for UTF-8; without it Arabic shows as signs of a Western code page."""


def csv_text(cell: Cell) -> str:
    """A cell as text: ISO dates, moments in UTC with a Z, true and false, empty for what nobody told."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(cell, date):
        return cell.isoformat()
    return defused(cell.encode("utf-8", "replace").decode()) if isinstance(cell, str) else str(cell)


@contextmanager
def csv_rows(file: BinaryIO, header: Sequence[str], *, bom: bool) -> Iterator[Any]:
    """A csv writer over a binary file that stays open, the header written."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        if bom:
            text.write(BOM)
        writer = csv.writer(text)
        writer.writerow(header)
        yield writer
        text.flush()
    finally:
        text.detach()


def write_csv(events: Iterable[Event], file: BinaryIO, *, bom: bool = False) -> Written:
    """One event a row, the columns of ``sinks.exports.table``; ``bom`` for Excel. Text that begins like a formula gets an
    apostrophe before it."""
    rows = without = 0
    with csv_rows(file, list(COLUMNS), bom=bom) as writer:
        for event in events:
            cells = row(event)
            writer.writerow(map(csv_text, cells.values()))
            rows += 1
            without += cells["latitude"] is None
    return Written(rows=rows, without_coordinates=without)
