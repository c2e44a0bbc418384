"""Tells the rows of the form from everything else that stands below the headings.

Below a clerk's headings stand blank rows, hints how to fill in, repeated headings of the next page, totals and a
footer. Rows that look like a person are taken whole columns at a time; only the few that lack a name or a number, or
begin with a word of a total or footer, are looked at one by one. A row that might be a person is always a row.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.declaration import load_layout, per_declarations
from ingest.folding import BRACKETS, fold
from ingest.tables import FURTHER_PAGE, WIDE_MERGE, Table

HINT_ROWS: Final = 3
FEW_TEXTS: Final = 2
MOST_WORDS_OF_TOTAL: Final = 4
# A shorter text above the headings may be a name, and a row with that name alone is still a row.
SHORTEST_TITLE: Final = 6
LONE_DAY: Final = re.compile(r"\d{4}年\d{1,2}月(?:\d{1,2}日)?|\d{4}[-./]\d{1,2}[-./]\d{1,2}")
SPACES: Final = r"[\s\p{Z}]"

# Whatever word is written for the name, a row with such a number is somebody's.
PERSON_NUMBER: Final = re.compile(r"\d{14,17}[\dXx]")

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Positions = np.ndarray[tuple[int], np.dtype[np.int64]]
Outside = tuple[tuple[str, ...], ...]


@dataclass
class SortedRows:
    """The positions of the rows of the form below the headings, and what the other rows are."""

    kept: pa.Array
    left_out: Counter[str] = field(default_factory=Counter)
    outside: Outside = ()
    totals: tuple[int, ...] = ()


@per_declarations
def total_pattern() -> re.Pattern[str]:
    """Return what a cell that opens a row of totals looks like, spaces taken away."""
    words = "|".join(map(re.escape, sorted(load_layout().total_words, key=len, reverse=True)))
    return re.compile(rf"^(?:{words})[:：]?(?:共?\d+[人名户条]?)?$")


@per_declarations
def footer_pattern() -> re.Pattern[str]:
    """Return what the first cell of a footer looks like, folded but with its colon."""
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


@per_declarations
def _odd_pattern() -> str:
    return rf"(?i){total_pattern().pattern}|{footer_pattern().pattern}"


class RowSorter:
    """Sorts the rows below the headings of one table."""

    def __init__(
        self, table: Table, fields: Mapping[str, pa.Array], keys: Sequence[str], counted: frozenset[int]
    ) -> None:
        self._table = table
        self._counted = counted
        self._fields = fields
        self._keys = [fields[key] for key in keys if key in fields]
        self._start = table.first_body_row
        self._count = table.body_rows

    def sort(self) -> SortedRows:
        """Return the positions of the rows of the form, how many others there are by kind, and their texts."""
        suspects, blank = self._without_blank(self._suspects())
        rows = self._table.sheet.rows_at([self._start + int(position) for position in suspects])
        is_filled = self._any_filled().take(pa.array(suspects, pa.int64())).to_pylist()
        found = SortedRows(pa.array([], pa.int64()), Counter({"blank": len(blank)} if len(blank) else {}))
        dropped: list[int] = blank.tolist()
        outside: list[tuple[str, ...]] = []
        totals: list[int] = []
        nobody: list[tuple[int, Sequence[str]]] = []
        for position, row, has_field in zip(suspects.tolist(), rows, is_filled, strict=True):
            kind = self._kind(position, row, has_field)
            if kind is None:
                if _says_nobody(row):
                    nobody.append((position, row))
                continue
            dropped.append(position)
            found.left_out[kind] += 1
            if kind == "total":
                totals.append(self._start + position)
            if kind not in {"blank", "repeated_heading"} and not self._table.is_right_half:
                # The numbers of a total are counts: no month and no day is read from them.
                outside.append(tuple(text for text in row if text and not (kind == "total" and text.isdigit())))
        if nobody and len(nobody) + len(dropped) == self._count:
            # 无 in a list of nobody else is no person.
            dropped += [position for position, _ in nobody]
            outside += [tuple(filter(None, row)) for _, row in nobody]
            found.left_out["nobody"] += len(nobody)
        is_kept = np.ones(self._count, dtype=bool)
        is_kept[dropped] = False
        found.kept = pa.array(np.flatnonzero(is_kept), pa.int64())
        found.outside, found.totals = tuple(outside), tuple(totals)
        return found

    def _without_blank(self, suspects: Positions) -> tuple[Positions, Positions]:
        """Part the suspects into rows to look at and rows that are blank but for a number; templates have many."""
        chosen = pa.array(suspects, pa.int64())
        is_blank = pc.invert(self._any_filled().take(chosen))
        for index in self._own_columns:
            if not pc.any(is_blank).as_py():
                break
            column = self._table.sheet.column(index, self._start).take(chosen)
            is_blank = pc.and_(is_blank, pc.fill_null(pc.match_substring_regex(column, r"^\s*\d+\s*$"), True))
        flags = pa.chunked_array(
            [is_blank] if isinstance(is_blank, pa.Array) else is_blank.chunks, pa.bool_()
        ).to_numpy()
        return suspects[~flags], suspects[flags]

    def _suspects(self) -> Positions:
        """Return the rows that have no key or begin with a word no person begins with."""
        is_suspect = np.zeros(self._count, dtype=bool)
        is_suspect[:HINT_ROWS] = True
        is_suspect[sorted(self._wide_rows)] = True
        is_suspect |= self._lacks_keys()
        looked_at = [*self._first_columns(), *self._keys[:1]]
        # All at once: the pattern is long, and small files are many.
        folded = pc.replace_substring_regex(pa.chunked_array(looked_at), SPACES, "")
        heading_words = pa.array([*self._heading_words, *load_layout().nobody_words], pa.string())
        is_odd = pc.or_(pc.match_substring_regex(folded, _odd_pattern()), pc.is_in(folded, value_set=heading_words))
        is_suspect |= pc.fill_null(is_odd, False).to_numpy().reshape(len(looked_at), self._count).any(axis=0)
        return np.flatnonzero(is_suspect)

    def _lacks_keys(self) -> Flags:
        """Say which rows have no key, or lack one and have little else: a title may stand where names do."""
        keys = [array.is_valid().to_numpy(zero_copy_only=False) for array in self._keys]
        some_key = np.logical_or.reduce(keys) if keys else np.zeros(self._count, dtype=bool)
        every_key = np.logical_and.reduce(keys) if keys else some_key
        if every_key.all():
            return ~every_key
        filled = np.zeros(self._count, dtype=np.int32)
        for index in self._own_columns:
            column = self._table.sheet.column(index, self._start).slice(0, self._count)
            filled += pc.is_valid(column).to_numpy()
        return ~some_key | (~every_key & (filled <= FEW_TEXTS))

    @property
    def _own_columns(self) -> range:
        return range(self._first_column, min(self._table.last_column + 1, self._table.sheet.width))

    def _first_columns(self) -> list[pa.Array]:
        """Return the table's first two columns, whatever they hold: a total may stand in a column of no field."""
        columns = [*self._own_columns[:2], *(range(2) if self._table.is_right_half else ())]
        sheet = self._table.sheet
        return [sheet.column(index, self._start).slice(0, self._count).combine_chunks() for index in columns]

    @property
    def _first_column(self) -> int:
        return self._table.first_column

    @cached_property
    def _wide_rows(self) -> frozenset[int]:
        """The positions of rows with cells merged over several columns: notes and footers, never a person."""
        return frozenset(
            top - self._start
            for (top, left), (_, right) in self._table.sheet.merges
            if right - left + 1 >= WIDE_MERGE and self._start <= top < self._start + self._count
        )

    @cached_property
    def _heading_words(self) -> list[str]:
        return sorted({"".join(part.split()) for path in self._table.paths for part in path})

    @cached_property
    def _folded_above(self) -> frozenset[str]:
        """The folded texts of the headings and of what stands above them: pages may repeat both."""
        titles = (text for row in self._table.above for text in row if len(text) >= SHORTEST_TITLE)
        return frozenset(map(fold, (*self._heading_words, *titles)))

    @cached_property
    def _last_keyed(self) -> int:
        """The position of the last row with a key; a day alone below it is that of the signature."""
        valid = [np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False)) for array in self._keys]
        return max((int(places[-1]) for places in valid if len(places)), default=-1)

    def _any_filled(self) -> pa.Array:
        is_filled = pa.array(np.zeros(self._count, dtype=bool))
        for array in self._fields.values():
            is_filled = pc.or_(is_filled, pc.is_valid(array))
        return is_filled

    def _kind(self, position: int, row: Sequence[str], is_filled: bool) -> str | None:
        """Return what a row is that is no row of the form, or None where it is one."""
        own = row[self._first_column : self._table.last_column + 1]
        texts = ["".join(text.split()) for text in own if text]
        if not texts:
            return "blank"
        if {_of_first_page(fold(text)) for text in texts} <= self._folded_above:
            return "repeated_heading"
        if position < HINT_ROWS and (_is_hint(texts) or _is_column_numbering(texts)):
            return "hint"
        if any(PERSON_NUMBER.fullmatch(text) for text in texts):
            return None
        return self._kind_of_nobody(position, row, texts, is_filled)

    def _kind_of_nobody(self, position: int, row: Sequence[str], texts: Sequence[str], is_filled: bool) -> str | None:
        """Return what a row is in which no person's number stands."""
        if self._is_total(row, texts):
            return "total"
        first = next(text for text in row if text)
        if footer_pattern().match(fold_keeping_colon(first)) or position in self._wide_rows:
            return "footer"
        if len(texts) == 1 and position > self._last_keyed and LONE_DAY.fullmatch(texts[0]):
            return "footer"
        if not is_filled:
            return "blank" if all(text.isdigit() for text in texts) else "footer"
        return None

    def _is_total(self, row: Sequence[str], texts: Sequence[str]) -> bool:
        """Whether a row begins with a word of a total; one with many words says more about somebody than that."""
        own = range(self._first_column, min(self._table.last_column + 1, len(row)))
        heads = ["".join(row[index].split()) for index in own if row[index] and index not in self._counted]
        opening = heads[1:] if heads and heads[0].isdigit() else heads
        return any(total_pattern().match(text) for text in opening[:FEW_TEXTS]) and (
            sum(any(map(str.isalpha, text)) for text in texts) <= MOST_WORDS_OF_TOTAL
        )


def fold_keeping_colon(text: str) -> str:
    """Fold a text for comparing with labels, and keep the colon that makes it one."""
    label, colon, rest = "".join(text.split()).replace("：", ":").partition(":")
    return f"{fold(label)}{colon}{rest}"


def _of_first_page(text: str) -> str:
    """Return a title without what says that it stands on a further page."""
    return BRACKETS.sub("", FURTHER_PAGE.sub("", text)) if FURTHER_PAGE.search(text) else text


def _says_nobody(row: Sequence[str]) -> bool:
    """Whether all texts of a row say that there is nobody or nothing."""
    words = load_layout().nobody_words
    texts = [fold(text) for text in row if any(map(str.isalpha, text))]
    return bool(texts) and all(
        any(text == word or (len(word) > 1 and word in text) for word in words) for text in texts
    )


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
