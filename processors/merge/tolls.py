"""Tolls of an event: the best figure, the range of fatalities, what is disputed, and how they rose."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.records import Count, Fatalities, Report, SharedToll, TollPoint, Variant
from processors.merge.choice import choose, recency, text_of, variants
from processors.merge.features import TOLLS, Toll
from processors.merge.sources import Sources

_VAGUE = 1
"""«Some» is [1, open]: less specific than any number."""


def toll(report: Report, name: str) -> Toll | None:
    """(low, high) of one toll of a report, high None where open; None where the report is silent."""
    count: Count | None = getattr(report, name)
    return (count.low, count.high) if count else None


def best(reports: Sequence[Report], sources: Sources, name: str) -> Count | None:
    """The figure of a toll: the last of one that rises, else the most specific with most independent sources, the latest first."""
    telling = [report for report in reports if toll(report, name)]
    standing = [report for report in telling if report.status != "denied"] or telling
    if rises(standing, name):
        exact = [report for report in standing if _specificity(report, name) == 2]
        last = max(exact, key=lambda report: (recency(report), report.id))
        count: Count | None = getattr(last, name)
        return count
    chosen = choose(standing, sources, lambda report: toll(report, name), lambda report: _specificity(report, name))
    return getattr(chosen, name) if chosen else None


def _specificity(report: Report, name: str) -> int:
    low, high = toll(report, name) or (0, None)
    return 2 if high is not None else int(low > _VAGUE)


def rises(reports: Sequence[Report], name: str) -> bool:
    """Whether a toll only ever rose with time: at least two exact figures, none before a lower one, none at one moment with another."""
    points: dict[float, set[int]] = {}
    for report in reports:
        low, high = toll(report, name) or (0, None)
        if high is not None and high == low and report.published_at:
            points.setdefault(recency(report), set()).add(low)
        elif high is not None:
            return False
    figures = [figure for _, figure in sorted(points.items())]
    if any(len(figure) > 1 for figure in figures):
        return False
    values = [min(figure) for figure in figures]
    return len(set(values)) > 1 and values == sorted(values)


def disputed(reports: Sequence[Report]) -> dict[str, tuple[Variant, ...]]:
    """Tolls on which reports differ and that did not simply rise; a range and a number inside it do not differ."""
    found = {}
    for name in TOLLS:
        said = {toll(report, name) for report in reports} - {None}
        if _differ([one for one in said if one]) and not rises(reports, name):
            found[name] = variants(reports, lambda report, name=name: toll(report, name))  # type: ignore[misc]
    return found


def _differ(said: Sequence[Toll]) -> bool:
    lowest_high = min((high for _, high in said if high is not None), default=None)
    return lowest_high is not None and max(low for low, _ in said) > lowest_high


def fatalities(reports: Sequence[Report], killed: Count | None) -> Fatalities | None:
    """Killed over all reports: the least and the greatest figure told, the best one, and the civilians in it."""
    said = [one for one in (toll(report, "killed") for report in reports if report.status != "denied") if one]
    if killed is None:
        return None
    said.append((killed.low, killed.high))
    top = max(high if high is not None else low for low, high in said)
    open_ended = any(high is None and low >= top for low, high in said)
    low = min(low for low, high in said if high is not None or low > _VAGUE or len(said) == 1 or _all_vague(said))
    civilians = [part.low for part in killed.by if part.civilian]
    return Fatalities(
        low=low,
        best=killed.low,
        high=None if open_ended else top,
        civilians=min(sum(civilians), killed.low) if civilians else None,
    )


def _all_vague(said: Sequence[Toll]) -> bool:
    return all(high is None and low <= _VAGUE for low, high in said)


def history(reports: Sequence[Report]) -> tuple[TollPoint, ...]:
    """Killed and injured as each report gave them, in order of publication."""
    telling = [report for report in reports if report.killed or report.injured]
    return tuple(
        TollPoint(
            report_id=report.id,
            outlet=report.outlet,
            published_at=report.published_at,
            killed=toll(report, "killed"),
            injured=toll(report, "injured"),
        )
        for report in sorted(telling, key=lambda report: (recency(report), report.id))
    )


def shared(reports: Sequence[Report], sources: Sources) -> SharedToll | None:
    """The toll that a text gives for this event and others together."""
    telling = [report for report in reports if report.shared_toll]
    chosen = choose(telling, sources, lambda report: text_of(_figures(report.shared_toll)))
    return chosen.shared_toll if chosen else None


def _figures(toll: SharedToll | None) -> tuple[object, ...]:
    if toll is None:
        return ()
    return tuple((count.low, count.high) if count else None for count in (toll.killed, toll.injured))


def own(toll: SharedToll | None, ids: frozenset[str]) -> SharedToll | None:
    """A shared toll all of whose reports are in this one event: then it is the event's own, counted here once."""
    return toll if toll and toll.reports and ids.issuperset(toll.reports) else None
