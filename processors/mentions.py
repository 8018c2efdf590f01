"""What stands in a passage: places, actors, dates and counts, found once and located by words."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from processors.actors import ActorMention, find_actors
from processors.counts import CountMention, find_counts
from processors.dates import DateMention, find_dates
from processors.passage import Located, Passage
from processors.places import Finder, PlaceMention, find_places
from processors.places_of import locate_places


class Setting(Struct, frozen=True, kw_only=True):
    """What an article's outlet and date say: needed to read its words."""

    published: date | None = None
    country: str | None = None
    viewpoint: str | None = None
    finder: Finder | None = None
    """Finds places; that of the shipped gazetteer where none is given."""


class Mentions(Struct, frozen=True):
    """The mentions of one passage, each list in the order of the text."""

    places: list[Located[PlaceMention]]
    actors: list[Located[ActorMention]]
    dates: list[Located[DateMention]]
    counts: list[Located[CountMention]]


def find_mentions(passage: Passage, setting: Setting) -> Mentions:
    """All mentions of a passage."""
    folded = passage.folded
    return Mentions(
        places=locate_places(passage, find_places(folded, setting.finder)),
        actors=passage.locate(
            find_actors(folded, viewpoint=setting.viewpoint, country=setting.country, published=setting.published)
        ),
        dates=passage.locate(find_dates(folded, setting.published)),
        counts=passage.locate(find_counts(folded)),
    )
