"""The reports that one may relate to, remembered between folds and brought up to date by what came and went since."""

from __future__ import annotations

from collections.abc import Callable

from processors.merge.features import SPAN, Features
from processors.merge.index import Cell, Token, View, reach, specific_tokens, vague_tokens

_MOST = 4_000
"""Reports remembered, each with the reports around it."""

Tokens = Callable[[Features], list[Token]]


class _Known:
    """What was found in some cells as they stood then."""

    __slots__ = ("cells", "found", "lengths", "stamps", "tokens")

    def __init__(self, cells: list[Cell], tokens: list[Token], found: dict[str, Features]) -> None:
        self.cells = cells
        self.stamps = [cell.stamp for cell in cells]
        self.lengths = [len(cell.log) for cell in cells]
        self.tokens = frozenset(tokens)
        self.found = found

    def stands(self, cells: list[Cell]) -> bool:
        """Whether these are still the same cells, with logs that reach back."""
        return all(
            mine is theirs and stamp is theirs.stamp
            for mine, theirs, stamp in zip(self.cells, cells, self.stamps, strict=True)
        )


class Related:
    """Finds the specific and the vague reports around a report. It holds no state: only what can be found again."""

    def __init__(self) -> None:
        self._specifics: dict[int, _Known] = {}
        self._vagues: dict[int, _Known] = {}

    def specifics(self, view: View, report: Features) -> dict[str, Features]:
        """The specific reports in a report's blocks and reach, by id."""
        return _related(self._specifics, view, report, specific_tokens)

    def vagues(self, view: View, report: Features) -> dict[str, Features]:
        """The vague reports that may join a specific one, or that may be twins of a vague one, by id."""
        return _related(self._vagues, view, report, vague_tokens)


def _related(memory: dict[int, _Known], view: View, report: Features, tokens: Tokens) -> dict[str, Features]:
    cells = [view.cell(name) for name in reach(report)]
    known = memory.get(report.mark)
    if known is None or not known.stands(cells):
        if len(memory) >= _MOST:
            memory.clear()
        wanted = tokens(report)
        known = memory[report.mark] = _Known(cells, wanted, _find(cells, wanted, report))
    else:
        _catch_up(known, report)
    return known.found


def _find(cells: list[Cell], tokens: list[Token], report: Features) -> dict[str, Features]:
    found = {other.id: other for cell in cells for other in cell.find(tokens) if _meet(report, other)}
    found.pop(report.id, None)
    return found


def _catch_up(known: _Known, report: Features) -> None:
    changed = [
        (cell, one) for cell, length in zip(known.cells, known.lengths, strict=True) for one in cell.log[length:]
    ]
    for _, one in changed:
        known.found.pop(one, None)
    for cell, one in changed:
        other = cell.reports.get(one)
        if other and one != report.id and _meet(report, other) and not known.tokens.isdisjoint(cell.tokens[one]):
            known.found[one] = other
    if changed:
        known.lengths = [len(cell.log) for cell in known.cells]


def _meet(a: Features, b: Features) -> bool:
    """Whether two windows lie within the span of a cluster; without windows, whether the reports appeared together."""
    if a.windowed and b.windowed:
        return a.first - b.last <= SPAN and b.first - a.last <= SPAN
    return abs(a.home - b.home) <= SPAN
