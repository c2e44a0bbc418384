"""Workbooks that popflow writes itself: the rows of a file that was no .xlsx, and the list of findings.

Every cell is written as text, so that nothing a sender typed can become a formula on somebody else's machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import xlsxwriter

from ingest.reading.document import Document
from ingest.reading.sheet import Sheet
from ingest.safe_text import printable
from quality.slips.findings import Finding
from quality.slips.marks import TableRows
from quality.slips.package import CannotEditError
from quality.slips.wording import CELL_CHARACTERS, LIST_COLUMNS, list_line

ROWS_PER_SHEET: Final = 1_000_000
"""A sheet ends at row 1,048,576; a longer list goes on in the next sheet."""
MOST_COLUMNS: Final = 16_384
ROWS_PER_PIECE: Final = 20_000
LONGEST_NAME: Final = 31
UNNAMED: Final = "名单"
LIST_SHEET: Final = "明细"
_UNSAFE_IN_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\]")
_BASE: Final = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "num_format": "@"}
_BORDER: Final = {"border": 1, "border_color": "#BFBFBF"}
_BLACK: Final = {"font_name": "黑体", "bold": True, "text_wrap": True}
_HEAD: Final = {**_BASE, **_BORDER, **_BLACK, "font_color": "#FFFFFF", "bg_color": "#1F3A5F"}
_SHADES: Final = {"error": "#F8C9C4", "query": "#FFE8A3"}


def _new_book(stream: io.BytesIO) -> Any:
    options = {"in_memory": True, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return xlsxwriter.Workbook(stream, options)


def workbook_of_findings(findings: Sequence[Finding]) -> io.BytesIO:
    """Return a workbook with a list of all findings, what concerns the whole file first."""
    stream = io.BytesIO()
    book = _new_book(stream)
    head = book.add_format(_HEAD)
    plain = book.add_format({**_BASE, **_BORDER, "text_wrap": True})
    shades = {
        severity: book.add_format({**_BASE, **_BORDER, "text_wrap": True, "bg_color": colour})
        for severity, colour in _SHADES.items()
    }
    for number, start in enumerate(range(0, max(len(findings), 1), ROWS_PER_SHEET), start=1):
        part = findings[start : start + ROWS_PER_SHEET]
        sheet = book.add_worksheet(LIST_SHEET if number == 1 else f"{LIST_SHEET}{number}")
        _lay_out(sheet, len(part))
        for index, (heading, _) in enumerate(LIST_COLUMNS):
            sheet.write_string(0, index, heading, head)
        for row, finding in enumerate(part, start=1):
            _write_row(sheet, row, list_line(finding), shades.get(finding.severity, plain))
    book.close()
    stream.seek(0)
    return stream


def _lay_out(sheet: Any, rows: int) -> None:
    for index, (_, width) in enumerate(LIST_COLUMNS):
        sheet.set_column(index, index, width)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, rows, len(LIST_COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&C第 &P 页，共 &N 页")


def _write_row(sheet: Any, row: int, texts: Sequence[str], cell: Any) -> None:
    for index, text in enumerate(texts):
        sheet.write_string(row, index, text, cell) if text else sheet.write_blank(row, index, None, cell)


def workbook_of_rows(
    document: Document, tables: Mapping[str, Sequence[TableRows]]
) -> tuple[io.BytesIO, dict[str, str]]:
    """Return a workbook with all rows of a file as they were read, and the name each of its sheets got.

    Raises ``CannotEditError`` where the rows do not fit into a workbook.
    """
    stream = io.BytesIO()
    book = _new_book(stream)
    head, plain = book.add_format({**_BASE, "bold": True}), book.add_format(_BASE)
    names: dict[str, str] = {}
    for sheet in document.sheets:
        if sheet.height > ROWS_PER_SHEET or sheet.width > MOST_COLUMNS:
            raise CannotEditError("more rows or columns than a sheet holds")
        names[sheet.name] = sheet_name(sheet.name, names.values())
        page = book.add_worksheet(names[sheet.name])
        first_row = min((table.first_row for table in tables.get(sheet.name, ())), default=1)
        _write_sheet(page, sheet, first_row - 1, head, plain)
    book.close()
    stream.seek(0)
    return stream, names


def _write_sheet(page: Any, sheet: Sheet, heading_rows: int, head: Any, plain: Any) -> None:
    for index in range(sheet.width):
        page.set_column(index, index, _width(sheet, index), plain)
    for (top, left), (bottom, right) in sheet.merges:
        if (top, left) != (bottom, right):
            page.merge_range(top, left, bottom, right, "")
    for number, texts in enumerate(_rows(sheet)):
        cell = head if number < heading_rows else plain
        for index, text in enumerate(texts):
            if text:
                page.write_string(number, index, _fitting(text), cell)


def _rows(sheet: Sheet) -> Iterator[tuple[str | None, ...]]:
    for start in range(0, sheet.height, ROWS_PER_PIECE):
        columns = [sheet.column(index, start)[:ROWS_PER_PIECE].to_pylist() for index in range(sheet.width)]
        yield from zip(*columns, strict=True)


def _width(sheet: Sheet, index: int) -> float:
    texts = [text for text in sheet.column(index)[:200].to_pylist() if text]
    widest = max((sum(2 if ord(letter) > 0x2E7F else 1 for letter in text) for text in texts), default=8)
    return min(max(widest + 2, 8), 32)


def _fitting(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))[:CELL_CHARACTERS]


def sheet_name(name: str, taken: Iterable[str]) -> str:
    """Return a sheet's name as a workbook can have it, once."""
    others = {each.lower() for each in taken}
    base = _UNSAFE_IN_SHEET_NAME.sub("_", printable(name)).strip("' ")[:LONGEST_NAME] or UNNAMED
    number, free = 1, base
    while free.lower() in others:
        number += 1
        free = f"{base[: LONGEST_NAME - len(str(number))]}{number}"
    return free
