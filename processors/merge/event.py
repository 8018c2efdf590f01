"""One event out of the reports of a cluster: a pure function of the set of reports and the decisions on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import prod
from typing import Any

import msgspec

from arabic.fold import fold
from contracts.records import Actor, Decision, Event, Report, Status, Variant
from processors.merge import tolls
from processors.merge.choice import choose, recency, variants
from processors.merge.decisions import Decided, latest_first, value_of
from processors.merge.features import FINE, TOLLS
from processors.merge.sources import Sources
from processors.merge.summary import summaries

MOST_REPORTS = 200
_MOST_CONFIDENCE = 0.99
_STATUS_ORDER: tuple[Status, ...] = ("asserted", "claimed", "planned", "denied")
_DATE_PRECISION = {"day": 4, "week": 3, "month": 2, "year": 1, "unknown": 0}
_DATE_BASIS = {"explicit": 2, "relative": 2, "published": 1, "none": 0}
_GENERIC = frozenset({None, "attack", "other"})
"""Types that name no means: any other is more specific."""


def build_event(
    reports: Sequence[Report],
    decided: Decided | None = None,
    *,
    key: str = "XX",
    id: str = "",
    version: int = 0,
    lost: Sequence[Decision] = (),
) -> Event:
    """The event of a cluster. ``lost``: decisions on reports that are gone, so that the event asks for review."""
    members = sorted({report.id: report for report in reports}.values(), key=lambda one: (recency(one), one.id))
    sources = Sources(members)
    fields = merged_fields(members, sources)
    decisions = _decisions(members, decided or Decided())
    fields.update({str(one.field): value_of(one) for one in reversed(decisions) if one.action == "set"})
    seen = [moment for one in members for moment in moments(one)]
    event = Event(
        id=id,
        version=version,
        key=key,
        first_seen_at=min(seen, default=None),
        last_seen_at=max(seen, default=None),
        fatalities=tolls.fatalities(members, fields["killed"]),
        disputed=_disputed(members),
        toll_history=tolls.history(members),
        **_review(decisions, lost),
        reports=tuple(members[:MOST_REPORTS]),
        more_reports=tuple(one.id for one in members[MOST_REPORTS:]),
        outlets=tuple(sorted({one.outlet for one in members if one.outlet})),
        independent_sources=sources.count(),
        rules=max(one.rules for one in members),
        **fields,
    )
    arabic, english = summaries(event)
    return msgspec.structs.replace(event, summary_ar=arabic, summary_en=english)


def merged_fields(reports: Sequence[Report], sources: Sources) -> dict[str, Any]:
    """The fields of ``Facts``, merged."""
    status = next(status for status in _STATUS_ORDER if any(one.status == status for one in reports))
    standing = [one for one in reports if one.status == status]
    told = [one for one in reports if one.status != "denied"] or list(reports)
    speaking = [one for one in standing if one.speaker]
    speaker = choose(speaking, sources, lambda one: fold(one.speaker.name or one.speaker.text) if one.speaker else None)
    fields: dict[str, Any] = {
        **_type(told, sources),
        **_date(told, sources),
        "place": _place(told, sources),
        "initiators": _side(told, sources, "initiators"),
        "targets": _side(told, sources, "targets"),
        "weapons": tuple(sorted({weapon for one in told for weapon in one.weapons})),
        "status": status,
        "speaker": speaker.speaker if speaker else None,
        "background": all(one.background for one in reports),
        "confidence": _confidence(reports, sources),
        **{name: tolls.best(reports, sources, name) for name in TOLLS},
    }
    return fields | _shared(reports, sources, fields)


def _shared(reports: Sequence[Report], sources: Sources, fields: dict[str, Any]) -> dict[str, Any]:
    toll = tolls.shared(reports, sources)
    own = tolls.own(toll, frozenset(one.id for one in reports))
    if own is None:
        return {"shared_toll": toll}
    return {
        "shared_toll": None,
        "killed": fields["killed"] or own.killed,
        "injured": fields["injured"] or own.injured,
    }


def _type(reports: Sequence[Report], sources: Sources) -> dict[str, Any]:
    chosen = choose(
        reports,
        sources,
        lambda one: one.sub_event_type or f":{one.plover}",
        lambda one: one.sub_event_type not in _GENERIC,
    )
    assert chosen is not None
    return {
        name: getattr(chosen, name) for name in ("event_type", "sub_event_type", "plover", "plover_mode", "quad_class")
    }


def _date(reports: Sequence[Report], sources: Sources) -> dict[str, Any]:
    names = ("date_start", "date_end", "date_precision", "date_basis", "date_text")
    chosen = choose(
        reports,
        sources,
        lambda one: (one.date_start, one.date_end) if one.date_start else None,
        lambda one: (_DATE_PRECISION[one.date_precision], _DATE_BASIS[one.date_basis]),
    )
    return {name: getattr(chosen, name) for name in names} if chosen else {}


def _place(reports: Sequence[Report], sources: Sources) -> Any:
    chosen = choose(reports, sources, _place_key, _place_specificity)
    return chosen.place if chosen else None


def _place_key(report: Report) -> object:
    place = report.place
    return (place.geonameid or fold(place.name or place.text)) if place else None


def _place_specificity(report: Report) -> tuple[int, bool]:
    place = report.place
    return (-place.precision, place.geonameid is not None) if place else (-9, False)


def _side(reports: Sequence[Report], sources: Sources, name: str) -> tuple[Actor, ...]:
    chosen = choose(
        reports,
        sources,
        lambda one: identities(getattr(one, name)) or None,
        lambda one: any(actor.actor_id for actor in getattr(one, name)),
    )
    side: tuple[Actor, ...] = getattr(chosen, name) if chosen else ()
    return side


def identities(actors: Sequence[Actor]) -> frozenset[str]:
    """Who the actors are: ontology ids, else their folded names."""
    return frozenset(actor.actor_id or fold(actor.name or actor.text) for actor in actors)


def _confidence(reports: Sequence[Report], sources: Sources) -> float:
    """The chance that at least one independent source is right, each as sure as its surest report."""
    best: dict[str, float] = {}
    for one in reports:
        best[sources.of(one)] = max(best.get(sources.of(one), 0.0), one.confidence)
    wrong = prod(1.0 - min(max(chance, 0.0), 1.0) for _, chance in sorted(best.items()))
    return round(min(_MOST_CONFIDENCE, 1.0 - wrong), 4) if len(best) > 1 else max(best.values())


def _disputed(reports: Sequence[Report]) -> dict[str, tuple[Variant, ...]]:
    told = [one for one in reports if one.status != "denied"] or list(reports)
    found = tolls.disputed(told)
    if len({one.status for one in reports}) > 1 and any(one.status == "denied" for one in reports):
        found["status"] = variants(reports, lambda one: one.status)
    if len({one.sub_event_type for one in told}) > 1:
        found["sub_event_type"] = variants(told, lambda one: one.sub_event_type)
    if len({one.date_start for one in told if one.date_start and one.date_precision == "day"}) > 1:
        found["date_start"] = variants(told, lambda one: one.date_start)
    if len({_place_key(one) for one in told if one.place and one.place.precision <= FINE}) > 1:
        found["place"] = variants(told, _fine_place)
    for side in ("initiators", "targets"):
        if _sides_differ([getattr(one, side) for one in told]):
            found[side] = variants(told, lambda one, side=side: sorted(identities(getattr(one, side))) or None)  # type: ignore[misc]
    return dict(sorted(found.items()))


def _fine_place(report: Report) -> str | None:
    place = report.place
    return (place.name or place.text) if place and place.precision <= FINE else None


def _sides_differ(sides: Sequence[tuple[Actor, ...]]) -> bool:
    """Whether two reports name known actors of whom none is the same."""
    known = {frozenset(actor.actor_id for actor in side if actor.actor_id) for side in sides} - {frozenset()}
    return any(not one & other for one in known for other in known)


def _decisions(reports: Sequence[Report], decided: Decided) -> list[Decision]:
    """The decisions on an event's reports that still have their quote; of those on one matter the latest counts, and it comes first."""
    return latest_first(
        decision for one in reports for decision in decided.of.get(one.id, ()) if _quoted(decision, one)
    )


def _quoted(decision: Decision, report: Report) -> bool:
    return fold(decision.evidence) == fold(report.evidence.text)


def _review(decisions: Sequence[Decision], lost: Sequence[Decision]) -> dict[str, Any]:
    """How far analysts have looked: the latest verdict; ``check`` where a sentence that one spoke of is gone."""
    if lost and (not decisions or latest_first([*lost, decisions[0]])[0].id != decisions[0].id):
        last = latest_first(lost)[0]
        said = f"{last.action}{f' {last.field}' if last.field else ''} by {last.who}"
        return {"review": "check", "review_note": f"the sentence behind a decision is gone ({said}): {last.evidence}"}
    verdicts = [one for one in decisions if one.action in ("confirm", "reject")]
    if verdicts and verdicts[0].action == "reject":
        return {"review": "rejected", "review_note": verdicts[0].why or None}
    corrected = [one for one in decisions if one.action == "set"]
    if corrected:
        return {"review": "corrected", "review_note": corrected[0].why or None}
    if verdicts:
        return {"review": "confirmed", "review_note": verdicts[0].why or None}
    return {"review": "new"}


def first_moment(report: Report) -> datetime | None:
    """When a report's event is counted to begin: its publication, never later than its fetch."""
    return min(moments(report), default=None)


def moments(report: Report) -> list[datetime]:
    """Publication and fetch, where known: a report read from a file has the epoch for its fetch."""
    return [moment for moment in (report.published_at, report.fetched_at) if moment and moment.timestamp() > 0]
