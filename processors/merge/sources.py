"""How many independent sources stand behind an event: copies of one text, one agency, one outlet and one article are one source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from arabic.fold import fold
from arabic.signature import containment, likeness
from contracts.records import Report
from processors.merge.parts import Parts

_COPY_LIKENESS = 0.6
_COPY_CONTAINMENT = 0.85
_PAIRED = 60
"""Above so many distinct texts only equal marks join them: likeness of all pairs would cost more than it tells."""


class Sources:
    """The reports of an event by the source that they come from."""

    def __init__(self, reports: Sequence[Report]) -> None:
        parts = Parts(report.id for report in reports)
        first: dict[tuple[str, object], str] = {}
        for report in reports:
            for mark in _marks(report):
                known = first.setdefault(mark, report.id)
                if parts.divided(known, report.id):
                    parts.join(known, report.id)
        _join_copies(reports, parts)
        self._of = {one: part[0] for part in parts.all() for one in part}

    def count(self, reports: Sequence[Report] | None = None) -> int:
        """The number of independent sources, of all or of some of the reports."""
        return len(set(self._of.values())) if reports is None else len({self._of[report.id] for report in reports})

    def of(self, report: Report) -> str:
        """The name of a report's source: the least id of its reports."""
        return self._of[report.id]


def _marks(report: Report) -> list[tuple[str, object]]:
    marks: list[tuple[str, object]] = [("article", report.article_id)]
    if report.agency:
        marks.append(("agency", fold(report.agency).strip()))
    if report.outlet:
        marks.append(("outlet", report.outlet))
    if report.signature:
        marks.append(("text", report.signature))
    return marks


def _join_copies(reports: Sequence[Report], parts: Parts) -> None:
    texts: dict[tuple[int, ...], str] = {}
    for report in reports:
        if report.signature:
            texts.setdefault(report.signature, report.id)
    if len(texts) > _PAIRED:
        return
    for (a, one), (b, other) in combinations(sorted(texts.items()), 2):
        if parts.divided(one, other) and _copies(a, b):
            parts.join(one, other)


def _copies(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    if likeness(a, b) >= _COPY_LIKENESS:
        return True
    return max(containment(a, b), containment(b, a)) >= _COPY_CONTAINMENT
