"""The rows of headings of a table: which rows they are, and how their cells compose into a path for every column.

A clerk's table has one to three rows of headings with merged groups. Merged cells say which columns a group covers;
where merges are lost, as in text files, a group reaches over the holes right of it. Columns called 省, 市 or 县 mean
something only behind the place that opens their group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.declaration import HeadingPath, load_layout, per_declarations
from ingest.folding import LONGEST_KEPT, fold, fold_note, read_across
from ingest.headings import vocabulary
from ingest.reading.sheet import Merge, Sheet

MOST_HEADING_ROWS: Final = 3
LONG_DIGITS: Final = re.compile(r"\d{4}")
COLON: Final = re.compile(r"[:：]")


@dataclass(frozen=True)
class HeadingBlock:
    """Rows of headings, first and last, and the path of every column of the sheet."""

    first: int
    last: int
    paths: tuple[HeadingPath, ...]


class Rows:
    """The rows of a sheet that are looked at, each taken once."""

    def __init__(self, sheet: Sheet, count: int) -> None:
        self.sheet = sheet
        self._merges: dict[int, list[Merge]] = {}
        # Merged cells may reach beyond the last cell that is filled.
        for (top, left), (bottom, right) in sheet.merges:
            if top < sheet.height and left < sheet.width:
                inside = ((top, left), (min(bottom, sheet.height - 1), min(right, sheet.width - 1)))
                self._merges.setdefault(top, []).append(inside)
        self._kept = dict(enumerate(sheet.head(count)))

    def __getitem__(self, number: int) -> list[str]:
        row = self._kept.get(number)
        if row is None:
            row = self._kept[number] = self.sheet.row(number)
        return row

    def fetch(self, around: Iterable[int], before: int, behind: int) -> None:
        """Take the rows around some of them at once."""
        wanted = {row for number in around for row in range(number - before, number + behind + 1)}
        missing = sorted(row for row in wanted - self._kept.keys() if 0 <= row < self.sheet.height)
        self._kept |= dict(zip(missing, self.sheet.rows_at(missing), strict=True))

    def merges_from(self, first: int, last: int) -> list[Merge]:
        """Return the merged cells that begin in the rows from one to another, both included."""
        return [merge for number in range(first, last + 1) for merge in self._merges.get(number, ())]

    def between(self, first: int, last: int) -> list[list[str]]:
        """Return the rows from one to another, both included."""
        return [self[number] for number in range(first, last + 1)]


def words_of(row: Sequence[str]) -> list[str]:
    """Return the texts of a row that have a letter or character: no blanks, numbers or dates."""
    return [text for text in row if is_word(text)]


def is_word(text: str) -> bool:
    """Whether a text has a letter or character."""
    return any(map(str.isalpha, text))


def is_known(text: str) -> bool:
    """Whether a text may stand in a heading row of any form."""
    if len(text) > LONGEST_KEPT:
        return False
    known = vocabulary()
    return fold(text) in known or fold_note(text) in known or read_across([text]) in known


def count_known(row: Sequence[str]) -> int:
    """Return how many different known headings a row has."""
    return len({fold(text) for text in words_of(row) if is_known(text)})


def block_at(rows: Rows, anchor: int, floor: int = 0) -> HeadingBlock:
    """Return the rows of headings around the one with most of them; none lies above ``floor``."""
    first = _first_row(rows, anchor, floor)
    last = _last_row(rows, first, anchor)
    merges = rows.merges_from(first - MOST_HEADING_ROWS, last)
    return HeadingBlock(first, last, compose_paths(merges, rows.between(first, last), first))


def _first_row(rows: Rows, anchor: int, floor: int) -> int:
    """Go up to the row of group headings, where the row with most headings is the one below it."""
    first = anchor
    for top in range(anchor - 1, max(anchor - MOST_HEADING_ROWS, floor - 1), -1):
        if not _is_group_row(rows, top, first):
            break
        first = top
    return first


def _is_group_row(rows: Rows, row: int, below: int) -> bool:
    """Whether a row above headings holds groups: not a title and not a labelled line."""
    texts = words_of(rows[row])
    if len(set(texts)) < 2 or any(COLON.search(text) or LONG_DIGITS.search(text) for text in texts):
        return False
    merges = rows.merges_from(row - MOST_HEADING_ROWS, row)
    if any(top <= row and bottom >= below and bottom - top < MOST_HEADING_ROWS for (top, _), (bottom, _) in merges):
        return True
    if all(fold(text) in _place_words()[0] for text in texts):
        return True
    grouped = any(top == row and right > left for (top, left), (_, right) in merges)
    holes = any(lower == "" and is_word(upper) for upper, lower in zip(rows[row], rows[below], strict=True))
    return grouped or holes


def _last_row(rows: Rows, first: int, anchor: int) -> int:
    """Go down over merged headings, then over rows whose words are all headings."""
    ends = [
        bottom for (_, _), (bottom, _) in rows.merges_from(first, anchor) if anchor < bottom < first + MOST_HEADING_ROWS
    ]
    last = max(ends, default=anchor)
    while last + 1 < min(first + MOST_HEADING_ROWS, rows.sheet.height) and (
        _continues(rows, last + 1, anchor) or _fills_holes(rows, first, last + 1)
    ):
        last += 1
    return last


def _continues(rows: Rows, row: int, anchor: int) -> bool:
    texts = words_of(rows[row])
    if not texts or len(texts) < len([text for text in rows[row] if text]):
        return False
    if [fold(text) for text in texts] == [fold(text) for text in words_of(rows[anchor])]:
        return False
    known = sum(
        is_known(text) or _completes(above, text)
        for above, text in zip(rows[row - 1], rows[row], strict=True)
        if is_word(text)
    )
    return known * 2 >= len(texts) and not any(LONG_DIGITS.search(text) for text in texts)


def _fills_holes(rows: Rows, first: int, row: int) -> bool:
    """Whether all texts of a row stand below groups whose merged cells are lost: in the holes and where these begin."""
    filled = [column for column, text in enumerate(rows[row]) if text]
    if len(filled) < 2 or not all(is_word(rows[row][column]) for column in filled):
        return False
    above = rows.between(first, row - 1)
    is_hole = [not any(texts) for texts in zip(*above, strict=True)]
    begins_group = [
        above[-1][column] != "" and column + 1 < len(is_hole) and is_hole[column + 1] for column in range(len(is_hole))
    ]
    in_holes = [is_hole[column] for column in filled]
    return any(in_holes) and all(is_hole[column] or begins_group[column] for column in filled)


def _completes(above: str, text: str) -> bool:
    """Whether two cells, one below the other, are one heading broken in two."""
    return above != "" and (fold(above + text) in vocabulary() or read_across([above, text]) in vocabulary())


# --- paths ------------------------------------------------------------------------------------------------------------


def compose_paths(
    merges: Sequence[Merge], heading_rows: Sequence[Sequence[str]], first: int
) -> tuple[HeadingPath, ...]:
    """Write merged texts into every cell they cover and read each column from top to bottom."""
    last = first + len(heading_rows) - 1
    grid = [[" ".join(text.split()) for text in row] for row in heading_rows]
    merged = [merge for merge in merges if merge[0][0] <= last and merge[1][0] >= first]
    for merge in merged:
        _spread(grid, merge, first)
    if not any(right > left for (_, left), (_, right) in merged):
        _carry_groups(grid)
    return _behind_places(tuple(_distinct(column)) for column in zip(*grid, strict=True))


def _spread(grid: list[list[str]], merge: Merge, first: int) -> None:
    (top, left), (bottom, right) = merge
    rows = range(max(top - first, 0), min(bottom - first, len(grid) - 1) + 1)
    text = grid[rows.start][left] if left < len(grid[0]) else ""
    for row in rows:
        for column in range(left, min(right, len(grid[0]) - 1) + 1):
            grid[row][column] = text


def _carry_groups(grid: list[list[str]]) -> None:
    """Let a group heading reach over the blanks right of it that have headings below, where merges are lost."""
    for level in range(len(grid) - 1):
        for column in range(1, len(grid[level])):
            has_below = any(row[column] for row in grid[level + 1 :])
            left_has_below = any(row[column - 1] for row in grid[level + 1 :])
            if not grid[level][column] and has_below and left_has_below:
                grid[level][column] = grid[level][column - 1]


def _distinct(parts: Iterable[str]) -> Iterator[str]:
    previous = ""
    for part in parts:
        if part and part != previous:
            yield part
        previous = part or previous


@per_declarations
def _place_words() -> tuple[frozenset[str], frozenset[str]]:
    layout = load_layout()
    return frozenset(map(fold, layout.place_groups)), frozenset(map(fold, layout.place_parts))


def _behind_places(paths: Iterable[HeadingPath]) -> tuple[HeadingPath, ...]:
    """Put columns called 省, 市, 县 into the group of the place they stand right behind; here alone position counts."""
    groups, parts = _place_words()
    composed: list[HeadingPath] = []
    opened: str | None = None
    seen: set[str] = set()
    for path in paths:
        leaf = fold(path[0]) if len(path) == 1 else ""
        if leaf in groups:
            opened, seen = path[0], set()
        elif opened is not None and leaf in parts and leaf not in seen:
            seen.add(leaf)
            path = (opened, *path)
        elif path:
            opened = None
        composed.append(path)
    return tuple(composed)
