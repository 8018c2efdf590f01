"""The decisions that count, read from the store for the reports that are looked at."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.records import Decision
from processors.merge.decisions import Decided
from processors.merge.rows import Rows

_NONE = Decided()


class StoredDecisions:
    """What ``Decided`` answers, over the decisions that the store keeps."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._known: dict[str, Decided] = {}
        self._idle: bool | None = None
        """Whether the country has no decisions at all, which spares every look."""

    def _of(self, report: str) -> Decided:
        if self._idle is None:
            self._idle = not self._rows.has_decisions()
        if self._idle:
            return _NONE
        known = self._known.get(report)
        if known is None:
            kept = self._rows.decisions(report)
            known = self._known[report] = Decided(kept) if kept else _NONE
        return known

    def joined(self, report_id: str) -> list[str]:
        """See ``Decided``."""
        return self._of(report_id).joined(report_id)

    def joins_among(self, members: Sequence[str]) -> list[tuple[str, str, Decision]]:
        """See ``Decided``."""
        return self.among(members).joins_among(members)

    def separation(self, a: str, b: str) -> Decision | None:
        """See ``Decided``."""
        return self._of(a).separation(a, b)

    def among(self, members: Sequence[str]) -> Decided:
        """The decisions that name any of these reports."""
        kept = [decision for member in members for decision in self._rows.decisions(member)]
        return Decided(kept) if kept else _NONE
