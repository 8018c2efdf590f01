"""Diacritics as evidence, read before folding takes them away: newsrooms write one only where it decides the reading."""

from __future__ import annotations

import re
from functools import lru_cache

from arabic.fold import CONTROLS, MARKS, TATWEEL

DAMMA, FATHA, KASRA, SHADDA, FATHATAN = "\u064f", "\u064e", "\u0650", "\u0651", "\u064b"

_SKIPPED = re.compile(f"[{CONTROLS}{TATWEEL}]")
_LETTER = re.compile(f"([^{MARKS}])([{MARKS}]*)")
_CONJUNCTIONS = "وف"  # and, so
_IMPERFECT = "يتن"  # he, she, we; alef is left out, since أُصيب is a perfect


def letters(word: str) -> list[tuple[str, str]]:
    """The letters of an unfolded word, each with its marks."""
    return [(match[1], match[2]) for match in _LETTER.finditer(_SKIPPED.sub("", word))]


@lru_cache(maxsize=4096)
def is_passive_marked(word: str) -> bool:
    """Whether a verb as the text writes it carries the vowel of the passive: قُتل, وأُصيب, اعتُقل, يُقتَل.

    The word is taken for a verb. In the imperfect a damma on the prefix is also that of an active derived form (يُقاتِل): there
    a kasra, or more than three radicals without a fatha, means active."""
    signs = letters(word)
    if len(signs) > 3 and signs[0][0] in _CONJUNCTIONS and DAMMA not in signs[0][1]:
        signs = signs[1:]
    if len(signs) < 3:
        return False
    (first, first_marks), rest = signs[0], signs[1:]
    if DAMMA in first_marks:
        return first not in _IMPERFECT or _passive_imperfect(rest)
    # Eighth and tenth form: the helping alef, then a damma near the inserted ت (اعتُقل, اتُّهم, استُهدف); not the article (المُدن).
    article = rest[0][0] == "ل" and rest[1][0] != "ت"
    return first in "اٱ" and not article and any(DAMMA in marks for _, marks in rest[:3])


def _passive_imperfect(rest: list[tuple[str, str]]) -> bool:
    if any(KASRA in marks for _, marks in rest):
        return False
    return any(FATHA in marks for _, marks in rest[1:]) or len(rest) == 3


def is_dual_marked(word: str) -> bool:
    """Whether a word in -ين carries the vowel of the dual (مدنيَّين, مواطنَين): a fatha where the plural has a kasra."""
    signs = letters(word)
    return len(signs) > 3 and signs[-2][0] == "ي" and FATHA in signs[-3][1]


def has_shadda(word: str) -> bool:
    """Whether any letter is doubled by a mark: قتّل is to massacre, قتل to kill."""
    return SHADDA in word


def has_tanwin_accusative(word: str) -> bool:
    """Whether the word ends in the indefinite accusative (شخصًا, شخصاً): an object, a specified noun after 11–99, an adverb."""
    return FATHATAN in "".join(mark + letter for letter, mark in letters(word)[-2:])
