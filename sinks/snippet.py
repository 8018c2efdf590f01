"""The stretch of an event's evidence that a query matched, as it stands in the article, with [[ and ]] around the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from arabic.fold import Folded
from contracts.records import Event
from sinks.named import names
from sinks.words import Term, consonants, forms, is_latin, words_of

WIDTH = 240
"""Code points of the evidence that a snippet shows at most, marks aside."""
_MAX_EVIDENCE = 20


class _Wanted(Struct, frozen=True):
    """What is marked: forms of words, sounds of Latin words, and the Arabic words of names that matched in English."""

    forms: frozenset[str]
    sounds: frozenset[str]

    def marks(self, word: str) -> bool:
        return not self.forms.isdisjoint(forms(word)) or bool(self.sounds and consonants(word) in self.sounds)


def _named_in_english(event: Event, latin: set[str]) -> Iterator[str]:
    """The Arabic words of the places and actors whose English name holds one of the words."""
    for named in names(event):
        if named.name_en and not latin.isdisjoint(words_of(named.name_en)):
            yield from words_of(named.text)
            yield from words_of(named.name or "")


def _wanted(event: Event, terms: Sequence[Term]) -> _Wanted:
    words = {word for term in terms for word in term.words}
    latin = set(filter(is_latin, words))
    sounds = frozenset(filter(None, map(consonants, latin)))
    words |= set(_named_in_english(event, latin))
    return _Wanted(frozenset().union(*map(forms, words)) if words else frozenset(), sounds)


def _marked(text: str, wanted: _Wanted) -> list[tuple[int, int]]:
    """Original offsets of the words to mark."""
    folded = Folded(text)
    return [
        folded.span(start, start + len(word))
        for word, start in zip(folded.words, folded.starts, strict=True)
        if wanted.marks(word)
    ]


def _cut(text: str, marks: list[tuple[int, int]]) -> str:
    """The text around the first mark, the marks put in."""
    start = 0 if len(text) <= WIDTH else max(0, min(marks[0][0] - WIDTH // 4, len(text) - WIDTH))
    if start:
        start = text.find(" ", start, marks[0][0]) + 1 or start
    end = min(len(text), start + WIDTH)
    parts, at = ["…" if start else ""], start
    for first, last in marks:
        if first >= at and last <= end:
            parts += [text[at:first], "[[", text[first:last], "]]"]
            at = last
    return "".join([*parts, text[at:end], "…" if end < len(text) else ""])


def snippet(event: Event, terms: Sequence[Term]) -> str | None:
    """The evidence with the most matched words, cut to ``WIDTH``; None where the match is in names and summaries only."""
    wanted = _wanted(event, terms)
    best: tuple[int, str, list[tuple[int, int]]] = (0, "", [])
    for report in event.reports[:_MAX_EVIDENCE]:
        marks = _marked(report.evidence.text, wanted)
        if len(marks) > best[0]:
            best = (len(marks), report.evidence.text, marks)
    return _cut(best[1], best[2]) if best[0] else None
