"""Writes a sheet of cells as the files clerks send: .xlsx, .xls, .csv in the encodings in use, and pages called .xls.

A sheet is a list of rows of cells; what is a date stays a date cell where the format has one. Files are made with fixed
creation times, so that the same cells give the same bytes.
"""

from __future__ import annotations

import csv
import html
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Final

import xlsxwriter
import xlwt

Cell = str | int | float | date | None
Row = list[Cell]

_CREATED: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - a spreadsheet's property has no time zone
_DATE_FORMAT: Final = "yyyy-mm-dd"
_XML_SPACE: Final = "urn:schemas-microsoft-com:office:spreadsheet"


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


def write_sheet(path: Path, sheet: Sheet, encoding: str = "utf-8", markup: str | None = None) -> None:
    """Write the sheet in the format of the path's suffix, or as .html or .xml whatever the suffix says.

    The encoding is for texts only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    make_text = _TEXTS.get(markup or path.suffix)
    if make_text is not None:
        path.write_bytes(make_text(sheet).encode(encoding))
        return
    write = _write_xlsx if path.suffix == ".xlsx" else _write_xls
    write(path, sheet)


def pack(path: Path, *members: Path) -> None:
    """Put files into an archive, under their names, and leave only the archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(zipfile.ZipInfo(member.name), member.read_bytes(), zipfile.ZIP_DEFLATED)
            member.unlink()


def _csv_text(sheet: Sheet) -> str:
    """Return the sheet as comma-separated text, as spreadsheet programs save it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(sheet.rows)
    return text.getvalue()


def _html_text(sheet: Sheet) -> str:
    """Return the sheet as a web page of one table, as web systems export it under the name of a workbook."""
    spans = {(each.first_row, each.first_column): each for each in sheet.merges}
    covered = {place for each in sheet.merges for place in _places(each)} - spans.keys()
    lines = []
    for number, row in enumerate(sheet.rows):
        cells = [
            f"<td{_span(spans.get((number, column)))}>{html.escape(_plain(cell))}</td>"
            for column, cell in enumerate(row)
            if (number, column) not in covered
        ]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    rows = "\r\n".join(lines)
    head = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>'
    return f'{head}<body><table border="1">\r\n{rows}\r\n</table></body></html>'


def _places(merge: Merge) -> Iterator[tuple[int, int]]:
    """Yield row and column of every cell of a merged range."""
    rows = range(merge.first_row, merge.last_row + 1)
    columns = range(merge.first_column, merge.last_column + 1)
    yield from product(rows, columns)


def _span(merge: Merge | None) -> str:
    """Return the attributes of a cell that stretches over others."""
    if merge is None:
        return ""
    rows, columns = merge.last_row - merge.first_row + 1, merge.last_column - merge.first_column + 1
    return f' rowspan="{rows}" colspan="{columns}"'


def _xml_text(sheet: Sheet) -> str:
    """Return the sheet as a workbook in the XML of 2003; a merged range stands in it as its cells."""
    rows = "\n".join(f"<Row>{''.join(f'<Cell>{_xml_data(cell)}</Cell>' for cell in row)}</Row>" for row in sheet.rows)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        f'<Workbook xmlns="{_XML_SPACE}" xmlns:ss="{_XML_SPACE}">\n'
        f'<Worksheet ss:Name="Sheet1"><Table>\n{rows}\n</Table></Worksheet>\n</Workbook>\n'
    )


def _xml_data(cell: Cell) -> str:
    """Return the content of a cell with its type."""
    if cell is None:
        return ""
    kind = "Number" if isinstance(cell, int | float) else "String"
    return f'<Data ss:Type="{kind}">{html.escape(_plain(cell), quote=False)}</Data>'


def _plain(cell: Cell) -> str:
    """Return a cell as text."""
    return "" if cell is None else str(cell)


_TEXTS: Final[dict[str, Callable[[Sheet], str]]] = {".csv": _csv_text, ".html": _html_text, ".xml": _xml_text}


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
