"""Reads one date expression from a word on into a fragment: what the words say, before any calendar is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from arabic.fold import Folded
from arabic.numbers import Number
from processors.date_lexicon import MonthName, date_lexicon

# 14/10/2022, 14-10-2022, 2022-10-14, 14.10.2022; and day with month alone.
_FULL = re.compile(
    r"(?<![\d/.:-])(?:(\d{4}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{1,2})|(\d{1,2}) ?([-/.]) ?(\d{1,2}) ?\6 ?(\d{4}))(?![\d/:-])"
)
_DAY_MONTH = re.compile(r"(?<![\d/.:-])(\d{1,2})[-/](\d{1,2})(?![\d/.:-])")
_BRACKET = re.compile(r"\s*[(]?\s*")
_SPACE = re.compile(r"\s*[،,(\[]?\s*")
_JOINT = re.compile(r"\s*[)\]]?\s*[،,(\[]?\s*")
_SLASH = re.compile(r"\s*[/\\(\-–]\s*|\s+")
_BLANKS = re.compile(r"\s+")
_TO = frozenset({"الي", "علي"})  # «الجمعة على السبت»
_DASH = re.compile(r"\s*[-–/]\s*|\s+")
# «في المائة العام المقبل»: a hundred is no number of days, weeks or years.
_MOST_UNITS = 90
_HIJRI_YEARS, _YEARS = range(1343, 1501), range(1900, 2100)


@dataclass(slots=True)
class Fragment:
    """What a date expression says. ``first`` and ``last`` (exclusive) count words. ``days``: one day of a month, or the first and last;
    ``back``: days after the day that the text told last; ``ago``: (unit, how many; 0 unknown) before publication; ``unit``: (unit, how many) with a tense (الأسبوع الماضي)."""

    first: int
    last: int
    relative: tuple[int, int] | None = None
    back: int | None = None
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    month: MonthName | None = None
    year: int | None = None
    to_year: int | None = None
    year_tense: str | None = None
    tense: str | None = None
    period: str | None = None
    unit: tuple[str, int] | None = None
    ago: tuple[str, int] | None = None
    part_of_day: str | None = None
    since: bool = False


class Reader:
    """Reads fragments of one text. ``numbers``: those of the text, by the index of their first word."""

    def __init__(self, text: Folded, numbers: dict[int, Number]) -> None:
        self._text, self._words, self._numbers = text, text.words, numbers
        self._lexicon = date_lexicon()

    def read(self, index: int) -> Fragment | None:
        """The date expression that begins at a word, or None."""
        found = Fragment(index, index)
        if not self._ago(found):
            self._day(found)
        if found.back is None:
            self._calendar(found)
        if not self._holds(found):
            return None
        before = self._words[found.first - 1] if found.first else ""
        found.since = found.since or before.removeprefix("و") in self._lexicon.sets["since"]
        return found

    # Each of the readers below takes what it finds from ``found.last`` on, and moves it.

    def _gap(self, index: int, allowed: re.Pattern[str]) -> bool:
        """Whether nothing but the allowed signs stands before the word at ``index``."""
        if index >= len(self._words):
            return False
        end = self._text.starts[index - 1] + len(self._words[index - 1]) if index else 0
        return allowed.fullmatch(self._text.text, end, self._text.starts[index]) is not None

    def _ago(self, found: Fragment) -> bool:
        """قبل يومين, منذ ثلاثة أيام, قبل نحو أسبوعين."""
        lead = self._lexicon.ago.at(self._words, found.last)
        if not lead or self._lexicon.relative.at(self._words, found.last):
            return False
        at, count = lead[1], None
        while at < len(self._words) and self._words[at] in self._lexicon.sets["about"]:
            at += 1
        if at in self._numbers and self._gap(at, _SPACE):
            count, at = self._numbers[at].value, self._numbers[at].last
        unit = self._lexicon.ago_units.at(self._words, at)
        if not unit or not self._gap(at, _SPACE) or (count is None and self._names_a_day(unit[1])):
            return False
        name, many = unit[0]
        found.ago, found.last = (name, count if count is not None else many), unit[1]
        return True

    def _names_a_day(self, index: int) -> bool:
        """«منذ عام 2011», «قبل يوم الجمعة», «منذ شهر آب»: what follows the unit is a date, so nothing is counted back."""
        if not self._gap(index, _SPACE):
            return False
        calendar = self._lexicon.weekdays.at(self._words, index) or self._lexicon.months.at(self._words, index)
        return calendar is not None or self._is_year(index) or self._words[index].isdigit()

    def _day(self, found: Fragment) -> None:
        """Parts of the day, «يوم», a day that the publication fixes, a weekday or two."""
        while self._part_of_day(found):
            pass
        back = self._lexicon.back.at(self._words, found.last)
        if back and (found.last == found.first or self._gap(found.last, _SPACE)):
            found.back, found.last = back
            return
        relative = self._lexicon.relative.at(self._words, found.last)
        if (
            relative
            and (found.last == found.first or self._gap(found.last, _SPACE))
            and self._is_today(found, relative)
        ):
            found.relative, found.last = relative
        self._weekday(found)

    def _part_of_day(self, found: Fragment) -> bool:
        """Takes «مساء», «ليلة», «يوم»; whether there was one."""
        part = self._lexicon.parts_of_day.at(self._words, found.last)
        word = part or self._lexicon.day_words.at(self._words, found.last)
        if word is None or (found.last > found.first and not self._gap(found.last, _SPACE)):
            return False
        found.part_of_day, found.last = part[0] if part else found.part_of_day, word[1]
        return True

    def _is_today(self, found: Fragment, relative: tuple[tuple[int, int], int]) -> bool:
        """«اليوم» is also "the day": not after «في», not before «نفسه» or «التالي», not as the name of a newspaper."""
        sets = self._lexicon.sets
        following = self._words[relative[1]] if self._gap(relative[1], _SPACE) else ""
        if relative[0] != (0, 0) or not self._words[found.last].endswith(("اليوم", "لليوم")):
            return following not in sets["names.after_yesterday"]
        if following in sets["names.after_today"]:
            return False
        if self._lexicon.weekdays.at(self._words, relative[1]) and self._gap(relative[1], _BRACKET):
            return True
        start, end = (
            self._text.starts[found.last],
            self._text.starts[relative[1] - 1] + len(self._words[relative[1] - 1]),
        )
        quoted = self._text.text[start - 1 : start] in '«"“' and self._text.text[end : end + 1] in '»"”'
        before = self._words[found.last - 1] if found.last and self._gap(found.last, _SPACE) else ""
        return not (quoted and start) and (found.last > found.first or before not in sets["names.before_today"])

    def _weekday(self, found: Fragment) -> None:
        weekday = self._lexicon.weekdays.at(self._words, found.last)
        begun = found.last > found.first
        if not weekday or (begun and (self._words[found.last][0] == "و" or not self._gap(found.last, _JOINT))):
            return
        if self._names_something(found, weekday[1], "weekday"):
            return
        found.weekdays, found.last = (weekday[0],), weekday[1]
        at = found.last
        to = at < len(self._words) and found.part_of_day and self._words[at] in _TO and self._gap(at, _SPACE)
        second = self._lexicon.weekdays.at(self._words, at + bool(to))  # «ليلة السبت إلى الأحد»
        joined = to or (at < len(self._words) and (self._words[at].startswith("و") or found.part_of_day))
        if second and self._gap(at + bool(to), _DASH) and (joined or not self._gap(at, _BLANKS)):
            found.weekdays, found.last = (*found.weekdays, second[0]), second[1]

    def _names_something(self, found: Fragment, after: int, kind: str) -> bool:
        sets = self._lexicon.sets
        following = self._words[after] if self._gap(after, _SPACE) else ""
        before = self._words[found.first - 1] if found.first and self._gap(found.first, _BLANKS) else ""
        names = sets[f"names.before_{kind}"]
        return following in sets[f"names.after_{kind}"] or before in names or before[1:] in names

    def _calendar(self, found: Fragment) -> None:
        """Day of the month, month, year, and their tenses; or a unit with its tense."""
        if found.ago:
            return
        begun = found.last > found.first
        if begun and (not self._gap(found.last, _JOINT) or self._words[found.last][0] == "و"):
            return
        before = found.last
        while begun and found.last < len(self._words) and self._words[found.last] in self._lexicon.sets["same_as"]:
            found.last += 1  # «الثلاثاء الموافق لـ 12 أيلول»
        self._month_and_year(found, begun)
        if not found.month and not found.year and not found.unit:
            found.last = before

    def _month_and_year(self, found: Fragment, begun: bool) -> None:
        if self._numeric(found, begun):
            return
        mark = found.last
        self._period(found)
        self._days(found)
        if not self._month(found) and not self._unit(found, mark) and not self._year(found):
            found.last, found.days, found.period = mark, (), None
        self._tense(found)

    def _numeric(self, found: Fragment, begun: bool) -> bool:
        if found.last >= len(self._words) or not self._words[found.last].isdigit():
            return False
        start = self._text.starts[found.last]
        match = _FULL.match(self._text.text, start)
        if match:
            year, month, day = (match[1], match[3], match[4]) if match[1] else (match[8], match[7], match[5])
            return self._take_numeric(found, int(day), int(month), int(year), match.end())
        match = _DAY_MONTH.match(self._text.text, start) if begun or self._is_dated(found.last) else None
        return match is not None and self._take_numeric(found, int(match[1]), int(match[2]), None, match.end())

    def _is_dated(self, index: int) -> bool:
        return index > 0 and self._words[index - 1] in self._lexicon.sets["dated"]

    def _take_numeric(self, found: Fragment, day: int, month: int, year: int | None, end: int) -> bool:
        if month > 12 >= day:  # written month first
            day, month = month, day
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return False
        if year is not None and year not in _YEARS and year not in _HIJRI_YEARS:
            return False
        hijri = year in _HIJRI_YEARS if year else False
        found.days, found.month, found.year = (day,), MonthName(month, hijri, False), year
        while found.last < len(self._words) and self._text.starts[found.last] < end:
            found.last += 1
        self._era(found)
        return True

    def _period(self, found: Fragment) -> None:
        period = self._lexicon.periods.at(self._words, found.last)
        if period:
            found.period, found.last = period

    def _days(self, found: Fragment) -> None:
        first = self._day_of_month(found.last)
        if not first:
            return
        found.days, found.last = (first[0],), first[1]
        at = found.last
        if at < len(self._words) and self._words[at] in self._lexicon.sets["to"]:
            at += 1
        second = self._day_of_month(at)
        joined = at > found.last or (second and not self._gap(at, _BLANKS) and self._gap(at, _DASH))
        if second and joined and second[0] > first[0]:
            found.days, found.last = (first[0], second[0]), second[1]
        while found.last < len(self._words) and self._words[found.last] in self._lexicon.sets["of_month"]:
            found.last += 1

    def _day_of_month(self, index: int) -> tuple[int, int] | None:
        word = self._words[index] if index < len(self._words) else ""
        if word.isdigit():
            return (int(word), index + 1) if len(word) < 3 and 1 <= int(word) <= 31 else None
        if (
            index > 0 and self._words[index - 1].removeprefix("و") in self._lexicon.sets["ranked"]
        ):  # «الأسبوع الثاني من تشرين الأول»
            return None
        return self._lexicon.ordinals.at(self._words, index)

    def _month(self, found: Fragment) -> bool:
        at, said = found.last, False
        if at < len(self._words) and self._words[at] in self._lexicon.sets["month_word"]:
            at, said = at + 1, True
        month = self._lexicon.months.at(self._words, at)
        if not month or (at > found.first and not self._gap(at, _JOINT)):
            return False
        before, found.month, found.last = found.last, month[0], month[1]
        twin = self._lexicon.months.at(self._words, found.last)
        if twin and twin[0].number == month[0].number and self._gap(found.last, _SLASH):
            found.last, said = twin[1], True
        self._year_after_month(found)
        named = not found.year and self._names_something(found, found.last, "month")
        if not named and self._month_is_meant(found, said):
            return True
        found.month, found.year, found.last = None, None, before
        return False

    def _month_is_meant(self, found: Fragment, said: bool) -> bool:
        month, sets = found.month, self._lexicon.sets
        if month is None or said or found.days or found.period or found.year or found.year_tense:
            return month is not None
        following = self._words[found.last] if self._gap(found.last, _SPACE) else ""
        if following in self._lexicon.tenses:
            return True
        before = self._words[found.first - 1] if found.first else ""
        return not month.weak and (before in sets["before_month"] or self._words[found.first][0] in "لب")

    def _year_after_month(self, found: Fragment) -> None:
        """2022; من عام 2022; من العام الماضي."""
        at = found.last
        while at < len(self._words) and self._words[at] in self._lexicon.sets["of_year"] and self._gap(at, _JOINT):
            at += 1
        if not self._gap(at, _JOINT):
            return
        if self._words[at] in self._lexicon.tenses and at > found.last:
            found.year_tense, found.last = self._lexicon.tenses[self._words[at]], at + 1
        elif self._is_year(at):
            found.year, found.last = int(self._words[at]), at + 1
            self._era(found)

    def _era(self, found: Fragment) -> None:
        if found.last < len(self._words) and self._words[found.last] in ("ه", "م", "هجري", "ميلادي"):  # AH, AD
            found.last += 1

    def _is_year(self, index: int) -> bool:
        word = self._words[index] if index < len(self._words) else ""
        return len(word) == 4 and word.isdigit() and (int(word) in _YEARS or int(word) in _HIJRI_YEARS)

    def _unit(self, found: Fragment, mark: int) -> bool:
        """الأسبوع الماضي, الساعات الـ24 الماضية, الثلاثة أيام الماضية, 25 الشهر الماضي."""
        lexicon, at, count = self._lexicon, found.last, None
        number = self._numbers.get(mark)
        if (
            number and number.value <= _MOST_UNITS and (number.definite or (mark > 0 and self._words[mark - 1] == "ال"))
        ):  # «الثلاثة أيام», «الـ48 ساعة»
            at, count = number.last, number.value
        unit = lexicon.units.at(self._words, at) or (lexicon.ago_units.at(self._words, at) if count else None)
        if not unit:
            return False
        at = unit[1]
        if at < len(self._words) and self._words[at] == "ال":  # «الـ 24»
            at += 1
        if at in self._numbers:
            count, at = self._numbers[at].value, self._numbers[at].last
        if at < len(self._words) and self._words[at] in lexicon.sets["few"]:
            at += 1
        tense = lexicon.tenses.get(self._words[at]) if self._gap(at, _SPACE) else None
        if tense is None or (found.days and unit[0][0] != "month") or (mark > found.first and not found.days):
            return False
        found.unit, found.tense, found.last = (unit[0][0], count or unit[0][1]), tense, at + 1
        if count:
            found.days = ()
        return True

    def _year(self, found: Fragment) -> bool:
        """عام 2014, في 2014, بين 2017 و2020."""
        if found.days:
            return False
        at, sets = found.last, self._lexicon.sets
        said = at < len(self._words) and self._words[at].removeprefix("و").removeprefix("ل") in sets["year"]
        led = at > 0 and self._words[at - 1] in sets["before_year"]
        at += said
        if not (said or led or found.period) or not self._is_year(at) or not self._gap(at, _SPACE):
            return False
        if not said and not self._year_stands_alone(at):
            return False
        found.year, found.last = int(self._words[at]), at + 1
        self._year_range(found)
        self._era(found)
        return True

    def _year_stands_alone(self, at: int) -> bool:
        """Nothing is counted by it, and it is no part of a score or a telephone number."""
        after = self._text.starts[at] + 4
        if self._text.text[after : after + 1] in ("-", "/", "%") or int(self._words[at]) not in _YEARS:
            return False
        following = self._words[at + 1] if self._gap(at + 1, _BLANKS) else ""
        return following not in self._lexicon.sets["counted"]

    def _year_range(self, found: Fragment) -> None:
        at = found.last
        if at < len(self._words) and self._words[at] in self._lexicon.sets["to"]:
            at += 1
        joined = at > found.last or self._gap(at, _DASH)
        if joined and self._is_year(at) and found.year and int(self._words[at]) > found.year:
            found.to_year, found.last = int(self._words[at]), at + 1

    def _tense(self, found: Fragment) -> None:
        if found.tense or not (found.weekdays or found.month) or found.year or not self._gap(found.last, _SPACE):
            return
        tense = self._lexicon.tenses.get(self._words[found.last])
        if tense:
            found.tense, found.last = tense, found.last + 1

    def _holds(self, found: Fragment) -> bool:
        return found.back is not None or any(
            (found.relative, found.weekdays, found.month, found.year, found.unit, found.ago)
        )
