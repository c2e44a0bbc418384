"""The origin-destination report as a workbook: the matrix, the long list, what had arrived, and the notes.

Names and codes are written as text whatever they begin with, hidden counts as a mark on grey that no formula can
mistake for a number, and every sheet prints on A4 with the definition at its head.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from ingest.errors import UsageError
from reports.disclosure import TOTAL
from reports.od_notes import HIDDEN_MARK, notes
from reports.od_table import LEVEL_NAMES, ODReport, Place

SHEET_COLUMNS = 16_384
A4 = 9
INK, LINE, SHADE, PALE = "#1F3A5F", "#BFC7D1", "#E9EDF2", "#F5F7FA"
ROW_HEIGHT, LINE_HEIGHT, NOTE_WIDTH = 18, 15, 84
# The matrix: code and name of the origin, its total, those undecided, then one column for each destination.
HEAD_ROWS = (3, 4)
TOTAL_ROW = 5
TOTAL_COLUMN, UNKNOWN_COLUMN, FIRST_DEST = 2, 3, 4


def write_workbook(report: ODReport, path: Path) -> None:
    """Write the report as an xlsx file.

    Raises ``UsageError`` where the matrix is wider than a sheet.
    """
    if len(report.table.dests) + FIRST_DEST > SHEET_COLUMNS:
        raise UsageError(
            f"the matrix would have {len(report.table.dests):,} destinations, a sheet holds {SHEET_COLUMNS:,} columns:"
            " ask for a coarser destination level, or leave the format xlsx out"
        )
    book = ODWorkbook(report, path)
    book.write_matrix()
    book.write_long()
    book.write_coverage()
    book.write_notes()
    book.close()


def titles(report: ODReport) -> tuple[str, str, str]:
    """Return the title, its English and the line that names definition, date and snapshot."""
    definition, request = report.definition, report.request
    place = report.within_name or report.source.home_name
    facts = (
        f"口径：{definition['name_zh']}（{definition['definition_id']}）",
        f"时点：{request.as_of:%Y-%m-%d}",
        f"快照：{report.source.snapshot_id}",
        "单位：人",
    )
    english = f"Population flows by origin and destination — {definition['name_en']}"
    return f"{place}人口流动：来源地与流入地", english, "　".join(facts)


def lines_of(text: str, width: int) -> int:
    """Return how many lines a text takes in a column; a Chinese character is two wide."""
    letters = sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)
    return -(-letters // (width - 2)) or 1


class ODWorkbook:
    """One workbook while it is written."""

    def __init__(self, report: ODReport, path: Path) -> None:
        self._report = report
        self._book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        title, _, _ = titles(report)
        # The date of the data, not of the writing: the same request on the same snapshot gives the same bytes.
        created = datetime.combine(report.source.run_date, datetime.min.time())
        self._book.set_properties({"title": title, "subject": report.request.definition_id, "created": created})
        base = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
        edge = {**base, "border": 1, "border_color": LINE}
        number = {**edge, "num_format": '#,##0;-#,##0;"–"', "align": "right"}
        self._styles = {
            name: self._book.add_format(style)
            for name, style in {
                "title": {**base, "font_size": 16, "bold": True, "font_color": INK},
                "english": {**base, "font_color": "#5B6B7F", "italic": True},
                "facts": {**base, "font_color": "#33475B"},
                "head": {**edge, "bold": True, "font_color": "#FFFFFF", "bg_color": INK, "align": "center",
                         "text_wrap": True},
                "subhead": {**edge, "font_size": 8, "font_color": "#5B6B7F", "bg_color": SHADE, "align": "center",
                            "text_wrap": True},
                "name": {**edge, "bg_color": PALE},
                "rest": {**edge, "bg_color": PALE, "italic": True, "font_color": "#5B6B7F"},
                "code": {**edge, "font_size": 8, "font_color": "#5B6B7F", "num_format": "@", "bg_color": PALE},
                "number": number,
                "total": {**number, "bold": True, "bg_color": SHADE},
                "totalname": {**edge, "bold": True, "bg_color": SHADE},
                "unknown": {**number, "font_color": "#8A6D3B", "bg_color": "#FCF8EE"},
                "hidden": {**edge, "align": "right", "font_color": "#7A7A7A", "bg_color": "#E3E3E3"},
                "late": {**edge, "bold": True, "font_color": "#A4442E", "bg_color": "#FBE9E5"},
                "text": {**edge, "text_wrap": True, "valign": "top"},
                "english_text": {**edge, "text_wrap": True, "valign": "top", "font_color": "#5B6B7F", "font_size": 9},
                "label": {**edge, "bold": True, "bg_color": SHADE, "valign": "top", "text_wrap": True},
            }.items()
        }  # fmt: skip

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def write_matrix(self) -> None:
        """Origins down, destinations across, totals first, so that they stay in sight."""
        sheet = self._sheet("矩阵 Matrix", landscape=True)
        table = self._report.table
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 14)
        sheet.set_column(TOTAL_COLUMN, UNKNOWN_COLUMN, 10)
        sheet.set_column(FIRST_DEST, FIRST_DEST + max(len(table.dests) - 1, 0), 12)
        sheet.set_row(HEAD_ROWS[0], 34)
        self._write_matrix_head(sheet)
        rows = [Place(TOTAL, "合计 Total", ""), *table.origins]
        columns = [place.code for place in table.dests]
        for row, place in enumerate(rows, start=TOTAL_ROW):
            style = "total" if place.code == TOTAL else "number"
            self._write_origin(sheet, row, place)
            self._count(sheet, row, TOTAL_COLUMN, table.persons_at(place.code, TOTAL), "total")
            self._count(sheet, row, UNKNOWN_COLUMN, table.undecided_at(place.code, TOTAL), "unknown")
            for column, dest in enumerate(columns, start=FIRST_DEST):
                self._count(sheet, row, column, table.persons_at(place.code, dest), style)
        last = TOTAL_ROW + len(table.origins)
        self._write_unknown_row(sheet, last + 1, columns)
        sheet.freeze_panes(TOTAL_ROW + 1, FIRST_DEST)
        sheet.repeat_rows(HEAD_ROWS[0], TOTAL_ROW)
        sheet.repeat_columns(0, TOTAL_COLUMN)
        if columns and table.origins:
            scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#9DBAD9"}
            sheet.conditional_format(TOTAL_ROW + 1, FIRST_DEST, last, FIRST_DEST + len(columns) - 1, scale)
        legend = f"{HIDDEN_MARK} 不予公布（小数，或为防倒推）　– 零　未定：资料不全、未计入　详见“说明 Notes”"
        sheet.write_string(last + 3, 0, legend, self._styles["facts"])

    def _write_matrix_head(self, sheet: Any) -> None:
        self._write_titles(sheet)
        head = [
            (f"来源地（{LEVEL_NAMES[self._report.request.origin_level]}）", "origin"),
            ("代码", "code"),
            ("合计", "total"),
            ("未定", "undecided"),
        ]
        places = [(place.name, place.code) for place in self._report.table.dests]
        for column, (name, code) in enumerate([*head, *places]):
            sheet.write_string(HEAD_ROWS[0], column, name, self._styles["head"])
            sheet.write_string(HEAD_ROWS[1], column, code, self._styles["subhead"])

    def _write_origin(self, sheet: Any, row: int, place: Place) -> None:
        if place.code == TOTAL:
            sheet.write_string(row, 0, place.name, self._styles["totalname"])
            sheet.write_blank(row, 1, None, self._styles["totalname"])
        else:
            sheet.write_string(row, 0, place.name, self._styles["rest" if place.is_rest else "name"])
            sheet.write_string(row, 1, place.code, self._styles["code"])

    def _write_unknown_row(self, sheet: Any, row: int, columns: list[str]) -> None:
        table = self._report.table
        sheet.write_string(row, 0, "未定 Undecided", self._styles["totalname"])
        for column in (1, TOTAL_COLUMN):
            sheet.write_blank(row, column, None, self._styles["unknown"])
        self._count(sheet, row, UNKNOWN_COLUMN, table.undecided_at(TOTAL, TOTAL), "unknown")
        for column, dest in enumerate(columns, start=FIRST_DEST):
            self._count(sheet, row, column, table.undecided_at(TOTAL, dest), "unknown")

    def write_long(self) -> None:
        """One line for each pair that has anybody, with a filter."""
        sheet = self._sheet("长表 Long", landscape=False)
        self._write_titles(sheet)
        columns = [
            ("来源地", "origin", 24), ("来源地代码", "origin_code", 15), ("级别", "origin_level", 9),
            ("流入地", "destination", 24), ("流入地代码", "dest_code", 15), ("级别", "dest_level", 9),
            ("人数", "persons", 10), ("未定", "persons_unknown", 10),
        ]  # fmt: skip
        for column, (name, english, width) in enumerate(columns):
            sheet.set_column(column, column, width)
            sheet.write_string(HEAD_ROWS[0], column, name, self._styles["head"])
            sheet.write_string(HEAD_ROWS[1], column, english, self._styles["subhead"])
        fields = ["origin_name", "origin_code", "origin_level", "dest_name", "dest_code", "dest_level"]
        pairs = self._report.table.pairs
        row = HEAD_ROWS[1]
        for row, pair in enumerate(pairs.to_dict("records"), start=HEAD_ROWS[1] + 1):
            for column, field in enumerate(fields):
                text = LEVEL_NAMES.get(pair[field], pair[field]) if field.endswith("_level") else pair[field]
                sheet.write_string(row, column, str(text), self._styles["code" if "code" in field else "name"])
            self._count(sheet, row, len(fields), pair["persons"], "number")
            self._count(sheet, row, len(fields) + 1, pair["persons_unknown"], "unknown")
        sheet.autofilter(HEAD_ROWS[1], 0, row, len(columns) - 1)
        sheet.freeze_panes(HEAD_ROWS[1] + 1, 0)
        sheet.repeat_rows(*HEAD_ROWS)

    def write_coverage(self) -> None:
        """Each unit that ever sent a list, and whether that of the latest period had arrived."""
        sheet = self._sheet("资料覆盖 Coverage", landscape=False)
        self._write_titles(sheet)
        heads = [
            ("表式", "form", 22), ("单位代码", "unit_code", 15), ("单位", "unit", 44),
            ("最近一期", "last period", 12), (f"{self._report.source.period or ''} 期", "arrived", 12),
        ]  # fmt: skip
        for column, (name, english, width) in enumerate(heads):
            sheet.set_column(column, column, width)
            sheet.write_string(HEAD_ROWS[0], column, name, self._styles["head"])
            sheet.write_string(HEAD_ROWS[1], column, english, self._styles["subhead"])
        for row, unit in enumerate(self._report.source.coverage.to_dict("records"), start=HEAD_ROWS[1] + 1):
            texts = [unit["form_name"], unit["unit_code"], unit["unit_name"], unit["last_period"]]
            for column, text in enumerate(texts):
                sheet.write_string(row, column, str(text), self._styles["code" if column == 1 else "name"])
            word, style = ("已到", "name") if unit["arrived"] else ("未到", "late")
            sheet.write_string(row, len(texts), word, self._styles[style])
        sheet.freeze_panes(HEAD_ROWS[1] + 1, 0)
        sheet.repeat_rows(*HEAD_ROWS)

    def write_notes(self) -> None:
        """What a reader must know to use the numbers."""
        sheet = self._sheet("说明 Notes", landscape=False)
        self._write_titles(sheet)
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, NOTE_WIDTH)
        row = HEAD_ROWS[0]
        for note in notes(self._report):
            lines = ((note.heading_zh, note.text_zh, "label", "text"),
                     (note.heading_en, note.text_en, "english_text", "english_text"))  # fmt: skip
            for heading, text, heading_style, text_style in lines:
                sheet.set_row(row, LINE_HEIGHT * lines_of(text, NOTE_WIDTH) + 4)
                sheet.write_string(row, 0, heading, self._styles[heading_style])
                sheet.write_string(row, 1, text, self._styles[text_style])
                row += 1

    def _sheet(self, name: str, *, landscape: bool) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_default_row(ROW_HEIGHT)
        sheet.set_paper(A4)
        if landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        _, _, facts = titles(self._report)
        sheet.set_footer(f"&L&8{facts.replace('&', '&&')}&R&8第 &P / &N 页")
        return sheet

    def _write_titles(self, sheet: Any) -> None:
        for row, (text, style, height) in enumerate(
            zip(titles(self._report), ("title", "english", "facts"), (26, 16, 20), strict=True)
        ):
            sheet.set_row(row, height)
            sheet.write_string(row, 0, text, self._styles[style])

    def _count(self, sheet: Any, row: int, column: int, value: Any, style: str) -> None:
        if pd.isna(value):
            sheet.write_string(row, column, HIDDEN_MARK, self._styles["hidden"])
        else:
            sheet.write_number(row, column, int(value), self._styles[style])
