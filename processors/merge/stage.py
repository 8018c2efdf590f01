"""Merge as a stage: a fold alone, serial by country, over the same functions as the batch.

The fold brings the article's set into the state where its stamp is higher, and then, whether or not anything changed, gives every
document that the article ever touched here: so a record that comes twice, late or after a crash gives the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from contracts.outcomes import Emit, Outcome, Quarantine
from contracts.records import ArticleReports, Decision, Event, MergeInput, Report
from contracts.stage import MAX_VALUE_BYTES, Context, Stage, Store
from processors.merge.cells import CellCache, StoreView
from processors.merge.cluster import Cluster, Clusters
from processors.merge.decided import StoredDecisions
from processors.merge.decisions import Decided, flaw
from processors.merge.event import build_event
from processors.merge.features import Features, features
from processors.merge.index import cell_of
from processors.merge.judge import Judge
from processors.merge.naming import Naming
from processors.merge.region import Region
from processors.merge.related import Related
from processors.merge.rows import ArticleRow, EventRow, ReportRow, Rows, encode_row

_MOST_BUILT = 1_000
"""Built events kept in memory (about 10 MB)."""


class MergeSettings(msgspec.Struct, frozen=True):
    """``keep_days``: how long, after the last touch by our clock, a day's reports are kept to be merged with."""

    keep_days: int = 400


def merge_stage(settings: MergeSettings | None = None) -> Stage[MergeInput, MergeInput]:
    """The merge stage: ArticleReports or Decision in, every touched Event out."""
    settings = settings or MergeSettings()
    memory = Memory()

    def fold(record: MergeInput, store: Store, context: Context) -> Outcome:
        fold = Fold(store, context, _key(record), settings, memory)
        return fold.decision(record) if isinstance(record, Decision) else fold.article(record)

    return Stage(name="merge", takes=(ArticleReports, Decision), key=_key, fold=fold)


def _key(record: MergeInput) -> str:
    return record.country if isinstance(record, Decision) else record.key


class Memory:
    """What folds remember for the next ones: nothing that could not be computed again, and checked against the store."""

    def __init__(self) -> None:
        self.cells = CellCache()
        self.related = Related(Judge())
        self.events = BuiltEvents()


class BuiltEvents:
    """Events as they were last built, by everything that goes into them."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Event] = {}

    def get(self, made_of: tuple[object, ...], build: Callable[[], Event]) -> Event:
        """The event made of these parts."""
        known = self._known.get(made_of)
        if known is None:
            if len(self._known) >= _MOST_BUILT:
                self._known.clear()
            known = self._known[made_of] = build()
        return known


class Fold:
    """One record against the state of its country."""

    def __init__(self, store: Store, context: Context, key: str, settings: MergeSettings, memory: Memory) -> None:
        self._context = context
        self._key = key
        self._rows = Rows(store, key)
        self._view = StoreView(self._rows, memory.cells, context.now.date().toordinal(), settings.keep_days)
        self._decided = StoredDecisions(self._rows)
        self._clusters = Clusters(self._view, self._decided, memory.related)
        self._built = memory.events

    def article(self, record: ArticleReports) -> Outcome:
        """Brings an article's set in, and emits what it touches."""
        row = self._rows.article(record.article_id)
        forgotten = self._rows.forgotten(record.article_id)
        newer = row is None or record.stamp > row.stamp
        wanted = () if forgotten else record.reports if newer else None
        if wanted is not None and (large := _too_large(wanted)):
            return Quarantine(large)
        old = [one for one in map(self._old, row.reports if row else ()) if one]
        new = old if wanted is None else self._bring_in(wanted, old)
        kept = {one.id for one in new}
        removed = [one.id for one in old if one.id not in kept]
        if forgotten:
            for one in removed:
                self._rows.drop_decisions(one)
        named = self._settle([*old, *new], removed)
        touched = tuple(sorted({*named, *(row.touched if row else ())}))
        outcome = self._emit(touched)
        self._view.flush()
        stamp = max(record.stamp, row.stamp) if row else record.stamp
        self._rows.put_article(record.article_id, ArticleRow(stamp, tuple(sorted(kept)), touched))
        for one in removed:
            self._rows.delete_report(one)
        return outcome

    def decision(self, decision: Decision) -> Outcome:
        """Keeps a decision, and emits the events of the reports that it names, or that they were in before their sentence went."""
        wrong = flaw(decision)
        if wrong:
            return Quarantine(wrong)
        self._rows.add_decision(decision)
        reports = [one for one in (decision.report_id, decision.other_report_id) if one]
        named = self._settle([one for one in map(self._view.get, reports) if one], [])
        outcome = self._emit(sorted({*named, *(one for report in reports for one in self._rows.left(report))}))
        self._view.flush()
        return outcome

    def _old(self, report_id: str) -> Features | None:
        """A report as it stands; from its whole row where its cell lost it (a crash between two writes)."""
        known = self._view.get(report_id)
        if known is not None:
            return known
        row = self._rows.report(report_id)
        return features(row.report, self._key, self._context.version) if row else None

    def _bring_in(self, reports: Sequence[Report], old: Sequence[Features]) -> list[Features]:
        before = {one.id: one for one in old}
        new: dict[str, Features] = {}
        for report in reports:
            if report.id not in new:
                new[report.id] = self._put(report, before.get(report.id))
        for one in old:
            if one.id not in new:
                self._view.remove(one.id)
        return list(new.values())

    def _put(self, report: Report, before: Features | None) -> Features:
        new = features(report, self._key, before.seen if before else self._context.version)
        if before is None or new.mark != before.mark or self._view.get(report.id) is None:
            self._rows.put_report(report.id, ReportRow(cell_of(new), report))
            self._view.put(new, cell_of(new))
        return new

    def _settle(self, seeds: Sequence[Features], removed: Sequence[str]) -> set[str]:
        """Clusters the region of the change and names its events; the ids concerned."""
        region = Region(self._clusters, self._view).around(seeds)
        naming = Naming(self._rows, self._view)
        naming.release(self._view.freed)
        self._view.touch({one for cluster in region for one in cluster})
        return naming.name(region, removed)

    def _emit(self, ids: Sequence[str]) -> Emit:
        rows = [row for row in map(self._rows.event, ids) if row]
        documents = (self._live(row) if row.state == "live" else self._tombstone(row) for row in rows)
        return Emit(tuple(document for document in documents if document))

    def _tombstone(self, row: EventRow) -> Event:
        """What is left of an id whose event is gone or lives under another: no text of any article."""
        return Event(
            id=row.id, version=self._context.version, key=self._key, state=row.state, superseded_by=row.superseded_by
        )

    def _live(self, row: EventRow) -> Event | None:
        """The event under a live id; None where its reports were freed (its document stays as it is)."""
        if self._view.get(row.anchor) is None:
            return None
        members: Cluster = self._clusters.of(row.anchor)
        gone = [report for report in row.lost if self._view.get(report) is None]
        lost = [decision for report in gone for decision in self._rows.decisions(report)]
        decided = self._decided.among(members)
        marks = tuple(self._clusters.report(member).mark for member in members)
        made_of = (self._key, marks, decided.ids, tuple(decision.id for decision in lost))
        event = self._built.get(made_of, lambda: self._build(members, decided, lost))
        return msgspec.structs.replace(event, id=row.id, version=self._context.version)

    def _build(self, members: Cluster, decided: Decided, lost: Sequence[Decision]) -> Event:
        reports = [kept.report for kept in map(self._rows.report, members) if kept]
        return build_event(reports, decided, key=self._key, lost=lost)


def _too_large(reports: Sequence[Report]) -> str | None:
    for report in reports:
        size = len(encode_row(report))
        if size > MAX_VALUE_BYTES - 1024:
            return f"report {report.id} has {size} bytes, more than a store's value may hold"
    return None
