"""A draft: what one group of triggers says of one thing, before the article's drafts are joined and written as reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from contracts.records import Actor, Count, DateBasis, DatePrecision, Place, Quote, Speaker, Status
from processors.groups import Group

SAID_AFTER = timedelta(days=2)
"""How long after a thing it is spoken of as news."""


@dataclass(slots=True)
class When:
    """A day or period and how it is known."""

    start: date | None = None
    end: date | None = None
    precision: DatePrecision = "unknown"
    basis: DateBasis = "none"
    text: str | None = None
    said: bool = False
    """The day on which somebody spoke of it: it happened then, or somewhat before."""

    def agrees(self, other: When) -> bool:
        """Whether both can be the same time; an unknown one agrees with all."""
        if self.start is None or other.start is None:
            return True
        if self.said != other.said:
            spoken, told = (self, other) if self.said else (other, self)
            assert spoken.start is not None and told.start is not None  # noqa: PT018
            return timedelta(0) <= spoken.start - told.start <= SAID_AFTER
        return self.start <= (other.end or other.start) and other.start <= (self.end or self.start)


@dataclass(slots=True)
class Draft:
    """One thing as told by one group. ``told``: the type comes from the triggers' own words; ``definite``: it points back
    («هذا القصف»); ``other``: it says that it is another («قصف آخر»). Counts by field name."""

    group: Group
    sub_event: str | None
    plover: str | None
    told: bool
    trigger: Quote
    evidence: Quote
    place: Place | None = None
    place_list: tuple[Place, ...] = ()
    when: When = field(default_factory=When)
    initiators: tuple[Actor, ...] = ()
    targets: tuple[Actor, ...] = ()
    counts: dict[str, Count] = field(default_factory=dict)
    status: Status = "asserted"
    speaker: Speaker | None = None
    background: bool = False
    definite: bool = False
    other: bool = False
    headline: bool = False
    """Told in the title, or in a line of the text that repeats it."""
    weapons: tuple[str, ...] = ()
    """The means told near the trigger: air, artillery, explosive, suicide, guns, blades, chemical, grenade."""
    features: dict[str, float] = field(default_factory=dict)
    mentions: int = 1
    notes: list[str] = field(default_factory=list)
    """Why it was made, joined or turned down, for a reader."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_title(self) -> bool:
        """Whether it stands in the title itself."""
        return self.group.passage.is_title

    @property
    def sentence(self) -> int:
        return -1 if self.is_title else self.group.sentence.index
