"""Whether a told thing happened, who says so, and whether it is news: negation, plans, claims, denials, background.

Cues are word rows of ``lexicons/factuality.toml``, read on the folded words of the sentence around a trigger.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from msgspec import Struct

from arabic.fold import fold
from processors.lexicon import Pattern, read_table
from processors.remembered import Remembered
from processors.sentences import Sentence

REACH = 4
"""Words before a trigger within which a negation or a plan governs it."""


class Cue(Struct, frozen=True):
    """A cue found: its kind, and the words (inclusive) on which it stands."""

    kind: str
    first: int
    last: int


@cache
def _cues() -> dict[str, tuple[tuple[str, Pattern], ...]]:
    """Patterns by the folded word they begin with."""
    rows: dict[str, list[tuple[str, Pattern]]] = {}
    for kind, sources in read_table("factuality.toml")["cues"].items():
        for source in sources:
            pattern = Pattern.parse(source)
            for stem in pattern.elements[0].stems:
                rows.setdefault(stem, []).append((kind, pattern))
    return {stem: tuple(entries) for stem, entries in rows.items()}


@cache
def _plain() -> dict[str, frozenset[str]]:
    """Single words that are no cue where another follows («لا» before «تزال»)."""
    source = read_table("factuality.toml")["not_before"]
    return {fold(word): frozenset(map(fold, nexts)) for word, nexts in source.items()}


def find_cues(words: Sequence[str], first: int, stop: int) -> list[Cue]:
    """All cues among ``words[first:stop]``."""
    found = []
    for at, cues in enumerate(map(_known.__getitem__, words[first:stop]), first):
        for kind, pattern, spared in cues:
            last = pattern.match(words, at, stop)
            if last is not None and not (last == at and at + 1 < stop and words[at + 1] in spared):
                found.append(Cue(kind, at, last))
    return found


def _cues_from(word: str) -> tuple[tuple[str, Pattern, frozenset[str]], ...]:
    """The cues that may begin at a word, each with the words after which its single word is none."""
    cues, spared, nothing = _cues(), _plain(), frozenset[str]()
    return tuple(
        (kind, pattern, spared.get(stem, nothing)) for stem in _starts(word) for kind, pattern in cues.get(stem, ())
    )


_known = Remembered(_cues_from)


def _starts(word: str) -> tuple[str, ...]:
    """The word, and the word without «و» or «ف»."""
    return (word, word[1:]) if len(word) > 2 and word[0] in "وف" else (word,)


def governs(cue: Cue, at: int) -> bool:
    """Whether a cue stands closely before the trigger at word ``at``."""
    return cue.last < at <= cue.last + REACH


def is_negated(cues: Sequence[Cue], at: int) -> bool:
    """«لم تقع اشتباكات», «دون وقوع انفجار»; «لا تزال» is none."""
    return any(cue.kind == "negation" and cue.last < at <= cue.last + 2 for cue in cues)


def is_hypothetical(cues: Sequence[Cue], at: int, sentence: Sentence) -> bool:
    """Fears, chances, conditions, calls to stop: nothing that happened."""
    begin, _ = sentence.clause_of(at)
    return any(
        (cue.kind == "possible" and governs(cue, at)) or (cue.kind == "appeal" and begin <= cue.first < at)
        for cue in cues
    )


def is_planned(cues: Sequence[Cue], at: int, *, future: bool) -> bool:
    """Announced, threatened or prepared; or a verb in the future (سيشن)."""
    return future or any(cue.kind == "plan" and cue.last < at <= cue.last + 5 for cue in cues)


def kinds(cues: Sequence[Cue], first: int, stop: int) -> set[str]:
    """The kinds of the cues that begin inside a stretch of words."""
    return {cue.kind for cue in cues if first <= cue.first < stop}
