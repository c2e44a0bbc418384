"""The origin-destination report as a workbook: the matrix, the long list, what had arrived, and the notes.

Names and codes are written as text whatever they begin with, hidden counts as a mark on grey that no formula can
mistake for a number, and every sheet prints on A4 with the definition at its head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.errors import UsageError
from reports.disclosure import TOTAL
from reports.od_notes import HIDDEN_MARK, notes
from reports.od_table import LEVEL_NAMES, ODReport, Place
from reports.workbook import EDGE, PALE, SHADE, UNKNOWN, ReportWorkbook

SHEET_COLUMNS = 16_384
# The matrix: code and name of the origin, its total, those undecided, then one column for each destination.
HEAD_ROWS = (3, 4)
TOTAL_ROW = 5
TOTAL_COLUMN, UNKNOWN_COLUMN, FIRST_DEST = 2, 3, 4
STYLES = {
    "subhead": {**EDGE, "font_size": 8, "font_color": "#5B6B7F", "bg_color": SHADE, "align": "center",
                "text_wrap": True},
    "rest": {**EDGE, "bg_color": PALE, "italic": True, "font_color": "#5B6B7F"},
    "code": {**EDGE, "font_size": 8, "font_color": "#5B6B7F", "num_format": "@", "bg_color": PALE},
    "unknown": UNKNOWN,
    "late": {**EDGE, "bold": True, "font_color": "#A4442E", "bg_color": "#FBE9E5"},
}  # fmt: skip


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


class ODWorkbook(ReportWorkbook):
    """One workbook while it is written."""

    def __init__(self, report: ODReport, path: Path) -> None:
        self._report = report
        subject = {"subject": report.request.definition_id}
        super().__init__(path, titles(report), report.source.run_date, STYLES, subject)

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
        self._write_notes(notes(self._report), HEAD_ROWS[0], landscape=False)
