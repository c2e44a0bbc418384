"""What the workbooks of all reports have in common: their look, the printed page, the heads of the sheets, the notes.

Names and codes are written as text whatever they begin with, and hidden counts as a mark on grey that no formula can
mistake for a number; every sheet prints on A4 with what it counts at its head.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from reports.od_notes import HIDDEN_MARK, Note

A4 = 9
INK, LINE, SHADE, PALE = "#1F3A5F", "#BFC7D1", "#E9EDF2", "#F5F7FA"
ROW_HEIGHT, LINE_HEIGHT, NOTE_WIDTH = 18, 15, 84
PLAIN = '#,##0;-#,##0;"–"'
BASE: Mapping[str, Any] = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
EDGE: Mapping[str, Any] = {**BASE, "border": 1, "border_color": LINE}
NUMBER: Mapping[str, Any] = {**EDGE, "num_format": PLAIN, "align": "right"}
UNKNOWN: Mapping[str, Any] = {**NUMBER, "font_color": "#8A6D3B", "bg_color": "#FCF8EE"}
_STYLES: Mapping[str, Mapping[str, Any]] = {
    "title": {**BASE, "font_size": 16, "bold": True, "font_color": INK},
    "english": {**BASE, "font_color": "#5B6B7F", "italic": True},
    "facts": {**BASE, "font_color": "#33475B"},
    "head": {**EDGE, "bold": True, "font_color": "#FFFFFF", "bg_color": INK, "align": "center", "text_wrap": True},
    "name": {**EDGE, "bg_color": PALE},
    "totalname": {**EDGE, "bold": True, "bg_color": SHADE},
    "number": NUMBER,
    "total": {**NUMBER, "bold": True, "bg_color": SHADE},
    "hidden": {**EDGE, "align": "right", "font_color": "#7A7A7A", "bg_color": "#E3E3E3"},
    "text": {**EDGE, "text_wrap": True, "valign": "top"},
    "english_text": {**EDGE, "text_wrap": True, "valign": "top", "font_color": "#5B6B7F", "font_size": 9},
    "label": {**EDGE, "bold": True, "bg_color": SHADE, "valign": "top", "text_wrap": True},
}


def lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes in a column; a Chinese character is two wide."""
    letters = sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)
    return -(-letters // (width - 2)) or 1


class ReportWorkbook:
    """One workbook while it is written; ``titles`` are the title, its English and the line of facts."""

    def __init__(
        self,
        path: Path,
        titles: tuple[str, str, str],
        data_of: date,
        styles: Mapping[str, Mapping[str, Any]],
        properties: Mapping[str, str] | None = None,
    ) -> None:
        self._titles = titles
        self._book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        # The date of the data, not of the writing: the same request on the same snapshot gives the same bytes.
        created = datetime.combine(data_of, datetime.min.time())
        self._book.set_properties({"title": titles[0], "created": created, **(properties or {})})
        self._styles = {name: self._book.add_format(dict(style)) for name, style in {**_STYLES, **styles}.items()}

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def _sheet(self, name: str, *, landscape: bool) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_default_row(ROW_HEIGHT)
        sheet.set_paper(A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L&8{self._titles[2].replace('&', '&&')}&R&8第 &P / &N 页")
        for row, (text, style, height) in enumerate(
            zip(self._titles, ("title", "english", "facts"), (26, 16, 20), strict=True)
        ):
            sheet.set_row(row, height)
            sheet.write_string(row, 0, text, self._styles[style])
        return sheet

    def _write_notes(self, notes: Iterable[Note], row: int, *, landscape: bool) -> None:
        """What a reader must know to use the numbers."""
        sheet = self._sheet("说明 Notes", landscape=landscape)
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, NOTE_WIDTH)
        for note in notes:
            lines = ((note.heading_zh, note.text_zh, "label", "text"),
                     (note.heading_en, note.text_en, "english_text", "english_text"))  # fmt: skip
            for heading, text, heading_style, text_style in lines:
                sheet.set_row(row, LINE_HEIGHT * lines_of(text, NOTE_WIDTH) + 4)
                sheet.write_string(row, 0, heading, self._styles[heading_style])
                sheet.write_string(row, 1, text, self._styles[text_style])
                row += 1

    def _count(self, sheet: Any, row: int, column: int, value: Any, style: str) -> None:
        """Write a count, or the mark of one that is hidden."""
        if pd.isna(value):
            sheet.write_string(row, column, HIDDEN_MARK, self._styles["hidden"])
        else:
            sheet.write_number(row, column, int(value), self._styles[style])
