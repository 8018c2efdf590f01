"""From what a date expression says to calendar days, against the day of publication at the place of the outlet."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from hijridate import Gregorian, Hijri

from contracts.records import DateBasis, DatePrecision
from processors.date_reading import Fragment

# A day and month without a year lie in the past, unless they come within so many days: nobody dates what is ten months old so.
_SOON = 45
# A weekday that contradicts its date wins where both lie so near to each other and to publication (in days).
_NEAR = 10
# «منذ الأحد» lasts until publication; «منذ آذار 2020» dates what began then.
_LASTING = 31
_THIRDS = {"early": (1, 10), "middle": (11, 20), "late": (21, 31), "first_half": (1, 15), "second_half": (16, 31)}
_OF_YEAR = {"early": (1, 3), "middle": (5, 8), "late": (10, 12), "first_half": (1, 6), "second_half": (7, 12)}

_MIDNIGHT = frozenset({"منتصف ليل", "منتصف ليلة"})
Span = tuple[date, date]


class Resolved(NamedTuple):
    """The days that an expression means, both ends in; None where nothing fixes them."""

    start: date | None
    end: date | None
    precision: DatePrecision
    basis: DateBasis


UNKNOWN = Resolved(None, None, "unknown", "relative")


def resolve(found: Fragment, published: date | None, told: date | None = None) -> Resolved:
    """The calendar days of a fragment. ``published`` None: only what carries its own year is known; ``told``: the day that the text
    told last, from which «اليوم التالي» counts."""
    if found.back is not None:
        day = told + timedelta(found.back) if told else None
        return Resolved(day, day, "day", "relative") if day else UNKNOWN
    resolved = _resolve(found, published)
    if found.relative == (-1, -1):  # «اشتباكات منذ صباح أمس» are yesterday's news
        return resolved
    if not (found.since and published and resolved.start) or found.ago:
        return resolved
    lasting = resolved.start < published <= resolved.start + timedelta(_LASTING)
    return resolved._replace(end=published) if lasting else resolved


def _resolve(found: Fragment, published: date | None) -> Resolved:
    if found.month and (found.days or found.period):
        return _days(found, _month_span(found, published), published)
    if found.month:
        return _spanned(_month_span(found, published), "month", "explicit")
    if found.year:
        return _year(found, found.year)
    if published is None:
        return UNKNOWN
    if found.ago:
        return _ago(*found.ago, published)
    if found.unit:
        return _unit(found, *found.unit, published)
    if found.weekdays:
        return _weekdays(found, published)
    first, last = found.relative or (0, 0)
    return Resolved(published + timedelta(first), published + timedelta(last), "day", "relative")


def _spanned(span: Span | None, precision: DatePrecision, basis: DateBasis) -> Resolved:
    return Resolved(*span, precision, basis) if span else Resolved(None, None, "unknown", basis)


# Months and days


def _month_span(found: Fragment, published: date | None) -> Span | None:
    """The month that is meant, first to last day; a year that is missing comes from the publication."""
    assert found.month
    if found.year:
        return _month(found.year, found.month.number, found.month.hijri)
    if published is None:
        return None
    this_year = Gregorian(*published.timetuple()[:3]).to_hijri().year if found.month.hijri else published.year
    spans = [_month(year, found.month.number, found.month.hijri) for year in range(this_year - 2, this_year + 2)]
    return _nearest([span for span in spans if span], found, published)


def _month(year: int, month: int, hijri: bool) -> Span | None:
    if not hijri:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    try:
        first = Hijri(year, month, 1)
        start = date.fromordinal(first.to_gregorian().toordinal())
        return start, start + timedelta(first.month_length() - 1)
    except (OverflowError, ValueError):  # the tables know 1343 to 1500 AH
        return None


def _nearest(spans: list[Span], found: Fragment, published: date) -> Span | None:
    """The reading that the tense asks for: before, around or after the publication; without one the nearest past."""
    day = (found.days or (1,))[0]
    starts = [(span, span[0] + timedelta(min(day - 1, (span[1] - span[0]).days))) for span in spans]
    past_year = published.year - 1
    if found.year_tense == "past":
        return next((span for span, _ in starts if span[0].year == past_year), None)
    if found.tense == "ahead":
        return next((span for span, start in starts if start > published), None)
    if found.tense == "current" or found.year_tense == "current":
        return min(
            (span for span, _ in starts), key=lambda span: abs((span[0] + timedelta(15) - published).days), default=None
        )
    if found.tense == "past" and not found.days:
        return next((span for span, _ in reversed(starts) if span[1] < published), None)
    soon = timedelta(_SOON if found.days and found.tense != "past" else 0)
    plain = next(((span, start) for span, start in reversed(starts) if start <= published + soon), None)
    if found.weekdays and found.days and plain and abs((plain[1] - published).days) > _NEAR:
        return _year_of_weekday(starts, found.weekdays[0], published) or plain[0]
    return plain[0] if plain else None


def _year_of_weekday(starts: list[tuple[Span, date]], weekday: int, published: date) -> Span | None:
    """The month nearest to publication in whose year the day fell on this weekday."""
    fitting = [span for span, start in starts if start.weekday() == weekday]
    return min(fitting, key=lambda span: abs((span[0] - published).days), default=None)


def _days(found: Fragment, month: Span | None, published: date | None) -> Resolved:
    if month is None:
        return Resolved(None, None, "unknown", "explicit")
    first, last = found.days[:1] + found.days[-1:] or _THIRDS[found.period or "early"]
    length = (month[1] - month[0]).days + 1
    if found.days and last > length:
        return Resolved(None, None, "unknown", "explicit")
    start, end = month[0] + timedelta(first - 1), month[0] + timedelta(min(last, length) - 1)
    if found.weekdays and found.days and start == end and published:
        start = end = _by_weekday(start, found.weekdays[0], published)
    return Resolved(start, end, "day" if found.days else "week", "explicit")


def _by_weekday(day: date, weekday: int, published: date) -> date:
    """Where weekday and number contradict each other, the weekday that fits the publication wins; old dates keep their number."""
    candidate = _last_weekday(weekday, published)
    near = abs((candidate - day).days) <= _NEAR and abs((published - day).days) <= _NEAR
    return candidate if near and day.weekday() != weekday else day


def _year(found: Fragment, year: int) -> Resolved:
    if year < 1600:  # a Hijri year
        first, last = _month(year, 1, True), _month(year, 12, True)
        return _spanned((first[0], last[1]) if first and last else None, "year", "explicit")
    first_month, last_month = _OF_YEAR[found.period] if found.period else (1, 12)
    last_year = found.to_year or year
    end = date(last_year, last_month, monthrange(last_year, last_month)[1])
    return Resolved(date(year, first_month, 1), end, "year", "explicit")


# What only the publication fixes


def _last_weekday(weekday: int, published: date) -> date:
    return published - timedelta((published.weekday() - weekday) % 7)


def _weekdays(found: Fragment, published: date) -> Resolved:
    """The last such day on or before publication; «الماضي» before it, «المقبل» and «غدًا» after it."""
    last = _last_weekday(found.weekdays[-1], published)
    if found.tense == "past" and last == published:
        last -= timedelta(7)
    elif found.tense == "ahead" or (found.relative and found.relative[0] > 0):
        last += timedelta(7)
    if found.part_of_day in _MIDNIGHT:  # «منتصف ليل الأربعاء - الخميس»: Thursday begins then
        return Resolved(last, last, "day", "relative")
    return Resolved(last - timedelta((last.weekday() - found.weekdays[0]) % 7), last, "day", "relative")


def _unit(found: Fragment, unit: str, count: int, published: date) -> Resolved:
    """الأسبوع الماضي: the seven days before publication; الشهر الماضي: that month; الساعات الماضية: that day."""
    if (
        unit == "hour" and found.tense == "past"
    ):  # «الساعات الماضية» are those of the day, «الـ24 ساعة الماضية» begin the day before
        return Resolved(published - timedelta(max(1, count // 24) if count else 0), published, "day", "relative")
    if count == 0:
        return UNKNOWN
    if unit == "month":
        return _months(found, count, published)
    if unit == "year":
        return _years(found, count, published)
    days = count * (7 if unit == "week" else 1)
    precision: DatePrecision = "week" if unit == "week" else "day"
    if found.tense == "past":
        return Resolved(
            published - timedelta(days if unit == "week" else days - 1),
            published - timedelta(unit == "week"),
            precision,
            "relative",
        )
    if found.tense == "ahead":
        return Resolved(published + timedelta(1), published + timedelta(days), precision, "relative")
    return Resolved(published - timedelta(6), published, "week", "relative")


def _months(found: Fragment, count: int, published: date) -> Resolved:
    step = {"past": -1, "current": 0, "ahead": 1}[found.tense or "current"]
    first, last = sorted((_shifted(published, step), _shifted(published, step * count)))
    span = first, last.replace(day=monthrange(last.year, last.month)[1])
    if found.days or found.period:
        return _days(found, span, published)._replace(basis="relative")
    if step == 0:  # this month is told up to the day of publication
        return Resolved(first, published, "month", "relative")
    return Resolved(*span, "month", "relative")


def _shifted(day: date, months: int) -> date:
    """The first day of the month so many months away."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _years(found: Fragment, count: int, published: date) -> Resolved:
    step = {"past": -1, "current": 0, "ahead": 1}[found.tense or "current"]
    first, last = sorted((published.year + step, published.year + step * count))
    first_month, last_month = _OF_YEAR[found.period] if found.period else (1, 12)
    return Resolved(
        date(first, first_month, 1), date(last, last_month, monthrange(last, last_month)[1]), "year", "relative"
    )


def _ago(unit: str, count: int, published: date) -> Resolved:
    """قبل يومين: that day; قبل أسبوع, شهر, سنة: the week, month or year around it; قبل أيام: not known."""
    if unit == "hour":
        day = published - timedelta(count // 24)
        return Resolved(day, day, "day", "relative")
    if count == 0 or count > 3000:
        return UNKNOWN
    if unit == "day":
        day = published - timedelta(count)
        return Resolved(day, day, "day", "relative")
    if unit == "week":
        day = published - timedelta(7 * count)
        return Resolved(day - timedelta(3), day + timedelta(3), "week", "relative")
    if unit == "month":
        first = _shifted(published, -count)
        return Resolved(first, first.replace(day=monthrange(first.year, first.month)[1]), "month", "relative")
    if count >= published.year:
        return UNKNOWN
    return Resolved(date(published.year - count, 1, 1), date(published.year - count, 12, 31), "year", "relative")
