"""Marks the cells of one worksheet and gives each row of its tables the two columns of a slip.

A marked cell keeps its content and gets another format; a cell or row that is wrong because it is not there is made.
Everything else of the sheet, formulas, merges and settings, is written as it was read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import IO, Final

from ingest.reading.sheet import column_letters
from quality.slips.package import Target
from quality.slips.sheet_xml import (
    ATTRIBUTES,
    CELL_COLUMN,
    Row,
    Scanner,
    SheetReader,
    column_index,
)

_STYLE: Final = re.compile(rb"""(^|\s)s\s*=\s*["'](\d+)["']""")
_CUSTOM_FORMAT: Final = re.compile(rb"""\scustomFormat\s*=\s*["'](?:1|true)["']""")
_SPANS: Final = re.compile(rb"""\sspans\s*=\s*["'][^"']*["']""")
_SELECTED: Final = re.compile(rb"""\stabSelected\s*=\s*["'](?:1|true)["']""")
_DIMENSION: Final = re.compile(rb"""(<(?:[\w.-]+:)?dimension\s[^>]*?ref\s*=\s*["'])([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?""")
_ATTRIBUTE: Final = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_TAG: Final = re.compile(rb"<(/?)(?:[\w.-]+:)?([\w.-]+)" + ATTRIBUTES + rb"(/?)>")
# What the schema wants behind the reference to comments.
_BEHIND_COMMENTS: Final = frozenset(
    b"legacyDrawingHF drawingHF picture oleObjects controls webPublishItems tableParts extLst AlternateContent".split()
)
_OFFICE: Final = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"

MarkedStyle = Callable[[int, str], int]


@dataclass(frozen=True)
class NewCell:
    """A cell to write: its text and its style (None: that of the cell before it).

    ``keep`` leaves a cell that has content as it is.
    """

    text: str
    style: int | None
    keep: bool = False


@dataclass(frozen=True)
class NewColumn:
    """A column to add: where, how wide, and whether it is hidden."""

    index: int
    width: float
    hidden: bool


@dataclass(frozen=True)
class SheetPlan:
    """What to do to a sheet: severities of cells by row and column, new cells by row, new columns."""

    marks: Mapping[int, Mapping[int, str]]
    new_cells: Callable[[int], Mapping[int, NewCell]]
    columns: Sequence[NewColumn]
    last_row: int
    marked_style: MarkedStyle
    comments_id: str | None


class ColumnWidths:
    """The columns of a sheet as its head declares them."""

    def __init__(self, head: bytes, prefix: bytes) -> None:
        declared = re.search(rb"<%bcols>(.*?)</%bcols>" % (prefix, prefix), head, re.DOTALL)
        self.span = declared.span() if declared else (len(head), len(head))
        tags = _TAG.finditer(declared[1]) if declared else ()
        self._ranges = [_attributes(tag[3]) for tag in tags]

    def style(self, column: int) -> int:
        """Return the style of a column's cells that are not there."""
        found = self._of(column)
        return int(found.get("style", "0")) if found else 0

    def width(self, column: int, default: float = 9.0) -> float:
        """Return the width of a column in characters."""
        found = self._of(column)
        if not found:
            return default
        is_hidden = found.get("hidden") in {"1", "true"}
        return 0.0 if is_hidden else float(found.get("width", default))

    def _of(self, column: int) -> dict[str, str] | None:
        return next((each for each in self._ranges if int(each["min"]) <= column + 1 <= int(each["max"])), None)

    def with_columns(self, columns: Sequence[NewColumn], prefix: bytes) -> bytes:
        """Return the declaration of columns with new ones in it; wider ranges are cut around them."""
        ranges = list(self._ranges)
        for column in columns:
            number = column.index + 1
            ranges = [part for each in ranges for part in _cut(each, number)]
            new = {"min": str(number), "max": str(number), "width": str(column.width), "customWidth": "1"}
            ranges.append(new | ({"hidden": "1"} if column.hidden else {}))
        ranges.sort(key=lambda each: int(each["min"]))
        tags = [_tag(prefix + b"col", each) for each in ranges]
        return b"<%bcols>%b</%bcols>" % (prefix, b"".join(tags), prefix) if tags else b""


def _cut(declared: dict[str, str], number: int) -> list[dict[str, str]]:
    first, last = int(declared["min"]), int(declared["max"])
    if not first <= number <= last:
        return [declared]
    parts = [(first, number - 1), (number + 1, last)]
    return [declared | {"min": str(start), "max": str(end)} for start, end in parts if start <= end]


def _attributes(text: bytes) -> dict[str, str]:
    return {each[1].decode(): (each[2] or each[3] or b"").decode() for each in _ATTRIBUTE.finditer(text)}


def _tag(name: bytes, attributes: Mapping[str, str]) -> bytes:
    return b"<%b %b/>" % (name, " ".join(f'{key}="{value}"' for key, value in attributes.items()).encode())


def edit_sheet(source: IO[bytes], target: Target, plan: SheetPlan) -> None:
    """Write a sheet with a plan carried out."""
    reader = SheetReader(source)
    prefix, widths = reader.scanner.prefix, ColumnWidths(reader.head, reader.scanner.prefix)
    target.write(_edit_head(reader.head, prefix, widths, plan))
    target.write(re.sub(rb"/>$", b">", reader.opening))
    editor = _RowEditor(plan, reader.scanner, widths)
    for piece in reader.pieces():
        editor.write(piece, target)
    editor.finish(target)
    target.write(b"</%bsheetData>" % prefix)
    target.write(_edit_tail(reader.tail, prefix, plan.comments_id))


class _RowEditor:
    """Writes rows, changed where the plan says so."""

    def __init__(self, plan: SheetPlan, scanner: Scanner, widths: ColumnWidths) -> None:
        self._plan = plan
        self._scanner = scanner
        self._widths = widths
        self._number = 0
        self._missing = sorted(plan.marks)
        self._next_missing = 0

    def write(self, piece: bytes, target: Target) -> None:
        """Write a piece of whole rows."""
        written = 0
        for row in self._scanner.rows(piece, self._number):
            self._number = row.number
            marks, new_cells = self._plan.marks.get(row.number), self._plan.new_cells(row.number)
            if not marks and not new_cells and not self._is_missing_before(row.number):
                continue
            target.write(piece[written : row.start])
            self._make_missing_before(row.number, target)
            target.write(self._edited(row, marks or {}, new_cells))
            written = row.end
        target.write(piece[written:])

    def finish(self, target: Target) -> None:
        """Make the rows behind the last one that is there."""
        self._make_missing_before(1 << 30, target)

    def _is_missing_before(self, number: int) -> bool:
        return self._next_missing < len(self._missing) and self._missing[self._next_missing] < number

    def _make_missing_before(self, number: int, target: Target) -> None:
        while self._is_missing_before(number):
            missing = self._missing[self._next_missing]
            self._next_missing += 1
            row = Row(missing, 0, 0, b' r="%d"' % missing, b"")
            target.write(self._edited(row, self._plan.marks[missing], self._plan.new_cells(missing)))
        if self._next_missing < len(self._missing) and self._missing[self._next_missing] == number:
            self._next_missing += 1

    def _edited(self, row: Row, marks: Mapping[int, str], new_cells: Mapping[int, NewCell]) -> bytes:
        prefix, attributes = self._scanner.prefix, _SPANS.sub(b"", row.attributes)
        body = self._quickly(row, marks, new_cells) or b"".join(self._cells(row, marks, new_cells))
        return b"<%brow%b>%b</%brow>" % (prefix, attributes, body, prefix)

    def _quickly(self, row: Row, marks: Mapping[int, str], new_cells: Mapping[int, NewCell]) -> bytes | None:
        """Change a row where that is easy, as in nearly all: marked cells are there, new ones go behind the last.

        Returns None where it is not.
        """
        if any(cell.style is None for cell in new_cells.values()) or not self._ends_before(row.body, new_cells):
            return None
        pieces: list[bytes] = []
        written = 0
        for column in sorted(marks):
            found = row.body.find(b' r="%b%d"' % (column_letters(column).encode(), row.number))
            tag = self._scanner.cell_start.match(row.body, row.body.rfind(b"<", 0, found)) if found >= 0 else None
            if tag is None:
                return None
            start, end = tag.span(1)
            pieces += row.body[written:start], self._marked(tag[1], marks[column])
            written = end
        pieces.append(row.body[written:])
        pieces += [self._written(row.number, column, new_cells[column], b"") for column in sorted(new_cells)]
        return b"".join(pieces)

    def _ends_before(self, body: bytes, new_cells: Mapping[int, NewCell]) -> bool:
        """Whether nothing stands in a row behind its last cell, and that before the new ones."""
        last = body.rfind(self._scanner.cell_tag)
        tag = self._scanner.cell_start.match(body, last) if last >= 0 else None
        column = CELL_COLUMN.search(tag[1]) if tag is not None else None
        if tag is None or column is None or column_index(column[1]) >= min(new_cells, default=1 << 20):
            return False
        return tag.end() == len(body) if tag[2] else body.endswith(self._scanner.cell_end)

    def _marked(self, attributes: bytes, severity: str) -> bytes:
        """Return a cell's attributes with the format of a severity."""
        written = _STYLE.search(attributes)
        style = self._plan.marked_style(int(written[2]) if written else 0, severity)
        return _STYLE.sub(b"", attributes) + b' s="%d"' % style

    def _cells(self, row: Row, marks: Mapping[int, str], new_cells: Mapping[int, NewCell]) -> Iterator[bytes]:
        """Return the bytes of a row's cells, changed, new and as they were."""
        wanted = sorted({*marks, *new_cells})
        written, waiting, end, style = 0, 0, 0, b"0"
        for column, match in self._scanner.cells(row.body):
            while waiting < len(wanted) and wanted[waiting] < column:
                yield row.body[written : match.start()]
                written = match.start()
                yield self._new_cell(row, wanted[waiting], marks, new_cells, style)
                waiting += 1
            if waiting == len(wanted):
                break
            if wanted[waiting] == column:
                yield row.body[written : match.start()]
                written = match.end()
                yield self._changed_cell(row, column, match, marks, new_cells, style)
                waiting += 1
            if (found := _STYLE.search(match[1])) is not None:
                style = found[2]
            end = match.end()
        else:
            # Whatever else a row has stands behind its cells.
            yield row.body[written:end]
            written = end
            for column in wanted[waiting:]:
                yield self._new_cell(row, column, marks, new_cells, style)
        yield row.body[written:]

    def _new_cell(
        self, row: Row, column: int, marks: Mapping[int, str], new_cells: Mapping[int, NewCell], style_before: bytes
    ) -> bytes:
        if (new := new_cells.get(column)) is not None:
            return self._written(row.number, column, new, style_before)
        style = self._plan.marked_style(self._style_of_missing(row, column), marks[column])
        return b'<%bc r="%b%d" s="%d"/>' % (self._scanner.prefix, column_letters(column).encode(), row.number, style)

    def _style_of_missing(self, row: Row, column: int) -> int:
        own = _STYLE.search(row.attributes) if _CUSTOM_FORMAT.search(row.attributes) else None
        return int(own[2]) if own else self._widths.style(column)

    def _changed_cell(
        self,
        row: Row,
        column: int,
        match: re.Match[bytes],
        marks: Mapping[int, str],
        new_cells: Mapping[int, NewCell],
        style_before: bytes,
    ) -> bytes:
        if (new := new_cells.get(column)) is not None:
            is_kept = new.keep and bool(match[2] and match[2].strip())
            return match[0] if is_kept else self._written(row.number, column, new, style_before)
        start, end = match.span(1)
        attributes = self._marked(match[1], marks[column])
        return match.string[match.start() : start] + attributes + match.string[end : match.end()]

    def _written(self, number: int, column: int, cell: NewCell, style_before: bytes) -> bytes:
        style = style_before if cell.style is None else b"%d" % cell.style
        prefix, reference = self._scanner.prefix, b"%b%d" % (column_letters(column).encode(), number)
        if not cell.text:
            return b'<%bc r="%b" s="%b"/>' % (prefix, reference, style)
        text = escape(cell.text, quote=False).encode()
        return b'<%bc r="%b" s="%b" t="inlineStr"><%bis><%bt>%b</%bt></%bis></%bc>' % (
            prefix, reference, style, prefix, prefix, text, prefix, prefix, prefix
        )  # fmt: skip


# --- head and tail ----------------------------------------------------------------------------------------------------


def unselected(head: bytes) -> bytes:
    """Return a sheet's head without its being the one in front: two sheets in front would be edited as one."""
    return _SELECTED.sub(b"", head)


def _edit_head(head: bytes, prefix: bytes, widths: ColumnWidths, plan: SheetPlan) -> bytes:
    start, end = widths.span
    columns = widths.with_columns(plan.columns, prefix)
    right = max((column.index for column in plan.columns), default=0)
    head = unselected(head[:start]) + columns + unselected(head[end:])
    return _DIMENSION.sub(lambda found: _dimension(found, right, plan.last_row), head, count=1)


def _dimension(found: re.Match[bytes], right: int, last_row: int) -> bytes:
    last_letters, last_number = found[4] or found[2], int(found[5] or found[3])
    letters = column_letters(max(column_index(last_letters), right)).encode()
    return b"%b%b%b:%b%d" % (found[1], found[2], found[3], letters, max(last_number, last_row))


def comments_reference(tail: bytes) -> str | None:
    """Return the id of the relationship to the drawing of a sheet's comments."""
    found = re.search(rb"<(?:[\w.-]+:)?legacyDrawing\s" + ATTRIBUTES + rb"/?>", tail)
    reference = re.search(rb"""(?:^|\s)[\w.-]+:id\s*=\s*["']([^"']+)""", found[1]) if found else None
    return reference[1].decode() if reference else None


def _edit_tail(tail: bytes, prefix: bytes, comments_id: str | None) -> bytes:
    """Put the reference to the comments' drawing where the schema wants it, if there is none yet."""
    if comments_id is None:
        return tail
    place = _place_for_comments(tail)
    reference = b'<%blegacyDrawing xmlns:r="%b" r:id="%b"/>' % (prefix, _OFFICE, comments_id.encode())
    return tail[:place] + reference + tail[place:]


def _place_for_comments(tail: bytes) -> int:
    depth = 0
    for tag in _TAG.finditer(tail):
        if depth == 0 and (tag[1] or tag[2] in _BEHIND_COMMENTS):
            return tag.start()
        if tag[1]:
            depth -= 1
        elif not tag[4]:
            depth += 1
    return len(tail)
