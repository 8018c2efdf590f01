"""Reports, decisions and runs of the stage for the tests of merging; texts in the newsrooms' Arabic, written for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from arabic.signature import signature
from contracts.ids import digest
from contracts.outcomes import Emit
from contracts.records import (
    Actor,
    ArticleReports,
    Count,
    Decision,
    Event,
    MergeInput,
    Place,
    Quote,
    Report,
    Stamp,
)
from contracts.stage import Context, MemoryStore
from contracts.taxonomy import SUB_EVENTS
from processors.merge.decisions import country_of
from processors.merge.stage import merge_stage

NOON = datetime(2022, 10, 14, 12, tzinfo=UTC)
DAY = date(2022, 10, 14)

PLACES = {
    "jasim": Place(text="جاسم", start=0, end=4, name="جاسم", name_en="Jasim", geonameid=1, admin1="درعا", admin1_en="Daraa", country="SY", lat=32.99, lon=36.06),
    "nawa": Place(text="نوى", start=0, end=3, name="نوى", name_en="Nawa", geonameid=2, admin1="درعا", admin1_en="Daraa", country="SY", lat=32.89, lon=36.04),
    "bara": Place(text="البارة", start=0, end=6, name="البارة", name_en="Al Bara", geonameid=3, admin1="إدلب", admin1_en="Idlib", country="SY", lat=35.68, lon=36.53),
    "taftanaz": Place(text="تفتناز", start=0, end=6, name="تفتناز", name_en="Taftanaz", geonameid=4, admin1="إدلب", admin1_en="Idlib", country="SY", lat=35.99, lon=36.78),
    "idlib": Place(text="ريف إدلب", start=0, end=8, name="إدلب", name_en="Idlib", geonameid=5, admin1="إدلب", admin1_en="Idlib", country="SY", lat=35.8, lon=36.7, precision=3, relation="ريف"),
    "daraa": Place(text="محافظة درعا", start=0, end=11, name="درعا", name_en="Daraa", geonameid=6, admin1="درعا", admin1_en="Daraa", country="SY", lat=32.8, lon=36.2, precision=3),
    "syria": Place(text="سوريا", start=0, end=5, name="سوريا", name_en="Syria", country="SY", precision=4),
}  # fmt: skip

REGIME = Actor(text="قوات النظام", start=0, end=11, name="قوات النظام السوري", name_en="Syrian regime forces", actor_id="sy-regime", kind="state_forces", country="SY")  # fmt: skip
RUSSIA = Actor(text="الطيران الروسي", start=0, end=14, name="القوات الروسية", name_en="Russian forces", actor_id="ru-forces", kind="external", country="RU")  # fmt: skip
STATE = Actor(text="خلايا تنظيم الدولة", start=0, end=18, name="تنظيم الدولة الإسلامية", name_en="Islamic State", actor_id="is", kind="rebel")  # fmt: skip
LOCALS = Actor(text="مقاتلون محليون", start=0, end=14, name="مقاتلون محليون", name_en="Local fighters", actor_id="local", kind="political_militia", country="SY")  # fmt: skip
CIVILIANS = Actor(text="مدنيون", start=0, end=6, name="مدنيون", name_en="Civilians", kind="civilians")


def count(low: int, high: int | None = -1, text: str = "") -> Count:
    """A count: exact unless ``high`` says otherwise (None: open)."""
    return Count(low=low, high=low if high == -1 else high, text=text)


def report(id: str, place: str | Place | None = "jasim", **fields: Any) -> Report:
    """A report of an armed clash in Jasim on 2022-10-14, published that noon, unless the fields say otherwise.

    ``killed`` and ``injured`` may be ints; ``text`` is the article's text (for its signature), ``evidence`` the sentence."""
    day = fields.pop("day", DAY)
    kind = fields.pop("type", "armed_clash")
    evidence = fields.pop("evidence", f"نص {id}")
    text = fields.pop("text", None)
    for name in ("killed", "injured", "detained", "abducted", "missing", "displaced"):
        if isinstance(fields.get(name), int):
            fields[name] = count(fields[name])
    defaults: dict[str, Any] = {
        "article_id": f"article-{id}",
        "outlet": f"outlet-{id}",
        "published_at": NOON,
        "fetched_at": fields.get("published_at", NOON) and fields.get("published_at", NOON) + timedelta(hours=1),
        "signature": signature(text) if text else tuple(sorted(int(digest(id, str(n), size=6), 16) for n in range(20))),
        "trigger": Quote(text=evidence.split()[0], start=0, end=len(evidence.split()[0])),
        "evidence": Quote(text=evidence, start=0, end=len(evidence)),
        "place": PLACES[place] if isinstance(place, str) else place,
        "date_start": day,
        "date_end": day,
        "date_precision": "day" if day else "unknown",
        "date_basis": "relative" if day else "none",
        "confidence": 0.8,
        "rules": "test",
    }
    if kind in SUB_EVENTS:
        sub = SUB_EVENTS[kind]
        defaults |= {"sub_event_type": kind, "event_type": sub.event_type, "plover": sub.plover, "quad_class": 4}
    else:
        defaults |= {"plover": kind}
    return Report(id=id, **(defaults | fields))


def clash(id: str, place: str | Place | None = "jasim", **fields: Any) -> Report:
    """A clash of local fighters with Islamic State cells."""
    return report(id, place, **{"initiators": (LOCALS,), "targets": (STATE,), **fields})


def shelling(id: str, place: str | Place | None = "bara", **fields: Any) -> Report:
    """Shelling by regime forces."""
    return report(id, place, **{"type": "shelling_artillery_missile_attack", "initiators": (REGIME,), **fields})


def decision(id: str, action: Any, report: Report, other: Report | None = None, **fields: Any) -> Decision:
    """An analyst's decision, on the report's own evidence; ``minute`` after noon."""
    minute = fields.pop("minute", 0)
    return Decision(
        **{
            "id": id,
            "country": country_of(report),
            "action": action,
            "report_id": report.id,
            "evidence": report.evidence.text,
            "other_report_id": other.id if other else None,
            "other_evidence": other.evidence.text if other else None,
            "who": "analyst",
            "decided_at": NOON + timedelta(minutes=minute),
            **fields,
        }
    )


def article(id: str, *reports: Report, revision: int = 0, generation: int = 0, key: str = "SY") -> ArticleReports:
    """The set of an article: the reports as that article's own."""
    return ArticleReports(article_id=id, key=key, stamp=Stamp(generation, revision), reports=own(id, *reports))


def routed(record: ArticleReports) -> list[ArticleReports]:
    """The record as extraction sends it: one for each key, empty where the article has nothing under that key."""
    return [
        replace(record, key=key, reports=tuple(one for one in record.reports if country_of(one) == key))
        for key in ("SY", "XX")
    ]


def own(id: str, *reports: Report) -> tuple[Report, ...]:
    """The reports as those of one article."""
    return tuple(replace(one, article_id=id) for one in reports)


class Run:
    """The merge stage over a store in memory; keeps the newest version of each document, as an index does."""

    def __init__(self) -> None:
        self.stage = merge_stage()
        self.store = MemoryStore()
        self.documents: dict[str, Event] = {}
        self.position = 0
        self.now = NOON

    def give(self, record: MergeInput, position: int | None = None) -> tuple[Event, ...]:
        """Folds a record at the next position (or at one given), and indexes what it emits."""
        if position is None:
            self.position += 1
            position = self.position
        outcome = self.fold(record, position)
        assert isinstance(outcome, Emit), outcome
        for event in outcome.records:
            assert isinstance(event, Event)
            known = self.documents.get(event.id)
            if known is None or event.version >= known.version:
                self.documents[event.id] = event
        return tuple(one for one in outcome.records if isinstance(one, Event))

    def fold(self, record: MergeInput, position: int) -> Any:
        """Folds a record at a position; the outcome alone."""
        assert self.stage.fold is not None
        return self.stage.fold(record, self.store, Context(now=self.now, position=position, epoch=0, generation=0))

    def give_all(self, records: Iterable[MergeInput]) -> None:
        """Folds records one after the other."""
        for record in records:
            self.give(record)

    def live(self) -> list[Event]:
        """The live events."""
        return [event for _, event in sorted(self.documents.items()) if event.state == "live"]


def content(events: Iterable[Event]) -> list[Event]:
    """Live events as they are compared: without ids, versions and our own times."""
    bare = [
        replace(one, id="", version=0, superseded_by=None, first_seen_at=None, last_seen_at=None)
        for one in events
        if one.state == "live"
    ]
    return sorted(bare, key=lambda one: [report.id for report in one.reports])


def groups(events: Iterable[Event]) -> set[frozenset[str]]:
    """The ids of the reports of each live event."""
    return {frozenset(report.id for report in one.reports) for one in events if one.state == "live"}
