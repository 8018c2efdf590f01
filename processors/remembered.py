"""What is read of a word once and then known: the same few thousand words make up most of every article."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
MOST = 40_000
"""Words remembered at once; as many of those before them are kept, until they in turn are this many."""


class Remembered(dict[str, T]):
    """``table[word]`` gives what ``read`` says of a word, read once as long as the word is met again. A plain dict for the words of
    late, so that ``map(table.__getitem__, words)`` runs over a text at the speed of look-ups; words that are not met again among
    the next ``MOST`` new ones are forgotten, so that memory is bounded in a long run and the common words stay."""

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read
        self._before: dict[str, T] = {}

    def __missing__(self, word: str) -> T:
        if len(self) >= MOST:
            self._before = self.copy()
            self.clear()
        known = self._before.get(word)
        self[word] = known = self._read(word) if known is None else known
        return known
