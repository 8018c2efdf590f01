"""The words of an evidence sentence that can tell one incident from another; read from ``words.json``."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec

from arabic.fold import fold
from arabic.stem import light_stem

_WORD = re.compile(r"\w+")


class Lexicon(msgspec.Struct, frozen=True):
    """Stems: ``silent`` say nothing of the incident, ``objects`` and ``times`` by class, ``quarters`` come before a name."""

    silent: frozenset[str]
    place_heads: frozenset[str]
    quarters: frozenset[str]
    objects: dict[str, str]
    times: dict[str, str]


class Details(msgspec.Struct, frozen=True):
    """What a sentence says of an incident beside its fields: content stems, classes of what was hit, time of day, quarters."""

    words: frozenset[str]
    objects: frozenset[str]
    times: frozenset[str]
    quarters: frozenset[str]


class _Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    silent: tuple[str, ...]
    place_heads: tuple[str, ...]
    quarters: tuple[str, ...]
    objects: dict[str, tuple[str, ...]]
    times: dict[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    source = msgspec.json.decode(files(__package__).joinpath("words.json").read_bytes(), type=_Source)
    return Lexicon(
        silent=frozenset(light_stem(fold(word)) for word in source.silent),
        place_heads=frozenset(fold(word) for word in source.place_heads),
        quarters=frozenset(fold(word) for word in source.quarters),
        objects=_classes(source.objects),
        times=_classes(source.times),
    )


def _classes(table: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {light_stem(fold(word)): name for name, words in table.items() for word in words}


def details(sentence: str) -> Details:
    """What the evidence sentence says of its incident."""
    known = lexicon()
    tokens = _WORD.findall(fold(sentence))
    stems = [light_stem(token) for token in tokens]
    return Details(
        words=frozenset(stem for stem in stems if len(stem) > 1 and stem not in known.silent),
        objects=frozenset(known.objects[stem] for stem in stems if stem in known.objects),
        times=frozenset(known.times[stem] for stem in stems if stem in known.times),
        quarters=frozenset(
            light_stem(after)
            for token, after in pairwise(tokens)
            if token in known.quarters or token[1:] in known.quarters
        ),
    )


def place_name(text: str) -> str:
    """A place's name as it is compared: folded, without «مدينة» (city), «ريف» (countryside of) and their like, without articles."""
    heads = lexicon().place_heads
    tokens = _WORD.findall(fold(text))
    while len(tokens) > 1 and (tokens[0] in heads or tokens[0].removeprefix("ال") in heads):
        tokens.pop(0)
    return " ".join(_bare(token) for token in tokens)


def _bare(token: str) -> str:
    """Without the article «ال»; a ba or waw before it goes too."""
    for prefix in ("وال", "بال", "ال", "لل"):
        if token.startswith(prefix) and len(token) - len(prefix) >= 2:
            return token[len(prefix) :]
    return token
