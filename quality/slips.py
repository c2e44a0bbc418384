"""Return slips (回执): one workbook per delivered file that says, in the clerk's words, what was wrong and what to do.

A slip is made from the findings alone, and shows of a cell's content only what the finding already masked. Every cell
is written as text, so that nothing a sender typed can become a formula on somebody else's machine.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import xlsxwriter

from ingest.safe_text import printable, shown_path

UNKNOWN_UNIT = "未识别"
FETCH_ROWS = 10_000
ROWS_PER_SHEET = 1_000_000
"""A sheet ends at row 1,048,576; a longer list goes on in the next sheet."""

SEVERITY_WORDS = {"error": "退回，请改正", "query": "已接收，请核对", "note": "提示"}
STATUS_WORDS = {
    "accepted": "已全部接收，无退回。",
    "partly_returned": "部分接收：下列退回的行请改正，随下一次名单重报。",
    "returned": "整份退回：请按下列原因改正后，重报整份名单。",
    "duplicate": "重复报送：内容与已收到的名单相同，不再计入。先前的回执如有退回的行，仍请改正后重报。",
}
# The reason ends where the request begins: 校验位不对，请按身份证核对。
REQUEST = re.compile(r"[，。；：,;:]\s*(?=请|可填|无需处理)")
UNSAFE_IN_NAME = re.compile(r'[\\/:*?"<>|\s.]+')
NAME_BYTES = 120
CELL_CHARACTERS = 32_767

FINDINGS = """
    SELECT
        file.file_id, file.path, file.unit_code, unit.name, file.period, file.status,
        file.rows_in, file.rows_accepted, file.rows_returned, file.rows_duplicate,
        finding.sheet, finding.row_number, finding.column_name, finding.severity,
        finding.value_shown, finding.advice_zh
    FROM read_parquet($finding) AS finding
    INNER JOIN read_parquet($file) AS file USING (file_id)
    LEFT JOIN unit ON unit.code = file.unit_code
    ORDER BY
        file.path, file.file_id, finding.row_number IS NOT NULL, finding.sheet, finding.row_number,
        CASE finding.severity WHEN 'error' THEN 1 WHEN 'query' THEN 2 ELSE 3 END,
        finding.column_name, finding.rule_id, finding.value_shown
"""


class Delivery(NamedTuple):
    """The file a slip answers."""

    file_id: str
    path: str
    unit_code: str | None
    unit_name: str | None
    period: str | None
    status: str
    rows_in: int
    rows_accepted: int
    rows_returned: int
    rows_duplicate: int


class Finding(NamedTuple):
    """One line of a slip."""

    sheet: str | None
    row_number: int | None
    column_name: str | None
    severity: str
    value_shown: str | None
    advice: str


@dataclass(frozen=True)
class Column:
    """One column of the list of findings."""

    heading: str
    width: int


COLUMNS = (
    Column("工作表", 14),
    Column("行号", 8),
    Column("列", 16),
    Column("单元格内容（已遮盖）", 22),
    Column("处理", 15),
    Column("原因", 42),
    Column("怎么改", 42),
)


def write_slips(gated: Path, outbox: Path, night_id: str) -> list[Path]:
    """Write one slip per gated file that has findings and return their paths, sorted.

    Slips go to ``outbox/<unit code>`` (or ``未识别``). Units are named where the night's ``units.parquet`` stands
    beside ``gated``. Writing the same night again replaces its slips.
    """
    with duckdb.connect() as connection:
        _read_units(connection, gated.parent / "units.parquet")
        files = {"finding": str(gated / "finding.parquet"), "file": str(gated / "file.parquet")}
        rows = _rows(connection.execute(FINDINGS, files))
        width = len(Delivery._fields)
        return sorted(
            _write_slip(Delivery._make(head), [Finding._make(row[width:]) for row in group], outbox, night_id)
            for head, group in itertools.groupby(rows, key=lambda row: row[:width])
        )


def _read_units(connection: duckdb.DuckDBPyConnection, units: Path) -> None:
    connection.execute("CREATE TABLE unit (code VARCHAR, name VARCHAR)")
    if units.exists():
        connection.execute(
            "INSERT INTO unit SELECT code, max(full_name) FROM read_parquet(?) GROUP BY code", [str(units)]
        )


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := connection.fetchmany(FETCH_ROWS):
        yield from rows


def _write_slip(delivery: Delivery, findings: Sequence[Finding], outbox: Path, night_id: str) -> Path:
    folder = outbox / safe_name(delivery.unit_code or UNKNOWN_UNIT)
    folder.mkdir(parents=True, exist_ok=True)
    # The slip that said what to correct stays when the same file only comes again.
    mark = "_重复" if delivery.status == "duplicate" else ""
    path = folder / f"{safe_name(Path(delivery.path).stem)}_回执_{delivery.file_id}{mark}.xlsx"
    unfinished = path.with_suffix(".part")
    book = SlipBook(unfinished)
    book.write_cover(delivery, findings, night_id)
    book.write_findings(findings)
    book.close()
    unfinished.replace(path)
    return path


class SlipBook:
    """One slip's workbook: a cover sheet with the counts, then the list of findings."""

    def __init__(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
        base = {"font_name": "宋体", "font_size": 11, "valign": "vcenter", "text_wrap": True, "num_format": "@"}
        self._text = self._book.add_format({**base, "border": 1, "border_color": "#BFBFBF"})
        self._shaded = {
            "error": self._book.add_format({**base, "border": 1, "border_color": "#BFBFBF", "bg_color": "#FBE5E1"}),
            "query": self._book.add_format({**base, "border": 1, "border_color": "#BFBFBF", "bg_color": "#FFF4D6"}),
        }
        self._head = self._book.add_format(
            {**base, "bold": True, "font_name": "黑体", "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "border": 1}
        )
        self._label = self._book.add_format({**base, "font_name": "黑体", "font_color": "#44546A"})
        self._plain = self._book.add_format(base)
        self._title = self._book.add_format({**base, "font_name": "黑体", "font_size": 18, "text_wrap": False})
        self._small = self._book.add_format({"font_name": "宋体", "font_size": 10, "font_color": "#595959"})
        self._verdict = self._book.add_format({**base, "bold": True, "font_size": 12, "bg_color": "#E8EEF6"})

    def write_cover(self, delivery: Delivery, findings: Sequence[Finding], night_id: str) -> None:
        """Say which file this answers, what became of its rows, and how often each thing is wrong."""
        sheet = self._book.add_worksheet("回执")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 74)
        sheet.set_column(2, 2, 16)
        sheet.set_row(0, 30)
        sheet.write_string(0, 0, "流动人口名单回执", self._title)
        lines = _cover_lines(delivery, night_id)
        for row, (label, text) in enumerate(lines, start=2):
            sheet.write_string(row, 0, label, self._label)
            sheet.write_string(row, 1, text, self._plain)
        row = len(lines) + 3
        sheet.set_row(row, 24)
        sheet.merge_range(row, 0, row, 2, STATUS_WORDS.get(delivery.status, delivery.status), self._verdict)
        self._write_summary(sheet, row + 2, findings)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _write_summary(self, sheet: Any, row: int, findings: Sequence[Finding]) -> None:
        for column, heading in enumerate(("处理", "问题", "处数")):
            sheet.write_string(row, column, heading, self._head)
        for severity, advice, count in _summary(findings):
            row += 1
            cell = self._shaded.get(severity, self._text)
            sheet.write_string(row, 0, SEVERITY_WORDS.get(severity, severity), cell)
            sheet.write_string(row, 1, advice, cell)
            sheet.write_string(row, 2, f"{count:,}", cell)
        sheet.write_string(row + 2, 0, "逐行说明见“明细”表。行号与您报来的表格中的行号一致。", self._small)

    def write_findings(self, findings: Sequence[Finding]) -> None:
        """List every finding, what concerns the whole file first."""
        for number, start in enumerate(range(0, max(len(findings), 1), ROWS_PER_SHEET), start=1):
            sheet = self._book.add_worksheet("明细" if number == 1 else f"明细{number}")
            part = findings[start : start + ROWS_PER_SHEET]
            for index, column in enumerate(COLUMNS):
                sheet.set_column(index, index, column.width)
                sheet.write_string(0, index, column.heading, self._head)
            for row, finding in enumerate(part, start=1):
                cell = self._shaded.get(finding.severity, self._text)
                for index, text in enumerate(_finding_cells(finding)):
                    sheet.write_string(row, index, text, cell) if text else sheet.write_blank(row, index, None, cell)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, len(part), len(COLUMNS) - 1)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            sheet.set_footer("&C第 &P 页，共 &N 页")

    def close(self) -> None:
        """Write the file."""
        self._book.close()


def _cover_lines(delivery: Delivery, night_id: str) -> list[tuple[str, str]]:
    unit = " ".join(filter(None, (delivery.unit_name, delivery.unit_code))) or UNKNOWN_UNIT
    counts = (
        f"收到 {delivery.rows_in:,} 行，接收 {delivery.rows_accepted:,} 行，"
        f"退回 {delivery.rows_returned:,} 行，重复 {delivery.rows_duplicate:,} 行"
    )
    return [
        ("文件", shown_path(delivery.path)),
        ("填报单位", unit),
        ("所属期", delivery.period or UNKNOWN_UNIT),
        ("处理批次", night_id),
        ("行数", counts),
    ]


def _summary(findings: Iterable[Finding]) -> list[tuple[str, str, int]]:
    """Count the findings by severity and advice, in the order in which severities weigh and findings come."""
    counts: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (finding.severity, finding.advice)
        counts[key] = counts.get(key, 0) + 1
    weight = list(SEVERITY_WORDS)
    ordered = sorted(counts.items(), key=lambda item: (weight.index(item[0][0]), -item[1], item[0][1]))
    return [(severity, advice, count) for (severity, advice), count in ordered]


def _finding_cells(finding: Finding) -> tuple[str, ...]:
    reason, request = split_advice(finding.advice)
    return (
        cell_text(finding.sheet),
        "整份文件" if finding.row_number is None else str(finding.row_number),
        cell_text(finding.column_name),
        cell_text(finding.value_shown),
        SEVERITY_WORDS.get(finding.severity, finding.severity),
        reason,
        request,
    )


def split_advice(advice: str) -> tuple[str, str]:
    """Part an advice into its reason and its request (the part from 请, 可填 or 无需处理 on); either may be missing."""
    if advice.startswith("请"):
        return "", advice
    reason, *request = REQUEST.split(advice, maxsplit=1)
    return reason, "".join(request)


def cell_text(text: str | None) -> str:
    """Return a text as a cell can hold it."""
    return printable(text or "")[:CELL_CHARACTERS]


def safe_name(text: str) -> str:
    """Make a text from outside fit to be one file or folder name, whatever it holds."""
    name = UNSAFE_IN_NAME.sub("_", shown_path(text)).strip("_-")
    name = name.encode()[:NAME_BYTES].decode(errors="ignore")
    return name or UNKNOWN_UNIT
