"""A sheet as popflow keeps it: columns of text in Arrow, with what kind of cell each text came from.

Text first: a cell becomes what is written in it. Readers hand their cells over in pieces of some thousand rows, so that
a sheet of a million rows never stands in memory as a million Python lists; whoever reads a sheet takes whole columns,
or the few rows it wants to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import islice, zip_longest
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

Cell = str | float | bool | date | datetime | time | timedelta | None
Merge = tuple[tuple[int, int], tuple[int, int]]

TEXT, NUMBER, DATE, BOOLEAN, ERROR = 0, 1, 2, 3, 4
ROWS_PER_PIECE: Final = 20_000
_ALPHABET: Final = 26
_MIDNIGHT: Final = time()


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet from row 1 on: ``texts`` and ``cell_kinds`` hold one Arrow column per column.

    A column of ``cell_kinds`` is None where every cell is text. ``merges`` are ranges (top, left), (bottom, right),
    both included; they, ``hidden_rows`` and ``hidden_columns`` are counted from 0. ``epoch_1904`` says how numbers
    stand for days. ``is_hidden`` says that the sheet is not shown at all.
    """

    name: str
    height: int
    texts: tuple[pa.ChunkedArray, ...]
    cell_kinds: tuple[pa.ChunkedArray | None, ...]
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    epoch_1904: bool = False
    is_hidden: bool = False

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.texts)

    def column(self, index: int, start: int = 0) -> pa.ChunkedArray:
        """Return the texts of a column from row ``start`` (from 0) on; null where a cell is blank."""
        return self.texts[index].slice(start)

    def kinds(self, index: int, start: int = 0) -> pa.ChunkedArray:
        """Return what kind of cell each text of a column came from (TEXT, NUMBER, ...)."""
        kinds = self.cell_kinds[index]
        if kinds is None:
            count = max(self.height - start, 0)
            return pa.chunked_array([pa.repeat(pa.scalar(TEXT, pa.int8()), count)], pa.int8())
        return kinds.slice(start)

    def has_kind(self, index: int, kind: int) -> bool:
        """Whether any cell of a column is of a kind other than text."""
        kinds = self.cell_kinds[index]
        return kinds is not None and bool(pc.any(pc.equal(kinds, kind)).as_py())

    def head(self, count: int) -> list[list[str]]:
        """Return the first rows as lists of texts, '' where a cell is blank."""
        return self._listed([column.slice(0, count) for column in self.texts])

    def row(self, index: int) -> list[str]:
        """Return one row (from 0) as a list of texts."""
        return self.rows_at([index])[0]

    def rows_at(self, positions: Sequence[int]) -> list[list[str]]:
        """Return the rows at those positions (from 0), for looking at a few of many."""
        chosen = pa.array(positions, pa.int64())
        return self._listed([column.take(chosen) for column in self.texts]) if len(chosen) else []

    @staticmethod
    def _listed(columns: Sequence[pa.ChunkedArray]) -> list[list[str]]:
        filled = (pc.fill_null(column, "").to_pylist() for column in columns)
        return [list(row) for row in zip(*filled, strict=True)]


def sheet_of(
    name: str,
    rows: Iterable[Sequence[Cell]],
    *,
    merges: Iterable[Merge] = (),
    hidden_rows: Iterable[int] = (),
    hidden_columns: Iterable[int] = (),
    epoch_1904: bool = False,
) -> Sheet:
    """Make a sheet of rows of cells, taken piece by piece; short rows are filled up with blanks."""
    pieces = [_piece(piece) for piece in _in_pieces(rows)]
    width = max((len(texts) for _, texts, _ in pieces), default=0)
    return Sheet(
        name=name,
        height=sum(height for height, _, _ in pieces),
        texts=tuple(_joined_texts(pieces, index) for index in range(width)),
        cell_kinds=tuple(_joined_kinds(pieces, index) for index in range(width)),
        merges=tuple(merges),
        hidden_rows=frozenset(hidden_rows),
        hidden_columns=frozenset(hidden_columns),
        epoch_1904=epoch_1904,
    )


def cell_text(cell: Cell) -> str | None:
    """Return what is written in a cell: no ``.0`` behind a whole number, no exponent, no time at midnight."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == _MIDNIGHT else cell.isoformat(" ", "seconds")
    return str(cell)


@lru_cache(maxsize=20_000)
def column_letters(index: int) -> str:
    """Return a column's letters as a spreadsheet shows them, from its number counted from 0."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, _ALPHABET)
        letters = chr(ord("A") + rest) + letters
    return letters


def text_array(cells: Sequence[Cell]) -> tuple[pa.Array, pa.Array | None]:
    """Return cells as text, blank ones as null, with their kinds; None instead of kinds where all are text."""
    types = set(map(type, cells))
    kinds = None
    if types <= {str, type(None)}:
        array = pa.array(cells, pa.string())
    else:
        array = pa.array([cell if isinstance(cell, str) else cell_text(cell) for cell in cells], pa.string())
        if not types <= {str, type(None)}:
            kinds = pa.array([_KINDS.get(type(cell), TEXT) for cell in cells], pa.int8())
    is_blank = pc.equal(pc.utf8_trim_whitespace(array), "")
    if pc.any(is_blank).as_py():
        array = pc.if_else(is_blank, pa.scalar(None, pa.string()), array)
    return array, kinds


_KINDS: Final = {
    int: NUMBER,
    float: NUMBER,
    bool: BOOLEAN,
    date: DATE,
    datetime: DATE,
    time: DATE,
    timedelta: DATE,
}

Piece = tuple[int, list[pa.Array], list[pa.Array | None]]


def _in_pieces(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    each = iter(rows)
    while piece := list(islice(each, ROWS_PER_PIECE)):
        yield piece


def _piece(rows: Sequence[Sequence[Cell]]) -> Piece:
    arrays = [text_array(column) for column in zip_longest(*rows)]
    return len(rows), [texts for texts, _ in arrays], [kinds for _, kinds in arrays]


def _joined_texts(pieces: Sequence[Piece], index: int) -> pa.ChunkedArray:
    arrays = [texts[index] if index < len(texts) else pa.nulls(height, pa.string()) for height, texts, _ in pieces]
    return pa.chunked_array(arrays, pa.string())


def _joined_kinds(pieces: Sequence[Piece], index: int) -> pa.ChunkedArray | None:
    found = [kinds[index] if index < len(kinds) else None for _, _, kinds in pieces]
    if all(kinds is None for kinds in found):
        return None
    arrays = [
        pa.repeat(pa.scalar(TEXT, pa.int8()), height) if kinds is None else kinds
        for (height, _, _), kinds in zip(pieces, found, strict=True)
    ]
    return pa.chunked_array(arrays, pa.int8())
