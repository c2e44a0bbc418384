"""Makes a slip of a workbook: summary in front, marked cells with comments, two columns beside each table, the mark.

Whatever workbook it is, the sender's own or one that popflow wrote of rows as read, it becomes a slip here and only
here. Parts that need no change stay byte for byte.
"""

from __future__ import annotations

import io
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Final

from ingest.reading.document import Document
from ingest.slip_mark import (
    EXPLANATION_HEADING,
    MARK_SHEET,
    ROW_HEADING,
    SUMMARY_SHEET,
    MarkedSheet,
    SlipMark,
    is_summary,
    own_columns,
)
from quality.slips.comments import Boxes, CommentsPart, ShapeIds, texts_of
from quality.slips.marks import SheetMarks
from quality.slips.package import Package, Target
from quality.slips.sheet_edit import (
    ColumnWidths,
    NewCell,
    NewColumn,
    SheetPlan,
    comments_reference,
    edit_sheet,
    unselected,
)
from quality.slips.sheet_xml import (
    LAST_COLUMN,
    MarkupError,
    Merge,
    SheetReader,
    Survey,
    column_letters,
    plain_sheet,
    survey,
)
from quality.slips.styles import EMPTY_STYLES, CellStyle, Styles
from quality.slips.summary import Summary, mark_xml, summary_xml
from quality.slips.wording import comment_text
from quality.slips.workbook import SheetEntry, Workbook

COMMENTS_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EXPLANATION_WIDTH: Final = 28.0
TOKEN_WIDTH: Final = 12.0
EXPLANATION_STYLE: Final = CellStyle(border=True)

Sign = Callable[[Sequence[MarkedSheet]], SlipMark]


@dataclass(frozen=True)
class OlderSlip:
    """What a workbook has of a slip that it was before: the summaries, and the two columns by sheet."""

    summaries: frozenset[str]
    columns: Mapping[str, tuple[int | None, int | None]]


@dataclass
class SlipContent:
    """What goes into a slip: its summary, the marks by the name of the sheet in the workbook, and the signing."""

    summary: Summary
    marks: Mapping[str, SheetMarks]
    sign: Sign | None = None
    older: OlderSlip | None = None


@dataclass
class _Target:
    """A sheet that is marked."""

    entry: SheetEntry
    marks: SheetMarks
    found: Survey
    explanation: int | None
    token: int | None


def older_slip(document: Document) -> OlderSlip:
    """Return what a document has of a slip that it was before."""
    return OlderSlip(
        frozenset(sheet.name for sheet in document.sheets if is_summary(sheet)),
        {sheet.name: own_columns(sheet) for sheet in document.sheets},
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
        drawings = [package.read(name) for name in package.names() if name.lower().endswith(".vml")]
        self._ids = ShapeIds(drawings)

    def make(self, target: IO[bytes]) -> None:
        """Edit everything and save."""
        self._take_out_older_slip()
        targets = [found for entry in self._book.sheets() if (found := self._target(entry)) is not None]
        self._unselect({each.entry.part for each in targets})
        mark = self._mark(targets)
        for number, each in enumerate(targets):
            self._edit(each, number, mark)
        self._book.insert(SUMMARY_SHEET, summary_xml(self._content.summary, self._styles), first=True)
        if mark is not None:
            self._book.insert(MARK_SHEET, mark_xml(mark), first=False, state="veryHidden")
        # The styles are known when the sheets are written, which the package does before it comes to them.
        self._package.put(self._style_part, self._write_styles)
        self._book.finish()
        self._package.save(target)

    def _write_styles(self, target: Target) -> None:
        target.write(self._styles.content())

    def _take_out_older_slip(self) -> None:
        """A slip that came back and is wrong again becomes a new slip: the old summary, mark and colours go."""
        older = self._content.older
        if older is None:
            return
        self._styles.forget_marks()
        for entry in self._book.sheets():
            if entry.name == MARK_SHEET or entry.name in older.summaries:
                self._book.remove(entry)

    def _target(self, entry: SheetEntry) -> _Target | None:
        marks = self._content.marks.get(entry.name)
        if marks is None or entry.kind != "worksheet" or not marks.tables:
            return None
        first, last = min(each.first_row for each in marks.tables), max(each.last_row for each in marks.tables)
        look = partial(survey, first_row=max(first - 3, 1), last_row=last, table_right=marks.right)
        try:
            with self._package.open(entry.part) as stream:
                found = look(stream)
        except MarkupError:
            self._package.put(entry.part, plain_sheet(self._package.read(entry.part)))
            found = look(io.BytesIO(self._package.read(entry.part)))
        marks.move(_anchors(marks, found.merges))
        return _Target(entry, marks, found, *self._columns(entry.name, found))

    def _columns(self, name: str, found: Survey) -> tuple[int | None, int | None]:
        older = self._content.older
        explanation, token = older.columns.get(name, (None, None)) if older else (None, None)
        if explanation is not None and token is not None:
            return explanation, token
        if found.right + 2 > LAST_COLUMN:
            return None, None
        return found.right + 1, found.right + 2

    def _unselect(self, edited: Iterable[str]) -> None:
        """No other sheet stays in front."""
        for entry in self._book.sheets():
            if entry.part not in edited and self._package.has(entry.part):
                content = self._package.read(entry.part)
                end = content.find(b"sheetData")
                head = content if end < 0 else content[:end]
                if unselected(head) != head:
                    self._package.put(entry.part, unselected(head) + content[len(head) :])

    def _mark(self, targets: Sequence[_Target]) -> SlipMark | None:
        if self._content.sign is None:
            return None
        return self._content.sign(
            [
                MarkedSheet(each.marks.name, column_letters(each.explanation), column_letters(each.token))
                for each in targets
                if each.explanation is not None and each.token is not None
            ]
        )

    # --- one sheet ---

    def _edit(self, each: _Target, number: int, mark: SlipMark | None) -> None:
        part = each.entry.part
        texts = texts_of(
            {
                row: {column: comment_text(cell.findings) for column, cell in cells.items()}
                for row, cells in each.marks.cells.items()
            }
        )
        reader = SheetReader(self._source(part)())
        for _ in reader.pieces():
            pass
        is_commented = bool(texts) or self._package.relations(part).first("comments") is not None
        comments_id = self._comment(part, reader, texts) if is_commented else None
        new_cells = _new_cells(each, number, mark, self._styles.own(EXPLANATION_STYLE))
        columns = []
        if each.explanation is not None and each.token is not None:
            columns = [
                NewColumn(each.explanation, EXPLANATION_WIDTH, hidden=False),
                NewColumn(each.token, TOKEN_WIDTH, hidden=True),
            ]
        plan = SheetPlan(
            marks={
                row: {column: cell.severity for column, cell in cells.items()}
                for row, cells in each.marks.cells.items()
            },
            new_cells=new_cells,
            columns=columns,
            last_row=max([each.found.last_row, *each.marks.cells]),
            marked_style=self._styles.marked,
            comments_id=comments_id,
        )
        source = self._source(part)
        self._package.put(part, lambda stream: edit_sheet(source(), stream, plan))

    def _source(self, part: str) -> Callable[[], IO[bytes]]:
        changed = self._package.changed(part)
        if changed is not None:
            return partial(io.BytesIO, changed)
        return partial(self._package.open, part)

    def _comment(self, part: str, reader: SheetReader, texts: Sequence[tuple[int, int, tuple[str, ...]]]) -> str | None:
        """Add comments to a sheet; return the relationship to its drawing where it had none."""
        relations = self._package.relations(part)
        comments = relations.first("comments")
        written = CommentsPart(self._package.read(comments) if comments else None, texts)
        if comments is None:
            comments = self._package.new_name("xl", "popflowComments", "xml")
            self._package.types.override(comments, COMMENTS_TYPE)
            relations.add(f"{OFFICE}/comments", comments)
        self._package.put(comments, written.write)
        reference = comments_reference(reader.tail)
        drawing = relations.target(reference) if reference else None
        old = self._package.read(drawing) if drawing else None
        new_id = None
        if drawing is None:
            drawing = self._package.new_name("xl/drawings", "popflowDrawing", "vml")
            self._package.types.set_default("vml", DRAWING_TYPE)
            new_id = relations.add(f"{OFFICE}/vmlDrawing", drawing)
        widths = ColumnWidths(reader.head, reader.scanner.prefix)
        boxes = Boxes(old, self._ids.take(len(written.new)), widths.width)
        boxes.forget(written.forgotten)
        self._package.put(drawing, partial(boxes.write, written.new))
        self._package.relations_changed(part)
        return new_id


def _anchors(marks: SheetMarks, merges: Sequence[Merge]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return, for every marked cell that a merged range hides, the corner that is seen in its place."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    rows = sorted(marks.cells)
    if not rows:
        return found
    for merge in merges:
        for row in _between(rows, merge.top, merge.bottom):
            for column in marks.cells[row]:
                if merge.left <= column <= merge.right and (row, column) != (merge.top, merge.left):
                    found[row, column] = (merge.top, merge.left)
    return found


def _between(rows: Sequence[int], first: int, last: int) -> Sequence[int]:
    return rows[bisect_left(rows, first) : bisect_right(rows, last)]


def _no_cells(_row: int) -> Mapping[int, NewCell]:
    return {}


def _new_cells(each: _Target, number: int, mark: SlipMark | None, style: int) -> Callable[[int], Mapping[int, NewCell]]:
    """Return what says which cells a row gets: heading and cells of the two columns, beside every table."""
    explanation, token = each.explanation, each.token
    if explanation is None or token is None or mark is None:
        return _no_cells
    bodies = [(table.first_row, table.last_row) for table in each.marks.tables]
    headings = {first - 1 for first, _ in bodies}
    heading = {
        explanation: NewCell(EXPLANATION_HEADING, None, keep=True),
        token: NewCell(ROW_HEADING, None),
    }
    empty = NewCell("", style, keep=True)

    def cells(row: int) -> Mapping[int, NewCell]:
        if any(first <= row <= last for first, last in bodies):
            return {explanation: empty, token: NewCell(mark.row_token(number, row), 0)}
        return heading if row in headings else {}

    return cells
