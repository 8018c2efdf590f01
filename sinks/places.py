"""Keys under which a place filter finds the events inside a place: each event carries the keys of its whole chain."""

from __future__ import annotations

import re
from functools import lru_cache

from arabic.fold import fold
from arabic.latin import latin_key
from contracts.records import Event, Place
from sinks.countries import countries

# Words before a name that say what kind of place it is: محافظة، ولاية، مدينة، بلدة، قرية، ناحية، قضاء، مديرية، منطقة، حي، مخيم، إقليم, folded.
_HEADS = {"محافظه", "ولايه", "مدينه", "بلده", "قريه", "ناحيه", "قضاء", "مديريه", "منطقه", "حي", "مخيم", "اقليم"}
_LATIN_HEADS = {
    "governorate",
    "province",
    "state",
    "district",
    "region",
    "wilayah",
    "wilaya",
    "muhafazah",
    "city",
    "of",
    "countryside",
}
# ريف (countryside of), and sides: in a query they mean the governorate or town that they are of.
_SURROUNDINGS = {"ريف", "شمال", "شمالي", "جنوب", "جنوبي", "شرق", "شرقي", "غرب", "غربي", "وسط", "محيط", "ضواحي"}
_SIDES = {"الشمالي", "الجنوبي", "الشرقي", "الغربي", "الاوسط"}
# Governorates whose own name begins with ريف or its transcription: Rif Dimashq is not Damascus.
_OWN_NAMES = {"ريف دمشق", "rif dimashq", "rural damascus", "damascus countryside"}
_RURAL_DAMASCUS = "ريفدمشق"
_WORD = re.compile(r"[^\W_]+")
_DOUBLED = re.compile(r"([a-z])\1+")  # Daraa, Dar'a
_LATIN_ARTICLES = {"al", "el", "as", "ash", "ad", "ar", "at", "an", "az", "ez", "es"}
_LOOSE = "~"
_MIN_CONSONANTS = 3


def _bare(word: str) -> str:
    """Without the article, which one source writes and another leaves out."""
    return word[2:] if word.startswith("ال") and len(word) > 4 else word


def _joined(words: list[str]) -> str:
    kept = [_bare(word) for word in words if word not in _LATIN_ARTICLES] or words
    return _DOUBLED.sub(r"\1", "".join(kept))


def _words(name: str) -> list[str]:
    folded = re.sub(r"['’‘`ʿʾ]", "", fold(name))
    return _WORD.findall(folded)


def _inner(name: str) -> list[str]:
    """The words of the name without what kind of place it is."""
    words = _words(name)
    while len(words) > 1 and (_bare(words[0]) in _HEADS or words[0] in _LATIN_HEADS):
        words = words[1:]
    while len(words) > 1 and words[-1] in _LATIN_HEADS and " ".join(words) not in _OWN_NAMES:
        words = words[:-1]
    return words


def _key(words: list[str]) -> str:
    return _RURAL_DAMASCUS if " ".join(words) in _OWN_NAMES else _joined(words)


@lru_cache(maxsize=16384)
def place_key(name: str) -> str:
    """The name folded, without what kind of place it is, articles and spaces: «محافظة درعا» and «درعا» are one."""
    return _key(_inner(name))


def _outer_key(name: str) -> str:
    """The key of what surroundings belong to: درعا for «ريف درعا الشمالي», but ريف دمشق for «ريف دمشق الغربي»."""
    words = _inner(name)
    if words and words[0] in _SURROUNDINGS:
        while len(words) > 2 and words[-1] in _SIDES:
            words = words[:-1]
    while len(words) > 1 and words[0] in _SURROUNDINGS and " ".join(words) not in _OWN_NAMES:
        words = words[1:]
    return _key(words)


def query_keys(name: str) -> list[str]:
    """The keys that a place filter asks for; an event with any of them is inside."""
    return [key for key in dict.fromkeys((place_key(name), _outer_key(name))) if key]


@lru_cache(maxsize=16384)
def loose_key(name: str) -> str | None:
    """The consonant key of a Latin or Arabic name, tried where no event has the name itself; None where too little is left."""
    key = latin_key(" ".join(_inner(name))).replace(" ", "")
    return _LOOSE + key if len(key) >= _MIN_CONSONANTS else None


def _chain(place: Place) -> list[str]:
    return [name for name in (place.name, place.name_en, place.admin2, place.admin1, place.admin1_en) if name]


def event_country(event: Event) -> str | None:
    """The country of the place, failing that the one under which the event was merged; None where unknown."""
    if event.place and event.place.country:
        return event.place.country
    return event.key if event.key != "XX" else None


def event_keys(event: Event) -> set[str]:
    """Every key that finds the event: its place as the text has it, as it resolves, and all that contains it."""
    place, code = event.place, event_country(event)
    names = [place.text, *_chain(place)] if place else []
    keys = {place_key(name) for name in names}
    keys |= {key for name in names if (key := loose_key(name))}
    country = countries().get(code or "")
    if country:
        keys |= {place_key(name) for name in country.names}
    elif code:
        keys.add(place_key(code))
    return keys - {""}
