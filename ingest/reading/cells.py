"""Cells as a format hands them over, one by one or in batches, become the Arrow columns of a sheet.

Only filled cells are kept, so a stray format in the last corner of a sheet costs nothing; how far the filled ones reach
is checked before columns are made of them. Whoever adds cells gives texts: what is written, never a number to be
rounded again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.reading.delivery import Limits
from ingest.reading.sheet import TEXT, Merge, Sheet
from ingest.refusals import refusal

Positions = npt.NDArray[np.int64]
Kinds = npt.NDArray[np.int8]

_CELLS_PER_BATCH: Final = 200_000
# What no keyboard writes and no spreadsheet shows: controls but tab and line ends, and halves of characters.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONTROLS_RE2: Final = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]"


class Cells:
    """The filled cells of one sheet, gathered in any order; of two at one place the later counts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._columns: dict[int, list[tuple[Positions, pa.Array, Kinds]]] = {}
        self._rows: list[int] = []
        self._places: list[int] = []
        self._texts: list[str] = []
        self._kinds: list[int] = []
        self._height = 0

    def add(self, row: int, column: int, text: str, kind: int = TEXT) -> None:
        """Add one filled cell; row and column count from 0."""
        if not text or text.isspace():
            return
        self._rows.append(row)
        self._places.append(column)
        self._texts.append(_CONTROLS.sub("", text))
        self._kinds.append(kind)
        if len(self._rows) >= _CELLS_PER_BATCH:
            self._flush()

    def add_batch(self, rows: Positions, columns: Positions, texts: pa.Array, kinds: Kinds) -> None:
        """Add many cells at once; blank texts are left out."""
        filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(texts), ""), False)
        if not pc.all(filled).as_py():
            mask = filled.to_numpy(zero_copy_only=False)
            rows, columns, texts, kinds = rows[mask], columns[mask], texts.filter(filled), kinds[mask]
        if not len(rows):
            return
        if rows.min() < 0 or columns.min() < 0:
            raise refusal("file_damaged", detail="-1")
        self._refuse_far(int(rows.max()) + 1, int(columns.max()) + 1)
        refuse_long(texts, self._limits)
        texts = without_controls(texts)
        self._height = max(self._height, int(rows.max()) + 1)
        order = np.argsort(columns, kind="stable")
        ordered = columns[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
            chosen = order[start:end]
            part = (rows[chosen], texts.take(pa.array(chosen)), kinds[chosen])
            self._columns.setdefault(int(ordered[start]), []).append(part)

    def sheet(
        self,
        name: str,
        *,
        merges: Iterable[Merge] = (),
        hidden_rows: Iterable[int] = (),
        hidden_columns: Iterable[int] = (),
        epoch_1904: bool = False,
    ) -> Sheet:
        """Return the sheet these cells make; the cells are handed on, not kept."""
        self._flush()
        width = max(self._columns, default=-1) + 1
        if width * self._height > self._limits.cells:
            raise refusal("file_too_large", detail=f"{self._height} × {width}")
        columns = [self._column(index) for index in range(width)]
        return Sheet(
            name=name,
            height=self._height,
            texts=tuple(texts for texts, _ in columns),
            cell_kinds=tuple(kinds for _, kinds in columns),
            merges=tuple(_within(merges, self._height, width)),
            hidden_rows=frozenset(row for row in hidden_rows if row < self._height),
            hidden_columns=frozenset(column for column in hidden_columns if column < width),
            epoch_1904=epoch_1904,
        )

    def _flush(self) -> None:
        if self._rows:
            texts = pa.array(self._texts, pa.string())
            rows, columns = np.array(self._rows, np.int64), np.array(self._places, np.int64)
            self.add_batch(rows, columns, texts, np.array(self._kinds, np.int8))
            self._rows, self._places, self._texts, self._kinds = [], [], [], []

    def _refuse_far(self, height: int, width: int) -> None:
        if width > self._limits.columns:
            raise refusal("file_too_large", detail=f"{width} 列")
        if height > self._limits.cells:
            raise refusal("file_too_large", detail=f"{height} 行")

    def _column(self, index: int) -> tuple[pa.ChunkedArray, pa.ChunkedArray | None]:
        parts = self._columns.pop(index, [])
        if not parts:
            return pa.chunked_array([pa.nulls(self._height, pa.string())]), None
        rows = np.concatenate([rows for rows, _, _ in parts])
        texts = pa.chunked_array([texts for _, texts, _ in parts], pa.string())
        kinds = np.concatenate([kinds for _, _, kinds in parts])
        if len(rows) == self._height and bool(np.all(rows[1:] > rows[:-1])):
            return texts, pa.chunked_array([pa.array(kinds)]) if kinds.any() else None
        places = np.full(self._height, -1, np.int64)
        places[rows] = np.arange(len(rows))
        is_blank = places < 0
        texts = pa.chunked_array([texts.combine_chunks().take(pa.array(places, mask=is_blank))], pa.string())
        spread = np.where(is_blank, np.int8(TEXT), kinds[places])
        return texts, pa.chunked_array([pa.array(spread)]) if spread.any() else None


def refuse_many_sheets(count: int, limits: Limits) -> None:
    """Refuse a file of more sheets or tables than anyone made by hand."""
    if count > limits.sheets:
        raise refusal("file_too_large", detail=f"{count} 张表")


def refuse_long(texts: pa.Array | pa.ChunkedArray, limits: Limits) -> None:
    """Refuse a text that is no entry of a list, by its length."""
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest > limits.cell_characters * 4:
        raise refusal("file_too_large", detail=f"单元格 {longest} 字节")


def without_controls(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return texts without control characters, which are no part of any entry, and with one kind of line end."""
    if pc.any(pc.match_substring(texts, "\r")).as_py():
        texts = pc.replace_substring_regex(texts, "\r\n?", "\n")
    if pc.any(pc.match_substring_regex(texts, _CONTROLS_RE2)).as_py():
        return pc.replace_substring_regex(texts, _CONTROLS_RE2, "")
    return texts


def _within(merges: Iterable[Merge], height: int, width: int) -> Iterable[Merge]:
    """Keep the merges that touch a filled part of the sheet."""
    return (merge for merge in merges if merge[0][0] < height and merge[0][1] < width)
