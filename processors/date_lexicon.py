"""Words of dates, read from ``lexicons/months.toml`` and ``lexicons/dates.toml`` and folded once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Generic, NamedTuple, TypeVar

from arabic.fold import fold

T = TypeVar("T")


class Phrases(Generic[T]):
    """Phrases of one word or more with what each means; the longest that fits wins."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], T]]] = {}

    def add(self, phrase: str, meaning: T, proclitics: Iterable[str] = ("",)) -> None:
        first, *rest = fold(phrase).split()
        for proclitic in proclitics:
            rows = self._by_first.setdefault(attach(proclitic, first), [])
            rows.append((tuple(rest), meaning))
            rows.sort(key=lambda row: -len(row[0]))

    def firsts(self) -> Iterable[str]:
        return self._by_first

    def seconds(self, first: str) -> set[str | None]:
        """The words that follow a first word in its phrases; None where it is a phrase alone."""
        return {rest[0] if rest else None for rest, _ in self._by_first.get(first, ())}

    def stands_in(self, words: list[str], first: int, stop: int) -> bool:
        """Whether a phrase begins among ``words[first:stop]``."""
        if self._by_first.keys().isdisjoint(words[first:stop]):
            return False
        return any(self.at(words, index) for index in range(first, stop))

    def at(self, words: list[str], index: int) -> tuple[T, int] | None:
        """What the phrase at ``index`` means, and the index after it."""
        rows = self._by_first.get(words[index]) if index < len(words) else None
        if rows is None:
            return None
        for rest, meaning in rows:
            if not rest:
                return meaning, index + 1
            end = index + 1 + len(rest)
            if tuple(words[index + 1 : end]) == rest:
                return meaning, end
        return None


def attach(proclitic: str, word: str) -> str:
    """The word with a proclitic: ل before the article gives لل."""
    return "لل" + word[2:] if proclitic == "ل" and word.startswith("ال") else proclitic + word


class MonthName(NamedTuple):
    """``weak``: also a common word or a person's name, so that something beside it must make it a month."""

    number: int
    hijri: bool
    weak: bool


class DateLexicon(NamedTuple):
    """Phrases by what they do in a date (see the tables of ``dates.toml``); sets hold folded words."""

    months: Phrases[MonthName]
    weekdays: Phrases[int]
    relative: Phrases[tuple[int, int]]
    back: Phrases[int]
    """Days after the day that was told before: اليوم نفسه, اليوم التالي."""
    parts_of_day: Phrases[str]
    day_words: Phrases[str]
    ordinals: Phrases[int]
    periods: Phrases[str]
    units: Phrases[tuple[str, int]]
    ago_units: Phrases[tuple[str, int]]
    ago: Phrases[str]
    tenses: dict[str, str]
    """past, current or ahead: الماضي, الجاري, المقبل."""
    sets: dict[str, frozenset[str]]
    starters: frozenset[str]
    """Words with which a date may begin, figures apart."""
    leads: dict[str, frozenset[str]]
    """Starters that are no date alone («في»), with the words one of which must follow («هذه الأثناء»)."""


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(files("processors").joinpath("lexicons", name).read_text("utf-8"))


@cache
def date_lexicon() -> DateLexicon:
    data, months = _toml("dates.toml"), _toml("months.toml")
    proclitics, words = data["proclitics"], data["words"]
    tables: dict[str, Any] = {
        "months": _phrases(_months(months), proclitics),
        "weekdays": _phrases(_inverted(data["weekdays"]), proclitics),
        "relative": _phrases(
            [*((k, (v, v)) for k, v in data["relative"].items()), *_pairs(data["nights"])], proclitics
        ),
        "back": _phrases(data["back"].items(), proclitics),
        "parts_of_day": _phrases(((word, word) for word in words["part_of_day"]), proclitics),
        "day_words": _phrases(((word, word) for word in words["day"]), proclitics),
        "ordinals": _phrases(_ordinals(), proclitics),
        "periods": _phrases(((form, third) for third, forms in data["periods"].items() for form in forms), proclitics),
        "units": _phrases(_pairs(data["units"]), proclitics),
        "ago_units": _phrases(_pairs(data["ago_units"]), ("",)),
        "ago": _phrases(((word, word) for word in words["ago"]), ("", "و")),
    }
    tenses = {fold(word): tense for tense in ("past", "current", "ahead") for word in words[tense]}
    named = {f"names.{key}": forms for key, forms in data["names"].items()}
    said = {f"saying.{key}": forms for key, forms in data["saying"].items()}
    sets = {key: frozenset(map(fold, forms)) for key, forms in {**words, **named, **said}.items()}
    years = {attach(proclitic, word) for word in sets["year"] for proclitic in proclitics}
    starters = years.union(sets["month_word"], *(table.firsts() for table in tables.values()))
    alone = years | sets["month_word"]
    leads = {}
    for word in starters - alone:
        seconds: set[str | None] = set().union(*(table.seconds(word) for table in tables.values()))
        if None not in seconds:
            leads[word] = frozenset(second for second in seconds if second)
    return DateLexicon(**tables, tenses=tenses, sets=sets, starters=frozenset(starters), leads=leads)


def _phrases(rows: Iterable[tuple[str, T]], proclitics: Iterable[str]) -> Phrases[T]:
    table: Phrases[T] = Phrases()
    for phrase, meaning in rows:
        table.add(phrase, meaning, proclitics)
    return table


def _pairs(rows: dict[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    return ((phrase, tuple(values)) for phrase, values in rows.items())


def _inverted(rows: dict[str, list[str]]) -> Iterator[tuple[str, int]]:
    return ((form, int(number)) for number, forms in rows.items() for form in forms)


def _months(data: dict[str, Any]) -> Iterator[tuple[str, MonthName]]:
    weak = set(map(fold, data["weak"]["names"]))
    for usage in ("levantine", "egyptian", "maghrebi", "hijri"):
        for form, number in _inverted(data[usage]):
            yield form, MonthName(number, usage == "hijri", fold(form) in weak)


_UNITS = ("الأول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع", "العاشر")


def _ordinals() -> Iterator[tuple[str, int]]:
    """Days of the month in ordinals, first to thirty-first."""
    yield "أول", 1  # أول تموز
    yield from ((word, number) for number, word in enumerate(_UNITS, 1))
    for number, word in enumerate(("الحادي", *_UNITS[1:9]), 1):
        yield f"{word} عشر", 10 + number  # الرابع عشر
        for tens in ("والعشرين", "والعشرون"):
            yield f"{word} {tens}", 20 + number
    for tens, number in (("العشرين", 20), ("العشرون", 20), ("الثلاثين", 30), ("الثلاثون", 30)):
        yield tens, number
    for tens in ("والثلاثين", "والثلاثون"):
        yield f"الحادي {tens}", 31
