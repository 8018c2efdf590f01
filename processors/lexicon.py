"""The trigger lexicon: rows of ``lexicons/triggers/*.toml`` compiled into one table of stems and short word patterns.

A row has an ``id``; a ``role`` (means: says how; generic: violence whose kind the words around decide; outcome: the harm; act: a
thing of its own; take: ground changes hands; talk: words alone, known to PLOVER only); a ``frame`` that tells how its
roles are read; ``type`` (ACLED slug) or ``plover``; ``needs`` where it counts only in an article of conflict (``conflict``) or beside an armed actor or weapon in the sentence (``armed``); and what evokes it:
``verbs`` ("past/imperfect"), ``nouns`` (each written form), ``patterns``. ``yes`` and ``no`` are sentences that the tests run.

A pattern is a row of words: ``a|b`` alternatives, ``v:past/imperfect`` a verb in all its forms, ``..`` up to four words between.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import ahocorasick
import msgspec
from msgspec import Struct

from arabic.fold import fold
from contracts.taxonomy import PLOVER, SUB_EVENTS
from processors.forms import conjugate, is_future, noun_stems, verb_object_stems, verb_stems
from processors.remembered import Remembered

Role = Literal["means", "generic", "outcome", "act", "take", "talk"]
Frame = Literal[
    "strike",
    "blast",
    "clash",
    "kill",
    "hurt",
    "shoot",
    "arrest",
    "protest",
    "move",
    "take",
    "agree",
    "seize",
    "talk",
    "say",
]
GAP = 4
"""Words that may stand at ``..`` of a pattern."""


class Trigger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of the lexicon."""

    id: str
    role: Role
    frame: Frame
    type: str | None = None
    plover: str | None = None
    needs: Literal["conflict", "armed"] | None = None
    verbs: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


class Hit(Struct, frozen=True):
    """A trigger in a row of words: ``first`` to ``last`` (inclusive word numbers); ``head`` is the word that rules the frame."""

    trigger: Trigger
    first: int
    last: int
    verb: bool
    future: bool = False
    """A verb with «س» before its imperfect."""


class _Element(Struct, frozen=True):
    stems: frozenset[str]
    verb: bool
    gap: bool

    def matches(self, word: str) -> bool:
        return not self.stems.isdisjoint(verb_stems(word) if self.verb else noun_stems(word))


class Pattern(Struct, frozen=True):
    """Elements to be matched one after the other; ``gap`` on an element: up to GAP words may stand before it."""

    elements: tuple[_Element, ...]

    @classmethod
    def parse(cls, source: str) -> Pattern:
        elements, gap = [], False
        for part in source.split():
            if part == "..":
                gap = True
                continue
            elements.append(_element(part, gap))
            gap = False
        return cls(tuple(elements))

    def match(self, words: Sequence[str], at: int, stop: int) -> int | None:
        """The last word of a match that begins at word ``at`` and ends before ``stop``; the anchor is taken as matched."""
        position = at
        for element in self.elements[1:]:
            for i in range(position + 1, min(stop, position + 2 + (GAP if element.gap else 0))):
                if element.matches(words[i]):
                    position = i
                    break
            else:
                return None
        return position


def _element(part: str, gap: bool) -> _Element:
    verb = part.startswith("v:")
    names = part[2:].split("|") if verb else part.split("|")
    if verb:
        stems = frozenset().union(*(conjugate(*name.split("/")) for name in names))
    else:
        stems = frozenset(fold(name) for name in names)
    return _Element(stems, verb, gap)


class _Sense(Struct, frozen=True):
    trigger: Trigger
    verb: bool
    pattern: Pattern | None


class Lexicon:
    """Compiled triggers and idioms. ``hits`` finds the triggers in a row of words; ``wakes`` is the cheap triage of a whole text."""

    def __init__(self, triggers: Sequence[Trigger], idioms: Sequence[str]) -> None:
        self.triggers = tuple(triggers)
        self._senses: dict[str, list[_Sense]] = defaultdict(list)
        for trigger in triggers:
            self._add(trigger)
        self._known = Remembered(lambda word: tuple(self._read(word)))
        self._idioms_known = Remembered(lambda word: tuple(self._read_idioms(word)))
        self._idioms = _by_anchor(map(Pattern.parse, idioms))
        self._automaton = _automaton(self._senses)

    def _add(self, trigger: Trigger) -> None:
        for verb in trigger.verbs:
            for form in conjugate(*verb.split("/")):
                self._senses[form].append(_Sense(trigger, True, None))
        for noun in trigger.nouns:
            self._senses[fold(noun)].append(_Sense(trigger, False, None))
        for pattern in map(Pattern.parse, trigger.patterns):
            for stem in pattern.elements[0].stems:
                self._senses[stem].append(_Sense(trigger, pattern.elements[0].verb, pattern))

    def wakes(self, folded_text: str) -> Literal["event", "talk"] | None:
        """Whether a trigger of an event, or of talk alone, stands in the text: one Aho-Corasick pass, each find checked with the
        words around it."""
        looked, talk = -1, False
        for last, size in self._automaton.iter(folded_text):
            if last >= looked:
                start, looked = _word_around(folded_text, last + 1 - size, last + 1)
                woken = self._wakes_at(folded_text, start, looked)
                if woken == "event":
                    return "event"
                talk = talk or woken == "talk"
        return "talk" if talk else None

    def _wakes_at(self, text: str, start: int, end: int) -> Literal["event", "talk"] | None:
        senses = self._known[text[start:end]]
        if not senses:
            return None
        words: list[str] = []
        woken: Literal["talk"] | None = None
        for sense in senses:
            if sense.pattern is not None:
                words = words or _LETTERS.findall(text[start : end + _LOOKAHEAD])
                if sense.pattern.match(words, 0, len(words)) is None:
                    continue
            if sense.trigger.role != "talk":
                return "event"
            woken = "talk"
        return woken

    def knows(self, word: str) -> bool:
        """Whether a folded word alone is a trigger in some form."""
        return any(sense.pattern is None for sense in self._known[word])

    def knows_verb(self, word: str) -> bool:
        """Whether a folded word begins a trigger as a verb."""
        return any(sense.verb for sense in self._known[word])

    def hits(self, words: Sequence[str], first: int, stop: int) -> list[Hit]:
        """Triggers among ``words[first:stop]``, each stretch of words taken once, the longest reading first."""
        known = enumerate(map(self._known.__getitem__, words[first:stop]), first)
        found = [hit for at, senses in known if senses for hit in self._at(senses, words, at, stop)]
        if not found:
            return []
        closed = self._idiom_words(words, first, stop)
        found.sort(key=lambda hit: (hit.first - hit.last, hit.first, hit.trigger.type is None))
        taken: set[int] = set()
        kept = []
        for hit in found:
            stretch = {hit.first, hit.last}
            if taken & stretch or hit.first in closed:
                continue
            taken |= stretch
            kept.append(hit)
        return sorted(kept, key=lambda hit: hit.first)

    def _at(self, senses: Sequence[_Sense], words: Sequence[str], at: int, stop: int) -> list[Hit]:
        found = []
        led = at > 0 and words[at - 1] in LEADS_NOUN
        nouns = {id(s.trigger) for s in senses if not s.verb and s.trigger.role != "talk"} if led else set()
        for sense in senses:
            if sense.verb and id(sense.trigger) in nouns:
                continue  # «بعد قصف»: spelled like «he shelled»
            last = at if sense.pattern is None else sense.pattern.match(words, at, stop)
            if last is not None:
                found.append(Hit(sense.trigger, at, last, sense.verb, sense.verb and is_future(words[at])))
        return found

    def _read(self, word: str) -> Iterable[_Sense]:
        seen: set[int] = set()
        readings: tuple[tuple[tuple[str, ...], Callable[[_Sense], bool]], ...] = (
            (verb_stems(word), lambda s: s.verb),
            (verb_object_stems(word), lambda s: s.verb and s.pattern is None),
            (noun_stems(word), lambda s: not s.verb),
        )
        for stems, fits in readings:
            for stem in stems:
                for sense in self._senses.get(stem, ()):
                    if fits(sense) and id(sense) not in seen:
                        seen.add(id(sense))
                        yield sense

    def _idiom_words(self, words: Sequence[str], first: int, stop: int) -> set[int]:
        closed: set[int] = set()
        for at, patterns in enumerate(map(self._idioms_known.__getitem__, words[first:stop]), first):
            for pattern in patterns:
                last = pattern.match(words, at, stop)
                if last is not None:
                    closed.update(range(at, last + 1))
        return closed

    def _read_idioms(self, word: str) -> Iterable[Pattern]:
        stems = dict.fromkeys((*noun_stems(word), *verb_stems(word)))
        near = (pattern for stem in stems for pattern in self._idioms.get(stem, ()))
        return (pattern for pattern in near if pattern.elements[0].matches(word))


LEADS_NOUN = frozenset({"بعد", "اثر", "عقب", "جراء", "نتيجه", "بسبب"})
# after, following, in the wake of, as a result of, because of: no verb stands behind them


def _by_anchor(patterns: Iterable[Pattern]) -> dict[str, list[Pattern]]:
    anchored: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        for stem in pattern.elements[0].stems:
            anchored[stem].append(pattern)
    return dict(anchored)


def _automaton(stems: Iterable[str]) -> Any:
    automaton = ahocorasick.Automaton()
    for stem in stems:
        automaton.add_word(stem, len(stem))
    automaton.make_automaton()
    return automaton


_LETTERS = re.compile(r"[0-9]+|[^\W\d_]+")
_LOOKAHEAD = 60
"""Letters after an anchor in which the rest of its pattern is looked for at triage."""


def _word_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The word that holds the letters ``text[start:end]``."""
    while start > 0 and text[start - 1].isalpha():
        start -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return start, end


def load_rows() -> list[Trigger]:
    """Every row of the trigger files, checked: known types and categories, ids once. Raises ValueError that names the file."""
    rows: list[Trigger] = []
    for path in sorted((files("processors") / "lexicons" / "triggers").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".toml"):
            rows.extend(_parse(path.name, path.read_text(encoding="utf-8")))
    check_rows(rows)
    return rows


def _parse(name: str, text: str) -> list[Trigger]:
    try:
        return msgspec.convert(tomllib.loads(text).get("trigger", []), list[Trigger])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{name}: {error}") from error


def check_rows(rows: Sequence[Trigger]) -> None:
    """Raises ValueError for an id that stands twice, a sub-event type or a category that does not exist."""
    ids: set[str] = set()
    for row in rows:
        if row.id in ids:
            raise ValueError(f"trigger {row.id!r} stands twice")
        ids.add(row.id)
        if row.type is not None and row.type not in SUB_EVENTS:
            raise ValueError(f"trigger {row.id!r}: no sub-event type {row.type!r}")
        if row.plover is not None and row.plover not in PLOVER:
            raise ValueError(f"trigger {row.id!r}: no PLOVER category {row.plover!r}")


def read_table(name: str) -> dict[str, Any]:
    """A TOML file of ``processors/lexicons``."""
    return tomllib.loads((files("processors") / "lexicons" / name).read_text(encoding="utf-8"))


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, compiled once a process."""
    return Lexicon(load_rows(), read_table("idioms.toml")["idioms"])
