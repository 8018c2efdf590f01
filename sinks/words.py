"""Words of a text and of a query, and the forms under which the two meet.

The words of a user are data: whatever stands in a query, what comes out is words of letters and digits, never syntax.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from arabic.fold import fold
from arabic.latin import latin_key
from arabic.stem import clitics, light_stem

MAX_TEXT = 1_000
"""Code points of a query's text that are read."""
MAX_TERMS = 24
"""Words and phrases of a query that count."""
MAX_PHRASE = 12

_QUOTED = re.compile('["“”«»„]')
WORD = re.compile(r"[0-9]+|[^\W\d_]+")
"""A word of a folded text."""
_LATIN = re.compile(r"[a-z]+")
_MIN_BARE = 4  # letters left: with three, لجنة (committee) would be read as ل and جنة (heaven)
_MIN_CONSONANTS = 3
_PARTICLES = frozenset("وفبكل") | {"وب", "ول", "وك", "فب", "فل", "وبال", "ولل", "فال", "فلل"}  # and, so, in, as, for
_BEFORE_PHRASE = ("", "و", "ف", "ب", "ل", "ك", "وب", "ول")


class Term(Struct, frozen=True):
    """What must be found: one word, or a phrase of several in this order (all folded)."""

    words: tuple[str, ...]
    phrase: bool = False

    @property
    def word(self) -> str:
        return self.words[0]


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order: those of ``Folded.words``, without the cost of its way back to the original."""
    return WORD.findall(fold(text))


@lru_cache(maxsize=65536)
def bare_forms(word: str) -> tuple[str, ...]:
    """A folded word without a written-on و ف ب ك ل, and the stem of that: «وبجاسم» gives جاسم. Empty where none may be there."""
    bare = {
        stem for pro, stem, enclitic in clitics(word) if pro in _PARTICLES and not enclitic and len(stem) >= _MIN_BARE
    }
    return tuple(sorted(bare | {light_stem(stem) for stem in bare}))


@lru_cache(maxsize=4096)
def forms(word: str) -> frozenset[str]:
    """All forms under which a folded word is looked for and found: itself, its stem, what is left without particles."""
    return frozenset((word, light_stem(word), *bare_forms(word)))


@lru_cache(maxsize=4096)
def consonants(word: str) -> str | None:
    """The loose key of a word; None where it says too little to search by."""
    key = latin_key(word).replace(" ", "")
    return key if len(key) >= _MIN_CONSONANTS else None


def is_latin(word: str) -> bool:
    """Whether a folded word is of Latin letters alone, so that an Arabic name may be meant by its sound."""
    return _LATIN.fullmatch(word) is not None


def phrase_starts(word: str) -> tuple[str, ...]:
    """The forms that the first word of a phrase takes with a particle before it: والجيش، بالجيش، للجيش."""
    with_particle = [particle + word for particle in _BEFORE_PHRASE]
    if word.startswith("ال"):
        with_particle += ["ل" + word[1:], "ول" + word[1:]]
    return tuple(with_particle)


def parse(text: str | None) -> tuple[Term, ...] | None:
    """The terms of a query's text: words, and phrases between quotes. None: no text was given, so that nothing is restricted;
    an empty tuple: a text without a single word, which nothing matches."""
    if text is None or not fold(text[:MAX_TEXT]).strip():
        return None
    terms: list[Term] = []
    for number, part in enumerate(_QUOTED.split(text[:MAX_TEXT])):
        words = words_of(part)
        if number % 2 and len(words) > 1:
            terms.append(Term(tuple(words[:MAX_PHRASE]), phrase=True))
        else:
            terms += [Term((word,)) for word in words]
    return tuple(dict.fromkeys(terms))[:MAX_TERMS]
