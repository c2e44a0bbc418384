"""OpenDocument spreadsheets: .ods, .ots and flat .fods, read from their XML as a stream.

Cells and rows that are repeated are written once with a count; blank ones are repeated a million times by habit and
cost nothing here. What a number cell shows counts where it shows a code with leading zeros, else its exact value does.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from typing import IO, Final

from ingest.reading.archive import opened
from ingest.reading.cells import Cells, refuse_many_sheets
from ingest.reading.delivery import Document, Limits
from ingest.reading.numbers import number_text
from ingest.reading.sheet import BOOLEAN, DATE, ERROR, NUMBER, TEXT, Merge, Sheet
from ingest.reading.xml_events import read_events
from ingest.refusals import refusal

MEDIA_TYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"
# Texts in a cell that are not its content: comments, and readings above Chinese characters.
_ASIDE: Final = frozenset({"annotation", "ruby-text", "shapes"})
_KINDS: Final = {
    "float": NUMBER,
    "percentage": NUMBER,
    "currency": NUMBER,
    "date": DATE,
    "time": DATE,
    "boolean": BOOLEAN,
}
_MOST_REPEATED: Final = 1 << 20
_WHITE_SPACE: Final = re.compile(r"[ \t\r\n]+")


def read_opendocument(content: bytes, limits: Limits) -> Document:
    """Read an .ods or .ots archive."""
    with opened(content, limits) as archive:
        _refuse_locked(archive)
        with archive.open("content.xml") as stream:
            return Document("ods", None, _read(stream, limits))


def read_flat_opendocument(stream: IO[bytes], limits: Limits) -> Document:
    """Read a spreadsheet that is one XML document."""
    return Document("fods", None, _read(stream, limits))


def _refuse_locked(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "content.xml" not in names:
        raise refusal("file_damaged", detail="content.xml")
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise refusal("file_password")


def _read(stream: IO[bytes], limits: Limits) -> tuple[Sheet, ...]:
    reader = _Reader(limits)
    read_events(stream, reader.start, reader.end, reader.text)
    return tuple(sheet for sheet in reader.sheets if sheet.height)


class _Reader:
    """Takes the events of a spreadsheet; keeps the sheet, the row and the cell it is in."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[Sheet] = []
        self._limits = limits
        self._depth_of_tables = 0
        self._aside = 0
        self._texts: list[str] = []
        self._cell: Mapping[str, str] | None = None
        self._is_paragraph = False
        self._begin("")

    def _begin(self, name: str) -> None:
        self._name = name
        self._cells = Cells(self._limits)
        self._filled = 0
        self._row = self._column = self._first_column = 0
        self._row_cells: list[tuple[int, int, str, int]] = []
        self._repeated_row = 1
        self._merges: list[Merge] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in _ASIDE:
            self._aside += 1
        elif name == "table":
            self._depth_of_tables += 1
            if self._depth_of_tables == 1:
                self._begin(attributes.get("name", ""))
        elif self._depth_of_tables == 1 and not self._aside:
            self._start_in_table(name, attributes)

    def _start_in_table(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table-column":
            count = _repeated(attributes, "number-columns-repeated")
            if attributes.get("visibility", "visible") != "visible":
                last = min(self._first_column + count, self._limits.columns)
                self._hidden_columns.update(range(self._first_column, last))
            self._first_column += count
        elif name == "table-row":
            self._repeated_row = _repeated(attributes, "number-rows-repeated")
            self._column, self._row_cells = 0, []
            if attributes.get("visibility", "visible") != "visible":
                last = min(self._row + self._repeated_row, _MOST_REPEATED)
                self._hidden_rows.update(range(self._row, last))
        elif name in {"table-cell", "covered-table-cell"}:
            self._cell, self._texts = attributes, []
        elif self._cell is not None:
            self._start_in_cell(name, attributes)

    def _start_in_cell(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "p":
            self._is_paragraph = True
            self._texts.extend("\n" if self._texts else "")
        elif name == "s":
            self._texts.append(" " * min(_repeated(attributes, "c"), self._limits.cell_characters))
        elif name in {"tab", "line-break"}:
            self._texts.append("\t" if name == "tab" else "\n")

    def text(self, text: str) -> None:
        if self._is_paragraph and not self._aside:
            self._texts.append(_WHITE_SPACE.sub(" ", text))

    def end(self, name: str) -> None:
        if name in _ASIDE:
            self._aside -= 1
        elif name == "table":
            self._depth_of_tables -= 1
            if self._depth_of_tables == 0:
                self._finish()
        elif self._depth_of_tables == 1 and not self._aside:
            self._end_in_table(name)

    def _end_in_table(self, name: str) -> None:
        if name in {"table-cell", "covered-table-cell"} and self._cell is not None:
            self._end_cell(self._cell)
            self._cell = None
        elif name == "p":
            self._is_paragraph = False
        elif name == "table-row":
            self._end_row()

    def _end_cell(self, attributes: Mapping[str, str]) -> None:
        count = _repeated(attributes, "number-columns-repeated")
        text, kind = _content(attributes, "".join(self._texts))
        if not text and attributes.get("formula") and "value-type" not in attributes:
            raise refusal("file_not_calculated", detail=self._name)
        if text.strip():
            self._row_cells.append((self._column, count, text, kind))
        down, across = _repeated(attributes, "number-rows-spanned"), _repeated(attributes, "number-columns-spanned")
        if down > 1 or across > 1:
            corner = self._row + down - 1, self._column + across - 1
            self._merges.append(((self._row, self._column), corner))
        self._column += count

    def _end_row(self) -> None:
        self._filled += self._repeated_row * sum(count for _, count, _, _ in self._row_cells)
        if self._filled > self._limits.cells:
            raise refusal("file_too_large", detail=f"{self._filled}")
        if self._row_cells:
            for row in range(self._row, self._row + self._repeated_row):
                self._add_row(row)
        self._row += self._repeated_row

    def _add_row(self, row: int) -> None:
        for first, count, text, kind in self._row_cells:
            for column in range(first, first + count):
                self._cells.add(row, column, text, kind)

    def _finish(self) -> None:
        sheet = self._cells.sheet(
            self._name,
            merges=self._merges,
            hidden_rows=self._hidden_rows,
            hidden_columns=self._hidden_columns,
        )
        self.sheets.append(sheet)
        refuse_many_sheets(len(self.sheets), self._limits)
        self._begin("")


def _repeated(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return min(max(int(text), 1), _MOST_REPEATED) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _content(attributes: Mapping[str, str], shown: str) -> tuple[str, int]:
    """Return what is written in a cell, and its kind."""
    kind = _KINDS.get(attributes.get("value-type", ""), TEXT)
    if kind == NUMBER:
        value = attributes.get("value", "")
        if attributes.get("formula") and shown.startswith(("#", "Err:")):
            return shown, ERROR
        return (shown if _is_padded(shown, value) else _plain(value)), NUMBER
    if kind == DATE:
        moment = attributes.get("date-value") or shown
        return moment.replace("T", " ").removesuffix(" 00:00:00"), DATE
    if kind == BOOLEAN:
        return attributes.get("boolean-value", shown).upper(), BOOLEAN
    if attributes.get("formula") and shown.startswith("#"):
        return shown, ERROR
    return shown or attributes.get("string-value", ""), TEXT


def _is_padded(shown: str, value: str) -> bool:
    """Whether what is shown is the number itself as a code with leading zeros, with or without hyphens."""
    digits = shown.replace("-", "").replace(" ", "")
    return digits.startswith("0") and len(digits) > 1 and digits.isdigit() and digits.lstrip("0") == value.lstrip("0")


def _plain(value: str) -> str:
    """Return a number as its exact text; digits beyond what a number holds stay as they are written."""
    if value.isdigit():
        return value
    try:
        return number_text(float(value))
    except ValueError:
        return value
