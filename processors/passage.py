"""A stretch of text as the engine sees it: words, sentences, and what stands in them, all by word numbers.

An article is two passages, its title and its text. Mentions come with code-point offsets of the original; here each also gets the
words that it covers, so that order and nearness are plain integer comparisons.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from arabic.fold import Folded
from processors.context import Kinds, kinds_of
from processors.factuality import Cue, find_cues
from processors.lexicon import Hit, Lexicon
from processors.sentences import Sentence, split_sentences


class Spanned(Protocol):
    """Anything with offsets into the original text."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


M = TypeVar("M", bound=Spanned)


class Located(Struct, Generic[M], frozen=True):
    """A mention and the words ``first`` to ``stop`` (exclusive) that it covers."""

    first: int
    stop: int
    mention: M


_BREAK = re.compile("[،,؛;:]")
LONG = 4
"""Letters from which a word says something of its own."""


class Passage:
    """A folded text with its sentences. ``is_title`` decides how its offsets are written into a report;
    ``title``: the folded words of the title, for a text."""

    def __init__(self, folded: Folded, *, is_title: bool = False, title: str = "") -> None:
        self.folded = folded
        self.is_title = is_title
        self.title = title
        self.words: list[str] = self.folded.words
        self.starts: list[int] = self.folded.starts
        self.sentences: list[Sentence] = split_sentences(self.folded)
        self._firsts = [sentence.first for sentence in self.sentences]
        self._cues: dict[int, list[Cue]] = {}
        self._hits: dict[int, list[Hit]] = {}
        self._kinds: dict[int, Kinds] = {}
        self._long_words: dict[int, frozenset[str]] = {}

    def span(self, first: int, stop: int) -> tuple[int, int]:
        """Original offsets of the words ``first`` to ``stop`` (exclusive)."""
        return self.folded.span(self.starts[first], self.starts[stop - 1] + len(self.words[stop - 1]))

    def quote(self, first: int, stop: int) -> str:
        """The original text of those words."""
        start, end = self.span(first, stop)
        return self.folded.original[start:end]

    def locate(self, mentions: Iterable[M]) -> list[Located[M]]:
        """The mentions in order, each with its words; one that covers no word is left out."""
        located = []
        for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
            first = bisect_right(self.origins, mention.start) - 1
            if first < 0 or self.span(first, first + 1)[1] <= mention.start:
                first += 1
            stop = bisect_left(self.origins, mention.end)
            if first < stop:
                located.append(Located(first, stop, mention))
        return located

    @cached_property
    def origins(self) -> Sequence[int]:
        """The original offset of each word."""
        return self.folded.origins(self.starts)

    def sentence_at(self, word: int) -> Sentence | None:
        """The sentence that holds a word."""
        at = bisect_right(self._firsts, word) - 1
        return self.sentences[at] if at >= 0 and word < self.sentences[at].stop else None

    def cues(self, sentence: Sentence) -> list[Cue]:
        """The cues of factuality in a sentence."""
        known = self._cues.get(sentence.index)
        if known is None:
            known = self._cues[sentence.index] = find_cues(self.words, sentence.first, sentence.stop)
        return known

    def kinds(self, sentence: Sentence) -> Kinds:
        """How many words of each kind a sentence has."""
        known = self._kinds.get(sentence.index)
        if known is None:
            known = self._kinds[sentence.index] = kinds_of(self.words[sentence.first : sentence.stop])
        return known

    def long_words(self, sentence: Sentence) -> frozenset[str]:
        """The words of a sentence that say something of their own, without «و» and the article."""
        known = self._long_words.get(sentence.index)
        if known is None:
            words = self.words[sentence.first : sentence.stop]
            bare = (word.removeprefix("و").removeprefix("ال") for word in words if len(word) >= LONG)
            known = self._long_words[sentence.index] = frozenset(bare)
        return known

    def is_headline(self, sentence: Sentence) -> bool:
        """Whether a sentence of the text only repeats the title, as some pages do."""
        return " ".join(self.words[sentence.first : sentence.stop]) in self.title

    def hits(self, sentence: Sentence, lexicon: Lexicon) -> list[Hit]:
        """The triggers of a sentence."""
        known = self._hits.get(sentence.index)
        if known is None:
            known = self._hits[sentence.index] = lexicon.hits(self.words, sentence.first, sentence.stop)
        return known

    def known_hits(self, sentence: Sentence) -> list[Hit]:
        """The triggers of a sentence that was read; none of one that was not."""
        return self._hits.get(sentence.index, [])

    def has_break(self, first: int, stop: int) -> bool:
        """Whether a comma or another mark stands between two words."""
        if stop >= len(self.starts):
            return False
        return _BREAK.search(self.folded.text, self.starts[first], self.starts[stop]) is not None


def within(located: Sequence[Located[M]], first: int, stop: int) -> list[Located[M]]:
    """Those that begin among the words ``first`` to ``stop`` (exclusive)."""
    begin = bisect_left(located, first, key=lambda item: item.first)
    end = bisect_left(located, stop, key=lambda item: item.first)
    return list(located[begin:end])
