"""Cells in the store: the features of a country's reports by day, in parts of at most 64 KB, freed long after the last touch."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from processors.merge.features import Features
from processors.merge.index import Around, Cell, CellName, Days, days_around, reach
from processors.merge.rows import ArticleRow, CellPart, Rows, encode_row

PART_BYTES = 64 * 1024
_HEAD_BYTES = 32
_MOST_CACHED = 5_000
"""Decoded reports kept in memory (about 8 KB each), an empty cell counted as one."""


class CellCache:
    """Decoded cells, each with the bytes that it was decoded from: a cell that changed under us is decoded anew."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, CellName], tuple[tuple[bytes, ...], OpenCell]] = OrderedDict()
        self._weight = 0

    def take(self, key: str, name: CellName, data: tuple[bytes, ...]) -> OpenCell | None:
        """The decoded cell of these bytes, taken out until it is put back."""
        known = self._known.pop((key, name), None)
        if known is None:
            return None
        self._weight -= known[1].weight
        return known[1] if known[0] == data else None

    def put(self, key: str, name: CellName, data: tuple[bytes, ...], cell: OpenCell) -> None:
        """Keeps a decoded cell; the least lately used go when there are too many."""
        cell.weight = 1 + len(cell.index.reports)
        self._known[(key, name)] = data, cell
        self._weight += cell.weight
        while self._weight > _MOST_CACHED and len(self._known) > 1:
            _, (_, oldest) = self._known.popitem(last=False)
            self._weight -= oldest.weight


class OpenCell:
    """A decoded cell: its parts as they are stored, and its reports by their tokens."""

    def __init__(self, parts: list[CellPart], data: list[bytes]) -> None:
        self.parts = [{report.id: report for report in part.reports} for part in parts]
        self.data = data
        self._sizes = [len(one) for one in data]
        self.touched = max((part.touched for part in parts), default=0)
        self.index = Cell(report for part in self.parts for report in part.values())
        self.dirty: set[int] = set()
        self.weight = 0

    def put(self, report: Features) -> None:
        """Adds a report, in place of the one with its id."""
        self.remove(report.id)
        size = len(encode_row(report))
        number = self._room(size)
        self.parts[number][report.id] = report
        self._sizes[number] += size
        self.index.add(report)
        self.dirty.add(number)

    def remove(self, report_id: str) -> None:
        """Takes a report out, where it is in."""
        for number, part in enumerate(self.parts):
            report = part.pop(report_id, None)
            if report:
                self._sizes[number] -= len(encode_row(report))
                self.index.remove(report_id)
                self.dirty.add(number)

    def _room(self, size: int) -> int:
        """The first part with room for so many bytes."""
        for number, used in enumerate(self._sizes):
            if used + size + _HEAD_BYTES <= PART_BYTES:
                return number
        self.parts.append({})
        self.data.append(b"")
        self._sizes.append(0)
        self.dirty.add(0)  # which counts the parts
        return len(self.parts) - 1


class StoreView:
    """The view of one country's reports that a fold sees and changes; nothing is written before ``flush``."""

    def __init__(self, rows: Rows, cache: CellCache, today: int, keep_days: int) -> None:
        self._rows = rows
        self._cache = cache
        self._today = today
        self._oldest = today - keep_days
        self._open: dict[CellName, OpenCell] = {}
        self._at: dict[str, CellName | None] = {}
        self._found: dict[str, Features] = {}
        self._around: dict[Days, Around] = {}  # until something changes
        self.freed: list[str] = []
        """Reports that were freed while this view was open, long after their last touch."""

    def around(self, report: Features) -> Around:
        """The cells in which the report's relations can lie."""
        days = days_around(report)
        known = self._around.get(days)
        if known is None:
            known = self._around[days] = Around([self._opened(name).index for name in reach(days)])
        return known

    def get(self, report_id: str) -> Features | None:
        """A report's features, wherever its cell is."""
        known = self._found.get(report_id)
        if known is not None:
            return known
        if report_id not in self._at:
            row = self._rows.report(report_id)
            self._at[report_id] = row.cell if row else None
            if row:
                self._opened(row.cell)
        return self._found.get(report_id)

    def put(self, report: Features, name: CellName) -> None:
        """Puts a report into a cell, out of the one where it was."""
        before = self.where(report.id)
        self._around.clear()
        if before is not None and before != name:
            self._opened(before).remove(report.id)
        self._opened(name).put(report)
        self._found[report.id] = report
        self._at[report.id] = name

    def remove(self, report_id: str) -> None:
        """Takes a report out."""
        before = self.where(report_id)
        self._around.clear()
        if before is not None:
            self._opened(before).remove(report_id)
        self._found.pop(report_id, None)
        self._at[report_id] = None

    def where(self, report_id: str) -> CellName | None:
        """The cell that keeps a report."""
        self.get(report_id)
        return self._at.get(report_id) if report_id in self._found else None

    def touch(self, report_ids: set[str]) -> None:
        """Notes that the cells of these reports are in use."""
        for name in {self._at.get(one) for one in report_ids}:
            opened = self._open.get(name) if name else None
            if opened and opened.touched < self._today and opened.index.reports:
                opened.touched = self._today
                opened.dirty.add(0)

    def flush(self) -> None:
        """Writes the parts that changed, and gives the decoded cells back to the cache."""
        for name, opened in self._open.items():
            for number in sorted(opened.dirty):
                self._write(name, opened, number)
            opened.dirty.clear()
            self._cache.put(self._rows.key, name, tuple(opened.data), opened)

    def _write(self, name: CellName, opened: OpenCell, number: int) -> None:
        part = CellPart(max(opened.touched, self._today), len(opened.parts), tuple(opened.parts[number].values()))
        empty = not part.reports and (number > 0 or len(opened.parts) == 1)
        opened.data[number] = b"" if empty else encode_row(part)
        if empty:
            self._rows.store.delete(self._key(name, number))
        else:
            self._rows.store.put(self._key(name, number), opened.data[number])

    def _key(self, name: CellName, number: int) -> str:
        return f"cell/{self._rows.key}/{name}/{number}"

    def _opened(self, name: CellName) -> OpenCell:
        opened = self._open.get(name)
        if opened is None:
            opened = self._open[name] = self._load(name)
            for report_id, report in opened.index.reports.items():
                self._found[report_id] = report
                self._at[report_id] = name
        return opened

    def _load(self, name: CellName) -> OpenCell:
        data = self._read(name)
        opened = self._cache.take(self._rows.key, name, tuple(data))
        if opened is None:
            opened = OpenCell([_decode(part) for part in data], data)
        if data and opened.touched < self._oldest:
            self._free(name, opened)
            return OpenCell([], [])
        return opened

    def _read(self, name: CellName) -> list[bytes]:
        first = self._rows.store.get(self._key(name, 0))
        if first is None:
            return []
        rest = (self._rows.store.get(self._key(name, number)) for number in range(1, _decode_parts(first)))
        return [first, *(part or b"" for part in rest)]

    def _free(self, name: CellName, opened: OpenCell) -> None:
        """Deletes what nobody touched for long. The ids that were published stay, and so do the documents in the index."""
        for report in opened.index.reports.values():
            self._rows.delete_report(report.id)
            self._leave_article(report)
            self.freed.append(report.id)
        for number in range(len(opened.data)):
            self._rows.store.delete(self._key(name, number))

    def _leave_article(self, report: Features) -> None:
        row = self._rows.article(report.article_id)
        if row is None:
            return
        rest = tuple(one for one in row.reports if one != report.id)
        if rest:
            self._rows.put_article(report.article_id, ArticleRow(row.stamp, rest, row.touched))
        else:
            self._rows.delete_article(report.article_id)


def _decode(data: bytes) -> CellPart:
    return msgspec.msgpack.decode(data, type=CellPart) if data else CellPart(0, 1, ())


class _Head(msgspec.Struct, frozen=True, array_like=True):
    touched: int
    parts: int


def _decode_parts(data: bytes) -> int:
    return msgspec.msgpack.decode(data, type=_Head).parts
