"""Dates as feeds write them: RFC 822, ISO 8601, Arabic month names, and the bare dates of sitemaps.

A date without an offset is the outlet's. A date without a time is the outlet's calendar day. What cannot be true (before
1995, more than a day ahead) is not believed.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""No feed is older than the web's newspapers; 1970 is a clock that was never set."""

_LONGEST = 120
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?=T|$|\s)")
_NAMED = re.compile(
    r"(?<!\d)(\d{1,2})[\s\-،,]+([^\W\d_]+(?:\s[^\W\d_]+)?)[\s\-،,/]+([^\W\d_]*)\s*(\d{4}|\d{2})(?!\d|:)"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]+(?:\s[^\W\d_]+)?)\s+(\d{1,2})\s*[،,]\s*(\d{4})")
_ASCTIME = re.compile(r"([A-Za-z]{3,9})\s+(\d{1,2})\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?:\S{1,6}\s+)?(\d{4})$")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?|(?<=\dT)(\d{2})(\d{2})(\d{2})?")
_HALF = re.compile(r"\s*([^\W\d_]+)")
_OFFSET = re.compile(r"\s*(?:GMT|UTC)?\s*([+\-\u2212])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
_ZONE_WORD = re.compile(r"\s*\(?([A-Za-z]{1,5})\b")
# Alef with hamza or madda to bare alef, Arabic-Indic and Persian digits to ours; direction marks, harakat and tatweel go.
_FOLD = str.maketrans(
    "أإآٱ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹",
    "اااا01234567890123456789",
    "\u200e\u200f\u202a\u202b\u202c\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0640",
)


class FeedDate(Struct, frozen=True):
    """A moment in UTC; with precision ``day`` it is the start of the outlet's calendar day."""

    at: datetime
    precision: Literal["instant", "day"] = "instant"


class _Words(Struct, frozen=True):
    months: dict[str, int]
    zones: dict[str, int]
    meridiem: dict[str, str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = tomllib.loads((resources.files("ingest") / "rules" / "feed_dates.toml").read_text("utf-8"))
    return _Words(data["months"], data["zones"], data["meridiem"])


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """The time zone of that IANA name. Raises ZoneInfoNotFoundError or ValueError where there is none."""
    return ZoneInfo(name)


def read_date(text: str, where: tzinfo) -> FeedDate | None:
    """The date that ``text`` says, read in ``where`` when it has no offset; None where it says none."""
    text = " ".join(text[:_LONGEST].translate(_FOLD).split())
    day = _day(text)
    if day is None:
        return None
    try:
        return _at(text, day, where)
    except (ValueError, OverflowError):
        return None


def believed(date: FeedDate | None, now: datetime) -> FeedDate | None:
    """The date where it can be true; up to a day ahead it is a clock or a zone gone wrong, and is taken as now."""
    if date is None or date.at < EARLIEST or date.at > now + timedelta(days=1):
        return None
    return date if date.at <= now else FeedDate(now, date.precision)


def _at(text: str, day: tuple[int, int, int], where: tzinfo) -> FeedDate:
    time = _TIME.search(text)
    if time is None:
        return FeedDate(datetime(*day, tzinfo=where).astimezone(UTC), "day")
    rest = text[time.end() :]
    local = datetime(*day, *_clock(time, rest), tzinfo=_offset(rest) or where)
    return FeedDate(local.astimezone(UTC))


def _day(text: str) -> tuple[int, int, int] | None:
    if match := _ISO.search(text) or _COMPACT.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DAY_FIRST.search(text):
        return int(match[3]), int(match[2]), int(match[1])
    return _named_day(text)


def _named_day(text: str) -> tuple[int, int, int] | None:
    if match := _NAMED.search(text):
        month = _month(match[2]) or _month(match[3])
        if month:
            return _full_year(int(match[4])), month, int(match[1])
    if (match := _MONTH_FIRST.search(text) or _ASCTIME.search(text)) and (month := _month(match[1])):
        return int(match[3]), month, int(match[2])
    return None


def _month(words: str) -> int | None:
    """Of «تشرين الأول», and of the last word in "Friday October"."""
    months = _words().months
    words = words.lower()
    return months.get(words) or months.get(words.rpartition(" ")[2]) or months.get(words.partition(" ")[0])


def _full_year(year: int) -> int:
    return year if year >= 100 else year + (2000 if year < 70 else 1900)


def _clock(time: re.Match[str], rest: str) -> tuple[int, int, int]:
    """Hour, minute and second; ``rest`` may say which half of the day («م»: afternoon). A leap second is the one before."""
    hour, minute, second = (int(part or 0) for part in (time.groups()[:3] if time[1] else time.groups()[3:]))
    half = _HALF.match(rest)
    said = _words().meridiem.get(half[1].lower()) if half else None
    if said and hour <= 12:
        hour = hour % 12 + (12 if said == "pm" else 0)
    return hour, minute, min(second, 59)


def _offset(rest: str) -> timezone | None:
    """Of what follows the time: "+0300", "-03:00", "GMT+3", or the abbreviation of a zone."""
    if match := _OFFSET.match(rest):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
    if match := _ZONE_WORD.match(rest):
        east = _words().zones.get(match[1].lower())
        return None if east is None else timezone(timedelta(minutes=east))
    return None
