"""Choosing one value of a field out of what reports say: by specificity, independent sources, recency; ties by the value itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import msgspec

from contracts.records import Report, Variant
from processors.merge.sources import Sources

V = TypeVar("V")

_encoder = msgspec.json.Encoder(order="sorted")


def recency(report: Report) -> float:
    """When a report was published, in seconds; 0 where unknown."""
    return report.published_at.timestamp() if report.published_at else 0.0


def text_of(value: object) -> str:
    """A value as canonical JSON."""
    return _encoder.encode(value).decode()


def groups(reports: Sequence[Report], key: Callable[[Report], Hashable]) -> dict[Hashable, list[Report]]:
    """Reports by what they say; those whose key is None say nothing."""
    found: dict[Hashable, list[Report]] = {}
    for report in reports:
        said = key(report)
        if said is not None:
            found.setdefault(said, []).append(report)
    return found


def choose(
    reports: Sequence[Report],
    sources: Sources,
    key: Callable[[Report], Hashable],
    specificity: Callable[[Report], object] = lambda _: 0,
) -> Report | None:
    """The report that speaks for the value which wins: the most specific, then that of most independent sources, then the latest."""
    said = groups(reports, key)
    if not said:
        return None

    def rank(group: list[Report]) -> tuple[object, ...]:
        return (
            max(map(specificity, group)),  # type: ignore[type-var]
            sources.count(group),
            max(map(recency, group)),
            min(report.id for report in group),
        )

    best = max(said.values(), key=rank)
    return max(best, key=lambda report: (specificity(report), report.confidence, recency(report), report.id))


def variants(reports: Sequence[Report], value: Callable[[Report], object]) -> tuple[Variant, ...]:
    """Each value that reports give a field, with who says it, in the order of the values' text."""
    said = groups(reports, lambda report: None if value(report) is None else text_of(value(report)))
    return tuple(
        Variant(
            value=str(text),
            reports=tuple(sorted(report.id for report in group)),
            outlets=tuple(sorted({report.outlet for report in group if report.outlet})),
        )
        for text, group in sorted(said.items(), key=lambda item: str(item[0]))
    )
