"""Which cells of which sheet a slip marks, and where the columns for the sender go.

A finding marks every column of its field; one without a column, or whose column the table does not have, marks the
first cell of its row. Findings on rows of a sheet that is not there are told in the summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from quality.slips.findings import Finding, TableColumn

SEVERITY_ORDER: Final = ("error", "query", "note")


@dataclass(frozen=True)
class TableRows:
    """The rows of a table's body (from 1, both ends included) and its columns (from 0)."""

    first_row: int
    last_row: int
    columns: tuple[TableColumn, ...]

    @property
    def left(self) -> int:
        """The first column of the table."""
        return self.columns[0].position

    @property
    def right(self) -> int:
        """The last column of the table."""
        return max(column.position for column in self.columns)


@dataclass
class CellMark:
    """What is wrong with one cell; the first finding is the gravest."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def severity(self) -> str:
        """The gravest severity."""
        return min((each.severity for each in self.findings), key=SEVERITY_ORDER.index)


@dataclass
class SheetMarks:
    """What is marked in one sheet: rows from 1, columns from 0."""

    name: str
    tables: tuple[TableRows, ...]
    cells: dict[int, dict[int, CellMark]] = field(default_factory=dict)

    @cached_property
    def right(self) -> int:
        """The last column of any table."""
        return max((table.right for table in self.tables), default=-1)

    def mark(self, finding: Finding) -> bool:
        """Mark the cells that a finding is about; False where there is no table at its row."""
        row = finding.row_number
        if row is None:
            return False
        columns = self._columns(finding, row)
        for column in columns:
            self.cells.setdefault(row, {}).setdefault(column, CellMark()).findings.append(finding)
        return bool(columns)

    def move(self, anchors: Mapping[tuple[int, int], tuple[int, int]]) -> None:
        """Mark the corner of a merged range in place of a cell that the range hides."""
        for (row, column), (to_row, to_column) in anchors.items():
            hidden = self.cells[row].pop(column)
            self.cells.setdefault(to_row, {}).setdefault(to_column, CellMark()).findings.extend(hidden.findings)
            if not self.cells[row]:
                del self.cells[row]

    def _columns(self, finding: Finding, row: int) -> tuple[int, ...]:
        key = (finding.field, finding.column_name)
        for table, known in zip(self.tables, self._known_columns, strict=True):
            if table.first_row <= row <= table.last_row:
                if key not in known:
                    known[key] = _columns_of(table, finding)
                return known[key]
        return ()

    @cached_property
    def _known_columns(self) -> list[dict[tuple[str | None, str | None], tuple[int, ...]]]:
        return [{} for _ in self.tables]


def _columns_of(table: TableRows, finding: Finding) -> tuple[int, ...]:
    found: list[int] = []
    if finding.field:
        found = [column.position for column in table.columns if column.field == finding.field]
    if not found and finding.column_name:
        # The headings of a field in several columns are given as one text.
        names = {finding.column_name, *finding.column_name.split("、")}
        found = [column.position for column in table.columns if column.heading in names]
    return tuple(sorted(set(found))) or (table.left,)


def tables_by_sheet(columns: Iterable[TableColumn]) -> dict[str, tuple[TableRows, ...]]:
    """Return the tables of every sheet, from top to bottom."""
    grouped: dict[tuple[str, int, int], list[TableColumn]] = {}
    for column in columns:
        grouped.setdefault((column.sheet, column.first_row, column.last_row), []).append(column)
    tables: dict[str, list[TableRows]] = {}
    for (sheet, first, last), each in sorted(grouped.items()):
        ordered = tuple(sorted(each, key=lambda column: column.position))
        tables.setdefault(sheet, []).append(TableRows(first, last, ordered))
    return {sheet: tuple(each) for sheet, each in tables.items()}


def mark_cells(
    findings: Sequence[Finding], columns: Iterable[TableColumn]
) -> tuple[dict[str, SheetMarks], list[Finding]]:
    """Return what to mark by sheet, and the findings on rows that are in no table."""
    sheets = {name: SheetMarks(name, tables) for name, tables in tables_by_sheet(columns).items()}
    left: list[Finding] = []
    for finding in findings:
        if finding.row_number is None or finding.is_explained:
            continue
        marks = sheets.get(finding.sheet or "")
        if marks is None or not marks.mark(finding):
            left.append(finding)
    return sheets, left
