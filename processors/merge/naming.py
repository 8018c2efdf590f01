"""Ids of the clusters of a region: the oldest id lives, the others are superseded, and one whose reports are gone is retracted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from processors.merge.cells import StoreView
from processors.merge.cluster import Cluster
from processors.merge.features import Features
from processors.merge.ids import event_id
from processors.merge.rows import EventRow, Rows

_MOST_LOST = 100


class Naming:
    """Gives ids and keeps them: an id hangs on the report by which the event was first seen, and never ceases to resolve."""

    def __init__(self, rows: Rows, view: StoreView) -> None:
        self._rows = rows
        self._view = view

    def release(self, freed: Sequence[str]) -> None:
        """Reports that were freed leave their ids to what is kept of the event, or keep them: nothing is retracted by the freeing."""
        for report in freed:
            ids = self._rows.anchored(report)
            rows = filter(None, map(self._rows.event, ids))
            passed = {row.id for row in rows if row.state == "live" and self._pass_on(row, retract=False)}
            if passed:
                self._rows.put_anchored(report, tuple(one for one in ids if one not in passed))

    def name(self, clusters: Iterable[Cluster], removed: Sequence[str]) -> set[str]:
        """Names the clusters and returns every id concerned, the superseded and the retracted ones too."""
        named = {one for report in removed for one in self._unanchor(report)}
        for cluster in clusters:
            named |= self._name(cluster, removed)
        return named

    def _unanchor(self, report: str) -> tuple[str, ...]:
        """The report is gone: each id that hung on it passes to the earliest seen of its event's other reports, or is retracted."""
        ids = self._rows.anchored(report)
        kept = []
        for one in ids:
            row = self._rows.event(one)
            if row is None or row.state == "superseded" or not self._pass_on(row):
                kept.append(one)
        if len(kept) < len(ids):
            self._rows.put_anchored(report, tuple(kept))
        return ids

    def _pass_on(self, row: EventRow, retract: bool = True) -> bool:
        heirs = [member for member in map(self._view.get, row.members) if member]
        if not heirs and not retract:
            return False
        if not heirs:
            self._rows.put_event(EventRow(row.id, row.born, row.anchor, "retracted"))
            return False
        heir = _first_seen(heirs).id
        self._rows.put_event(msgspec.structs.replace(row, anchor=heir))
        self._rows.put_anchored(heir, tuple(sorted({*self._rows.anchored(heir), row.id})))
        return True

    def _name(self, cluster: Cluster, removed: Sequence[str]) -> set[str]:
        ids = sorted({one for report in cluster for one in self._rows.anchored(report)})
        rows = sorted((row for row in map(self._rows.event, ids) if row), key=lambda row: (row.born, row.id))
        eldest = rows[0] if rows else self._create(cluster)
        lost = {one for row in rows for one in (*row.lost, *(set(removed) & set(row.members)))} - set(cluster)
        for one in lost & set(removed):
            self._rows.put_left(one, tuple(sorted({*self._rows.left(one), eldest.id})))
        self._put(
            EventRow(eldest.id, eldest.born, eldest.anchor, "live", None, cluster, tuple(sorted(lost))[:_MOST_LOST])
        )
        for row in rows[1:]:
            self._put(EventRow(row.id, row.born, row.anchor, "superseded", eldest.id))
        return {eldest.id, *ids}

    def _put(self, row: EventRow) -> None:
        if self._rows.event(row.id) != row:
            self._rows.put_event(row)

    def _create(self, cluster: Cluster) -> EventRow:
        anchor = _first_seen([report for report in map(self._view.get, cluster) if report])
        kept = self._rows.report(anchor.id)
        assert kept is not None
        ordinal = 0
        while self._rows.event(event_id(self._rows.key, kept.report, ordinal)) is not None:
            ordinal += 1  # that id lives on in another event, whose reports it was passed to
        row = EventRow(event_id(self._rows.key, kept.report, ordinal), anchor.seen, anchor.id)
        self._rows.put_anchored(anchor.id, tuple(sorted({*self._rows.anchored(anchor.id), row.id})))
        return row


def _first_seen(reports: Sequence[Features]) -> Features:
    return min(reports, key=lambda report: (report.seen, report.id))
