"""The bridge as a workbook: the steps with a chart of their own, the divisions, and the notes.

The chart is drawn by the spreadsheet itself from cells beside the table: an invisible base and on it the count, what a
step adds, or what it takes away. Hidden numbers are a mark on grey in the table, and nothing in the cells of the chart.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from reports.bridge_notes import notes, summary, titles
from reports.bridge_table import Bridge, BridgeReport, BridgeRow
from reports.od_notes import HIDDEN_MARK
from reports.od_workbook import A4, INK, LINE, LINE_HEIGHT, NOTE_WIDTH, PALE, ROW_HEIGHT, SHADE, lines_of

HEAD_ROW, FIRST_ROW = 4, 5
SUMMARY_ROW = 3
COLUMNS = (
    ("步\nstep", 26), ("由 → 到\nfrom → to", 40), ("人数\npersons", 12), ("占差额\nshare", 9), ("最小\nlowest", 10),
    ("最大\nhighest", 10), ("步后人数\nafter", 12), ("未定\nundecided", 10),
)  # fmt: skip
# The cells of the chart stand beside what is printed.
CHART_COLUMN = 10
SERIES = (("底", None), ("人数", "#1F4E79"), ("增加", "#3F8F6B"), ("减少", "#C0693F"))
TALL_HEAD = 32
CHART_ROWS = 24


def write_bridge_workbook(report: BridgeReport, path: Path) -> None:
    """Write the report as an xlsx file."""
    book = BridgeWorkbook(report, path)
    book.write_steps()
    if report.parts:
        book.write_parts()
    book.write_notes()
    book.close()


class BridgeWorkbook:
    """One workbook while it is written."""

    def __init__(self, report: BridgeReport, path: Path) -> None:
        self._report = report
        self._book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        title, _, _ = titles(report)
        created = datetime.combine(report.source.run_date, datetime.min.time())
        self._book.set_properties({"title": title, "created": created})
        base = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
        edge = {**base, "border": 1, "border_color": LINE}
        number = {**edge, "align": "right"}
        plain, change = '#,##0;-#,##0;"–"', '+#,##0;-#,##0;"–"'
        self._styles = {
            name: self._book.add_format(style)
            for name, style in {
                "title": {**base, "font_size": 16, "bold": True, "font_color": INK},
                "english": {**base, "font_color": "#5B6B7F", "italic": True},
                "facts": {**base, "font_color": "#33475B"},
                "head": {**edge, "bold": True, "font_color": "#FFFFFF", "bg_color": INK, "align": "center",
                         "text_wrap": True},
                "name": {**edge, "bg_color": PALE},
                "countname": {**edge, "bold": True, "bg_color": SHADE},
                "count": {**number, "bold": True, "bg_color": SHADE, "num_format": plain},
                "after": {**number, "num_format": plain},
                "change": {**number, "num_format": change},
                "share": {**number, "num_format": "0.0%"},
                "unknown": {**number, "num_format": change, "font_color": "#8A6D3B", "bg_color": "#FCF8EE"},
                "hidden": {**edge, "align": "right", "font_color": "#7A7A7A", "bg_color": "#E3E3E3"},
                "aside": {**base, "font_size": 8, "font_color": "#9AA7B6"},
                "text": {**edge, "text_wrap": True, "valign": "top"},
                "english_text": {**edge, "text_wrap": True, "valign": "top", "font_color": "#5B6B7F", "font_size": 9},
                "label": {**edge, "bold": True, "bg_color": SHADE, "valign": "top", "text_wrap": True},
            }.items()
        }  # fmt: skip

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def write_steps(self) -> None:
        """Write the table of the steps, the cells of the chart beside it, and the chart below."""
        sheet = self._sheet("分解 Bridge")
        whole = self._report.whole
        text, _ = summary(self._report)
        sheet.merge_range(SUMMARY_ROW, 0, SUMMARY_ROW, len(COLUMNS) - 1, text, self._styles["text"])
        sheet.set_row(SUMMARY_ROW, LINE_HEIGHT * lines_of(text, sum(width for _, width in COLUMNS)) + 6)
        sheet.set_row(HEAD_ROW, TALL_HEAD)
        for column, (name, width) in enumerate(COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(HEAD_ROW, column, name, self._styles["head"])
        for row, each in enumerate(whole.rows, start=FIRST_ROW):
            self._write_step(sheet, row, each)
        self._write_chart(sheet, whole)

    def _write_step(self, sheet: Any, row: int, step: BridgeRow) -> None:
        words, count = step.words, step.is_count
        sheet.write_string(row, 0, words.name_zh, self._styles["countname" if count else "name"])
        sheet.write_string(row, 1, words.change_zh or words.name_en, self._styles["countname" if count else "name"])
        self._number(sheet, row, 2, step.persons, "count" if count else "change")
        for column, value, style in ((3, step.share, "share"), (4, step.lowest, "change"), (5, step.highest, "change")):
            if value is None:
                sheet.write_blank(row, column, None, self._styles["after"])
            else:
                sheet.write_number(row, column, value, self._styles[style])
        self._number(sheet, row, 6, step.after, "after")
        self._number(sheet, row, 7, step.unknown, "after" if count else "unknown")

    def _write_chart(self, sheet: Any, bridge: Bridge) -> None:
        """Write what the chart is drawn from, and the chart."""
        last = FIRST_ROW + len(bridge.rows) - 1
        for column, (name, _) in enumerate(SERIES, start=CHART_COLUMN + 1):
            sheet.write_string(HEAD_ROW, column, name, self._styles["aside"])
        for row, step in enumerate(bridge.rows, start=FIRST_ROW):
            sheet.write_string(row, CHART_COLUMN, step.words.name_zh, self._styles["aside"])
            for column, value in enumerate(_chart_cells(step), start=CHART_COLUMN + 1):
                if value is not None:
                    sheet.write_number(row, column, value, self._styles["aside"])
        chart = self._book.add_chart({"type": "column", "subtype": "stacked"})
        for column, (_, color) in enumerate(SERIES, start=CHART_COLUMN + 1):
            series: dict[str, Any] = {
                "name": [sheet.name, HEAD_ROW, column],
                "categories": [sheet.name, FIRST_ROW, CHART_COLUMN, last, CHART_COLUMN],
                "values": [sheet.name, FIRST_ROW, column, last, column],
                "fill": {"none": True} if color is None else {"color": color},
                "border": {"none": True},
                "gap": 45,
            }
            if color is not None:
                font = {"color": "#FFFFFF" if column == CHART_COLUMN + 2 else INK, "name": "微软雅黑", "size": 9}
                series["data_labels"] = {"value": True, "num_format": '#,##0;-#,##0;""', "font": font}
            chart.add_series(series)
        title, _, _ = titles(self._report)
        chart.set_title({"name": title, "name_font": {"size": 12, "name": "微软雅黑", "color": INK}})
        chart.set_legend({"position": "bottom", "delete_series": [0]})
        chart.set_y_axis(
            {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": LINE}}, "min": 0}
        )
        chart.set_x_axis({"num_font": {"name": "微软雅黑", "size": 9}})
        chart.set_size({"width": 880, "height": 380})
        sheet.insert_chart(last + 2, 0, chart)
        sheet.print_area(0, 0, last + CHART_ROWS, len(COLUMNS) - 1)
        sheet.fit_to_pages(1, 1)

    def write_parts(self) -> None:
        """Divisions down, steps across, the whole first."""
        sheet = self._sheet("分地区 Divisions")
        whole = self._report.whole
        sheet.set_row(HEAD_ROW, TALL_HEAD)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 14)
        sheet.set_column(2, 1 + len(whole.rows), 13)
        heads = ["地区", "代码", *(row.words.name_zh for row in whole.rows)]
        for column, name in enumerate(heads):
            sheet.write_string(HEAD_ROW, column, name, self._styles["head"])
        for row, bridge in enumerate((whole, *self._report.parts), start=FIRST_ROW):
            sheet.write_string(row, 0, bridge.name, self._styles["countname" if bridge is whole else "name"])
            sheet.write_string(row, 1, bridge.division_code, self._styles["name"])
            for column, each in enumerate(whole.rows, start=2):
                step = bridge.row(each.step)
                value = 0 if step is None else step.persons
                self._number(sheet, row, column, value, "count" if each.is_count else "change")
        sheet.freeze_panes(FIRST_ROW + 1, 2)
        sheet.repeat_rows(HEAD_ROW)

    def write_notes(self) -> None:
        """What a reader must know to use the numbers."""
        sheet = self._sheet("说明 Notes")
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, NOTE_WIDTH)
        row = HEAD_ROW
        for note in notes(self._report):
            lines = ((note.heading_zh, note.text_zh, "label", "text"),
                     (note.heading_en, note.text_en, "english_text", "english_text"))  # fmt: skip
            for heading, text, heading_style, text_style in lines:
                sheet.set_row(row, LINE_HEIGHT * lines_of(text, NOTE_WIDTH) + 4)
                sheet.write_string(row, 0, heading, self._styles[heading_style])
                sheet.write_string(row, 1, text, self._styles[text_style])
                row += 1

    def _sheet(self, name: str) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_default_row(ROW_HEIGHT)
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        title, english, facts = titles(self._report)
        sheet.set_footer(f"&L&8{facts.replace('&', '&&')}&R&8第 &P / &N 页")
        for row, (text, style, height) in enumerate(
            ((title, "title", 26), (english, "english", 16), (facts, "facts", 20))
        ):
            sheet.set_row(row, height)
            sheet.write_string(row, 0, text, self._styles[style])
        return sheet

    def _number(self, sheet: Any, row: int, column: int, value: int | None, style: str) -> None:
        if value is None:
            sheet.write_string(row, column, HIDDEN_MARK, self._styles["hidden"])
        else:
            sheet.write_number(row, column, value, self._styles[style])


def _chart_cells(step: BridgeRow) -> tuple[int | None, int | None, int | None, int | None]:
    """Return base, count, what is added and what is taken away; nothing where a number is hidden."""
    if step.is_count:
        return None, step.after, None, None
    if step.before is None or step.after is None or step.persons is None:
        return None, None, None, None
    base = min(step.before, step.after)
    return (base, None, step.persons, None) if step.persons > 0 else (base, None, None, -step.persons)
