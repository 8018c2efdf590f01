"""Pairs compared, remembered: ``compare`` is pure, so a pair whose two reports did not change need not be weighed again."""

from __future__ import annotations

from processors.merge.features import Features
from processors.merge.pair import Relation, compare, fits

_MOST = 100_000
"""Pairs kept in memory (about 25 MB)."""


class Judge:
    """A bounded memory of relations, by the marks of the two reports. It holds no state: only what can be computed again."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: dict[tuple[int, int], Relation] = {}
        self._fits: dict[tuple[int, int], float | None] = {}

    def relation(self, a: Features, b: Features) -> Relation:
        """What ``compare`` says of the two."""
        pair = (a.mark, b.mark) if a.mark < b.mark else (b.mark, a.mark)
        known = self._known.get(pair)
        if known is None:
            if len(self._known) >= self._most:
                self._known.clear()
            known = self._known[pair] = compare(a, b)
        return known

    def fit(self, vague: Features, specific: Features) -> float | None:
        """How well a vague report fits a specific one, or None (see ``pair.fits``)."""
        pair = vague.mark, specific.mark
        if pair not in self._fits:
            if len(self._fits) >= self._most:
                self._fits.clear()
            self._fits[pair] = fits(vague, specific, self.relation(vague, specific))
        return self._fits[pair]
