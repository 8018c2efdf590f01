"""What analysts decided: which decision counts, what it may set, and why one is refused. Decisions come last and survive every replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, get_type_hints

import msgspec

from arabic.fold import fold
from contracts.records import Decision, Facts, Report

_SETTABLE: dict[str, Any] = {
    name: kind for name, kind in get_type_hints(Facts, include_extras=True).items() if name != "confidence"
}
_PAIRS = ("join", "separate")


def latest_first(decisions: Iterable[Decision]) -> list[Decision]:
    """Each decision once, the latest first; of one moment, the greatest id first."""
    return sorted({one.id: one for one in decisions}.values(), key=lambda one: (one.decided_at, one.id), reverse=True)


class Decisions(Protocol):
    """What clustering asks of decisions."""

    def joined(self, report_id: str) -> list[str]: ...
    def joins_among(self, members: Sequence[str]) -> list[tuple[str, str, Decision]]: ...
    def separation(self, a: str, b: str) -> Decision | None: ...


class Decided:
    """The decisions that count for a set of reports: of contradictory ones the latest."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._joins: list[tuple[str, str, Decision]] = []
        self._apart: dict[frozenset[str], Decision] = {}
        self._partners: dict[str, list[str]] = {}
        self.of: dict[str, list[Decision]] = {}
        """By report: verdicts and set fields that count, the latest first."""
        seen: set[tuple[object, ...]] = set()
        ordered = latest_first(decisions)
        self.ids = tuple(decision.id for decision in ordered)
        for decision in ordered:
            if _slot(decision) not in seen:
                seen.add(_slot(decision))
                self._take(decision)

    def _take(self, decision: Decision) -> None:
        other = decision.other_report_id
        if decision.action not in _PAIRS:
            self.of.setdefault(decision.report_id, []).append(decision)
        elif other is not None and other != decision.report_id:
            for one, two in ((decision.report_id, other), (other, decision.report_id)):
                self._partners.setdefault(one, []).append(two)
            if decision.action == "join":
                self._joins.append((decision.report_id, other, decision))
            else:
                self._apart[frozenset((decision.report_id, other))] = decision

    def joined(self, report_id: str) -> list[str]:
        """The reports that a decision joins this one to."""
        partners = self._partners.get(report_id)
        if not partners:
            return []
        return [other for other in partners if frozenset((report_id, other)) not in self._apart]

    def joins_among(self, members: Sequence[str]) -> list[tuple[str, str, Decision]]:
        """The pairs to join of which both are members, the latest decision first."""
        if not self._joins:
            return []
        inside = set(members)
        return [join for join in self._joins if join[0] in inside and join[1] in inside]

    def separation(self, a: str, b: str) -> Decision | None:
        """The decision that keeps the two apart, where one counts."""
        return self._apart.get(frozenset((a, b))) if self._apart else None


def _slot(decision: Decision) -> tuple[object, ...]:
    """What a decision speaks to: of all that speak to one slot the latest counts."""
    if decision.action in _PAIRS:
        return "pair", frozenset((decision.report_id, decision.other_report_id))
    if decision.action == "set":
        return "set", decision.report_id, decision.field
    return "verdict", decision.report_id


def value_of(decision: Decision) -> Any:
    """The value that a ``set`` decision gives its field, decoded from JSON and checked against the field's type.

    Raises ValueError where the field cannot be set or the value does not fit it."""
    if decision.field not in _SETTABLE:
        raise ValueError(f"the field {decision.field!r} cannot be set; these can: {', '.join(sorted(_SETTABLE))}")
    try:
        return msgspec.json.decode((decision.value or "null").encode(), type=_SETTABLE[decision.field])
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ValueError(f"the value {decision.value!r} does not fit {decision.field}: {error}") from error


def flaw(decision: Decision) -> str | None:
    """What is wrong with a decision in itself, or None."""
    if decision.action in _PAIRS:
        if decision.other_report_id is None:
            return f"{decision.action} names only one report"
        if decision.other_report_id == decision.report_id:
            return f"{decision.action} names one report twice"
    if decision.action == "set":
        try:
            value_of(decision)
        except ValueError as error:
            return str(error)
    return None


def refusal(decision: Decision, report: Report | None, other: Report | None = None) -> str | None:
    """Why a decision cannot be taken, or None. ``report`` and ``other`` are the reports that it names, as they stand now."""
    wrong = flaw(decision) or _misquote(decision.report_id, decision.evidence, report)
    if wrong or decision.action not in _PAIRS:
        return wrong
    wrong = _misquote(decision.other_report_id or "", decision.other_evidence, other)
    if wrong or report is None or other is None:
        return wrong
    one, two = country_of(report), country_of(other)
    if one != two:
        return f"the reports lie in {one} and {two}: events are kept by country, and none spans two"
    return None


def _misquote(report_id: str, evidence: str | None, report: Report | None) -> str | None:
    if report is None:
        return f"no report {report_id}"
    if evidence is not None and fold(evidence) != fold(report.evidence.text):
        return f"the quoted evidence is not that of report {report_id}"
    return None


def country_of(report: Report) -> str:
    """The merge key of a report: its country, or ``XX``."""
    return (report.place.country if report.place else None) or "XX"
