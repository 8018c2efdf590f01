"""What is left of an event when an article is forgotten."""

from __future__ import annotations

import msgspec

from contracts.records import Event, EventState, Report


def without(event: Event, article_id: str) -> Event:
    """The event without the article's reports, under the same version, so that the old document cannot come back; a bare tombstone
    where nothing else carries it."""
    kept = tuple(report for report in event.reports if report.article_id != article_id)
    gone = {report.id for report in event.reports} - {report.id for report in kept}
    return _without(event, kept, gone) if kept or event.more_reports else _tombstone(event)


def is_bare(event: Event) -> bool:
    """Whether nothing carries the event any more."""
    return not event.reports and not event.more_reports


def _tombstone(event: Event) -> Event:
    """Only what lets the id resolve."""
    state: EventState = "superseded" if event.state == "superseded" else "retracted"
    return Event(id=event.id, version=event.version, key=event.key, state=state, superseded_by=event.superseded_by)


def _without(event: Event, kept: tuple[Report, ...], gone: set[str]) -> Event:
    """Its merged fields are merging's to compute anew."""
    outlets = {report.outlet for report in kept}
    return msgspec.structs.replace(
        event,
        reports=kept,
        outlets=event.outlets if event.more_reports else tuple(o for o in event.outlets if o in outlets),
        toll_history=tuple(point for point in event.toll_history if point.report_id not in gone),
        disputed={
            field: told
            for field, variants in event.disputed.items()
            if (told := tuple(variant for variant in variants if not gone.issuperset(variant.reports)))
        },
    )
