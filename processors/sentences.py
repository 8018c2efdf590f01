"""Sentences and clauses of a folded text, by offsets and by word numbers.

A sentence ends at a line end or at ``. ! ؟ ?`` before a space; inside it, a clause begins at words that turn to another thing or
time (``[clauses]`` of ``lexicons/context.toml``) and after a semicolon.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache

from msgspec import Struct

from arabic.fold import Folded, fold
from processors.lexicon import read_table

_SENTENCE = re.compile(r"[^\n.!؟?]+(?:[.!؟?]+(?=\s|$)|\n|$)|[^\n]+")


class Sentence(Struct, frozen=True):
    """``start``, ``end``: folded offsets without blanks around; ``first``, ``stop``: word numbers (stop exclusive);
    ``clauses``: word numbers at which its clauses begin, the first being ``first``."""

    index: int
    start: int
    end: int
    first: int
    stop: int
    clauses: tuple[int, ...]

    def clause_of(self, word: int) -> tuple[int, int]:
        """First and stop word of the clause that holds a word."""
        at = bisect_right(self.clauses, word)
        begin = self.clauses[at - 1] if at else self.first
        return begin, self.clauses[at] if at < len(self.clauses) else self.stop


def split_sentences(folded: Folded) -> list[Sentence]:
    """The sentences of a text that hold a word, numbered from 0 over all non-blank pieces."""
    text, starts, sentences, number = folded.text, folded.starts, [], -1
    for match in _SENTENCE.finditer(text):
        piece = match.group()
        if not piece.strip():
            continue
        number += 1
        start = match.start() + len(piece) - len(piece.lstrip())
        end = match.start() + len(piece.rstrip())
        first, stop = bisect_left(starts, start), bisect_left(starts, end)
        if first < stop:
            sentences.append(Sentence(number, start, end, first, stop, _clauses(folded, first, stop)))
    return sentences


def _clauses(folded: Folded, first: int, stop: int) -> tuple[int, ...]:
    words, starts, begins = folded.words, folded.starts, [first]
    splits, text = _splits(), folded.text
    parted = any(mark in text[starts[first] : starts[stop - 1]] for mark in "؛;")
    for at in range(first + 1, stop):
        rows = splits.get(words[at])
        if (rows and any(tuple(words[at : at + len(row)]) == row for row in rows)) or (
            parted and any(mark in text[starts[at] - 2 : starts[at]] for mark in "؛;")
        ):
            begins.append(at)
    return tuple(begins)


@cache
def _splits() -> dict[str, list[tuple[str, ...]]]:
    rows: dict[str, list[tuple[str, ...]]] = {}
    for phrase in read_table("context.toml")["clauses"]["splits"]:
        row = tuple(fold(phrase).split())
        for variant in (row, ("و" + row[0], *row[1:])):
            rows.setdefault(variant[0], []).append(variant)
    return rows
