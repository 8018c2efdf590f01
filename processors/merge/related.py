"""The reports that one may relate to, remembered between folds and brought up to date by what came and went since."""

from __future__ import annotations

from collections.abc import Callable

from processors.merge.features import SPAN, Features
from processors.merge.index import Around, Token, View, specific_tokens, vague_tokens
from processors.merge.judge import Judge
from processors.merge.pair import twins

_MOST = 4_000
"""Reports remembered, each with the reports around it."""

Tokens = Callable[[Features], list[Token]]
Keep = Callable[[Features, Features], bool]


class _Known:
    """What was found in some cells as they stood then."""

    __slots__ = ("around", "found", "tokens")

    def __init__(self, around: Around, tokens: list[Token], found: dict[str, Features]) -> None:
        self.around = around
        self.tokens = frozenset(tokens)
        self.found = found

    def stands(self, around: Around) -> bool:
        """Whether these are still the same cells, with logs that reach back."""
        mine = self.around
        return mine is around or (mine.cells == around.cells and mine.stamps == around.stamps)


class Related:
    """Finds the reports that link with a report, fit it or are its twins. It holds no state: only what can be found again."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self._links: dict[int, _Known] = {}
        self._hosts: dict[int, _Known] = {}
        self._guests: dict[int, _Known] = {}
        self._twins: dict[int, _Known] = {}

    def links(self, view: View, report: Features) -> dict[str, Features]:
        """The specific reports that a specific one links with, by id."""
        return _related(self._links, view, report, specific_tokens, self._linked)

    def hosts(self, view: View, vague: Features) -> dict[str, Features]:
        """The specific reports that a vague one fits, by id."""
        return _related(self._hosts, view, vague, specific_tokens, self._fits)

    def guests(self, view: View, specific: Features) -> dict[str, Features]:
        """The vague reports that fit a specific one, by id."""
        return _related(self._guests, view, specific, vague_tokens, lambda one, other: self._fits(other, one))

    def twins(self, view: View, vague: Features) -> dict[str, Features]:
        """The vague reports that go together with a vague one, by id."""
        return _related(self._twins, view, vague, vague_tokens, self._twin)

    def _linked(self, a: Features, b: Features) -> bool:
        return self.judge.relation(a, b).verdict == "link"

    def _fits(self, vague: Features, specific: Features) -> bool:
        return self.judge.fit(vague, specific) is not None

    def _twin(self, a: Features, b: Features) -> bool:
        return twins(a, b, self.judge.relation(a, b))


def _related(
    memory: dict[int, _Known], view: View, report: Features, tokens: Tokens, keep: Keep
) -> dict[str, Features]:
    around = view.around(report)
    known = memory.get(report.mark)
    if known is None or not known.stands(around):
        if len(memory) >= _MOST:
            memory.clear()
        wanted = tokens(report)
        found = {other.id: other for cell in around.cells for other in cell.find(wanted)}
        kept = {one: other for one, other in found.items() if _may(report, other) and keep(report, other)}
        known = memory[report.mark] = _Known(around, wanted, kept)
    elif known.around is not around:
        _catch_up(known, around, report, keep)
    return known.found


def _catch_up(known: _Known, around: Around, report: Features, keep: Keep) -> None:
    before, known.around = known.around.lengths, around
    if before == around.lengths:
        return
    changed = [
        (cell, one)
        for cell, old, new in zip(around.cells, before, around.lengths, strict=True)
        if old != new
        for one in cell.log[old:]
    ]
    for _, one in changed:
        known.found.pop(one, None)
    for cell, one in changed:
        other = cell.reports.get(one)
        if other and not known.tokens.isdisjoint(cell.tokens[one]) and _may(report, other) and keep(report, other):
            known.found[one] = other


def _may(report: Features, other: Features) -> bool:
    return other.id != report.id and _meet(report, other)


def _meet(a: Features, b: Features) -> bool:
    """Whether two windows lie within the span of a cluster; without windows, whether the reports appeared together."""
    if a.windowed and b.windowed:
        return a.first - b.last <= SPAN and b.first - a.last <= SPAN
    return abs(a.home - b.home) <= SPAN
