"""What a delivered file is: which form, of which unit, for which period and day, a full list or one of changes.

The content decides first (titles, labelled lines, headings, per-row places), the path fills what the content leaves
open. Where both speak and differ the content is followed and the sender is asked; what neither says is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

from ingest.body import Body, read_body
from ingest.declaration import PersonForm, load_forms, load_layout
from ingest.errors import FileRefusedError
from ingest.folding import fold
from ingest.headings import AnyForm, Column, check_columns, match_columns, missing_fields
from ingest.reading.document import Document
from ingest.reading.sheet import Sheet
from ingest.refusals import refusal
from ingest.surroundings import Month, Surroundings, find_date, find_month, last_day, month_before, read_surroundings
from ingest.tables import Table, find_tables
from ingest.units import Unit, UnitBook, find_unit

# A table titled as one form whose headings fit another by so many columns more is neither.
CLEARLY_OTHER_COLUMNS = 2
MOST_ROW_PLACES = 200


# A rule about the whole file with what its texts are filled in with.
Note = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Listing:
    """One table of a file with its matched columns, its rows and what stands around it."""

    table: Table
    columns: tuple[Column, ...]
    body: Body
    surroundings: Surroundings


@dataclass
class Recognition:
    """What is known of a file so far; a refusal leaves standing what was found before it."""

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
        return None if self.period is None else f"{self.period[0]:04d}-{self.period[1]:02d}"


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
    known.form, known.form_why = _choose_form(tables, path)
    known.listings = _read_listings(tables, known.form)
    if not any(listing.body.row_count for listing in known.listings):
        raise refusal("file_no_rows")
    _find_period(known, path)
    known.list_kind = _find_list_kind(known.listings, path)
    _find_unit(known, book, path)


def _find_tables(document: Document) -> list[Table]:
    tables = [table for sheet in document.sheets if not _is_notes(sheet) for table in find_tables(sheet)]
    if not tables:
        raise refusal("form_unknown", detail="无")
    return tables


def _is_notes(sheet: Sheet) -> bool:
    name = fold(sheet.name)
    return any(name == word or name.startswith(word) for word in map(fold, load_layout().notes_sheet_words))


# --- form -------------------------------------------------------------------------------------------------------------


def _choose_form(tables: Sequence[Table], path: str) -> tuple[AnyForm, str]:
    chosen = [choice for table in tables if (choice := _form_of(table, path)) is not None]
    if not chosen:
        raise refusal("form_unknown", detail="、".join(tables[0].headings_seen))
    names = dict.fromkeys(form.name_zh for form, _ in chosen)
    if len(names) > 1:
        raise refusal("form_mixed", detail="、".join(names))
    return chosen[0]


def _form_of(table: Table, path: str) -> tuple[AnyForm, str] | None:
    """Return the form of one table and what showed it; None where nothing of any form is there."""
    surroundings = read_surroundings(table, ())
    titled = _named_in(surroundings.other_texts)
    fitting = _fitting(table)
    if len(titled) == 1:
        (form,) = titled
        _refuse_clearly_other(table, form, fitting)
        return form, "title"
    candidates = [form for form in titled if form in fitting] if titled else _untitled(table, surroundings, fitting)
    best = _most_specific(table, candidates)
    if len(best) == 1:
        return best[0], "headings"
    by_path = [form for form in _named_in([path]) if not best or form in best]
    if len(by_path) == 1:
        return by_path[0], "path"
    if best or titled:
        raise refusal("form_ambiguous", detail="、".join(form.name_zh for form in best or titled))
    return None


def _named_in(texts: Iterable[str]) -> list[AnyForm]:
    """Return the forms whose title words stand in the texts."""
    text = " ".join(texts)
    return [
        form
        for form in load_forms().values()
        if any(word in text for word in form.title_words) and not any(word in text for word in form.not_title_words)
    ]


def _untitled(table: Table, surroundings: Surroundings, fitting: Sequence[AnyForm]) -> list[AnyForm]:
    """Return the forms a table without a telling title may be: those known by a heading of their own come first."""
    title = " ".join(surroundings.other_texts)
    possible = [form for form in fitting if not any(word in title for word in form.not_title_words)]
    seen = {fold(part) for path in table.paths for part in path}
    known = [form for form in possible if seen & {fold(heading) for heading in form.known_by}]
    return known or [form for form in possible if not form.known_by]


def _fitting(table: Table) -> list[AnyForm]:
    """Return the forms whose required headings the table has."""
    matched = ((form, match_columns(table.paths, form.form_id)) for form in load_forms().values())
    return [form for form, columns in matched if not missing_fields(columns, form)]


def _matched(table: Table, form: AnyForm) -> frozenset[int]:
    return frozenset(column.index for column in match_columns(table.paths, form.form_id) if column.target is not None)


def _most_specific(table: Table, forms: Sequence[AnyForm]) -> list[AnyForm]:
    """Return the forms that no other form beats by matching the same columns and more."""
    matched = {form.form_id: _matched(table, form) for form in forms}
    return [form for form in forms if not any(matched[form.form_id] < matched[other.form_id] for other in forms)]


def _refuse_clearly_other(table: Table, form: AnyForm, fitting: Sequence[AnyForm]) -> None:
    own = _matched(table, form)
    for other in fitting:
        more = _matched(table, other) - own
        if not _is_other_side(form, other):
            continue
        if own < own | more and own <= _matched(table, other) and len(more) >= CLEARLY_OTHER_COLUMNS:
            raise refusal("form_ambiguous", detail=f"{form.name_zh}、{other.name_zh}")


def _is_other_side(form: AnyForm, other: AnyForm) -> bool:
    """Whether two forms contradict each other: a list of the same side with more columns does not."""
    return not (isinstance(form, PersonForm) and isinstance(other, PersonForm) and form.side == other.side)


def _read_listings(tables: Sequence[Table], form: AnyForm) -> list[Listing]:
    """Read every table of the form; beside others, one with no required column is something else, as a code list."""
    matched = [(table, match_columns(table.paths, form.form_id)) for table in tables]
    own = [(table, columns) for table, columns in matched if not _has_nothing_required(columns, form)] or matched[:1]
    listings: list[Listing] = []
    for table, columns in own:
        check_columns(columns, form, table.headings_seen)
        body = read_body(table, columns, form)
        listings.append(Listing(table, columns, body, read_surroundings(table, body.outside)))
    return listings


def _has_nothing_required(columns: Sequence[Column], form: AnyForm) -> bool:
    if isinstance(form, PersonForm):
        required = {name for name, declared in form.fields.items() if declared.required}
    else:
        required = set(form.items)
    return not required & {column.field for column in columns}


# --- unit, period, kind of list ---------------------------------------------------------------------------------------


def _find_unit(known: Recognition, book: UnitBook, path: str) -> None:
    labels = load_layout().unit_labels
    around = [listing.surroundings for listing in known.listings]
    content = [("label", value) for each in around for value in each.values_of(labels)]
    content += [("title", text) for each in around for text in each.titles]
    content += [("sheet", each.sheet_name) for each in around if each.sheet_name]
    found = find_unit(book, content, path, _row_places(known))
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
    """Take day and month from the content; the path fills what is missing and may name the month before the day's."""
    around = [listing.surroundings for listing in known.listings]
    day, day_why = _first_day(around)
    month, month_why = _first_month(around)
    path_day, path_month = find_date(path), find_month(path)
    if month is None and day is not None:
        is_month_before = path_month == month_before(day)
        month = path_month if is_month_before else (day.year, day.month)
    elif month is None:
        month, month_why = path_month, "path"
    elif path_month is not None and path_month != month:
        known.contradictions.append(f"月份 {_month_text(month)} / {_month_text(path_month)}")
    if month is None:
        raise refusal("period_unknown", detail="表内和文件名中都没有日期或月份")
    if day is not None and month_why is None and path_month not in {None, month}:
        known.contradictions.append(f"日期 {day} / {_month_text(path_month or month)}")
    if day is None and path_day is not None and (path_day.year, path_day.month) == month:
        day, day_why = path_day, "path"
    known.period = month
    known.reported_on, known.reported_why = (day, day_why) if day is not None else (last_day(month), month_why)


def _first_day(around: Sequence[Surroundings]) -> tuple[date | None, str | None]:
    layout = load_layout()
    labelled = [("label", value) for each in around for value in each.values_of(layout.date_labels)]
    labelled += [("label", value) for each in around for value in each.values_of(layout.period_labels)]
    titled = [("title", text) for each in around for text in each.other_texts]
    for why, text in (*labelled, *titled):
        day = find_date(text)
        if day is not None:
            return day, why
    return None, None


def _first_month(around: Sequence[Surroundings]) -> tuple[Month | None, str | None]:
    layout = load_layout()
    labelled = [("label", value) for each in around for value in each.values_of(layout.period_labels)]
    titled = [("title", text) for each in around for text in each.other_texts]
    monthly = [("label", value) for each in around for value in each.values_of(layout.date_labels)]
    for why, text in (*labelled, *titled, *((why, text) for why, text in monthly if find_date(text) is None)):
        month = find_month(text)
        if month is not None:
            return month, why
    return None, None


def _month_text(month: Month) -> str:
    return f"{month[0]:04d}-{month[1]:02d}"


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
