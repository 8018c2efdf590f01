"""The rows that merge keeps in its store, and their keys. Each key begins with its kind and the country."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from contracts.ids import digest
from contracts.records import Decision, EventState, Report, Stamp
from contracts.stage import Store
from processors.merge.features import Features
from processors.merge.index import CellName

T = TypeVar("T")

_encoder = msgspec.msgpack.Encoder(order="deterministic")


class CellPart(msgspec.Struct, frozen=True, array_like=True):
    """A part of a cell. ``touched``: the day (ordinal, our clock) of the last touch; ``parts``: how many there are (part 0 counts)."""

    touched: int
    parts: int
    reports: tuple[Features, ...]


class ReportRow(msgspec.Struct, frozen=True, array_like=True):
    """A whole report, and the cell that keeps its features."""

    cell: CellName
    report: Report


class ArticleRow(msgspec.Struct, frozen=True, array_like=True):
    """What stands of an article: the highest stamp, its reports, and the ids of every event that it ever touched here."""

    stamp: Stamp
    reports: tuple[str, ...]
    touched: tuple[str, ...]


class EventRow(msgspec.Struct, frozen=True, array_like=True):
    """A published id, for ever. ``born``: the version that first saw its anchor; ``anchor``: the report that it hangs on; ``lost``:
    reports that were in it and are gone (the last 100)."""

    id: str
    born: int
    anchor: str
    state: EventState = "live"
    superseded_by: str | None = None
    members: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Rows:
    """Typed access to the rows of one country."""

    def __init__(self, store: Store, key: str) -> None:
        self.store = store
        self.key = key
        self._in_use: frozenset[str] | None = None

    def _get(self, kind: str, name: str, of: type[T]) -> T | None:
        data = self.store.get(f"{kind}/{self.key}/{name}")
        return None if data is None else msgspec.msgpack.decode(data, type=of)

    def _put(self, kind: str, name: str, value: object) -> None:
        self.store.put(f"{kind}/{self.key}/{name}", _encoder.encode(value))

    def forgotten(self, article: str) -> bool:
        """Whether the operator took the article out for good."""
        return self.store.get(f"forgotten:{article}") is not None

    def article(self, article: str) -> ArticleRow | None:
        return self._get("article", article, ArticleRow)

    def put_article(self, article: str, row: ArticleRow) -> None:
        self._put("article", article, row)

    def delete_article(self, article: str) -> None:
        self.store.delete(f"article/{self.key}/{article}")

    def report(self, report: str) -> ReportRow | None:
        return self._get("report", report, ReportRow)

    def put_report(self, report: str, row: ReportRow) -> None:
        self._put("report", report, row)

    def delete_report(self, report: str) -> None:
        self.store.delete(f"report/{self.key}/{report}")

    def event(self, event: str) -> EventRow | None:
        return self._get("event", event, EventRow)

    def put_event(self, row: EventRow) -> None:
        self._put("event", row.id, row)

    def anchored(self, report: str) -> tuple[str, ...]:
        """The ids of events that hang on a report."""
        return self._get("anchor", report, tuple[str, ...]) or ()

    def put_anchored(self, report: str, events: tuple[str, ...]) -> None:
        self._put("anchor", report, events)

    def left(self, report: str) -> tuple[str, ...]:
        """The ids of events that a report was in when it went."""
        return self._get("left", report, tuple[str, ...]) or ()

    def put_left(self, report: str, events: tuple[str, ...]) -> None:
        self._put("left", report, events)

    def decisions(self, report: str) -> list[Decision]:
        """The decisions that name a report."""
        bucket = _bucket(report)
        if bucket not in self._buckets():
            return []
        kept = self._get("decisions", bucket, tuple[Decision, ...]) or ()
        return [one for one in kept if report in (one.report_id, one.other_report_id)]

    def has_decisions(self) -> bool:
        """Whether any decision was ever kept for the country."""
        return bool(self._buckets())

    def add_decision(self, decision: Decision) -> None:
        """Keeps a decision with each report that it names; once."""
        for bucket in _buckets_of(decision):
            kept = {one.id: one for one in self._get("decisions", bucket, tuple[Decision, ...]) or ()}
            kept[decision.id] = decision
            self._put("decisions", bucket, tuple(one for _, one in sorted(kept.items())))
            self._in_use = frozenset({*self._buckets(), bucket})
            self._put("decided", "", tuple(sorted(self._in_use)))

    def drop_decisions(self, report: str) -> None:
        """Takes out the decisions that name a report, with the sentences that they quote."""
        gone = {one.id for one in self.decisions(report)}
        for name in {bucket for one in self.decisions(report) for bucket in _buckets_of(one)} if gone else ():
            kept = self._get("decisions", name, tuple[Decision, ...]) or ()
            self._put("decisions", name, tuple(one for one in kept if one.id not in gone))

    def _buckets(self) -> frozenset[str]:
        if self._in_use is None:
            self._in_use = frozenset(self._get("decided", "", tuple[str, ...]) or ())
        return self._in_use


def _bucket(report: str) -> str:
    return digest(report, size=1)


def _buckets_of(decision: Decision) -> list[str]:
    return sorted({_bucket(one) for one in (decision.report_id, decision.other_report_id) if one})


def encode_row(row: object) -> bytes:
    """A row as it is stored."""
    return _encoder.encode(row)
