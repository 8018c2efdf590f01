"""Finding and resolving the places that a text names.

``find_places`` makes one Aho-Corasick pass over the spellings of the gazetteer; ``processors.place_reading`` reads the words around
each hit (head, relation, preposition, role) and opens names that no table holds; ``resolve_place``, of
``processors.place_resolution``, is given again here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import ahocorasick
from msgspec import structs

from arabic.fold import Folded, fold
from processors.gazetteer import Gazetteer, shipped
from processors.own_places.packed import OwnPlaces
from processors.own_places.store import load
from processors.place_grammar import PROCLITICS, grammar
from processors.place_holding import PlaceContext
from processors.place_mentions import PlaceMention, Role
from processors.place_phrases import Hit
from processors.place_reading import Reader
from processors.place_resolution import article_context, resolve_place

__all__ = ["PlaceContext", "PlaceMention", "Role", "article_context", "find_places", "resolve_place", "with_role"]

_CLITICS = frozenset(PROCLITICS) - {""}


class Finder:
    """The automaton over one gazetteer's spellings; built once a process. ``own``: the operator's places, looked for beside it."""

    def __init__(self, gazetteer: Gazetteer, own: OwnPlaces | None = None) -> None:
        self.grammar = grammar()
        self.own = own
        self.gazetteer = gazetteer if own is None else Gazetteer(gazetteer.entries, own)
        self._unsure = frozenset(map(fold, self.grammar.other_words))
        self._automaton = ahocorasick.Automaton()
        for spelling, entries in gazetteer.spellings.items():
            if len(spelling) < 2 or spelling in self.grammar.never:
                continue
            self._automaton.add_word(spelling, (spelling, 0, tuple(entries)))
            if spelling.startswith("ال"):  # li- swallows the alef of the article: «للقامشلي»
                self._automaton.add_word("لل" + spelling[2:], (spelling, 1, tuple(entries)))
        for phrase in self.grammar.blocked:
            self._automaton.add_word(phrase, (phrase, 0, ()))
        self._automaton.make_automaton()

    def find(self, folded: Folded) -> list[PlaceMention]:
        """Every place of the text in order. Overlapping names: the longest."""
        hits = {hit.start: hit for hit in self._hits(folded)}
        return Reader(folded, hits, self.grammar).mentions()

    def _hits(self, folded: Folded) -> Iterator[Hit]:
        """Longest names on word borders, leftmost first."""
        text = folded.text
        length = len(text)
        found: list[Hit] = list(self._own_hits(text))
        for last, (name, cut, entries) in self._automaton.iter(text):
            end = last + 1
            if end < length and text[end].isalpha():
                continue
            start = end - len(name)  # the form with li- is as long as the name: two letters of it are the clitic
            clitic = _clitic_before(text, start)
            if clitic is None or (cut and clitic not in ("", "و", "ف")):
                continue
            if clitic and text[start - len(clitic) : end] in self.grammar.heads:  # «وادي» is no «أدي» with a wa-
                continue
            found.append(Hit(start + 2 * cut, end, name, entries, "ل" if cut else clitic))
        found.sort(key=lambda hit: (hit.start, -hit.end))
        reach = 0
        for hit in _together(found):
            if hit.start >= reach:
                reach = hit.end
                if hit.entries and not self._is_other_word(hit, folded):
                    yield hit  # a blocked phrase only keeps shorter names from being read out of it

    def _is_other_word(self, hit: Hit, folded: Folded) -> bool:
        return hit.name in self._unsure and folded.quote(hit.start, hit.end) in self.grammar.other_words

    def _own_hits(self, text: str) -> Iterator[Hit]:
        """Names of the operator's own table."""
        if self.own is None:
            return
        for end, number, cut in self.own.hits(text):
            start = end - self.own.length(number)
            clitic = _clitic_before(text, start)
            if clitic is not None and (not cut or clitic in ("", "و", "ف")):
                start += 2 * cut
                yield Hit(start, end, text[start:end], self.own.of_spelling(number), "ل" if cut else clitic)


def _together(hits: list[Hit]) -> Iterator[Hit]:
    """Sorted hits, those of one span as one: the places of both tables."""
    last: Hit | None = None
    for hit in hits:
        if last is not None and (hit.start, hit.end) == (last.start, last.end):
            if last.entries and hit.entries:
                last.entries = tuple({id(entry): entry for entry in (*last.entries, *hit.entries)}.values())
            continue
        if last is not None:
            yield last
        last = hit
    if last is not None:
        yield last


def _clitic_before(text: str, start: int) -> str | None:
    """The proclitics between the word's border and ``start``; None where ``start`` stands inside a word."""
    border = start
    while border and text[border - 1].isalpha():
        border -= 1
        if start - border > 2:
            return None
    clitic = text[border:start]
    return clitic if not clitic or clitic in _CLITICS else None


@lru_cache(maxsize=1)
def _shipped_finder() -> Finder:
    return Finder(shipped())


@lru_cache(maxsize=2)
def finder_with(path: Path | None) -> Finder:
    """The finder over what ships and the operator's file at ``path``, where there is one; loaded once a process. Raises
    ``own_places.store.BadFile``."""
    own = load(path) if path is not None else None
    return _shipped_finder() if own is None else Finder(shipped(), own)


def find_places(folded: Folded, finder: Finder | None = None) -> list[PlaceMention]:
    """The places that the text names, in order; offsets of ``start`` and ``end`` are those of ``folded.original``."""
    return (finder or _shipped_finder()).find(folded)


def with_role(mention: PlaceMention, role: Role) -> PlaceMention:
    """The same mention in another role: what an actor's name shows it to be."""
    return structs.replace(mention, role=role)
