"""What an event names: its place and everyone who took part."""

from __future__ import annotations

from contracts.records import Actor, Event, Place


def names(event: Event) -> list[Place | Actor]:
    """The place and the actors: each has ``text``, ``name`` and ``name_en``."""
    places: list[Place | Actor] = [event.place] if event.place else []
    return [*places, *event.initiators, *event.targets]
