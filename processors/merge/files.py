"""Reports from files of JSON lines, and events into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from contracts.codec import BadRecord, NewerRecord, decode, encode
from contracts.records import Event, Report


def read_reports(lines: Iterable[bytes | str]) -> Iterator[Report]:
    """The reports of JSON lines; blank lines are passed over. Raises BadRecord or NewerRecord, naming the line (the first is 1)."""
    for number, line in enumerate(lines, start=1):
        data = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
        data = data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data
        if data.strip():
            yield _read(number, data)


def _read(number: int, data: bytes) -> Report:
    try:
        return decode(Report, data)
    except BadRecord as error:
        raise BadRecord(f"line {number}: {error}") from error
    except NewerRecord as error:
        raise NewerRecord(f"line {number}: {error}") from error


def write_events(events: Iterable[Event], out: BinaryIO) -> int:
    """Writes events as JSON lines; how many."""
    count = 0
    for event in events:
        out.write(encode(event) + b"\n")
        count += 1
    return count
