"""What is read of a word once and then known: the same few thousand words make up most of every article."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
MOST = 60_000
"""Words of a long run: beyond them all are forgotten rather than memory grown."""


class Remembered(dict[str, T]):
    """``table[word]`` gives what ``read`` says of a word, read at most once. A plain dict for the words that are known, so that
    ``map(table.__getitem__, words)`` runs over a text at the speed of look-ups."""

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, word: str) -> T:
        if len(self) >= MOST:
            self.clear()
        known = self[word] = self._read(word)
        return known
