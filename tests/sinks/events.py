"""A small builder of events and articles, in newsroom Arabic of our own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from contracts.records import Actor, Article, Count, Event, Fatalities, Place, Quote, Report
from contracts.taxonomy import SUB_EVENTS

PUBLISHED = datetime(2022, 10, 14, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVIDENCE = "اندلعت اشتباكات صباح اليوم في مدينة جاسم بين مقاتلين محليين وخلايا تنظيم الدولة."


def place(text: str = "جاسم", **fields: Any) -> Place:
    """جاسم in the governorate of Daraa unless told otherwise."""
    known: dict[str, Any] = {
        "name": text, "name_en": "Jasim", "admin1": "درعا", "admin1_en": "Daraa", "country": "SY", "lat": 32.99, "lon": 36.06
    }  # fmt: skip
    return Place(text=text, start=0, end=len(text), **{**known, **fields})


def unresolved(text: str, **fields: Any) -> Place:
    """A place of which only the text's words are known."""
    return Place(text=text, start=0, end=len(text), **fields)


def actor(text: str, name: str | None = None, **fields: Any) -> Actor:
    return Actor(text=text, start=0, end=len(text), name=name, **fields)


def count(low: int, high: int | None = None) -> Count:
    return Count(low=low, high=high or low, text=str(low))


def report(ident: str = "r1", evidence: str = EVIDENCE, **fields: Any) -> Report:
    known: dict[str, Any] = {
        "article_id": f"a-{ident}", "outlet": "جريدة حوران", "url": f"https://example.org/{ident}", "published_at": PUBLISHED,
        "trigger": Quote(text="اشتباكات", start=0, end=8), "rules": "7",
    }  # fmt: skip
    known |= fields
    return Report(id=ident, evidence=Quote(text=evidence, start=0, end=len(evidence)), **known)


def event(ident: str = "202210-a", sub: str | None = "armed_clash", **fields: Any) -> Event:
    """A clash in Jasim on 2022-10-14 with four killed, told by one report, unless told otherwise."""
    reports = fields.get("reports", (report(f"r-{ident}"),))
    known: dict[str, Any] = {
        "version": 1,
        "key": "SY",
        "event_type": SUB_EVENTS[sub].event_type if sub else None,
        "sub_event_type": sub,
        "plover": "ASSAULT",
        "date_start": date(2022, 10, 14),
        "date_end": date(2022, 10, 14),
        "date_precision": "day",
        "place": place(),
        "fatalities": Fatalities(low=4, best=4, high=4),
        "outlets": tuple(dict.fromkeys(r.outlet for r in reports if r.outlet)),
        "independent_sources": 1,
        "summary_ar": "اشتباكات في جاسم بريف درعا",
        "summary_en": "Armed clash in Jasim",
        "confidence": 0.9,
        "rules": "7",
        "reports": reports,
        "first_seen_at": PUBLISHED,
        "last_seen_at": PUBLISHED,
    }
    return Event(id=ident, **{**known, **fields})


def bare(ident: str, evidence: str, **fields: Any) -> Event:
    """An event of which nothing is known but its one sentence."""
    word = evidence.split(maxsplit=1)[0]
    trigger = Quote(text=word, start=0, end=len(word))
    told = report(f"r-{ident}", evidence, trigger=trigger)
    silent = {"place": None, "summary_ar": "", "summary_en": "", "fatalities": None, "reports": (told,)}
    return event(ident, **{**silent, **fields})


def article(ident: str = "a-1", **fields: Any) -> Article:
    known: dict[str, Any] = {
        "version": 1, "url": f"https://example.org/{ident}", "outlet": "جريدة حوران", "feed_id": "hawran", "title": "اشتباكات في جاسم",
        "text": EVIDENCE, "fetched_at": PUBLISHED,
    }  # fmt: skip
    return Article(id=ident, **{**known, **fields})
