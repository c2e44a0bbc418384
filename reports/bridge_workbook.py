"""The bridge as a workbook: the steps with a chart of their own, the divisions, and the notes.

The chart is drawn by the spreadsheet itself from cells beside the table: an invisible base and on it the count, what a
step adds, or what it takes away. Hidden numbers are a mark on grey in the table, and nothing in the cells of the chart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reports.bridge_notes import notes, summary, titles
from reports.bridge_table import Bridge, BridgeReport, BridgeRow
from reports.workbook import BASE, INK, LINE, LINE_HEIGHT, NUMBER, UNKNOWN, ReportWorkbook, lines_of

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
_CHANGE = {"num_format": '+#,##0;-#,##0;"–"'}
STYLES = {
    "change": {**NUMBER, **_CHANGE},
    "share": {**NUMBER, "num_format": "0.0%"},
    "unknown": {**UNKNOWN, **_CHANGE},
    "aside": {**BASE, "font_size": 8, "font_color": "#9AA7B6"},
}


def write_bridge_workbook(report: BridgeReport, path: Path) -> None:
    """Write the report as an xlsx file."""
    book = BridgeWorkbook(report, path)
    book.write_steps()
    if report.parts:
        book.write_parts()
    book.write_notes()
    book.close()


class BridgeWorkbook(ReportWorkbook):
    """One workbook while it is written."""

    def __init__(self, report: BridgeReport, path: Path) -> None:
        self._report = report
        super().__init__(path, titles(report), report.source.run_date, STYLES)

    def write_steps(self) -> None:
        """Write the table of the steps, the cells of the chart beside it, and the chart below."""
        sheet = self._sheet("分解 Bridge", landscape=True)
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
        sheet.write_string(row, 0, words.name_zh, self._styles["totalname" if count else "name"])
        sheet.write_string(row, 1, words.change_zh or words.name_en, self._styles["totalname" if count else "name"])
        self._count(sheet, row, 2, step.persons, "total" if count else "change")
        for column, value, style in ((3, step.share, "share"), (4, step.lowest, "change"), (5, step.highest, "change")):
            if value is None:
                sheet.write_blank(row, column, None, self._styles["number"])
            else:
                sheet.write_number(row, column, value, self._styles[style])
        self._count(sheet, row, 6, step.after, "number")
        self._count(sheet, row, 7, step.unknown, "number" if count else "unknown")

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
        chart.set_title({"name": self._titles[0], "name_font": {"size": 12, "name": "微软雅黑", "color": INK}})
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
        sheet = self._sheet("分地区 Divisions", landscape=True)
        whole = self._report.whole
        sheet.set_row(HEAD_ROW, TALL_HEAD)
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 14)
        sheet.set_column(2, 1 + len(whole.rows), 13)
        heads = ["地区", "代码", *(row.words.name_zh for row in whole.rows)]
        for column, name in enumerate(heads):
            sheet.write_string(HEAD_ROW, column, name, self._styles["head"])
        for row, bridge in enumerate((whole, *self._report.parts), start=FIRST_ROW):
            sheet.write_string(row, 0, bridge.name, self._styles["totalname" if bridge is whole else "name"])
            sheet.write_string(row, 1, bridge.division_code, self._styles["name"])
            for column, each in enumerate(whole.rows, start=2):
                step = bridge.row(each.step)
                value = 0 if step is None else step.persons
                self._count(sheet, row, column, value, "total" if each.is_count else "change")
        sheet.freeze_panes(FIRST_ROW + 1, 2)
        sheet.repeat_rows(HEAD_ROW)

    def write_notes(self) -> None:
        """What a reader must know to use the numbers."""
        self._write_notes(notes(self._report), HEAD_ROW, landscape=True)


def _chart_cells(step: BridgeRow) -> tuple[int | None, int | None, int | None, int | None]:
    """Return base, count, what is added and what is taken away; nothing where a number is hidden."""
    if step.is_count:
        return None, step.after, None, None
    if step.before is None or step.after is None or step.persons is None:
        return None, None, None, None
    base = min(step.before, step.after)
    return (base, None, step.persons, None) if step.persons > 0 else (base, None, None, -step.persons)
