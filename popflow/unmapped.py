"""Senders' words that no code list knew: the list of them, the sheet for whoever decides, and taking it back.

What is decided becomes the site's own declaration (``forms/decided_words.yaml``): the next night reads new lists by it,
and rows that are loaded as far as their words are kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from ingest.decided_words import FILE_NAME, DecidedWord, as_yaml, decisions_of
from ingest.declaration import CountForm, ValueList, declarations, load_forms, load_value_lists
from ingest.declared_yaml import read_raw
from ingest.errors import FileRefusedError, UsageError
from ingest.reading.delivery import Limits
from ingest.reading.document import read_document
from ingest.reading.sheet import Sheet
from ingest.value_list import normalise_word
from popflow.site import FORMS_FOLDER, Site
from quality.shown import is_whole
from warehouse.access import open_current
from warehouse.disk import move_into_place
from warehouse.words import reads_again

HEADINGS: Final = (
    "form 表", "field 栏目", "word 原词", "rows 行数", "files 文件数", "senders 填报单位数", "first seen 首次出现",
    "last seen 最近出现", "suggestion 相近词", "decision 归入代码", "note 说明",
)  # fmt: skip
NOT_WHOLE: Final = "cut or masked 不能归入"
_NEEDED: Final = ("form", "field", "word", "decision")


@dataclass(frozen=True)
class Unmapped:
    """One word of one field of one form without a code."""

    form_id: str
    field: str
    word: str
    rows: int
    files: int
    senders: int
    first_seen: dt.date | None
    last_seen: dt.date | None
    suggested_word: str | None
    suggested_code: str | None
    is_whole: bool = True

    @property
    def about(self) -> tuple[str, str, str]:
        """Return what a decision would be about."""
        return self.form_id, self.field, normalise_word(self.word)

    @property
    def values(self) -> ValueList | None:
        """The code list of the field; None where the form no longer has it."""
        form = load_forms().get(self.form_id)
        if form is None:
            return None
        fields = form.rows.items() if isinstance(form, CountForm) else form.fields.items()
        named = next((each.values for name, each in fields if name == self.field), None)
        return None if named is None else load_value_lists()[named]

    @property
    def suggestion(self) -> str:
        """The nearest known word and its code, as one text; of a word of which a part is not shown, that it is so."""
        if not self.is_whole:
            return NOT_WHOLE
        return "" if self.suggested_code is None else f"{self.suggested_word} = {self.suggested_code}"


@dataclass(frozen=True)
class Taken:
    """What an import took: the decisions, and the rows that the next night reads again or cannot."""

    decisions: tuple[DecidedWord, ...]
    rows_again: int
    rows_not_again: int


def read_unmapped(site: Site) -> list[Unmapped]:
    """Return the published words without a code that nobody has decided about, the most frequent first.

    What is only a part of what was written stands last: nobody can decide about it.
    """
    with open_current(site.folders.warehouse) as connection:
        found = _read(connection)
    decided = {each.about for each in declarations().decided}
    return [each for each in found if each.about not in decided]


def _read(connection: duckdb.DuckDBPyConnection) -> list[Unmapped]:
    rows = connection.execute(f"""
        SELECT
            form_id, field, source_value, row_count, files, senders, first_seen, last_seen, suggested_word,
            suggested_code, {is_whole("source_value")}
        FROM ops.unmapped_value WHERE code IS NULL
        ORDER BY {is_whole("source_value")} DESC, row_count DESC, form_id, field, source_value
    """).fetchall()
    return [Unmapped(*row) for row in rows]


def choices(values: ValueList) -> list[str]:
    """Return the codes of a list as they stand in the sheet's drop-down."""
    return [f"{code.code} {code.name_zh}" for code in values.codes]


def cells_of(each: Unmapped) -> tuple[object, ...]:
    """Return a row of the sheet; decision and note are left to whoever decides."""
    return (
        each.form_id, each.field, each.word, each.rows, each.files, each.senders, each.first_seen, each.last_seen,
        each.suggestion, None, None,
    )  # fmt: skip


# --- taking decisions -------------------------------------------------------------------------------------------------


def import_decisions(site: Site, file: Path, by: str, on: dt.date) -> tuple[Taken | None, list[str]]:
    """Take the decisions of a sheet as the site's own; return what was taken, or what is wrong, row by row.

    Raises ``UsageError`` where the file is no such sheet.
    """
    listed = {each.about: each for each in read_unmapped(site)}
    before = {each.about: each for each in declarations().decided}
    decisions: dict[tuple[str, str, str], tuple[int, DecidedWord]] = {}
    wrong: list[str] = []
    for number, row in _decided_rows(file):
        try:
            decision = _decision(row, by, on, listed, before)
            _refuse_conflict(decision, decisions, before)
        except UsageError as error:
            wrong.append(f"row {number}: {error}")
            continue
        decisions.setdefault(decision.about, (number, decision))
    if wrong:
        return None, wrong
    new = [each for _, each in decisions.values() if each.about not in before]
    if new:
        _keep(site, new)
    return _taken(new, listed), []


def _decided_rows(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Return the rows of the sheet in which something is decided, with their numbers as a spreadsheet shows them."""
    try:
        sheets = read_document(file.read_bytes(), Limits()).sheets
    except FileRefusedError as error:
        raise UsageError(f"{file} cannot be read as a sheet: {error}") from error
    rows, names = max(map(_headed, sheets), key=lambda read: len(set(_NEEDED).intersection(read[1])), default=([], []))
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise UsageError(
            f"{file}: its first row has no {', '.join(missing)}: fill in the sheet that popflow unmapped export wrote"
        )
    for number, row in enumerate(rows[1:], start=2):
        cells = {name: cell.strip() for name, cell in zip(names, row, strict=False)}
        if cells["decision"]:
            yield number, cells


def _headed(sheet: Sheet) -> tuple[Sequence[Sequence[str]], list[str]]:
    """Return the rows of a sheet, and the headings in its first row by their English names."""
    rows = sheet.head(sheet.height)
    return rows, [normalise_word(cell.strip("\ufeff ").split(" ")[0]) for cell in rows[0]] if rows else []


def _decision(
    row: Mapping[str, str], by: str, on: dt.date, listed: Mapping[tuple[str, str, str], Unmapped],
    before: Mapping[tuple[str, str, str], DecidedWord],
) -> DecidedWord:  # fmt: skip
    about = row["form"], row["field"], normalise_word(row["word"])
    each = listed.get(about)
    if each is None and about not in before:
        raise UsageError(
            f"{row['word']} ({row['form']}, {row['field']}) is not in the list of words without a code: "
            "popflow unmapped shows the list"
        )
    if each is not None and not each.is_whole:
        raise UsageError(
            f"{row['word']} is only a part of what was written (long words are cut, numbers and names masked): "
            "leave its decision empty, its sender has to write a word"
        )
    values = Unmapped(*about, 0, 0, 0, None, None, None, None).values
    code = None if values is None else _code_of(row["decision"], values)
    if values is None or code is None:
        known = "" if values is None else ", ".join(code.code for code in values.codes)
        raise UsageError(f"{row['decision']} is no code of {row['field']}: take one of {known}")
    return DecidedWord(
        form_id=about[0], field=about[1], word=row["word"] if each is None else each.word, code=code, by=by, on=on,
        note=row.get("note") or None,
    )  # fmt: skip


def _code_of(text: str, values: ValueList) -> str | None:
    """Return the code that was chosen: as the drop-down has it, the code alone, or its name."""
    names = {normalise_word(each): code.code for code in values.codes for each in (code.code, code.name_zh)}
    names |= {normalise_word(choice): code.code for choice, code in zip(choices(values), values.codes, strict=True)}
    return names.get(normalise_word(text))


def _refuse_conflict(
    decision: DecidedWord,
    decisions: Mapping[tuple[str, str, str], tuple[int, DecidedWord]],
    before: Mapping[tuple[str, str, str], DecidedWord],
) -> None:
    number, other = decisions.get(decision.about, (0, before.get(decision.about)))
    if other is None or other.code == decision.code:
        return
    where = f"in row {number}" if number else f"on {other.on} by {other.by}"
    change = "" if number else f"; to change it, change its line in {FORMS_FOLDER}/{FILE_NAME}"
    raise UsageError(f"{decision.word} was decided to be {other.code} {where}, and here it is {decision.code}{change}")


def _keep(site: Site, new: Sequence[DecidedWord]) -> None:
    """Write the decisions beside those taken before."""
    folder = site.root / FORMS_FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / FILE_NAME
    kept = decisions_of(path, read_raw(path)) if path.exists() else ()
    temporary = path.with_suffix(".new")
    temporary.write_text(as_yaml((*kept, *new)), encoding="utf-8")
    move_into_place(temporary, path)


def _taken(new: Sequence[DecidedWord], listed: Mapping[tuple[str, str, str], Unmapped]) -> Taken:
    again = not_again = 0
    forms = load_forms()
    for each in new:
        form, rows = forms[each.form_id], listed[each.about].rows
        if not isinstance(form, CountForm) and reads_again(form, each.field):
            again += rows
        else:
            not_again += rows
    return Taken(tuple(new), again, not_again)
