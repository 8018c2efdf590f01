"""The words of one text as the readers of places see them: borders, gaps, sentences."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property

from arabic.fold import Folded
from processors.place_grammar import Grammar

QUOTES = " \"«»“”()'’‘[]"
_VALLEY, _LED_TO = "وادي", "أدى"
_SENTENCE_END = re.compile(r"[.!؟?\n;؛]")


class PlaceWords:
    """A folded text with its words, and the grammar of places."""

    def __init__(self, folded: Folded, rules: Grammar) -> None:
        self.folded, self.text, self.begins = folded, folded.text, folded.starts
        self.words = _as_spelled(folded) if _VALLEY in folded.words else folded.words
        self.rules = rules

    @cached_property
    def breaks(self) -> list[int]:
        """Folded offsets of the signs that end a sentence."""
        return [match.start() for match in _SENTENCE_END.finditer(self.text)]

    def sentence(self, offset: int) -> int:
        """Number of the sentence that a folded offset lies in."""
        return bisect_left(self.breaks, offset)

    def end(self, index: int) -> int:
        """Folded end of a word."""
        return self.begins[index] + len(self.words[index])

    def adjacent(self, index: int) -> bool:
        """Is nothing but blanks and quotes between this word and the one before?"""
        if index >= len(self.words) or index == 0:
            return False
        return not self.text[self.end(index - 1) : self.begins[index]].strip(QUOTES)

    def index_after(self, end: int) -> int:
        """Index of the first word that begins at or after ``end``."""
        return bisect_left(self.begins, end)

    def word_before(self, start: int) -> str:
        """The word right before a folded offset, empty where a sign stands between."""
        index = self.index_after(start) - 1
        if index >= 0 and self.begins[index] < start < self.end(index):  # the phrase begins inside a word: after wa-
            index -= 1
        return self.words[index] if index >= 0 and self.adjacent(index + 1) else ""


def _as_spelled(folded: Folded) -> list[str]:
    """The words, and «وأدى القصف إلى» as no valley, though it folds to one."""
    return [
        f"{word[:-1]}ى" if word == _VALLEY and _LED_TO in folded.quote(start, start + len(word)) else word
        for word, start in zip(folded.words, folded.starts, strict=True)
    ]
