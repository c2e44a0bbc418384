"""Says which column of a table carries which field, by the words of its heading.

The path of a column (户籍地/省) is matched with the declared spellings: first as written, then with spaces, width,
marks and harmless bracketed notes folded and broken headings joined, last with a typo or two where nothing else can be
meant. Position never decides. What is left over is a column that popflow drops on purpose, or one it does not know;
neither is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from ingest.folding import fold, fold_note, read_across
from ingest.refusals import refusal
from ingest.safe_text import masked
from ingest.typos import Candidate, find_misspelt

AnyForm = PersonForm | CountForm
MatchKind = Literal["exact", "normalised", "fuzzy", "unknown", "dropped"]
CODE_AT_END: Final = re.compile(r"(?:代码|编码)$")
NOTE_AT_END: Final = re.compile(r"^(.+)\(([^()]+)\)$")


@dataclass(frozen=True)
class Target:
    """What a declared heading stands for: a field or item, and the part of a place it is, if only a part."""

    field: str
    part: int | None = None


@dataclass(frozen=True)
class Column:
    """One column of a table with what it was recognised as; ``matched`` is the declared spelling that it fits."""

    index: int
    heading: str
    kind: MatchKind
    target: Target | None = None
    reason: str | None = None
    matched: str | None = None

    @property
    def field(self) -> str | None:
        """The field the column carries, if any."""
        return self.target.field if self.target is not None else None

    @property
    def part(self) -> int | None:
        """Which part of a place the column carries, if only a part."""
        return self.target.part if self.target is not None else None


# --- what is declared -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spelling:
    """A declared heading, folded, with what it stands for."""

    path: HeadingPath
    folded: HeadingPath
    target: Target
    whole: bool


@per_declarations
def spellings(form_id: str) -> Mapping[str, tuple[Spelling, ...]]:
    """Return the declared spellings of a form by the folded last part of their path, longest path first."""
    found: dict[str, list[Spelling]] = {}
    for heading, target in declared_headings(load_forms()[form_id]):
        folded = tuple(fold(part) for part in heading.path)
        found.setdefault(folded[-1], []).append(Spelling(heading.path, folded, target, heading.whole))
    return {leaf: tuple(sorted(each, key=lambda one: -len(one.path))) for leaf, each in found.items()}


def declared_headings(form: AnyForm) -> Iterator[tuple[Heading, Target]]:
    """Yield every declared heading of a form with what it stands for."""
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
    return frozenset(words | _dropped_reasons().keys())


@per_declarations
def _dropped_reasons() -> Mapping[str, str]:
    return {fold(heading): kind.reason for kind in load_dropped() for heading in kind.headings}


@per_declarations
def _other_person_reason() -> str:
    return next(kind.reason for kind in load_dropped() if kind.kind == "relative")


# --- what the columns are ---------------------------------------------------------------------------------------------


@per_declarations
def match_columns(paths: tuple[HeadingPath, ...], form_id: str) -> tuple[Column, ...]:
    """Match every column that has a heading with the declared spellings of a form."""
    columns = _without_unneeded([_match(index, path, form_id) for index, path in enumerate(paths) if path], form_id)
    certain = {column.target for column in columns if column.kind != "fuzzy"}
    read = [_unread(column) if column.kind == "fuzzy" and column.target in certain else column for column in columns]
    return tuple(_without_codes(read))


def _without_codes(columns: Sequence[Column]) -> Iterator[Column]:
    """Leave out the column with the code of what another column says by its name (居住事由代码, 居住事由名称)."""
    named = {column.target for column in columns if not CODE_AT_END.search(column.heading)}
    for column in columns:
        if column.target in named and column.target is not None and CODE_AT_END.search(column.heading):
            reason = "另有一列写明名称 (another column has the name of this code)"
            yield replace(column, kind="dropped", target=None, matched=None, reason=reason)
        else:
            yield column


def _unread(column: Column) -> Column:
    """Take a misspelt column for unknown: another one has the spelling that it is near to."""
    reason = f"与“{column.matched}”相近，但已有该列 (another column has the spelling this one is near to)"
    return Column(column.index, column.heading, "unknown", reason=reason)


def _without_unneeded(columns: Sequence[Column], form_id: str) -> list[Column]:
    """Leave unread what only counts in a table with a column that this one does not have."""
    form = load_forms()[form_id]
    if not isinstance(form, CountForm):
        return list(columns)
    present = {column.field for column in columns}
    missing = {name for name, item in form.items.items() if item.needs is not None and item.needs not in present}
    unread = "本表没有这一列 (this form has no such column)"
    return [
        replace(column, kind="unknown", target=None, matched=None, reason=unread) if column.field in missing else column
        for column in columns
    ]


def _match(index: int, path: HeadingPath, form_id: str) -> Column:
    heading = masked("/".join(path))
    if _is_of_another(path, load_forms()[form_id]):
        return Column(index, heading, "dropped", reason=_other_person_reason())
    dropped = _dropped_reasons()
    for number, keys in enumerate(_readings(path)):
        spelling = _look_up(keys, form_id)
        if spelling is not None and not _has_misspelt_group(spelling, keys, form_id):
            is_exact = number == 0 and spelling.path == path[-len(spelling.path) :]
            kind: MatchKind = "exact" if is_exact else "normalised"
            return Column(index, heading, kind, spelling.target, matched="/".join(spelling.path))
        if keys[-1] in dropped:
            return Column(index, heading, "dropped", reason=dropped[keys[-1]])
    for each in load_dropped():
        if any(word in fold(path[-1]) for word in each.contains):
            return Column(index, heading, "dropped", reason=each.reason)
    found = find_misspelt(tuple(fold_note(part) for part in path), _candidates(form_id), vocabulary())
    if found is not None and found.meaning is not None:
        return Column(index, heading, "fuzzy", Target(*found.meaning), matched=found.spelling)
    return Column(index, heading, "unknown", reason="本表没有这一列 (this form has no such column)")


def _has_misspelt_group(spelling: Spelling, keys: HeadingPath, form_id: str) -> bool:
    """Whether a group that the spelling does without may be a misspelt one that makes it mean another thing."""
    if len(spelling.folded) == len(keys):
        return False
    found = find_misspelt(keys, _candidates(form_id), vocabulary())
    return found is not None and len(found.folded) > len(spelling.folded) and found.meaning != _meaning(spelling)


def _meaning(spelling: Spelling) -> tuple[str, int | None]:
    return spelling.target.field, spelling.target.part


def _is_of_another(path: HeadingPath, form: AnyForm) -> bool:
    """Whether a group heading says that the column is about somebody other than the person of the row."""
    if isinstance(form, CountForm):
        return False
    words = load_layout().other_person_words
    for part in path[:-1]:
        group = fold(part)
        for own in form.title_words:
            group = group.replace(fold(own), "")
        if any(word in group for word in words):
            return True
    return False


def _readings(path: HeadingPath) -> Iterator[HeadingPath]:
    """Yield the ways to read a column's path, the most literal first."""
    folded = tuple(fold(part) for part in path)
    yield folded
    note = NOTE_AT_END.match(folded[-1])
    if note is not None:
        yield (*folded[:-1], fold(note.group(1)), fold(note.group(2)))
    without_notes = tuple(fold_note(part) for part in path)
    if without_notes != folded:
        yield without_notes
    for count in range(1, len(path) + 1):
        front, broken = folded[:-count], path[-count:]
        for joined in ("".join(folded[-count:]) if count > 1 else None, read_across(broken)):
            if joined:
                yield (*front, fold(joined))


def _look_up(keys: HeadingPath, form_id: str) -> Spelling | None:
    """Return the longest declared path inside the column's path."""
    return next((one for one in spellings(form_id).get(keys[-1], ()) if _is_within(one, keys)), None)


def _is_within(one: Spelling, seen: HeadingPath) -> bool:
    """Whether the declared parts stand in the seen path in order, the last at its end; a whole one is all of it."""
    if one.whole:
        return one.folded == seen
    groups = iter(seen[:-1])
    return one.folded[-1] == seen[-1] and all(part in groups for part in one.folded[:-1])


@per_declarations
def _candidates(form_id: str) -> Mapping[str, Sequence[Candidate]]:
    """Return what a misspelt heading may have been meant for by its last part, dropped columns included."""
    found: dict[str, list[Candidate]] = {}
    for leaf, each in spellings(form_id).items():
        found[leaf] = [Candidate(one.folded, _meaning(one), "/".join(one.path), one.whole) for one in each]
    for heading in _dropped_reasons():
        found.setdefault(heading, []).append(Candidate((heading,), None, heading))
    return found


# --- whether a table can be taken -------------------------------------------------------------------------------------


def check_columns(columns: Sequence[Column], form: AnyForm, seen: Sequence[str]) -> None:
    """Refuse a table in which two columns claim one field or a required heading is missing."""
    for rivals in double_claims(columns):
        raise refusal("heading_twice", detail="、".join(f"“{column.heading}”" for column in rivals))
    missing = missing_fields(columns, form)
    if missing:
        raise refusal("heading_missing", detail="、".join(missing), seen="、".join(seen))


def double_claims(columns: Sequence[Column]) -> list[list[Column]]:
    """Return the columns that claim one and the same field, for every such field."""
    claims: dict[Target, list[Column]] = {}
    for column in columns:
        if column.target is not None:
            claims.setdefault(column.target, []).append(column)
    return [rivals for rivals in claims.values() if len(rivals) > 1]


def missing_fields(columns: Sequence[Column], form: AnyForm) -> list[str]:
    """Return the first spelling of every required field that no column carries."""
    present = {column.field for column in columns}
    if isinstance(form, CountForm):
        missing = [row.headings[0].path[-1] for name, row in form.rows.items() if row.required and name not in present]
        if not missing and not present & set(form.rows_need):
            missing = [form.rows[form.rows_need[0]].headings[0].path[-1]]
        return missing if present & set(form.items) else [*missing, next(iter(form.items.values())).name_zh]
    return [field.headings[0].path[-1] for name, field in form.fields.items() if field.required and name not in present]
