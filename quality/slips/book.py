"""Makes a slip of a workbook: summary in front, marked cells with comments, two columns beside each table, the mark.

Whatever workbook it is, the sender's own or one that popflow wrote of rows as read, it becomes a slip here and only
here. Parts that need no change stay byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, Final

from ingest.reading.document import Document
from ingest.reading.sheet import column_letters
from ingest.slip_mark import MARK_SHEET, SUMMARY_SHEET, MarkedSheet, SlipMark, is_summary, own_columns
from quality.slips.findings import Finding
from quality.slips.marks import SheetMarks
from quality.slips.package import Package, Target
from quality.slips.sheet_edit import unselected
from quality.slips.sheet_slip import Columns, SheetEditor, SheetSlip, look_at
from quality.slips.styles import EMPTY_STYLES, Styles
from quality.slips.summary import LIST_SHEET, STYLES, Summary, mark_xml, summary_xml, write_list
from quality.slips.workbook import SheetEntry, Workbook

MOST_COMMENTS: Final = 10_000
"""More comments than this keep a workbook from opening for minutes; what is beyond stands in a list."""

Sign = Callable[[Sequence[MarkedSheet]], SlipMark]


@dataclass(frozen=True)
class OlderSlip:
    """What a workbook has of a slip that it was before: the sheets of its own, and the two columns by sheet."""

    sheets: frozenset[str]
    columns: Mapping[str, Columns]


@dataclass(frozen=True)
class SlipContent:
    """What goes into a slip: its summary, the marks by the name of the sheet in the workbook, and the signing."""

    summary: Summary
    marks: Mapping[str, SheetMarks]
    sign: Sign | None = None
    older: OlderSlip | None = None


def older_slip(document: Document) -> OlderSlip:
    """Return what a document has of a slip that it was before."""
    found = {sheet.name: own_columns(sheet) for sheet in document.sheets}
    return OlderSlip(
        frozenset({MARK_SHEET, *(sheet.name for sheet in document.sheets if is_summary(sheet))}),
        {name: (first, last) for name, (first, last) in found.items() if first is not None and last is not None},
    )


def is_slip(source: IO[bytes]) -> bool:
    """Whether a workbook is a slip that came back."""
    return any(sheet.name == MARK_SHEET for sheet in Workbook(Package(source)).sheets())


def make_slip(source: IO[bytes], target: IO[bytes], content: SlipContent) -> None:
    """Write the workbook ``source`` as a slip.

    Raises ``CannotEditError`` where it is built in a way that cannot be edited without harm.
    """
    _SlipMaker(Package(source), content).make(target)


class _SlipMaker:
    def __init__(self, package: Package, content: SlipContent) -> None:
        self._package = package
        self._content = content
        self._book = Workbook(package)
        self._style_part = self._book.style_part()
        has_styles = package.has(self._style_part)
        self._styles = Styles(package.read(self._style_part) if has_styles else EMPTY_STYLES)
        self._told_in_list: list[Finding] = []

    def make(self, target: IO[bytes]) -> None:
        """Edit everything and save."""
        self._take_out_older_slip()
        sheets = [found for entry in self._book.sheets() if (found := self._look_at(entry)) is not None]
        self._unselect({each.entry.part for each in sheets})
        mark = self._mark(sheets)
        self._edit(sheets, mark)
        self._book.insert(SUMMARY_SHEET, summary_xml(self._summary(sheets), self._styles), 0)
        styles = {name: self._styles.own(style) for name, style in STYLES.items()}
        if self._told_in_list:
            self._book.insert(LIST_SHEET, partial(write_list, self._told_in_list, styles), 1)
        if mark is not None:
            self._book.insert(MARK_SHEET, mark_xml(mark), len(self._book.sheets()), "veryHidden")
        # Which styles there are is known when the sheets are written, so the styles are put behind them.
        self._package.put(self._style_part, self._write_styles)
        self._book.finish()
        self._package.save(target)

    def _write_styles(self, target: Target) -> None:
        target.write(self._styles.content())

    def _take_out_older_slip(self) -> None:
        """A slip that came back and is wrong again becomes a new slip: the old summary, mark and colours go."""
        if self._content.older is None:
            return
        self._styles.forget_marks()
        for entry in self._book.sheets():
            if entry.name in self._content.older.sheets:
                self._book.remove(entry)

    def _look_at(self, entry: SheetEntry) -> SheetSlip | None:
        marks, older = self._content.marks.get(entry.name), self._content.older
        if marks is None or entry.kind != "worksheet" or not marks.tables:
            return None
        return look_at(self._package, entry, marks, older.columns.get(entry.name) if older else None)

    def _unselect(self, edited: Iterable[str]) -> None:
        """No other sheet stays in front."""
        for entry in self._book.sheets():
            if entry.part not in edited and self._package.has(entry.part):
                content = self._package.read(entry.part)
                end = content.find(b"sheetData")
                head = content if end < 0 else content[:end]
                if unselected(head) != head:
                    self._package.put(entry.part, unselected(head) + content[len(head) :])

    def _mark(self, sheets: Sequence[SheetSlip]) -> SlipMark | None:
        if self._content.sign is None:
            return None
        return self._content.sign(
            [
                MarkedSheet(each.marks.name, *map(column_letters, each.columns))
                for each in sheets
                if each.columns is not None
            ]
        )

    def _edit(self, sheets: Sequence[SheetSlip], mark: SlipMark | None) -> None:
        editor = SheetEditor(self._package, self._styles, MOST_COMMENTS)
        number = 0
        for each in sheets:
            row_token = partial(mark.row_token, number) if mark is not None else None
            number += each.columns is not None
            for row, column in editor.edit(each, row_token):
                self._told_in_list += each.marks.cells[row][column].findings

    def _summary(self, sheets: Sequence[SheetSlip]) -> Summary:
        """Return the summary, which also tells what could not be marked: nothing found is lost."""
        there = {each.marks.name for each in sheets}
        missing = [
            finding
            for marks in self._content.marks.values()
            if marks.name not in there
            for cells in marks.cells.values()
            for cell in cells.values()
            for finding in cell.findings
        ]
        summary = self._content.summary
        return replace(summary, unplaced=[*summary.unplaced, *missing], told_in_list=len(self._told_in_list))
