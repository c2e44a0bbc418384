"""Writes a sheet of cells as the files clerks send: .xlsx, .xls and .csv in the encodings in use.

A sheet is a list of rows of cells; what is a date stays a date cell where the format has one. Files are made with fixed
creation times, so that the same cells give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

import xlsxwriter
import xlwt

Cell = str | int | float | date | None
Row = list[Cell]

_CREATED: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - a spreadsheet's property has no time zone
_DATE_FORMAT: Final = "yyyy-mm-dd"


@dataclass(frozen=True)
class Merge:
    """A merged range, rows and columns counted from 0, both ends in it; its first cell has the text."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet, its merged ranges, and texts of a second sheet with notes, if there is one."""

    rows: list[Row]
    merges: tuple[Merge, ...] = ()
    notes: tuple[str, ...] = field(default=())


def write_sheet(path: Path, sheet: Sheet, encoding: str = "utf-8") -> None:
    """Write the sheet in the format of the path's suffix; the encoding is for .csv only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        path.write_bytes(_csv_text(sheet).encode(encoding))
        return
    write = _write_xlsx if path.suffix == ".xlsx" else _write_xls
    write(path, sheet)


def _csv_text(sheet: Sheet) -> str:
    """Return the sheet as comma-separated text, as spreadsheet programs save it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(sheet.rows)
    return text.getvalue()


def _write_xlsx(path: Path, sheet: Sheet) -> None:
    """Write with XlsxWriter."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": _CREATED})
        dates = book.add_format({"num_format": _DATE_FORMAT})
        page = book.add_worksheet("Sheet1")
        writers: dict[type, Callable[[int, int, Cell], object]] = {
            str: page.write_string,
            int: page.write_number,
            float: page.write_number,
            date: lambda row, column, cell: page.write_datetime(row, column, cell, dates),
        }
        for number, row in enumerate(sheet.rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    writers[type(cell)](number, column, cell)
        for merge in sheet.merges:
            text = sheet.rows[merge.first_row][merge.first_column]
            page.merge_range(merge.first_row, merge.first_column, merge.last_row, merge.last_column, text)
        _write_xlsx_notes(book, sheet.notes)


def _write_xlsx_notes(book: xlsxwriter.Workbook, notes: Sequence[str]) -> None:
    """Add the sheet that explains how to fill in the form."""
    if notes:
        page = book.add_worksheet("填表说明")
        for number, text in enumerate(notes):
            page.write_string(number, 0, text)


def _write_xls(path: Path, sheet: Sheet) -> None:
    """Write the old binary format with xlwt."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("Sheet1")
    dates = xlwt.easyxf(num_format_str=_DATE_FORMAT)
    merged = {(merge.first_row, merge.first_column) for merge in sheet.merges}
    for number, row in enumerate(sheet.rows):
        for column, cell in enumerate(row):
            if cell is None or (number, column) in merged:
                continue
            if isinstance(cell, date):
                page.write(number, column, cell, dates)
            else:
                page.write(number, column, cell)
    for merge in sheet.merges:
        text = sheet.rows[merge.first_row][merge.first_column]
        page.write_merge(merge.first_row, merge.last_row, merge.first_column, merge.last_column, text)
    if sheet.notes:
        notes = book.add_sheet("填表说明")
        for number, text in enumerate(sheet.notes):
            notes.write(number, 0, text)
    book.save(str(path))
