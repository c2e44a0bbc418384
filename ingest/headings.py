"""Finds the table in a sheet and says which column carries which field.

A clerk's sheet has a title, labelled lines, one to three rows of headings with merged groups, and only then rows. The
headings are found by their words, composed into paths (户籍地/省) and matched with the declared spellings: first as
written, then with spaces, width, marks and harmless bracketed notes folded. Position never decides. What is left over
is a column that popflow drops on purpose, or one it does not know; neither is loaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ingest.declaration import (
    CountForm,
    Heading,
    HeadingPath,
    PersonForm,
    load_dropped,
    load_forms,
    load_layout,
    per_declarations,
)
from ingest.reading.sheet import Merge, Sheet
from ingest.refusals import refusal
from ingest.safe_text import masked

AnyForm = PersonForm | CountForm
MatchKind = Literal["exact", "normalised", "unknown", "dropped"]

SEARCHED_ROWS: Final = 60
MOST_HEADING_ROWS: Final = 3
LEAST_HEADINGS: Final = 3
LONGEST_HEADING: Final = 60
CELL_UNIT: Final = "cell_unit"

BRACKETS: Final = re.compile(r"[(\[【〔{]([^)\]】〕}]*)[)\]】〕}]")
MARKS: Final = re.compile(r"[*★●☆※:：]+|^\d+[.、]|^其中[:：,，]?")
LONG_DIGITS: Final = re.compile(r"\d{4}")
COLON: Final = re.compile(r"[:：]")


@dataclass(frozen=True)
class Target:
    """What a declared heading stands for: a field or item, and the part of a place it is, if only a part."""

    field: str
    part: int | None = None


@dataclass(frozen=True)
class Column:
    """One column of a table with what it was recognised as."""

    index: int
    heading: str
    kind: MatchKind
    target: Target | None = None
    reason: str | None = None

    @property
    def field(self) -> str | None:
        """The field the column carries, if any."""
        return self.target.field if self.target is not None else None


@dataclass(frozen=True)
class Table:
    """Where the table of a sheet is: its rows of headings and the path of every column."""

    sheet: Sheet
    first_heading_row: int
    last_heading_row: int
    paths: tuple[HeadingPath, ...]

    @property
    def headings_seen(self) -> tuple[str, ...]:
        """The headings as a sender would name them, without what may be a person's number."""
        return tuple("/".join(path) for path in self.paths if path and not LONG_DIGITS.search("".join(path)))


def fold(text: str) -> str:
    """Fold width, case, spaces and line breaks, the marks of required columns and a colon at the end."""
    return MARKS.sub("", "".join(unicodedata.normalize("NFKC", text).split()).lower())


def fold_note(text: str) -> str:
    """Fold, and take away a bracketed note that says how to fill in and not what the column is."""
    return BRACKETS.sub(_drop_harmless, fold(text))


def _drop_harmless(note: re.Match[str]) -> str:
    layout = load_layout()
    inner = note.group(1)
    names_another = any(word in inner for word in layout.other_person_words)
    is_harmless = inner == "" or any(word in inner for word in layout.harmless_heading_notes)
    return "" if is_harmless and not names_another else note.group(0)


# --- what is declared -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spelling:
    """A declared heading, folded, with what it stands for."""

    path: HeadingPath
    folded: HeadingPath
    target: Target


@per_declarations
def spellings(form_id: str) -> Mapping[str, tuple[Spelling, ...]]:
    """Return the declared spellings of a form by the folded last part of their path, longest path first."""
    found: dict[str, list[Spelling]] = {}
    for heading, target in _declared(load_forms()[form_id]):
        folded = tuple(fold(part) for part in heading.path)
        found.setdefault(folded[-1], []).append(Spelling(heading.path, folded, target))
    return {leaf: tuple(sorted(each, key=lambda one: -len(one.path))) for leaf, each in found.items()}


def _declared(form: AnyForm) -> Iterator[tuple[Heading, Target]]:
    if isinstance(form, CountForm):
        yield from ((heading, Target(name)) for name, field in form.rows.items() for heading in field.headings)
        yield from ((heading, Target(name)) for name, item in form.items.items() for heading in item.headings)
        return
    for name, field in form.fields.items():
        yield from ((heading, Target(name)) for heading in field.headings)
        yield from ((heading, Target(name, part)) for part, group in enumerate(field.parts) for heading in group)


@per_declarations
def vocabulary() -> frozenset[str]:
    """Return every folded word that may stand in a heading row of any form, groups and dropped columns included."""
    words = {
        part for form_id in load_forms() for each in spellings(form_id).values() for one in each for part in one.folded
    }
    return frozenset(words | {fold(heading) for kind in load_dropped() for heading in kind.headings})


@per_declarations
def _dropped_reasons() -> Mapping[str, str]:
    return {fold(heading): kind.reason for kind in load_dropped() for heading in kind.headings}


@per_declarations
def _other_person_reason() -> str:
    return next(kind.reason for kind in load_dropped() if kind.kind == "relative")


# --- where the table is -----------------------------------------------------------------------------------------------


def find_table(sheet: Sheet) -> Table | None:
    """Return the table of a sheet, or None where no row reads like headings of a known form."""
    top = sheet.head(SEARCHED_ROWS)
    hits = _count_hits(top)
    most = max(hits, default=0)
    if most < LEAST_HEADINGS:
        return None
    anchor = next(number for number, count in enumerate(hits) if count >= max(LEAST_HEADINGS, most / 2))
    first = _first_heading_row(sheet, top, anchor)
    last = _last_heading_row(sheet, top, first, anchor)
    return Table(sheet, first, last, _compose_paths(sheet, top[first : last + 1], first, last))


def _count_hits(rows: Sequence[Sequence[str]]) -> list[int]:
    """Count the known headings of each row, down to a few rows below the first that may be the one."""
    hits: list[int] = []
    for row in rows:
        hits.append(_count_known(row))
        if max(hits[:-MOST_HEADING_ROWS], default=0) >= LEAST_HEADINGS:
            break
    return hits


def _words(row: Sequence[str]) -> list[str]:
    return [text for text in row if _is_word(text)]


def _is_word(text: str) -> bool:
    """Whether a text has a letter or character: not a blank, a number or a date."""
    return any(map(str.isalpha, text))


def _is_known(text: str) -> bool:
    return len(text) <= LONGEST_HEADING and (fold(text) in vocabulary() or fold_note(text) in vocabulary())


def _count_known(row: Sequence[str]) -> int:
    return len({fold(text) for text in _words(row) if _is_known(text)})


def _first_heading_row(sheet: Sheet, top_rows: Sequence[Sequence[str]], anchor: int) -> int:
    """Go up to the row of group headings, where the row with most headings is the one below it."""
    first = anchor
    for top in range(anchor - 1, max(anchor - MOST_HEADING_ROWS, -1), -1):
        if not _is_group_row(sheet, top_rows, top, first):
            break
        first = top
    return first


def _is_group_row(sheet: Sheet, top_rows: Sequence[Sequence[str]], row: int, below: int) -> bool:
    """Whether a row above headings holds groups: not a title and not a labelled line."""
    texts = _words(top_rows[row])
    if len(set(texts)) < 2 or any(COLON.search(text) or LONG_DIGITS.search(text) for text in texts):
        return False
    if any(
        top <= row and bottom >= below and bottom - top < MOST_HEADING_ROWS for (top, _), (bottom, _) in sheet.merges
    ):
        return True
    grouped = any(top == row and right > left for (top, left), (_, right) in sheet.merges)
    holes = any(lower == "" and _is_word(upper) for upper, lower in zip(top_rows[row], top_rows[below], strict=True))
    return grouped or holes


def _last_heading_row(sheet: Sheet, top_rows: Sequence[Sequence[str]], first: int, anchor: int) -> int:
    """Go down over merged headings, then over rows whose words are all headings."""
    ends = [
        bottom for (top, _), (bottom, _) in sheet.merges if first <= top <= anchor < bottom < first + MOST_HEADING_ROWS
    ]
    last = max(ends, default=anchor)
    while last + 1 < min(first + MOST_HEADING_ROWS, len(top_rows)) and _continues(top_rows, last + 1, anchor):
        last += 1
    return last


def _continues(top_rows: Sequence[Sequence[str]], row: int, anchor: int) -> bool:
    texts = _words(top_rows[row])
    if not texts or len(texts) < len([text for text in top_rows[row] if text]):
        return False
    repeats = [fold(text) for text in texts] == [fold(text) for text in _words(top_rows[anchor])]
    known = sum(map(_is_known, texts))
    return not repeats and known * 2 >= len(texts) and not any(LONG_DIGITS.search(text) for text in texts)


def _compose_paths(
    sheet: Sheet, heading_rows: Sequence[Sequence[str]], first: int, last: int
) -> tuple[HeadingPath, ...]:
    """Write merged texts into every cell they cover and read each column from top to bottom."""
    grid = [[" ".join(text.split()) for text in row] for row in heading_rows]
    merged = [merge for merge in sheet.merges if merge[0][0] <= last and merge[1][0] >= first]
    for merge in merged:
        _spread(grid, merge, first)
    if not any(right > left for (_, left), (_, right) in merged):
        _carry_groups(grid)
    return tuple(tuple(_distinct(column)) for column in zip(*grid, strict=True))


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


# --- what the columns are ---------------------------------------------------------------------------------------------


def match_columns(table: Table, form_id: str) -> tuple[Column, ...]:
    """Match every column that has a heading with the declared spellings of a form."""
    return _match_paths(table.paths, form_id)


@per_declarations
def _match_paths(paths: tuple[HeadingPath, ...], form_id: str) -> tuple[Column, ...]:
    return tuple(_match(index, path, form_id) for index, path in enumerate(paths) if path)


def _match(index: int, path: HeadingPath, form_id: str) -> Column:
    heading = masked("/".join(path))
    folded = tuple(fold(part) for part in path)
    dropped = _dropped_reasons()
    other_person = any(word in group for group in folded[:-1] for word in load_layout().other_person_words)
    if other_person:
        return Column(index, heading, "dropped", reason=_other_person_reason())
    for keys, normalised in ((folded, False), (tuple(fold_note(part) for part in path), True)):
        target, exact = _look_up(path, keys, form_id)
        if target is not None:
            return Column(index, heading, "exact" if exact and not normalised else "normalised", target)
        if keys[-1] in dropped:
            return Column(index, heading, "dropped", reason=dropped[keys[-1]])
    for kind in load_dropped():
        if any(word in folded[-1] for word in kind.contains):
            return Column(index, heading, "dropped", reason=kind.reason)
    return Column(index, heading, "unknown", reason="本表没有这一列 (this form has no such column)")


def _look_up(path: HeadingPath, keys: HeadingPath, form_id: str) -> tuple[Target | None, bool]:
    """Return what the longest declared path inside the column's path stands for, and whether it is spelt so."""
    for spelling in spellings(form_id).get(keys[-1], ()):
        if _is_within(spelling.folded, keys):
            return spelling.target, spelling.path == path[-len(spelling.path) :]
    return None, False


def _is_within(declared: HeadingPath, seen: HeadingPath) -> bool:
    """Whether the declared parts stand in the seen path in order, the last at its end."""
    groups = iter(seen[:-1])
    return declared[-1] == seen[-1] and all(part in groups for part in declared[:-1])


def check_columns(columns: Sequence[Column], form: AnyForm, seen: Sequence[str]) -> None:
    """Refuse a table in which two columns claim one field or a required heading is missing."""
    claims = Counter(column.target for column in columns if column.target is not None)
    for target, count in claims.items():
        if count > 1:
            rivals = [f"“{column.heading}”" for column in columns if column.target == target]
            raise refusal("heading_twice", detail="、".join(rivals))
    missing = missing_fields(columns, form)
    if missing:
        raise refusal("heading_missing", detail="、".join(missing), seen="、".join(seen))


def missing_fields(columns: Sequence[Column], form: AnyForm) -> list[str]:
    """Return the first spelling of every required field that no column carries."""
    present = {column.field for column in columns}
    if isinstance(form, CountForm):
        missing = [row.headings[0].path[-1] for name, row in form.rows.items() if row.required and name not in present]
        if not missing and not present & set(form.rows_need):
            missing = [form.rows[form.rows_need[0]].headings[0].path[-1]]
        return missing if present & set(form.items) else [*missing, next(iter(form.items.values())).name_zh]
    return [field.headings[0].path[-1] for name, field in form.fields.items() if field.required and name not in present]
