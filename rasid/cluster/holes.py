"""Sees records that were lost between the broker and us: our topics have no natural holes in their offsets."""

from __future__ import annotations

from collections.abc import Mapping

from faust.types import TP


class Hole(Exception):
    """Records are missing between two that came one after the other."""


class HoleWatch:
    """``check`` takes every record of every partition, in the order of their coming."""

    def __init__(self) -> None:
        self._last: dict[tuple[TP, int], int] = {}

    def check(self, tp: TP, generation: int, offset: int, starts: Mapping[tuple[TP, int], int]) -> None:
        """``starts``: where the reading began in each generation. A record that comes again is no fault. Raises Hole."""
        place = (tp, generation)
        last = self._last.get(place)
        if last is None:
            self._last = {key: value for key, value in self._last.items() if key[0] != tp}
            last = starts.get(place, offset) - 1
        if offset > last + 1:
            raise Hole(f"{tp.topic} partition {tp.partition}: {last + 1} to {offset - 1} never came, {offset} did")
        self._last[place] = max(last, offset)

    def next_of(self, tp: TP) -> int | None:
        """The offset that is expected next; None before the first record."""
        return max((last + 1 for (of, _), last in self._last.items() if of == tp), default=None)
