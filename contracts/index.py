"""The protocol of an index of events: what both implementations do, and what one contract test pins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

from msgspec import Struct

from contracts.records import Article, Document, Event


class Query(Struct, frozen=True, kw_only=True):
    """What to look for; an empty tuple or None does not restrict. ``text`` in Arabic or Latin letters is searched in the events'
    names, triggers, evidence and summaries. ``place`` means the place of that name and everything inside it (a governorate, a
    country). ``killed_min`` compares the best figure. Dates are the event's own. ``changed_since`` is ours (indexed at)."""

    text: str | None = None
    types: tuple[str, ...] = ()
    """Sub-event slugs, or ACLED event types by slug (battles, explosions, …)."""
    countries: tuple[str, ...] = ()
    place: str | None = None
    actor: str | None = None
    actor_names: tuple[str, ...] = ()
    """Other names of ``actor``: an event with any of them is found too."""
    outlet: str | None = None
    status: tuple[str, ...] = ()
    states: tuple[str, ...] = ("live",)
    review: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    killed_min: int | None = None
    background: bool | None = None
    """None: both; False: without what is only recalled."""
    diplomatic: bool = False
    """Also what only PLOVER knows (talks, demands): off unless asked for."""
    changed_since: datetime | None = None
    sort: Literal["relevance", "date", "killed", "changed"] = "date"
    limit: int = 20
    offset: int = 0


class Hit(Struct, frozen=True, kw_only=True):
    """An event that was found, and the stretch of its evidence that matched, with [[ and ]] around the words."""

    event: Event
    score: float = 0.0
    snippet: str | None = None


class Results(Struct, frozen=True, kw_only=True):
    """The hits of a page, and how many there are in all."""

    total: int
    hits: tuple[Hit, ...]


Facet = Literal[
    "sub_event_type", "event_type", "country", "admin1", "place", "actor", "outlet", "date", "status", "state"
]


class Index(Protocol):
    """Events and articles, written and searched. ``write`` keeps the newest ``version`` of each id; older or equal ones are
    already there. It is durable on return and raises outcomes.Unavailable where it cannot be."""

    def write(self, documents: Sequence[Document]) -> None: ...
    def search(self, query: Query) -> Results: ...
    def facets(self, query: Query, fields: Sequence[Facet], size: int = 10) -> dict[str, list[tuple[str, int]]]: ...
    def show(self, event_id: str) -> Event | None:
        """The event, following ``superseded_by``; None where no such id was ever given."""
        ...

    def article(self, article_id: str) -> Article | None: ...
    def export(self, query: Query) -> Iterator[Event]:
        """Every event that matches (limit and offset set aside), in a stable order, in bounded memory."""
        ...

    def forget(self, article_id: str) -> int:
        """Takes an article's document out; the number of documents removed."""
        ...

    def count(self) -> dict[str, int]:
        """Documents by kind and state, and by rules version: ``articles``, ``events.live``, ``rules.<version>`` …"""
        ...
