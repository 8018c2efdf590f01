"""A partition of reports that only grows together, with a number for each part that no later part takes again."""

from __future__ import annotations

from collections.abc import Iterable


class Parts:
    """Disjoint sets of ids; each starts alone."""

    def __init__(self, members: Iterable[str]) -> None:
        self._label = {one: number for number, one in enumerate(members)}
        self._members = {number: [one] for one, number in self._label.items()}
        self._next = len(self._label)

    def of(self, one: str) -> list[str]:
        """The part that holds ``one``."""
        return self._members[self._label[one]]

    def labels(self, one: str, other: str) -> tuple[int, int]:
        """The numbers of the two parts, the lower first."""
        a, b = self._label[one], self._label[other]
        return (a, b) if a <= b else (b, a)

    def divided(self, one: str, other: str) -> bool:
        """Whether both are here, in different parts."""
        a, b = self._label.get(one), self._label.get(other)
        return a is not None and b is not None and a != b

    def join(self, one: str, other: str) -> None:
        """Makes one part of the two, under a new number: what was refused of the parts is asked again of the whole."""
        merged = self._members.pop(self._label[one]) + self._members.pop(self._label[other])
        self._label.update(dict.fromkeys(merged, self._next))
        self._members[self._next] = merged
        self._next += 1

    def all(self) -> list[tuple[str, ...]]:
        """The parts, each in ascending order, in ascending order."""
        return sorted(tuple(sorted(members)) for members in self._members.values())
