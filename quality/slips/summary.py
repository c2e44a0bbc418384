"""The sheet “回执” in front of every slip, and the very hidden sheet with its mark, as worksheet XML.

Every cell is text, so nothing that a sender typed can become a formula on somebody else's machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

from ingest.reading.sheet import column_letters
from ingest.slip_mark import SUMMARY_TITLE, SlipMark
from quality.slips import wording
from quality.slips.findings import Delivery, Finding
from quality.slips.package import Target
from quality.slips.styles import MAIN_NAMESPACE, MARK_COLOURS, CellStyle, Styles
from quality.slips.wording import LIST_COLUMNS

LIST_SHEET: Final = "回执明细"
WIDTHS: Final = (17.0, 78.0, 12.0)
MOST_UNPLACED: Final = 1_000
_LINE_CHARACTERS: Final = 37
_BLUE, _GREY = "FF1F3A5F", "FF44546A"
STYLES: Final = {
    "title": CellStyle(font="黑体", size=18, wrap=False, colour=_BLUE),
    "label": CellStyle(font="黑体", colour=_GREY, wrap=False),
    "plain": CellStyle(),
    "verdict": CellStyle(bold=True, size=12, fill="FFE8EEF6"),
    "section": CellStyle(font="黑体", size=12, colour=_BLUE, wrap=False),
    "head": CellStyle(font="黑体", bold=True, fill=_BLUE, colour="FFFFFFFF", border=True, centred=True),
    **{severity: CellStyle(border=True, fill=colour) for severity, colour in MARK_COLOURS.items()},
    **{f"{name} count": CellStyle(border=True, fill=colour, centred=True) for name, colour in MARK_COLOURS.items()},
}


@dataclass(frozen=True)
class Line:
    """One row of the summary: its texts, the look of each, and whether the first spans the row."""

    texts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    height: float | None = None
    spans: bool = False


@dataclass
class Summary:
    """What a slip's summary says."""

    delivery: Delivery
    night_id: str
    findings: Sequence[Finding]
    unplaced: Sequence[Finding] = field(default_factory=list)
    how_to: Sequence[str] = wording.HOW_TO_SEND_BACK
    told_in_list: int = 0

    def lines(self) -> Iterator[Line]:
        """Return the rows from top to bottom."""
        yield Line((SUMMARY_TITLE,), ("title",), 30)
        yield Line()
        for label, text in wording.delivery_lines(self.delivery, self.night_id):
            yield Line((label, text), ("label", "plain"), _height(text))
        yield Line()
        verdict = wording.STATUS_WORDS.get(self.delivery.status, self.delivery.status)
        yield Line((verdict,), ("verdict",) * len(WIDTHS), 26, spans=True)
        yield from self._problems()
        yield from self._unplaced()
        yield from self._explained()
        if self.told_in_list:
            text = f"批注太多会使文件难以打开：其余 {self.told_in_list:,} 格已标色，问题列在“{LIST_SHEET}”表。"
            yield Line()
            yield Line((text,), ("plain",), 20, spans=True)
        yield Line()
        yield Line(("怎样报回",), ("section",), 20)
        for number, text in enumerate(self.how_to, start=1):
            yield Line((f"{number}. {text}",), ("plain",), _height(text, _LINE_CHARACTERS + 14), spans=True)

    def _problems(self) -> Iterator[Line]:
        open_findings = [finding for finding in self.findings if not finding.is_explained]
        whole = [finding for finding in open_findings if finding.row_number is None]
        rows = [finding for finding in open_findings if finding.row_number is not None]
        for title, part in (("针对整份文件", whole), ("针对表中各行", rows)):
            if part:
                yield Line()
                yield Line((title,), ("section",), 20)
                yield Line(("处理", "问题", "处数"), ("head",) * 3, 20)
            for severity, advice, count in wording.problems(part):
                texts = (wording.SEVERITY_WORDS[severity], advice, f"{count:,}")
                yield Line(texts, (severity, severity, f"{severity} count"), _height(advice))

    def _unplaced(self) -> Iterator[Line]:
        if not self.unplaced:
            return
        yield Line()
        yield Line(("未能在表中标出的问题",), ("section",), 20)
        yield Line(("行号", "问题", "列"), ("head",) * 3, 20)
        for finding in self.unplaced[:MOST_UNPLACED]:
            place = " ".join(filter(None, (finding.sheet, str(finding.row_number))))
            texts = (wording.cell_text(place), wording.shown(finding.advice), wording.cell_text(finding.column_name))
            yield Line(texts, (finding.severity,) * 3, _height(texts[1]))
        if len(self.unplaced) > MOST_UNPLACED:
            yield Line(("", f"……共 {len(self.unplaced):,} 处", ""), ("note",) * 3)

    def _explained(self) -> Iterator[Line]:
        count = sum(finding.is_explained for finding in self.findings)
        if count:
            yield Line()
            yield Line((f"另有 {count:,} 处疑问您已说明情况，不再标出。",), ("plain",), spans=True)


def _height(text: str, characters: int = _LINE_CHARACTERS) -> float:
    lines = sum(max(1, -(-_width(line) // (2 * characters))) for line in text.split("\n"))
    return max(20.0, 16.0 * lines + 4)


def _width(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def summary_xml(summary: Summary, styles: Styles) -> bytes:
    """Return the worksheet of the summary."""
    rows, merges = [], []
    for number, line in enumerate(summary.lines(), start=1):
        rows.append(_row(number, line, styles))
        if line.spans:
            merges.append(f'<mergeCell ref="A{number}:{column_letters(len(WIDTHS) - 1)}{number}"/>')
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(WIDTHS, start=1)
    )
    merged = f'<mergeCells count="{len(merges)}">{"".join(merges)}</mergeCells>' if merges else ""
    return (
        f'<worksheet xmlns="{MAIN_NAMESPACE}"><sheetPr><tabColor rgb="{_BLUE}"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0"/></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="16"/><cols>{columns}</cols><sheetData>{"".join(rows)}</sheetData>{merged}'
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" fitToHeight="0"/></worksheet>'
    ).encode()


def _row(number: int, line: Line, styles: Styles) -> str:
    texts = line.texts + ("",) * (len(line.styles) - len(line.texts))
    cells = [
        _cell(f"{column_letters(column)}{number}", text, styles.own(STYLES[style]))
        for column, (text, style) in enumerate(zip(texts, line.styles, strict=True))
    ]
    height = f' ht="{line.height}" customHeight="1"' if line.height else ""
    return f'<row r="{number}"{height}>{"".join(cells)}</row>'


def _cell(reference: str, text: str, style: int) -> str:
    if not text:
        return f'<c r="{reference}" s="{style}"/>'
    shown = escape(text, quote=False)
    return f'<c r="{reference}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def write_list(findings: Iterable[Finding], styles: Mapping[str, int], target: Target) -> None:
    """Write the worksheet of findings that are told in a list, for there are too many for comments."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, (_, width) in enumerate(LIST_COLUMNS, start=1)
    )
    target.write(
        f'<worksheet xmlns="{MAIN_NAMESPACE}"><sheetPr><tabColor rgb="{_BLUE}"/></sheetPr><sheetViews>'
        '<sheetView workbookViewId="0"><pane ySplit="2" topLeftCell="A3" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>".encode()
    )
    # The title is what a slip that comes back is cleared of this sheet by.
    target.write(_list_row(1, (SUMMARY_TITLE,), styles["title"]))
    target.write(_list_row(2, tuple(heading for heading, _ in LIST_COLUMNS), styles["head"]))
    for number, finding in enumerate(findings, start=3):
        target.write(_list_row(number, wording.list_line(finding), styles[finding.severity]))
    target.write(b"</sheetData></worksheet>")


def _list_row(number: int, texts: Sequence[str], style: int) -> bytes:
    cells = [_cell(f"{column_letters(column)}{number}", text, style) for column, text in enumerate(texts)]
    return f'<row r="{number}">{"".join(cells)}</row>'.encode()


def mark_xml(mark: SlipMark) -> bytes:
    """Return the worksheet that holds the mark."""
    rows = []
    for number, texts in enumerate(mark.lines(), start=1):
        cells = [_cell(f"{column_letters(column)}{number}", text, 0) for column, text in enumerate(texts) if text]
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{MAIN_NAMESPACE}"><sheetData>{"".join(rows)}</sheetData></worksheet>'.encode()
