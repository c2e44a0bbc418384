"""The sheet of words without a code for whoever decides: a workbook with each field's codes as a drop-down, or CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.utility import xl_col_to_name

from ingest.errors import UsageError
from popflow.unmapped import HEADINGS, Unmapped, cells_of, choices

_WIDTHS: Final = (20, 26, 32, 10, 11, 21, 21, 20, 28, 28, 30)
_DECISION: Final = next(index for index, heading in enumerate(HEADINGS) if heading.startswith("decision"))
_TEXT_BEHIND_MARK: Final = ("=", "+", "-", "@", "\t")


def write_sheet(words: Sequence[Unmapped], path: Path) -> None:
    """Write the sheet in the format that the file's name says.

    Raises ``UsageError`` where it says another one.
    """
    writer = {".xlsx": _write_workbook, ".csv": _write_csv}.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path.name}: the sheet is written as .xlsx or .csv: end the name with one of them")
    try:
        writer(words, path)
    except (OSError, FileCreateError) as error:
        raise UsageError(f"{path} cannot be written ({error}): choose another place") from error


def _write_csv(words: Sequence[Unmapped], path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEADINGS)
        lines.writerows(["" if cell is None else _harmless(cell) for cell in cells_of(each)] for each in words)


def _harmless(cell: object) -> object:
    """A spreadsheet would compute a text that begins like a formula; a space before it is not part of the word."""
    return f" {cell}" if isinstance(cell, str) and cell.startswith(_TEXT_BEHIND_MARK) else cell


def _write_workbook(words: Sequence[Unmapped], path: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(str(path), options) as book:
        page, codes = book.add_worksheet("待定"), book.add_worksheet("代码")
        bold, wanted = book.add_format({"bold": True}), book.add_format({"bg_color": "#FFF6D6"})
        for column, (heading, width) in enumerate(zip(HEADINGS, _WIDTHS, strict=True)):
            page.set_column(column, column, width)
            page.write_string(0, column, heading, bold)
        page.freeze_panes(1, 3)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        ranges: dict[str, str] = {}
        for row, each in enumerate(words, start=1):
            for column, cell in enumerate(cells_of(each)):
                page.write(row, column, cell, wanted if column == _DECISION and each.is_whole else None)
            if each.is_whole and each.values is not None:
                name = each.values.list_id
                if name not in ranges:
                    ranges[name] = _write_codes(codes, len(ranges), name, choices(each.values))
                page.data_validation(row, _DECISION, row, _DECISION, {"validate": "list", "source": ranges[name]})


def _write_codes(page: xlsxwriter.worksheet.Worksheet, column: int, name: str, codes: Sequence[str]) -> str:
    """Write a code list in a column of its own; return where its codes stand."""
    page.set_column(column, column, 30)
    page.write_column(0, column, [name, *codes])
    letters = xl_col_to_name(column)
    return f"='代码'!${letters}$2:${letters}${len(codes) + 1}"
