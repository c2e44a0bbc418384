"""Lines of fields without a quote in them, the most common text by far, are cut into columns piece by piece.

Where all lines of a piece have the same number of fields, Arrow cuts them; where they do not, each line is cut by
itself and short ones are filled up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ingest.reading.delivery import Limits
from ingest.reading.sheet import Sheet, sheet_of
from ingest.refusals import refusal

_PIECE_CHARACTERS: Final = 1 << 21
_CONTROLS: Final = bytes({*range(32), 127} - {9, 10, 13})
_LINE_END: Final = 10


def read_plain_lines(text: str, separator: str, limits: Limits) -> Sheet:
    """Read a text whose lines end in one way and hold no quotes."""
    sheets: list[Sheet] = []
    cells = 0
    for piece in _pieces(text):
        sheets.append(_sheet(piece.encode("utf-8", "replace").translate(None, _CONTROLS), separator, limits))
        cells += sheets[-1].height * sheets[-1].width
        if cells > limits.cells:
            raise refusal("file_too_large", detail=f"{cells}")
    return _joined(sheets)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start + _PIECE_CHARACTERS) + 1 or len(text)
        yield text[start:end]
        start = end


def _sheet(piece: bytes, separator: str, limits: Limits) -> Sheet:
    fields = _fields_per_line(piece, separator)
    if fields is not None and 1 < fields <= limits.columns:
        return _cut_by_arrow(piece, separator, fields)
    records = (line.split(separator) for line in piece.decode().removesuffix("\n").split("\n"))
    return sheet_of("", (of_width(record, limits) for record in records))


def _fields_per_line(piece: bytes, separator: str) -> int | None:
    """Return how many fields all lines have; None where they differ."""
    if len(separator) > 1 or not separator.isascii():
        return None
    letters = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero(letters == _LINE_END)
    if not len(letters) or letters[-1] != _LINE_END:
        ends = np.append(ends, len(letters))
    found = np.searchsorted(np.flatnonzero(letters == ord(separator)), ends)
    counts = np.diff(found, prepend=0)
    return int(counts[0]) + 1 if bool(np.all(counts == counts[0])) else None


def _cut_by_arrow(piece: bytes, separator: str, fields: int) -> Sheet:
    names = [str(number) for number in range(fields)]
    table = csv.read_csv(
        pa.BufferReader(piece),
        csv.ReadOptions(use_threads=False, block_size=len(piece) + 1, column_names=names),
        csv.ParseOptions(delimiter=separator, quote_char=False, double_quote=False, ignore_empty_lines=False),
        csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    columns = tuple(map(_without_blanks, table.columns))
    return Sheet("", table.num_rows, columns, (None,) * fields)


def _without_blanks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column with null where a text is blank."""
    is_blank = pc.or_(pc.equal(pc.binary_length(column), 0), pc.utf8_is_space(column))
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), column) if pc.any(is_blank).as_py() else column


def of_width(record: Sequence[str], limits: Limits) -> Sequence[str]:
    """Return a record as it is, if it is no wider than a list can be; blank fields at its end are no columns."""
    if len(record) <= limits.columns:
        return record
    end = len(record)
    while end and not record[end - 1].strip():
        end -= 1
    if end > limits.columns:
        raise refusal("file_too_large", detail=f"{end} 列")
    return record[:end]


def _joined(sheets: Sequence[Sheet]) -> Sheet:
    """Return one sheet of pieces, as wide as the widest."""
    width = max((sheet.width for sheet in sheets), default=0)
    columns = []
    for index in range(width):
        chunks = [
            chunk
            for sheet in sheets
            for chunk in (sheet.texts[index].chunks if index < sheet.width else [pa.nulls(sheet.height, pa.string())])
        ]
        columns.append(pa.chunked_array(chunks, pa.string()))
    return Sheet("", sum(sheet.height for sheet in sheets), tuple(columns), (None,) * width)
