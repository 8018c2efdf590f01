"""Finding the reports that one can relate to, without comparing it with all.

Two reports are compared only if they share a token of their block (type group with place name, square of the map, governorate, or text or toll)
and their windows lie within reach. That is part of what relates them, in batch and in the stage alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Protocol

from processors.merge.features import LONGEST_WINDOW, SPAN, Features, sketch, telling_tolls
from processors.merge.places import squares

Token = tuple[object, ...]
CellName = str
"""``d<ordinal>`` for the reports of one day, ``w<ordinal // 7>`` for those with a longer window or none (by published day)."""

_SMALLEST = 8
"""Least hashes of a text by which copies find each other: two texts of likeness 0.6 share one of them in all but 1 in 1,500 cases."""


def cell_of(report: Features) -> CellName:
    """The cell that keeps a report."""
    if report.windowed and report.first == report.last:
        return f"d{report.first}"
    return f"w{report.home // 7}"


Days = tuple[int, int]
"""The first and the last day (ordinals) on which a report's relations can lie."""


def days_around(report: Features) -> Days:
    """The days that the event lies within, or without a window the day of its cell, with SPAN on both sides."""
    first, last = (report.first, report.last) if report.windowed else (report.home, report.home)
    return first - SPAN, last + SPAN


def reach(around: Days) -> list[CellName]:
    """The cells in which the reports of these days lie."""
    first, last = around
    days = [f"d{day}" for day in range(first, last + 1)]
    weeks = range((first - LONGEST_WINDOW) // 7, last // 7 + 1)
    return days + [f"w{week}" for week in weeks]


_MOST_LOGGED = 256


class Cell:
    """The reports of one cell by their tokens. ``log`` names the reports that came or went since ``stamp``, oldest first."""

    def __init__(self, reports: Iterable[Features] = ()) -> None:
        self.reports: dict[str, Features] = {}
        self.tokens: dict[str, frozenset[Token]] = {}
        self._by_token: dict[Token, list[Features]] = defaultdict(list)
        self.stamp = object()
        self.log: list[str] = []
        for report in reports:
            self.add(report)

    def add(self, report: Features) -> None:
        """Puts a report in; it must not be there yet."""
        self.reports[report.id] = report
        self.tokens[report.id] = kept_under(report)
        self._note(report.id)
        for token in self.tokens[report.id]:
            self._by_token[token].append(report)

    def remove(self, report_id: str) -> None:
        """Takes a report out; it must be there."""
        del self.reports[report_id]
        self._note(report_id)
        for token in self.tokens.pop(report_id):
            kept = [other for other in self._by_token[token] if other.id != report_id]
            if kept:
                self._by_token[token] = kept
            else:
                del self._by_token[token]

    def _note(self, report_id: str) -> None:
        if len(self.log) >= _MOST_LOGGED:
            self.log, self.stamp = [], object()
        self.log.append(report_id)

    def find(self, tokens: Iterable[Token]) -> Iterator[Features]:
        """The reports under any of the tokens; one report may come several times."""
        for token in tokens:
            yield from self._by_token.get(token, ())


class Around:
    """The cells within reach as they stand: any change makes another ``stamp`` or ``length`` of its log."""

    __slots__ = ("cells", "lengths", "stamps")

    def __init__(self, cells: list[Cell]) -> None:
        self.cells = cells
        self.stamps = [cell.stamp for cell in cells]
        self.lengths = [len(cell.log) for cell in cells]


class View(Protocol):
    """The reports that merging sees: all of a batch, or those that the store keeps."""

    def get(self, report_id: str) -> Features | None: ...
    def around(self, report: Features) -> Around: ...


class BatchView:
    """A view of reports in memory."""

    def __init__(self, reports: Iterable[Features]) -> None:
        self.reports = {report.id: report for report in reports}
        self._cells: dict[CellName, Cell] = defaultdict(Cell)
        for report in self.reports.values():
            self._cells[cell_of(report)].add(report)
        self._around: dict[Days, Around] = {}

    def get(self, report_id: str) -> Features | None:
        return self.reports.get(report_id)

    def around(self, report: Features) -> Around:
        """The cells in which the report's relations can lie."""
        days = days_around(report)
        if days not in self._around:
            self._around[days] = Around([self._cells[name] for name in reach(days)])
        return self._around[days]


def _unit(report: Features) -> str:
    return report.spot.admin1 if report.spot else ""


def specific_tokens(report: Features) -> list[Token]:
    """Where the specific reports stand that a report may be one with."""
    if report.key == "XX":
        return []
    unit = _unit(report)
    if not report.specific:
        return [("a", report.group, unit), ("a", report.group, "")] if unit else [("a*", report.group)]
    spot = report.spot
    assert spot is not None
    tokens: list[Token] = [("p", report.group, name) for name in sorted(spot.names | {spot.admin2} - {""})]
    tokens += [("i", report.group, name) for name in sorted(spot.names)]
    return tokens + [("g", report.group, *square) for square in squares(spot)]


def kept_under(report: Features) -> frozenset[Token]:
    """The tokens by which a report is found."""
    unit = _unit(report)
    if not report.specific:
        return frozenset([("v", report.group, unit), ("v*", report.group), *_text_tokens(report)])
    spot = report.spot
    assert spot is not None
    tokens: list[Token] = [("p", report.group, name) for name in spot.names]
    if spot.admin2:
        tokens.append(("i", report.group, spot.admin2))
    tokens += [("g", report.group, *square) for square in squares(spot)[:1]]
    return frozenset([*tokens, ("a", report.group, unit), ("a*", report.group)])


def vague_tokens(report: Features) -> list[Token]:
    """Where the vague reports stand that may join a specific one, or that may be twins of a vague one."""
    if not report.specific:
        return _text_tokens(report)
    unit = _unit(report)
    return [("v", report.group, unit), ("v", report.group, "")] if unit else [("v*", report.group)]


def _text_tokens(report: Features) -> list[Token]:
    tokens: list[Token] = [("s", report.group, value) for value in sketch(report.signature)[:_SMALLEST]]
    unit = _unit(report)
    told = telling_tolls(report) if unit else []
    tokens += [("t", report.group, unit, *toll) for toll in told]
    return [*tokens, ("e", report.group, report.sentence)]
