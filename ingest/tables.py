"""Finds the tables of a sheet: where their headings stand, which rows and columns are theirs.

A sheet may hold one table with headings repeated on every page, several under each other with titles of their own, or
two halves side by side under the same headings. Tables are found by the words of their headings alone; a block of
totals or notes has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.declaration import HeadingPath, load_forms, load_layout, load_value_lists, per_declarations
from ingest.folding import BRACKETS, fold
from ingest.heading_rows import (
    LONG_DIGITS,
    MOST_HEADING_ROWS,
    HeadingBlock,
    Rows,
    block_at,
    count_known,
    is_known,
    words_of,
)
from ingest.headings import declared_headings, vocabulary
from ingest.reading.sheet import Sheet

SEARCHED_ROWS: Final = 60
SEARCHED_COLUMNS: Final = 512
LEAST_HEADINGS: Final = 3
MOST_TITLE_ROWS: Final = 6
SHORTEST_TITLE: Final = 6
WIDE_MERGE: Final = 3
FURTHER_PAGE: Final = re.compile(r"第[\d一二三四五六七八九十]+页|续表|\(续[^)]*\)?|续\d|^续$")
# Whoever has more such rows than this has the words of headings for values.
MOST_FURTHER_BLOCKS: Final = 2_000


Lines = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """Where a table of a sheet is; rows and columns are counted from 0, first and last are both included.

    ``paths`` has the path of every column of the sheet, empty where a column is not the table's. ``above`` holds the
    texts of the rows of titles and labelled lines that belong to it, each once in its row.
    """

    sheet: Sheet
    first_heading_row: int
    last_heading_row: int
    paths: tuple[HeadingPath, ...]
    first_body_row: int
    last_body_row: int
    first_column: int
    last_column: int
    above: Lines

    @property
    def headings_seen(self) -> tuple[str, ...]:
        """The headings as a sender would name them, without what may be a person's number."""
        return tuple("/".join(path) for path in self.paths if path and not LONG_DIGITS.search("".join(path)))

    @property
    def body_rows(self) -> int:
        """How many rows there are below the headings up to the end of the table."""
        return max(self.last_body_row - self.first_body_row + 1, 0)

    @property
    def has_headings(self) -> bool:
        """Whether there are headings at all: a sheet that only says that there is nobody has none."""
        return any(self.paths)

    @property
    def is_right_half(self) -> bool:
        """Whether this is not the first of several tables side by side."""
        return self.first_column > 0


def find_tables(sheet: Sheet) -> list[Table]:
    """Return the tables of a sheet from top to bottom and left to right; none where no row reads like headings."""
    if not sheet.width:
        return []
    openings = _find_openings(Rows(sheet, SEARCHED_ROWS))
    ends = [*(opening.top for opening in openings[1:]), sheet.height]
    tables: list[Table] = []
    for opening, end in zip(openings, ends, strict=False):
        tables += _side_by_side(_table(sheet, opening.block, opening.above, end))
    return tables


def text_only(sheet: Sheet) -> Table:
    """Return a sheet without headings as a table that has titles and no rows."""
    height = sheet.height
    end = min(height, SEARCHED_ROWS)
    lines = _lines(Rows(sheet, end), 0, end)
    return Table(sheet, end, end - 1, ((),) * sheet.width, height, height - 1, 0, sheet.width - 1, lines)


def _table(sheet: Sheet, block: HeadingBlock, above: Lines, end: int) -> Table:
    named = [column for column, path in enumerate(block.paths) if path]
    return Table(
        sheet=sheet,
        first_heading_row=block.first,
        last_heading_row=block.last,
        paths=block.paths,
        first_body_row=block.last + 1,
        last_body_row=end - 1,
        first_column=0,
        last_column=max(sheet.width - 1, named[-1]),
        above=above,
    )


# --- blocks of headings -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Opening:
    """What opens a table: its headings, the first row of its titles, and the titles that hold for it."""

    block: HeadingBlock
    top: int
    above: Lines


def _find_openings(rows: Rows) -> list[_Opening]:
    """Return the blocks of headings that open a table, each with the rows of its own titles."""
    anchor = _first_anchor(rows)
    if anchor is None:
        return []
    first = block_at(rows, anchor)
    found = [_Opening(first, 0, _lines(rows, 0, first.first))]
    known_titles = _titles(rows, 0, first.first)
    end = first.last
    for candidate in _further_anchors(rows, first):
        if candidate <= end:
            continue
        block = block_at(rows, candidate, end + 1)
        start = _title_start(rows, end, block.first)
        titles = _titles(rows, start, block.first)
        if _same_paths(block.paths, found[-1].block.paths) and not _names_another(titles, known_titles):
            end = block.last
            continue
        found.append(_Opening(block, start, _lines(rows, start, block.first) if titles else found[0].above))
        known_titles |= titles
        end = block.last
    return found


def _first_anchor(rows: Rows) -> int | None:
    """Return the first row with about as many known headings as any among the first rows."""
    hits: list[int] = []
    for number in range(min(SEARCHED_ROWS, rows.sheet.height)):
        hits.append(count_known(rows[number]))
        if max(hits[:-MOST_HEADING_ROWS], default=0) >= LEAST_HEADINGS:
            break
    most = max(hits, default=0)
    if most < LEAST_HEADINGS:
        return None
    return next(number for number, count in enumerate(hits) if count >= max(LEAST_HEADINGS, most / 2))


def _further_anchors(rows: Rows, first: HeadingBlock) -> Iterator[int]:
    """Yield the rows below the first headings that read like headings again."""
    numbers = _rows_with_headings(rows, first)
    rows.fetch(numbers, MOST_TITLE_ROWS + MOST_HEADING_ROWS, MOST_HEADING_ROWS)
    for number in numbers:
        if _is_heading_row(rows[number]):
            yield number


def _is_heading_row(row: Sequence[str]) -> bool:
    """Whether the words of a row are headings and no values: a row of totals has such words too."""
    texts = words_of(row)
    strong = {fold(text) for text in texts if is_known(text)} - _value_words()
    return len(strong) >= LEAST_HEADINGS and len(strong) * 2 >= len(texts) and not any(map(LONG_DIGITS.search, texts))


@per_declarations
def _value_words() -> frozenset[str]:
    """Return the headings that are also values or totals and so prove no row of headings."""
    values = {word for each in load_value_lists().values() for word in each.code_by_word()}
    return frozenset(values | set(map(fold, load_layout().total_words)))


@per_declarations
def _strong_words() -> pa.Array:
    """Return the headings as declared and as folded, for looking through a sheet of any length."""
    headings = (heading for form in load_forms().values() for heading, _ in declared_headings(form))
    declared = {part for heading in headings for part in heading.path}
    return pa.array(sorted((declared | vocabulary()) - _value_words()), pa.string())


def _rows_with_headings(rows: Rows, first: HeadingBlock) -> list[int]:
    """Return the rows below the first headings with two words of headings or more, as they are written."""
    sheet = rows.sheet
    start, width = first.last + 1, min(sheet.width, SEARCHED_COLUMNS)
    height = sheet.height - start
    if height <= 0:
        return []
    written = pa.array(sorted({text for row in rows.between(first.first, first.last) for text in row if text}))
    words = pa.concat_arrays([_strong_words(), written.cast(pa.string())])
    cells = pa.chunked_array([chunk for column in range(width) for chunk in sheet.column(column, start).chunks])
    hits = pc.is_in(cells, value_set=words).to_numpy().reshape(width, height).sum(axis=0, dtype=np.int32)
    found = np.flatnonzero(hits >= 2)
    if len(found) > MOST_FURTHER_BLOCKS:
        found = np.flatnonzero(hits >= LEAST_HEADINGS)[:MOST_FURTHER_BLOCKS]
    return [int(number) + start for number in found]


def _same_paths(some: Sequence[HeadingPath], others: Sequence[HeadingPath]) -> bool:
    return _folded(some) == _folded(others)


def _folded(paths: Iterable[HeadingPath]) -> list[tuple[str, ...]]:
    return [tuple(map(fold, path)) for path in paths]


# --- titles of further tables -----------------------------------------------------------------------------------------


def _title_start(rows: Rows, last_heading: int, first: int) -> int:
    """Return the first row of the titles and labelled lines right above headings; what may be a person is none."""
    start = first
    for number in range(first - 1, max(first - 1 - MOST_TITLE_ROWS, last_heading), -1):
        texts = list(dict.fromkeys(filter(None, rows[number])))
        if not texts:
            continue
        if not _is_title_row(rows, number, texts):
            break
        start = number
    return _behind_footer(rows, start, first)


def _behind_footer(rows: Rows, start: int, first: int) -> int:
    """Leave the footer of the table above to it, where more than a footer stands between the two."""
    words = tuple(map(fold, load_layout().footer_words))
    filled = [number for number in range(start, first) if any(rows[number])]
    own = [number for number in filled if not fold(next(filter(None, rows[number]))).startswith(words)]
    return own[0] if own else start


def _is_title_row(rows: Rows, number: int, texts: Sequence[str]) -> bool:
    if any(":" in text or "：" in text for text in texts):
        return True
    is_wide = any(right - left + 1 >= WIDE_MERGE for (_, left), (_, right) in rows.merges_from(number, number))
    return len(texts) == 1 and (is_wide or len(texts[0]) >= SHORTEST_TITLE) and not LONG_DIGITS.fullmatch(texts[0])


def _lines(rows: Rows, start: int, end: int) -> Lines:
    """Return the texts of rows, each once in its row: merged cells may repeat them."""
    return tuple(tuple(dict.fromkeys(filter(None, row))) for row in rows.between(start, end - 1) if any(row))


def _titles(rows: Rows, start: int, end: int) -> set[str]:
    """Return the folded texts of the rows of titles; those of a further page say nothing new."""
    folded = (fold(text) for row in rows.between(start, end - 1) for text in row if text)
    return {BRACKETS.sub("", text) for text in folded if not FURTHER_PAGE.search(text)}


def _names_another(titles: set[str], known: set[str]) -> bool:
    """Whether titles between repeated headings say something new about what the rows below are."""
    new = titles - known
    layout = load_layout()
    labels = [fold(label) for label in (*layout.unit_labels, *layout.period_labels)]
    words = [word for form in load_forms().values() for word in form.title_words]
    return any(any(word in text for word in words) or any(text.startswith(label) for label in labels) for text in new)


# --- side by side -----------------------------------------------------------------------------------------------------


def _side_by_side(table: Table) -> list[Table]:
    """Part a table whose headings begin anew: the right half holds more rows of the same list."""
    folded = _folded(table.paths)
    named = [column for column, path in enumerate(folded) if path]
    starts = [column for column in named if folded[column] == folded[named[0]]]
    spans = [(left, right - 1) for left, right in zip(starts, [*starts[1:], len(folded)], strict=True)]
    halves = [[path for path in folded[left : right + 1] if path] for left, right in spans]
    if len(spans) < 2 or len(halves[0]) < LEAST_HEADINGS or any(half != halves[0] for half in halves):
        return [table]
    return [_part(table, left if number else 0, right) for number, (left, right) in enumerate(spans)]


def _part(table: Table, left: int, right: int) -> Table:
    paths = tuple(path if left <= column <= right else () for column, path in enumerate(table.paths))
    return replace(table, paths=paths, first_column=left, last_column=right)
