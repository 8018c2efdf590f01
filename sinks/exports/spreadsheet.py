"""Events as an XLSX workbook of one sheet, written row by row in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from xlsxwriter import Workbook

from contracts.records import Event
from sinks.exports.table import COLUMNS, Cell, row
from sinks.exports.written import TooManyRows, Written

MAX_ROWS = 1_048_575
"""Of Excel's 1,048,576 rows the first is the header."""
MAX_TEXT = 32_767
"""Signs (UTF-16 units) of a cell's text in Excel."""

# Signs that XML 1.0 cannot hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDE = {"evidence": 60, "summary_ar": 40, "summary_en": 40, "initiators": 30, "targets": 30, "url": 30, "outlets": 24}
# Text stays text: nothing becomes a formula, a number or one of the 65,530 links that a sheet may have.
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "remove_timezone": False,
}


class _Sheet:
    """The one sheet and the formats of its cells."""

    def __init__(self, book: Workbook, name: str, *, right_to_left: bool) -> None:
        self._sheet = book.add_worksheet(name)
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._bold = book.add_format({"bold": True})
        if right_to_left:
            self._sheet.right_to_left()
        self._sheet.freeze_panes(1, 0)

    def header(self, columns: list[str]) -> None:
        for at, column in enumerate(columns):
            self._sheet.set_column(at, at, _WIDE.get(column, 14))
            self._sheet.write_string(0, at, column, self._bold)
        self._sheet.autofilter(0, 0, 0, len(columns) - 1)

    def put(self, number: int, cells: Iterable[Cell]) -> None:
        for at, cell in enumerate(cells):
            self._put(number, at, cell)

    def _put(self, number: int, at: int, cell: Cell) -> None:
        sheet: Any = self._sheet
        if cell is None or cell == "":
            return
        if isinstance(cell, bool):
            sheet.write_boolean(number, at, cell)
        elif isinstance(cell, (int, float)):
            sheet.write_number(number, at, cell)
        elif isinstance(cell, date) and cell.year < 1900:
            sheet.write_string(number, at, cell.isoformat())  # Excel's calendar begins in 1900
        elif isinstance(cell, datetime):
            sheet.write_datetime(number, at, cell.astimezone(UTC).replace(tzinfo=None), self._moment)
        elif isinstance(cell, date):
            sheet.write_datetime(number, at, cell, self._day)
        else:
            sheet.write_string(number, at, cell_text(cell))


def cell_text(text: str) -> str:
    """The text as a cell can hold it: without signs that XML forbids, and not longer than Excel reads."""
    text = _ILLEGAL.sub("\ufffd", text)
    if len(text) * 2 <= MAX_TEXT:
        return text
    return text.encode("utf-16-le")[: 2 * MAX_TEXT].decode("utf-16-le", "ignore")


def write_xlsx(events: Iterable[Event], file: BinaryIO, *, right_to_left: bool = True) -> Written:
    """One event a row, the columns of ``sinks.exports.table``; dates as dates, ``*_at`` in UTC.

    Raises TooManyRows past ``MAX_ROWS`` events; the file then holds no workbook."""
    # The library's own rows on disk go with the folder, also when an event raises half-way.
    with TemporaryDirectory(prefix="rasid-xlsx-") as folder:
        book = Workbook(file, {**_OPTIONS, "tmpdir": folder})
        sheet = _Sheet(
            book, "الأحداث" if right_to_left else "events", right_to_left=right_to_left
        )  # «الأحداث»: the events
        written = _fill(sheet, events)
        book.close()
    return written


def _fill(sheet: _Sheet, events: Iterable[Event]) -> Written:
    rows = without = 0
    sheet.header(list(COLUMNS))
    for event in events:
        if rows == MAX_ROWS:
            raise TooManyRows(f"a sheet holds {MAX_ROWS:,} events: narrow the query, or write CSV or JSONL")
        cells = row(event)
        rows += 1
        sheet.put(rows, cells.values())
        without += cells["latitude"] is None
    return Written(rows=rows, without_coordinates=without)
