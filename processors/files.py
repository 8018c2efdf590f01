"""Articles from files, reports to files: what ``rasid extract`` reads and writes, one JSON object a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import IO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from contracts.codec import encode
from contracts.records import Article, Report

_NO_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
"""A file does not say when it was fetched; the epoch stands for that, so that the same file gives the same reports."""


class BadLine(ValueError):
    """A line that is no article; ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


class _Row(Struct, frozen=True):
    id: str
    text: str
    title: str | None = None
    url: str | None = None
    outlet: str | None = None
    published: str | None = None
    published_at: str | None = None
    timezone: str | None = None
    country: str | None = None
    viewpoint: str | None = None
    agency: str | None = None
    revision: int = 0


_decoder = msgspec.json.Decoder(_Row)


def read_articles(lines: Iterable[str | bytes], on_error: Callable[[BadLine], None] | None = None) -> Iterator[Article]:
    """The articles of JSON lines; blank lines are passed over. A bad line goes to ``on_error`` and reading goes on; without it,
    BadLine is raised."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield read_article(line, number)
        except BadLine as error:
            if on_error is None:
                raise
            on_error(error)


def read_article(line: str | bytes, number: int = 1) -> Article:
    """One article. ``published`` is a date (the outlet's calendar day) or an instant. Raises BadLine."""
    try:
        row = _decoder.decode(line)
        zone = ZoneInfo(row.timezone or "UTC")
        published, precision = _published(row.published or row.published_at, zone)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadLine(number, f"not an article: {error}") from error
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadLine(number, str(error)) from error
    return Article(
        id=row.id,
        revision=row.revision,
        url=row.url or "",
        outlet=row.outlet or "",
        feed_id="",
        title=row.title or "",
        text=row.text,
        agency=row.agency,
        timezone=row.timezone or "UTC",
        published_at=published,
        published_precision="day" if precision == "day" else "instant",
        fetched_at=published or _NO_INSTANT,
        country=row.country,
        viewpoint=row.viewpoint,
    )


def _published(value: str | None, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """A date is the start of the outlet's day; an instant without an offset is at the outlet's clock."""
    if not value:
        return None, "instant"
    if len(value) <= len("2022-10-14"):
        day = date.fromisoformat(value)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC), "day"
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC), "instant"


def write_reports(reports: Iterable[Report], out: IO[bytes]) -> int:
    """Reports as JSON lines; the number written."""
    count = 0
    for count, report in enumerate(reports, start=1):  # noqa: B007 (the last number is the count)
        out.write(encode(report) + b"\n")
    return count
