"""What a delivered file is: which form, of which unit, for which period and day, a full list or one of changes.

The content decides first (titles, labelled lines, headings, per-row places), the path fills what the content leaves
open. Where both speak and differ the content is followed and the sender is asked; what neither says is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Final

from ingest.declaration import PersonForm, load_layout
from ingest.errors import FileRefusedError
from ingest.folding import fold
from ingest.form_choice import choose_form
from ingest.headings import AnyForm
from ingest.listings import Listing, Note, read_listings, says_nobody
from ingest.periods import find_period, month_text
from ingest.reading.delivery import Document
from ingest.reading.sheet import Sheet
from ingest.refusals import refusal
from ingest.surroundings import Month, read_surroundings
from ingest.tables import Table, find_tables, text_only
from ingest.unit_names import Unit
from ingest.units import UnitBook, find_unit
from ingest.units_elsewhere import sender_elsewhere

__all__ = ["Listing", "Note", "Recognition", "recognise"]

MOST_ROW_PLACES: Final = 200


@dataclass
class Recognition:
    """What is known of a file so far; a refusal leaves standing what was found before it.

    ``notes`` are remarks about the whole file: the rule and what its texts are filled in with.
    """

    form: AnyForm | None = None
    form_why: str | None = None
    unit: Unit | None = None
    unit_why: str | None = None
    period: Month | None = None
    reported_on: date | None = None
    reported_why: str | None = None
    list_kind: str = "full"
    listings: list[Listing] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def period_text(self) -> str | None:
        """The period as ``2024-10``."""
        return None if self.period is None else month_text(self.period)


def recognise(document: Document, path: str, book: UnitBook, known: Recognition) -> None:
    """Fill ``known`` with what the file is.

    Raises ``FileRefusedError`` where something cannot be told; what was found before stays in ``known``.
    """
    tables = _find_tables(document)
    try:
        _recognise_tables(tables, path, book, known)
    except FileRefusedError:
        if known.unit is None:
            _find_sender(tables, path, book, known)
        raise


def _recognise_tables(tables: Sequence[Table], path: str, book: UnitBook, known: Recognition) -> None:
    known.form, known.form_why = choose_form(tables, path)
    known.listings, known.notes = read_listings(tables, known.form)
    is_empty = not any(listing.body.row_count for listing in known.listings)
    if is_empty and not says_nobody(known.listings):
        raise refusal("file_no_rows")
    _find_period(known, path)
    known.list_kind = _find_list_kind(known.listings, path)
    _find_unit(known, book, path)
    if is_empty and not _is_told_by_content(known):
        raise refusal("file_no_rows")


def _is_told_by_content(known: Recognition) -> bool:
    """Whether the sheet itself says form, unit and date; only then is a list without rows believed."""
    return known.form_why == "title" and "path" not in {known.reported_why, (known.unit_why or "path").split(",")[0]}


def _find_tables(document: Document) -> list[Table]:
    if not any(sheet.width for sheet in document.sheets):
        raise refusal("file_empty")
    sheets = [sheet for sheet in document.sheets if sheet.width and not _is_notes(sheet)]
    tables = [table for sheet in sheets for table in find_tables(sheet)]
    tables = tables or [table for sheet in sheets if _says_nobody(table := text_only(sheet))]
    if not tables:
        raise refusal("form_unknown", detail="无")
    return tables


def _says_nobody(table: Table) -> bool:
    words = [word for word in load_layout().nobody_words if len(word) > 1]
    return any(word in fold(text) for text in read_surroundings(table, ()).titles for word in words)


def _is_notes(sheet: Sheet) -> bool:
    name = fold(sheet.name)
    return any(name == word or name.startswith(word) for word in map(fold, load_layout().notes_sheet_words))


# --- unit, period, kind of list ---------------------------------------------------------------------------------------


def _find_unit(known: Recognition, book: UnitBook, path: str) -> None:
    labels = load_layout().unit_labels
    around = [listing.surroundings for listing in known.listings]
    content = [("label", value) for each in around for value in each.values_of(labels)]
    content += [("title", text) for each in around for text in each.titles]
    content += [("sheet", each.sheet_name) for each in around if each.sheet_name]
    from_above = known.form is not None and known.form.sent_from_above
    is_from_anywhere = known.form is not None and known.form.sent_from == "anywhere"
    labels_here = [each for each in content if each[0] == "label"]
    found = sender_elsewhere(book, labels_here) if is_from_anywhere else None
    try:
        found = found or find_unit(book, content, path, _row_places(known), from_above)
    except FileRefusedError:
        found = sender_elsewhere(book, [*content, ("path", path)]) if is_from_anywhere else None
        if found is None:
            raise
    known.unit, known.unit_why = found.unit, found.why
    if found.contradiction is not None:
        known.contradictions.append(f"填报单位 {found.contradiction}")


def _find_sender(tables: Sequence[Table], path: str, book: UnitBook, known: Recognition) -> None:
    """Find to whom a file goes back that is refused before its unit is looked for."""
    around = [read_surroundings(table, ()) for table in tables]
    labelled = [("label", value) for each in around for value in each.values_of(load_layout().unit_labels)]
    titled = [("title", text) for each in around for text in each.titles]
    with suppress(FileRefusedError):
        found = find_unit(book, [*labelled, *titled], path)
        known.unit, known.unit_why = found.unit, found.why


def _row_places(known: Recognition) -> list[str]:
    """Return the distinct texts of the column that names the sender's village for every row, if there is one."""
    if not isinstance(known.form, PersonForm):
        return []
    own = known.form.destination if known.form.side == "destination" else known.form.origin
    for name in ("village", own.field or ""):
        arrays = [listing.body.columns[name] for listing in known.listings if name in listing.body.columns]
        texts = [text for array in arrays for text in array.unique().to_pylist()]
        if texts and None not in texts and len(texts) <= MOST_ROW_PLACES:
            return texts
    return []


def _find_period(known: Recognition, path: str) -> None:
    found = find_period([listing.surroundings for listing in known.listings], path)
    known.period, known.reported_on, known.reported_why = found.month, found.day, found.why
    if found.contradiction is not None:
        known.contradictions.append(found.contradiction)


def _find_list_kind(listings: Sequence[Listing], path: str) -> str:
    """Return whether the list is full or says it is one of additions, removals or changes."""
    name = PurePosixPath(path).stem
    kinds = {_kind_in([*listing.surroundings.other_texts, name]) for listing in listings}
    if len(kinds) > 1:
        raise refusal("form_mixed", detail="、".join(sorted(kinds)))
    return kinds.pop()


def _kind_in(texts: Iterable[str]) -> str:
    text = " ".join(texts)
    kinds = [kind for kind, words in load_layout().list_kinds.items() if any(word in text for word in words)]
    return kinds[0] if len(kinds) == 1 else "changes" if kinds else "full"
