"""One worksheet of a slip: where its columns go, its comments, and the edit that is done when the package is saved."""

from __future__ import annotations

import io
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, Final

from ingest.slip_mark import EXPLANATION_HEADING, ROW_HEADING
from quality.slips.comments import Boxes, CommentsPart, ShapeIds, Texts
from quality.slips.marks import SheetMarks
from quality.slips.package import Package
from quality.slips.sheet_edit import ColumnWidths, NewCell, NewColumn, SheetPlan, comments_reference, edit_sheet
from quality.slips.sheet_xml import LAST_COLUMN, MarkupError, Merge, Survey, plain_sheet, survey
from quality.slips.styles import CellStyle, Styles
from quality.slips.wording import comment_text
from quality.slips.workbook import SheetEntry

COMMENTS_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
DRAWING_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EXPLANATION_WIDTH: Final = 28.0
ROW_NUMBER_WIDTH: Final = 12.0
EXPLANATION_STYLE: Final = CellStyle(border=True)

Columns = tuple[int, int]
"""The columns (from 0) of explanations and of row numbers."""


@dataclass(frozen=True)
class SheetSlip:
    """A sheet that is marked; without ``columns`` where the sheet has no room for them."""

    entry: SheetEntry
    marks: SheetMarks
    found: Survey
    columns: Columns | None


def look_at(package: Package, entry: SheetEntry, marks: SheetMarks, older: Columns | None) -> SheetSlip:
    """Read a sheet through before anything is changed; ``older`` are the columns it has of an earlier slip."""
    first, last = min(each.first_row for each in marks.tables), max(each.last_row for each in marks.tables)
    look = partial(survey, first_row=max(first - 3, 1), last_row=last, table_right=marks.right)
    try:
        with package.open(entry.part) as stream:
            found = look(stream)
    except MarkupError:
        package.put(entry.part, plain_sheet(package.read(entry.part)))
        found = look(io.BytesIO(package.read(entry.part)))
    marks.move(_anchors(marks, found.merges))
    has_room = found.right + 2 <= LAST_COLUMN
    return SheetSlip(entry, marks, found, older or ((found.right + 1, found.right + 2) if has_room else None))


def _anchors(marks: SheetMarks, merges: Sequence[Merge]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return, for every marked cell that a merged range hides, the corner that is seen in its place."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    rows = sorted(marks.cells)
    for merge in merges if rows else ():
        for row in rows[bisect_left(rows, merge.top) : bisect_right(rows, merge.bottom)]:
            for column in marks.cells[row]:
                if merge.left <= column <= merge.right and (row, column) != (merge.top, merge.left):
                    found[row, column] = (merge.top, merge.left)
    return found


class SheetEditor:
    """Puts the edits of sheets into a package."""

    def __init__(self, package: Package, styles: Styles, most_comments: int) -> None:
        self._package = package
        self._styles = styles
        self._comments_left = most_comments
        self._ids = ShapeIds([package.read(name) for name in package.names() if name.lower().endswith(".vml")])

    def edit(self, each: SheetSlip, row_token: Callable[[int], str] | None) -> list[tuple[int, int]]:
        """Mark a sheet; return the cells (row, column) whose findings no comment tells."""
        cells = [(row, column) for row in sorted(each.marks.cells) for column in sorted(each.marks.cells[row])]
        commented, others = cells[: self._comments_left], cells[self._comments_left :]
        self._comments_left -= len(commented)
        texts = [(row, column, comment_text(each.marks.cells[row][column].findings)) for row, column in commented]
        part = each.entry.part
        is_commented = bool(texts) or self._package.relations(part).first("comments") is not None
        plan = SheetPlan(
            marks={
                row: {column: cell.severity for column, cell in found.items()}
                for row, found in each.marks.cells.items()
            },
            new_cells=_no_cells,
            columns=(),
            last_row=max([each.found.last_row, *each.marks.cells]),
            marked_style=self._styles.marked,
            comments_id=self._comment(each, texts) if is_commented else None,
        )
        if each.columns is not None and row_token is not None:
            plan = self._with_columns(plan, each, each.columns, row_token)
        source = self._source(part)
        self._package.put(part, lambda target: edit_sheet(source(), target, plan))
        return others

    def _with_columns(
        self, plan: SheetPlan, each: SheetSlip, columns: Columns, row_token: Callable[[int], str]
    ) -> SheetPlan:
        explanation, number = columns
        style = self._styles.own(EXPLANATION_STYLE)
        return replace(
            plan,
            new_cells=_new_cells(each.marks, columns, row_token, style),
            columns=(
                NewColumn(explanation, EXPLANATION_WIDTH, hidden=False),
                NewColumn(number, ROW_NUMBER_WIDTH, hidden=True),
            ),
        )

    def _source(self, part: str) -> Callable[[], IO[bytes]]:
        changed = self._package.changed(part)
        if changed is not None:
            return partial(io.BytesIO, changed)
        return partial(self._package.open, part)

    def _comment(self, each: SheetSlip, texts: Texts) -> str | None:
        """Add comments to a sheet; return the relationship to their drawing where the sheet had none."""
        part, found = each.entry.part, each.found
        relations = self._package.relations(part)
        comments = relations.first("comments")
        written = CommentsPart(self._package.read(comments) if comments else None, texts)
        if comments is None:
            comments = self._package.new_name("xl", "popflowComments", "xml")
            self._package.types.override(comments, COMMENTS_TYPE)
            relations.add(f"{OFFICE}/comments", comments)
        self._package.put(comments, written.write)
        reference = comments_reference(found.tail)
        drawing = relations.target(reference) if reference else None
        old = self._package.read(drawing) if drawing else None
        new_id = None
        if drawing is None:
            drawing = self._package.new_name("xl/drawings", "popflowDrawing", "vml")
            self._package.types.set_default("vml", DRAWING_TYPE)
            new_id = relations.add(f"{OFFICE}/vmlDrawing", drawing)
        widths = ColumnWidths(found.head, found.prefix)
        boxes = Boxes(old, self._ids.take(len(written.new)), widths.width)
        boxes.forget(written.forgotten)
        self._package.put(drawing, partial(boxes.write, written.new))
        self._package.relations_changed(part)
        return new_id


def _no_cells(_row: int) -> Mapping[int, NewCell]:
    return {}


def _new_cells(
    marks: SheetMarks, columns: Columns, row_token: Callable[[int], str], style: int
) -> Callable[[int], Mapping[int, NewCell]]:
    """Return what says which cells a row gets: heading and cells of the two columns, beside every table."""
    explanation, number = columns
    bodies = [(table.first_row, table.last_row) for table in marks.tables]
    headings = {first - 1 for first, _ in bodies}
    heading = {explanation: NewCell(EXPLANATION_HEADING, None, keep=True), number: NewCell(ROW_HEADING, None)}
    empty = NewCell("", style, keep=True)

    def cells(row: int) -> Mapping[int, NewCell]:
        if any(first <= row <= last for first, last in bodies):
            return {explanation: empty, number: NewCell(row_token(row), 0)}
        return heading if row in headings else {}

    return cells
