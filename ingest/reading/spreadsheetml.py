"""SpreadsheetML of 2003: the XML that Excel and many registers save under the name .xls or .xml.

Rows and cells are counted on unless they say where they stand; a cell that spans others is a merge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Final

from ingest.reading.cells import Cells, refuse_many_sheets
from ingest.reading.delivery import Document, Limits
from ingest.reading.numbers import number_text, padded, padding
from ingest.reading.sheet import BOOLEAN, DATE, ERROR, NUMBER, TEXT, Merge, Sheet
from ingest.reading.xml_events import read_events
from ingest.refusals import refusal

NAMESPACE: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_KINDS: Final = {"Number": NUMBER, "DateTime": DATE, "Boolean": BOOLEAN, "Error": ERROR}
# Texts that stand in a cell or beside it and are not its content: comments, readings above Chinese characters.
_ASIDE: Final = frozenset({"Comment", "PhoneticText"})
_LAST_ROW: Final = 1 << 20


def read_spreadsheetml(stream: IO[bytes], limits: Limits) -> Document:
    """Read the worksheets of a SpreadsheetML document."""
    reader = _Reader(limits)
    read_events(stream, reader.start, reader.end, reader.text)
    return Document("spreadsheetml", None, tuple(sheet for sheet in reader.sheets if sheet.height))


class _Reader:
    """Takes the events of a workbook; keeps the sheet, the row and the cell it is in."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[Sheet] = []
        self._limits = limits
        self._paddings: dict[str, str] = {}
        self._style = ""
        self._epoch_1904 = False
        self._is_table = False
        self._texts: list[str] | None = None
        self._aside = 0
        self._kind = ""
        self._formula = False
        self._begin("")

    def _begin(self, name: str) -> None:
        self._name = name
        self._cells = Cells(self._limits)
        self._row = self._column = self._first = -1
        self._repeated = 0
        self._place = -1
        self._merges: list[Merge] = []
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in _ASIDE:
            self._aside += 1
        elif name == "Worksheet":
            self._begin(attributes.get("Name", ""))
        elif name == "Table":
            self._is_table = True
        elif name == "Style":
            self._style = attributes.get("ID", "")
        elif name == "NumberFormat":
            self._paddings[self._style] = padding(attributes.get("Format")) or ""
        elif self._is_table and not self._aside:
            self._start_in_table(name, attributes)

    def _start_in_table(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Row":
            self._start_row(attributes)
        elif name == "Column":
            self._start_column(attributes)
        elif name == "Cell":
            self._start_cell(attributes)
        elif name == "Data":
            self._texts, self._kind = [], attributes.get("Type", "String")

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        self._row = _number(attributes, "Index", self._row + 2) - 1
        self._column = self._first = -1
        if attributes.get("Hidden") == "1":
            last = min(self._row + _number(attributes, "Span", 0) + 1, _LAST_ROW)
            self._hidden_rows.update(range(self._row, last))
        self._repeated = _number(attributes, "Span", 0)

    def _start_column(self, attributes: Mapping[str, str]) -> None:
        self._place = _number(attributes, "Index", self._place + 2) - 1
        last = min(self._place + _number(attributes, "Span", 0), self._limits.columns)
        if attributes.get("Hidden") == "1":
            self._hidden_columns.update(range(self._place, last + 1))
        self._place = last

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        self._column = _number(attributes, "Index", self._column + 2) - 1
        self._style = attributes.get("StyleID", "")
        self._formula = "Formula" in attributes
        across, down = _number(attributes, "MergeAcross", 0), _number(attributes, "MergeDown", 0)
        self._first = self._column
        if across or down:
            self._merges.append(((self._row, self._column), (self._row + down, self._column + across)))
        self._column += across

    def text(self, text: str) -> None:
        if self._texts is not None and not self._aside:
            self._texts.append(text)

    def end(self, name: str) -> None:
        if name in _ASIDE:
            self._aside -= 1
        elif name == "Data" and self._texts is not None:
            self._end_data("".join(self._texts))
            self._texts = None
        elif name == "Cell" and self._formula:
            raise refusal("file_not_calculated", detail=self._name)
        elif name == "Row":
            self._row += self._repeated
            self._repeated = 0
        elif name == "Date1904":
            self._epoch_1904 = True
        elif name == "Table":
            self._is_table = False
        elif name == "Worksheet":
            self._finish()

    def _end_data(self, text: str) -> None:
        self._formula = False
        self._cells.add(self._row, self._first, self._shown(text), _KINDS.get(self._kind, TEXT))

    def _shown(self, text: str) -> str:
        if self._kind == "Number":
            pattern = self._paddings.get(self._style)
            return padded(_plain(text), pattern) if pattern else _plain(text)
        if self._kind == "DateTime":
            return text.replace("T", " ").removesuffix(".000").removesuffix(" 00:00:00")
        if self._kind == "Boolean":
            return "TRUE" if text.strip() == "1" else "FALSE"
        return text

    def _finish(self) -> None:
        sheet = self._cells.sheet(
            self._name,
            merges=self._merges,
            hidden_rows=self._hidden_rows,
            hidden_columns=self._hidden_columns,
            epoch_1904=self._epoch_1904,
        )
        self.sheets.append(sheet)
        refuse_many_sheets(len(self.sheets), self._limits)
        self._begin("")


def _plain(text: str) -> str:
    """Return a number as its shortest exact text; digits alone stay as they are."""
    if text.isdigit():
        return text
    try:
        return number_text(float(text))
    except (ValueError, OverflowError):
        return text


def _number(attributes: Mapping[str, str], name: str, otherwise: int) -> int:
    text = attributes.get(name, "")
    return min(int(text), _LAST_ROW) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
