"""The rows under the headings, as text columns: one for every field of the form that has a column.

Cells merged downwards reach the rows they cover, a place given in pieces becomes one text, a date kept as a number in a
workbook of the other epoch becomes one of the usual epoch. Everything is done on whole columns; which rows are rows of
the form is told in ``ingest.body_rows``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.body_rows import Outside, RowSorter
from ingest.declaration import CountForm, PersonForm
from ingest.headings import AnyForm, Column, Target
from ingest.reading.sheet import NUMBER
from ingest.tables import Table

LARGEST_EXACT_DIGITS: Final = 15
ROUNDED_NUMBER: Final = r"^\s*\d(\.\d+)?[Ee]\+?\d+\s*$"
# Texts of merged cells reach down to the rows they cover, but never a person's name or number.
FILLED_TYPES: Final = frozenset({"place", "date", "code", "text"})
VIRTUAL_PLACES: Final = ("市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划")
# Days between the two epochs of spreadsheets.
DAYS_OF_1904: Final = 1462
# A smaller number is a year.
FIRST_SERIAL: Final = 2200.0
SERIAL: Final = r"^\d{1,5}(\.\d+)?$"


@dataclass(frozen=True)
class Body:
    """The rows of a table: their numbers as a spreadsheet shows them, one text column per field, and what was left out.

    ``outside`` holds the texts of the rows that are no rows of the form: the footer may carry a date. ``totals`` are
    the positions of rows of totals among the rows of the sheet, from 0.
    """

    row_numbers: pa.Array
    columns: Mapping[str, pa.Array]
    numeric: pa.Array
    left_out: Counter[str] = field(default_factory=Counter)
    outside: Outside = ()
    totals: tuple[int, ...] = ()

    @property
    def row_count(self) -> int:
        """How many rows of the form there are."""
        return len(self.row_numbers)


def read_body(table: Table, columns: Sequence[Column], form: AnyForm) -> Body:
    """Return the rows of a table as text columns, one per field of the form that has a column."""
    texts = _filled_columns(table, columns, form)
    by_target = {column.target: texts[column.index] for column in columns if column.target is not None}
    fields = {target.field: by_target[target] for target in by_target if target.part is None}
    for name in dict.fromkeys(target.field for target in by_target if target.part is not None):
        fields[name] = _join_parts([by_target[target] for target in _parts_of(name, by_target)], fields.get(name))
    sorted_rows = RowSorter(table, fields, _keys(form), _counted(columns, form)).sort()
    numeric = _numeric(table, columns, fields)
    kept = sorted_rows.kept
    return Body(
        pc.add(kept, table.first_body_row + 1),
        {name: _chosen(array, kept) for name, array in fields.items()},
        _chosen(numeric, kept),
        sorted_rows.left_out,
        sorted_rows.outside,
        sorted_rows.totals,
    )


def _chosen(array: pa.Array, kept: pa.Array) -> pa.Array:
    """Return the rows that are kept; where they are one after another without copying."""
    if len(kept) and kept[-1].as_py() - kept[0].as_py() + 1 == len(kept):
        return array.slice(kept[0].as_py(), len(kept))
    return array.take(kept)


def _column(table: Table, index: int) -> pa.Array:
    column = table.sheet.column(index, table.first_body_row).slice(0, table.body_rows)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _kinds(table: Table, index: int) -> pa.Array:
    return table.sheet.kinds(index, table.first_body_row).slice(0, table.body_rows).combine_chunks()


def _filled_columns(table: Table, columns: Sequence[Column], form: AnyForm) -> dict[int, pa.Array]:
    """Return the texts below the headings by column; a merged cell's reaches the rows it covers where it may."""
    types = _types(form)
    texts: dict[int, pa.Array] = {}
    for column in columns:
        if column.target is None:
            continue
        texts[column.index] = _column(table, column.index)
        if types.get(column.target.field) == "date" and table.sheet.epoch_1904:
            texts[column.index] = _of_usual_epoch(texts[column.index], _kinds(table, column.index))
    fillable = {column.index for column in columns if types.get(column.field or "") in FILLED_TYPES}
    merged: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in table.sheet.merges:
        if left == right and left in fillable and table.first_body_row <= top < bottom and top <= table.last_body_row:
            merged.setdefault(left, []).append((top - table.first_body_row, bottom - table.first_body_row))
    return {index: _filled_down(array, merged.get(index, [])) for index, array in texts.items()}


def _types(form: AnyForm) -> Mapping[str, str]:
    if isinstance(form, CountForm):
        return dict.fromkeys(form.rows, "place")
    return {name: each.type for name, each in form.fields.items()}


def _filled_down(texts: pa.Array, merged: Sequence[tuple[int, int]]) -> pa.Array:
    """Write the text of the first of merged rows into all of them."""
    if not merged:
        return texts
    source = np.arange(len(texts))
    for top, bottom in merged:
        source[top : bottom + 1] = top
    return texts.take(pa.array(source))


def _of_usual_epoch(texts: pa.Array, kinds: pa.Array) -> pa.Array:
    """Turn numbers of days since 1904 into those since 1900, as dates are written everywhere else."""
    is_serial = pc.and_(pc.equal(kinds, NUMBER), pc.fill_null(pc.match_substring_regex(texts, SERIAL), False))
    if not pc.any(is_serial).as_py():
        return texts
    since_1904 = pc.if_else(is_serial, texts, None).cast(pa.float64())
    is_serial = pc.fill_null(pc.greater_equal(since_1904, FIRST_SERIAL), False)
    days = pc.add(since_1904, float(DAYS_OF_1904))
    whole = pc.equal(days, pc.floor(days))
    shifted = pc.if_else(whole, days.cast(pa.int64(), safe=False).cast(pa.string()), days.cast(pa.string()))
    return pc.if_else(is_serial, shifted, texts)


# --- places given in pieces -------------------------------------------------------------------------------------------


def _parts_of(name: str, targets: Iterable[Target]) -> list[Target]:
    """Return the pieces of a place, outermost first."""
    return sorted(
        (target for target in targets if target.field == name and target.part is not None),
        key=lambda target: target.part or 0,
    )


def _join_parts(parts: Sequence[pa.Array], whole: pa.Array | None) -> pa.Array:
    """Write a place given in pieces as one text; a text that begins with the pieces already is taken as it is."""
    named: list[pa.Array] = []
    for part in parts:
        trimmed = pc.utf8_trim_whitespace(part)
        is_told = pc.invert(pc.is_in(trimmed, value_set=pa.array([*VIRTUAL_PLACES, None], pa.string())))
        for earlier in named:
            is_told = pc.and_(is_told, pc.invert(pc.fill_null(pc.equal(trimmed, earlier), False)))
        named.append(pc.if_else(is_told, trimmed, None))
    pieces = list(named)
    if whole is not None:
        detail = pc.utf8_trim_whitespace(whole)
        begins_so = _begins_with(detail, pc.coalesce(*named))
        pieces = [*(pc.if_else(begins_so, None, piece) for piece in named), detail]
    empty = pa.repeat(pa.scalar("", pa.string()), len(parts[0]))
    joined = pc.binary_join_element_wise(empty, *pieces, "", null_handling="skip")
    return pc.if_else(pc.equal(joined, ""), None, joined)


def _begins_with(texts: pa.Array, beginnings: pa.Array) -> pa.Array:
    """Say for every text whether it begins with the other of its row; beginnings come in few lengths."""
    lengths = pc.utf8_length(beginnings)
    begins_so = pa.repeat(pa.scalar(False), len(texts))
    for length in pc.unique(lengths.drop_null()).to_pylist():
        same = pc.equal(pc.utf8_slice_codeunits(texts, 0, length), beginnings)
        begins_so = pc.or_(begins_so, pc.fill_null(pc.and_(same, pc.equal(lengths, length)), False))
    return begins_so


# --- numbers kept as numbers ------------------------------------------------------------------------------------------


def _numeric(table: Table, columns: Sequence[Column], fields: Mapping[str, pa.Array]) -> pa.Array:
    """Say for every row whether the number was kept as a number too long for a spreadsheet to keep exactly."""
    index = next((column.index for column in columns if column.field == "id_number"), None)
    if index is None:
        return pa.repeat(pa.scalar(False), table.body_rows)
    is_rounded = pc.match_substring_regex(fields["id_number"], ROUNDED_NUMBER)
    if not table.sheet.has_kind(index, NUMBER):
        return pc.fill_null(is_rounded, False)
    digits = pc.utf8_length(pc.replace_substring_regex(fields["id_number"], r"[.].*$|^-", ""))
    is_long = pc.and_(pc.equal(_kinds(table, index), NUMBER), pc.greater(digits, LARGEST_EXACT_DIGITS))
    return pc.or_(pc.fill_null(is_long, False), pc.fill_null(is_rounded, False))


def _counted(columns: Sequence[Column], form: AnyForm) -> frozenset[int]:
    """Return the columns of counts: what stands there says what a row counts, never what it is."""
    items = form.items if isinstance(form, CountForm) else {}
    return frozenset(column.index for column in columns if column.field in items)


def _keys(form: AnyForm) -> tuple[str, ...]:
    return ("person_name", "id_number") if isinstance(form, PersonForm) else tuple(form.rows_need)
