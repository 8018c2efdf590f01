"""The parts of a place phrase while it is read: the name that was hit, and what leads it."""

from __future__ import annotations

from msgspec import Struct

from processors.gazetteer import Entry
from processors.place_grammar import Head


class Hit(Struct):
    """A name found in the folded text: its bounds, without proclitics."""

    start: int
    end: int
    name: str
    entries: tuple[Entry, ...]
    clitic: str = ""
    head: Head | None = None


class Lead(Struct):
    """What stands before a name. ``start``: of the phrase; ``name_start``: of the quoted name, with a head that belongs to it."""

    head: Head | None = None
    relation: str | None = None
    preposition: str | None = None
    start: int | None = None
    name_start: int | None = None
    precision: int | None = None
    surroundings: bool = False
    before: int | None = None

    def take_head(self, head: Head, start: int) -> None:
        if self.head is None or head.surroundings:
            self.relation = f"{head.word} {self.relation}" if head.surroundings and self.relation else self.relation
            if head.surroundings and not self.relation:
                self.relation = head.word
            self.precision = max(self.precision or 1, head.precision)
        self.head = self.head or head
        self.surroundings = self.surroundings or head.surroundings
        self.start = start
        if head.keep:
            self.name_start = start


def preposition_of(clitic: str) -> str | None:
    """bi- stands for «in», li- for «to, of»; wa- and fa- are no prepositions."""
    return {"ب": "ب", "وب": "ب", "فب": "ب", "ل": "ل", "ول": "ل", "فل": "ل"}.get(clitic)


def inside(spans: list[tuple[int, int]], position: int) -> bool:
    """Does a sorted list of spans cover a position?"""
    return any(start <= position < end for start, end in spans)
