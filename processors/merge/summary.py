"""One sentence that says an event in Arabic, and one in English, built from its fields; words in ``summary.json``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from contracts.records import Actor, Count, Event, Place
from contracts.taxonomy import PLOVER, SUB_EVENTS
from processors.merge.features import TOLLS

_TWO_SIDED = frozenset({"armed_clash", "agreement"})
_MOST_ACTORS = 3
_TENS, _HUNDREDS = 20, 200
"""What «عشرات» (tens) and «مئات» (hundreds) are counted as, open above."""


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    persons_ar: dict[str, tuple[str, ...]]
    none_ar: dict[str, str]
    phrases_ar: dict[str, str]
    status_ar: dict[str, str]
    background_ar: str
    disputed_ar: str
    denial_ar: str
    status_en: dict[str, str]
    months_ar: tuple[str, ...]
    months_en: tuple[str, ...]


@cache
def _words() -> _Words:
    return msgspec.json.decode(files(__package__).joinpath("summary.json").read_bytes(), type=_Words)


def summaries(event: Event) -> tuple[str, str]:
    """The Arabic and the English sentence."""
    return _arabic(event), _english(event)


def _arabic(event: Event) -> str:
    words = _words()
    head = [_type_ar(event), *_actors_ar(event), *_where_ar(event.place), *_when_ar(event)]
    tolls = [persons_ar(name, count) for name in TOLLS if (count := getattr(event, name))]
    tail = [f"{words.phrases_ar['toll']}: {' و'.join(tolls)}"] if tolls else []
    tail += [words.disputed_ar] if "killed" in event.disputed else []
    tail += [words.status_ar[event.status]] if event.status in words.status_ar else []
    tail += [words.denial_ar] if "status" in event.disputed else []
    tail += [words.background_ar] if event.background else []
    return "، ".join([" ".join(head), *tail]) + "."


def _type_ar(event: Event) -> str:
    if event.sub_event_type in SUB_EVENTS:
        return SUB_EVENTS[event.sub_event_type].name_ar
    return PLOVER[event.plover][1] if event.plover in PLOVER else _words().phrases_ar["unknown"]


def _actors_ar(event: Event) -> list[str]:
    phrases = _words().phrases_ar
    who, whom = _names_ar(event.initiators), _names_ar(event.targets)
    if event.sub_event_type in _TWO_SIDED and who and whom:
        return [f"{phrases['between']} {who} {phrases['and']}{whom}"]
    against = {"arrests": "of", "abduction_forced_disappearance": "of", "agreement": "with"}
    parts = [f"{phrases['by']} {who}"] if who else []
    return parts + ([f"{phrases[against.get(event.sub_event_type or '', 'against')]} {whom}"] if whom else [])


def _names_ar(actors: Sequence[Actor]) -> str:
    return " و".join(dict.fromkeys(actor.name or actor.text for actor in actors[:_MOST_ACTORS]))


def _where_ar(place: Place | None) -> list[str]:
    if place is None:
        return []
    name = place.name or place.text
    unit = f" ({place.admin1})" if place.admin1 and place.admin1 != name else ""
    return [f"{_words().phrases_ar['in']} {name}{unit}"]


def _when_ar(event: Event) -> list[str]:
    start, phrases = event.date_start, _words().phrases_ar
    if start is None:
        return []
    month = _words().months_ar[start.month - 1]
    if event.date_precision in ("month", "year"):
        return [
            f"{phrases['during']} {month} {start.year}"
            if event.date_precision == "month"
            else f"{phrases['during']} {start.year}"
        ]
    if event.date_end and event.date_end != start:
        return [f"{phrases['from']} {_day_ar(start)} {phrases['to']} {_day_ar(event.date_end)}"]
    return [f"{phrases['on']} {_day_ar(start)}"]


def _day_ar(day: date) -> str:
    return f"{day.day} {_words().months_ar[day.month - 1]} {day.year}"


def persons_ar(name: str, count: Count) -> str:
    """A toll in words: «قتيلان» (two killed), «3 قتلى», «11 قتيلًا», «عشرات الجرحى» (tens of injured), «5 قتلى على الأقل» (at least)."""
    words, phrases = _words(), _words().phrases_ar
    forms = words.persons_ar[name]
    if count.high is None:
        if count.low in (_TENS, _HUNDREDS):
            return f"{phrases['tens' if count.low == _TENS else 'hundreds']} {forms[5]}"
        some = f"{phrases['some']} {forms[5]}"
        return some if count.low <= 1 else f"{_number_ar(count.low, forms)} {phrases['at_least']}"
    if count.high == 0:
        return words.none_ar.get(name, f"0 {forms[4]}")
    if count.low != count.high:
        return f"{phrases['between']} {count.low} {phrases['and']}{_counted_ar(count.high, forms)}"
    return _number_ar(count.low, forms)


def _number_ar(number: int, forms: Sequence[str]) -> str:
    """A number with its noun: one and two are said by the noun itself."""
    return forms[number - 1] if number in (1, 2) else _counted_ar(number, forms)


def _counted_ar(number: int, forms: Sequence[str]) -> str:
    """A figure and its noun: plural after 3 to 10, accusative singular after 11 to 99, else the genitive singular."""
    last = number % 100
    return f"{number} {forms[2] if 3 <= last <= 10 else forms[3] if last >= 11 else forms[4]}"


def _english(event: Event) -> str:
    head = [_type_en(event), *_actors_en(event), *_where_en(event.place), *_when_en(event)]
    tolls = [persons_en(name, count) for name in TOLLS if (count := getattr(event, name))]
    notes = [_words().status_en[event.status]] if event.status in _words().status_en else []
    notes += ["number of killed disputed"] if "killed" in event.disputed else []
    notes += ["denied by some"] if "status" in event.disputed else []
    notes += ["recalled as background"] if event.background else []
    text = " ".join(head) + (f": {', '.join(tolls)}" if tolls else "")
    return text + (f" ({'; '.join(notes)})" if notes else "") + "."


def _type_en(event: Event) -> str:
    if event.sub_event_type in SUB_EVENTS:
        return SUB_EVENTS[event.sub_event_type].name_en
    return (event.plover or "event").capitalize()


def _actors_en(event: Event) -> list[str]:
    who, whom = _names_en(event.initiators), _names_en(event.targets)
    if event.sub_event_type in _TWO_SIDED and who and whom:
        return [f"between {who} and {whom}"]
    parts = [f"by {who}"] if who else []
    return parts + ([f"{'of' if event.sub_event_type == 'arrests' else 'against'} {whom}"] if whom else [])


def _names_en(actors: Sequence[Actor]) -> str:
    return " and ".join(dict.fromkeys(actor.name_en or actor.name or actor.text for actor in actors[:_MOST_ACTORS]))


def _where_en(place: Place | None) -> list[str]:
    if place is None:
        return []
    name = place.name_en or place.name or place.text
    chain = [name, *(one for one in (place.admin1_en, place.country) if one and one != name)]
    return ["in " + ", ".join(chain)]


def _when_en(event: Event) -> list[str]:
    start = event.date_start
    if start is None:
        return []
    if event.date_precision == "year":
        return [f"in {start.year}"]
    if event.date_precision == "month":
        return [f"in {_words().months_en[start.month - 1]} {start.year}"]
    if event.date_end and event.date_end != start:
        return [f"from {_day_en(start)} to {_day_en(event.date_end)}"]
    return [f"on {_day_en(start)}"]


def _day_en(day: date) -> str:
    return f"{day.day} {_words().months_en[day.month - 1]} {day.year}"


def persons_en(name: str, count: Count) -> str:
    """A toll in words: «4 killed», «at least 5 injured», «some killed»."""
    if count.high is None:
        return f"some {name}" if count.low <= 1 else f"at least {count.low} {name}"
    if count.high == 0:
        return f"none {name}"
    return f"{count.low} {name}" if count.low == count.high else f"{count.low} to {count.high} {name}"
