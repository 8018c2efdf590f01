"""What a text says of a place, before it is looked for on the map."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from processors.gazetteer import Entry

Role = Literal["location", "origin", "direction", "affiliation", "dateline", "government"]
"""Where it happened; where something came from; where to; whose; the head of a dispatch; a capital that stands for its state."""


class PlaceMention(Struct, frozen=True):
    """A place in the text. ``text``, ``start``, ``end`` quote the original. ``name`` is the folded name without its head;
    ``folded_start`` and ``folded_end`` bound the whole phrase (head, relation and adjective with it) in the folded text.
    ``entries`` are the gazetteer's candidates, none for a name that only its head proves. ``kinds``: what the head proves."""

    text: str
    start: int
    end: int
    name: str
    folded_start: int
    folded_end: int
    name_start: int
    entries: tuple[Entry, ...] = ()
    head: str | None = None
    kinds: frozenset[str] = frozenset()
    precision: int | None = None
    surroundings: bool = False
    relation: str | None = None
    preposition: str | None = None
    role: Role = "location"
    sentence: int = 0
    far: tuple[Entry, ...] = ()
    """The other end of a road between two towns («طريق حمص – تدمر»)."""
    shift: tuple[float, float] | None = None
    """Kilometres to the north and to the east of the name at which the place lies («على بعد 5 كم شرق تدمر»)."""
    spelled: str = ""
    """The name without its head as the text spells it, without vowel signs and quotation marks."""
