"""Reports to events in one go, over the same functions as the stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from contracts.records import Decision, Event, Report
from processors.merge.choice import recency
from processors.merge.cluster import cluster
from processors.merge.decisions import Decided, country_of
from processors.merge.event import build_event
from processors.merge.features import features
from processors.merge.ids import event_id


def merge_reports(reports: Iterable[Report], decisions: Iterable[Decision] = ()) -> list[Event]:
    """The live events of a set of reports (of several with one id, the highest revision counts), by country, in the order of their ids.

    Ids are given as if Rasid had first seen each event by its earliest published report."""
    decisions = list(decisions)
    by_key: dict[str, list[Report]] = defaultdict(list)
    for report in _newest(reports).values():
        by_key[country_of(report)].append(report)
    events = [event for key, group in sorted(by_key.items()) for event in _country(key, group, decisions)]
    return sorted(events, key=lambda event: event.id)


def _newest(reports: Iterable[Report]) -> dict[str, Report]:
    newest: dict[str, Report] = {}
    for report in reports:
        known = newest.get(report.id)
        if known is None or report.revision > known.revision:
            newest[report.id] = report
    return newest


def _country(key: str, reports: list[Report], decisions: list[Decision]) -> list[Event]:
    decided = Decided(one for one in decisions if one.country == key)
    by_id = {report.id: report for report in reports}
    clusters = cluster((features(report, key) for report in reports), decided)
    return [_event(key, [by_id[one] for one in members], decided) for members in clusters]


def _event(key: str, reports: list[Report], decided: Decided) -> Event:
    anchor = min(reports, key=lambda report: (recency(report), report.id))
    return build_event(reports, decided, key=key, id=event_id(key, anchor))
