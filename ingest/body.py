"""The rows under the headings: which of them are rows of the form, and their cells as text columns.

Below a clerk's headings stand blank rows, hints how to fill in, repeated headings of the next page, totals and a
footer. Rows that look like a person are taken whole columns at a time; only the few that lack a name or a number, or
begin with a word of a total or footer, are looked at one by one. A row that might be a person is always a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.declaration import CountForm, PersonForm, load_layout
from ingest.headings import CELL_UNIT, AnyForm, Column, Table, Target, fold
from ingest.reading.sheet import NUMBER

LARGEST_EXACT_DIGITS: Final = 15
HINT_ROWS: Final = 3
WIDE_MERGE: Final = 3
# A shorter text above the headings may be a name, and a row with that name alone is still a row.
SHORTEST_TITLE: Final = 6
SPACES: Final = r"[\s\p{Z}]"
ROUNDED_NUMBER: Final = r"^\s*\d(\.\d+)?[Ee]\+?\d+\s*$"
# Texts of merged cells reach down to the rows they cover, but never a person's name or number.
FILLED_TYPES: Final = frozenset({"place", "date", "code", "text"})
VIRTUAL_PLACES: Final = frozenset({"市辖区", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@dataclass(frozen=True)
class Body:
    """The rows of a table: their numbers as a spreadsheet shows them, one text column per field, and what was left out.

    ``outside`` holds the texts of the rows that are no rows of the form: the footer may carry a date.
    """

    row_numbers: pa.Array
    columns: Mapping[str, pa.Array]
    numeric: pa.Array
    left_out: Counter[str] = field(default_factory=Counter)
    outside: tuple[tuple[str, ...], ...] = ()

    @property
    def row_count(self) -> int:
        """How many rows of the form there are."""
        return len(self.row_numbers)


def read_body(table: Table, columns: Sequence[Column], form: AnyForm) -> Body:
    """Return the rows of a table as text columns, one per field of the form that has a column."""
    start = table.last_heading_row + 1
    texts = _filled_columns(table, columns, form)
    count = max(table.sheet.height - start, 0)
    by_target = {column.target: texts[column.index] for column in columns if column.target is not None}
    fields = {name: by_target[target] for target in by_target if target.part is None for name in [target.field]}
    for name in dict.fromkeys(target.field for target in by_target if target.part is not None):
        fields[name] = _join_parts([by_target[target] for target in _parts_of(name, by_target)], fields.get(name))
    sorter = _Sorter(table, start, count, fields, _keys(form))
    firsts = [table.sheet.column(index, start).combine_chunks() for index in range(min(2, table.sheet.width))]
    kept, left_out, outside = sorter.sort(*firsts)
    numeric = _numeric(table, columns, fields, start, count)
    chosen = pa.array(kept, pa.int64())
    return Body(
        pc.add(chosen, start + 1),
        {name: array.take(chosen) for name, array in fields.items()},
        numeric.take(chosen),
        left_out,
        outside,
    )


def _filled_columns(table: Table, columns: Sequence[Column], form: AnyForm) -> dict[int, pa.Array]:
    """Return the texts below the headings by column; a merged cell's reaches the rows it covers where it may."""
    start = table.last_heading_row + 1
    types = {name: each.type for name, each in form.fields.items()} if isinstance(form, PersonForm) else {}
    fillable = {column.index for column in columns if types.get(column.field or "") in FILLED_TYPES}
    texts = {
        column.index: table.sheet.column(column.index, start).combine_chunks()
        for column in columns
        if column.target is not None
    }
    for (top, left), (bottom, right) in table.sheet.merges:
        if top >= start and left == right and left in fillable and bottom > top:
            texts[left] = _filled_down(texts[left], top - start, bottom - start)
    return texts


def _filled_down(texts: pa.Array, top: int, bottom: int) -> pa.Array:
    covered = texts.slice(top, bottom - top + 1)
    filled = pa.repeat(texts[top], len(covered)) if len(covered) else covered
    return pa.concat_arrays([texts.slice(0, top), filled, texts.slice(top + len(covered))])


def _parts_of(name: str, targets: Iterable[Target]) -> list[Target]:
    """Return the pieces of a place, outermost first."""
    return sorted(
        (target for target in targets if target.field == name and target.part is not None),
        key=lambda target: target.part or 0,
    )


def _join_parts(parts: Sequence[pa.Array], whole: pa.Array | None) -> pa.Array:
    """Write a place given in pieces as one text; a text that begins with the pieces already is taken as it is."""
    texts: list[str | None] = []
    details = whole.to_pylist() if whole is not None else [None] * len(parts[0])
    for detail, *pieces in zip(details, *(part.to_pylist() for part in parts), strict=True):
        named = [piece.strip() for piece in pieces if piece is not None and piece.strip() not in VIRTUAL_PLACES]
        front = "".join(dict.fromkeys(named))
        rest = detail.strip() if detail is not None else ""
        begins_so = bool(named) and rest.startswith(named[0])
        texts.append((rest if begins_so else front + rest) or None)
    return pa.array(texts, pa.string())


def _numeric(
    table: Table, columns: Sequence[Column], fields: Mapping[str, pa.Array], start: int, count: int
) -> pa.Array:
    """Say for every row whether the number was kept as a number too long for a spreadsheet to keep exactly."""
    index = next((column.index for column in columns if column.field == "id_number"), None)
    if index is None:
        return pa.array([False] * count, pa.bool_())
    digits = pc.utf8_length(pc.replace_substring_regex(fields["id_number"], r"[.].*$|^-", ""))
    is_number = pc.equal(table.sheet.kinds(index, start).combine_chunks(), NUMBER)
    is_long_number = pc.and_(is_number, pc.greater(digits, LARGEST_EXACT_DIGITS))
    is_rounded = pc.match_substring_regex(fields["id_number"], ROUNDED_NUMBER)
    return pc.or_(pc.fill_null(is_long_number, False), pc.fill_null(is_rounded, False))


def _keys(form: AnyForm) -> tuple[str, ...]:
    return (CELL_UNIT,) if isinstance(form, CountForm) else ("person_name", "id_number")


# --- which rows are rows of the form ----------------------------------------------------------------------------------


@cache
def _total_pattern() -> re.Pattern[str]:
    words = "|".join(map(re.escape, sorted(load_layout().total_words, key=len, reverse=True)))
    return re.compile(rf"^(?:{words})[:：]?(?:共?\d+[人名户条]?)?$")


@cache
def _footer_pattern() -> re.Pattern[str]:
    layout = load_layout()
    labels = {
        *layout.footer_words,
        *layout.unit_labels,
        *layout.date_labels,
        *layout.period_labels,
        *layout.other_labels,
    }
    words = "|".join(re.escape(fold(word)) for word in sorted(labels, key=len, reverse=True))
    counted = r"(?:以上)?共(?:计|查到)?\[?\d+\]?(?:人|名|户|条|页)"
    return re.compile(rf"^(?:(?:{words})(?:\([^)]*\))?[:：]|{counted}|第\d+页)")


@dataclass(frozen=True)
class _Sorter:
    """Tells the rows of the form from everything else that stands below the headings."""

    table: Table
    start: int
    count: int
    fields: Mapping[str, pa.Array]
    keys: Sequence[str]

    def sort(self, *first_columns: pa.Array) -> tuple[list[int], Counter[str], tuple[tuple[str, ...], ...]]:
        """Return the positions of the rows of the form, how many others there are by kind, and their texts."""
        suspects = self._suspects(first_columns)
        suspected_rows = self.table.sheet.rows_at([self.start + position for position in suspects])
        is_filled = self._any_filled().take(pa.array(suspects, pa.int64())).to_pylist()
        left_out: Counter[str] = Counter()
        outside: list[tuple[str, ...]] = []
        dropped: set[int] = set()
        for position, row, has_field in zip(suspects, suspected_rows, is_filled, strict=True):
            kind = self._kind(position, row, has_field)
            if kind is not None:
                dropped.add(position)
                left_out[kind] += 1
                if kind not in {"blank", "repeated_heading"}:
                    outside.append(tuple(filter(None, row)))
        kept = [position for position in range(self.count) if position not in dropped]
        return kept, left_out, tuple(outside)

    def _suspects(self, first_columns: Sequence[pa.Array]) -> list[int]:
        """Return the rows that lack a key or begin with a word no person begins with."""
        is_suspect = pa.array([position < HINT_ROWS for position in range(self.count)], pa.bool_())
        keys = [self.fields[key] for key in self.keys if key in self.fields]
        for array in keys:
            is_suspect = pc.or_(is_suspect, pc.is_null(array))
        odd = rf"(?i){_total_pattern().pattern}|{_footer_pattern().pattern}"
        for array in (*first_columns, *keys[:1]):
            folded = pc.replace_substring_regex(array, SPACES, "")
            is_odd = pc.or_(
                pc.match_substring_regex(folded, odd),
                pc.is_in(folded, value_set=pa.array(self._heading_words, pa.string())),
            )
            is_suspect = pc.or_(is_suspect, pc.fill_null(is_odd, False))
        positions: list[int] = pc.indices_nonzero(is_suspect).to_pylist()
        return sorted({*positions, *self._wide_rows})

    @cached_property
    def _wide_rows(self) -> frozenset[int]:
        """The positions of rows with cells merged over several columns: notes and footers, never a person."""
        return frozenset(
            top - self.start
            for (top, left), (_, right) in self.table.sheet.merges
            if right - left + 1 >= WIDE_MERGE and self.start <= top < self.start + self.count
        )

    @cached_property
    def _heading_words(self) -> list[str]:
        return sorted({"".join(part.split()) for path in self.table.paths for part in path})

    @cached_property
    def _folded_above(self) -> frozenset[str]:
        """The folded texts of the headings and of what stands above them: pages may repeat both."""
        above = self.table.sheet.head(self.table.first_heading_row)
        titles = (text for row in above for text in row if len(text) >= SHORTEST_TITLE)
        return frozenset(map(fold, (*self._heading_words, *titles)))

    def _any_filled(self) -> pa.Array:
        is_filled = pa.array([False] * self.count, pa.bool_())
        for array in self.fields.values():
            is_filled = pc.or_(is_filled, pc.is_valid(array))
        return is_filled

    def _kind(self, position: int, row: Sequence[str], is_filled: bool) -> str | None:
        """Return what a row is that is no row of the form, or None where it is one."""
        texts = ["".join(text.split()) for text in row if text]
        if not texts:
            return "blank"
        if {fold(text) for text in texts} <= self._folded_above:
            return "repeated_heading"
        if position < HINT_ROWS and (_is_hint(texts) or _is_column_numbering(texts)):
            return "hint"
        if any(_total_pattern().match(text) for text in texts[:HINT_ROWS]):
            return "total"
        if any(_footer_pattern().match(fold_keeping_colon(text)) for text in texts[:1]) or position in self._wide_rows:
            return "footer"
        if not is_filled:
            return "blank" if all(text.isdigit() for text in texts) else "footer"
        return None


def fold_keeping_colon(text: str) -> str:
    """Fold a text for comparing with labels, and keep the colon that makes it one."""
    label, colon, rest = text.replace("：", ":").partition(":")
    return f"{fold(label)}{colon}{rest}"


def _is_hint(texts: Sequence[str]) -> bool:
    words = load_layout().instruction_words
    hints = sum(any(word in text for word in words) for text in texts)
    return hints >= 2 and hints * 5 >= len(texts) * 2


def _is_column_numbering(texts: Sequence[str]) -> bool:
    numbers = [text for text in texts if text.isdigit()]
    return (
        len(numbers) >= HINT_ROWS
        and numbers == [str(int(numbers[0]) + step) for step in range(len(numbers))]
        and all(text in {"甲", "乙", "丙"} for text in texts if not text.isdigit())
    )
