"""The tables of a file read as lists of one form, and what there is to remark about them.

A table without any required column is something else, as a code list beside the list; two equal columns are one. What
was read in a way the sender may not expect (hidden rows, misspelt headings) is noted, and so are totals that differ
from the rows they total.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from ingest.body import Body, read_body
from ingest.declaration import CountForm, PersonForm, load_layout
from ingest.folding import fold
from ingest.headings import AnyForm, Column, check_columns, double_claims, match_columns
from ingest.reading.sheet import column_letters
from ingest.refusals import refusal
from ingest.surroundings import Surroundings, read_surroundings
from ingest.tables import Table

# A rule about the whole file with what its texts are filled in with.
Note = tuple[str, Mapping[str, str]]

COUNT_UNIT_LABELS: Final = ("计量单位", "单位")
MOST_NAMED: Final = 10
WHOLE_NUMBER: Final = r"^\s*\d{1,12}\s*$"
# Words of a total that is of the rows since the total before it, and of one that is of other months too.
PART_TOTAL: Final = re.compile("小计|本页")
LONG_TOTAL: Final = re.compile("累计|共计")


@dataclass(frozen=True)
class Listing:
    """One table of a file with its matched columns, its rows and what stands around it."""

    table: Table
    columns: tuple[Column, ...]
    body: Body
    surroundings: Surroundings


def read_listings(tables: Sequence[Table], form: AnyForm) -> tuple[list[Listing], list[Note]]:
    """Read every table of the form, and say what there is to remark.

    Raises ``FileRefusedError`` where a required column is missing, two different columns claim one field, or a table of
    counts says that it counts no people, or not one by one.
    """
    matched = [(table, match_columns(table.paths, form.form_id)) for table in tables]
    own = [(table, columns) for table, columns in matched if not _has_nothing_required(columns, form)] or matched[:1]
    notes = list(_ignored([table for table in tables if not any(table is mine for mine, _ in own)]))
    listings: list[Listing] = []
    for table, each in own:
        columns = _without_doubles(table, each)
        if table.has_headings:
            check_columns(columns, form, table.headings_seen)
        body = read_body(table, columns, form)
        listings.append(Listing(table, columns, body, read_surroundings(table, body.outside)))
        if isinstance(form, CountForm):
            _check_unit(listings[-1].surroundings)
    notes += _misspelt(listings)
    for listing in listings:
        notes += [*_doubled(listing), *_hidden(listing), *_unnamed(listing)]
        if isinstance(form, CountForm):
            notes += _wrong_totals(listing, form)
    return listings, notes


def _has_nothing_required(columns: Sequence[Column], form: AnyForm) -> bool:
    if isinstance(form, PersonForm):
        required = {name for name, declared in form.fields.items() if declared.required}
    else:
        required = set(form.items)
    return not required & {column.field for column in columns}


def _check_unit(surroundings: Surroundings) -> None:
    others = {fold(unit) for unit in load_layout().units_of_others}
    for said in surroundings.values_of(COUNT_UNIT_LABELS):
        unit = fold(said).strip("()")
        if unit in others:
            raise refusal("count_unit", detail=unit)


# --- two equal columns ------------------------------------------------------------------------------------------------


def _without_doubles(table: Table, columns: Sequence[Column]) -> tuple[Column, ...]:
    """Take a column once that stands there twice with the same heading's meaning and the same texts in every row."""
    dropped: dict[int, Column] = {}
    for first, *others in double_claims(columns):
        if all(_texts(table, first.index).equals(_texts(table, other.index)) for other in others):
            reason = f"与“{first.heading}”列内容相同 (the same as another column)"
            dropped |= {one.index: replace(one, kind="dropped", target=None, reason=reason) for one in others}
    return tuple(dropped.get(column.index, column) for column in columns)


def _texts(table: Table, index: int) -> pa.Array:
    column = table.sheet.column(index, table.first_body_row).slice(0, table.body_rows)
    return pc.utf8_trim_whitespace(pc.fill_null(column.combine_chunks(), ""))


# --- remarks ----------------------------------------------------------------------------------------------------------


def _ignored(tables: Iterable[Table]) -> Iterator[Note]:
    for table in tables:
        if table.body_rows > 0:
            where = f"{_sheet_named(table)}第{table.first_heading_row + 1}行起：{'、'.join(table.headings_seen[:5])}"
            yield "table_ignored", {"detail": where}


def _sheet_named(table: Table) -> str:
    """Return the name of the sheet; a text file has none."""
    return f"“{table.sheet.name}”" if table.sheet.name else ""


def _misspelt(listings: Sequence[Listing]) -> Iterator[Note]:
    pairs = [
        f"“{column.heading}”→“{column.matched}”"
        for listing in listings
        for column in listing.columns
        if column.kind == "fuzzy"
    ]
    if pairs:
        yield "heading_misspelt", {"detail": "、".join(dict.fromkeys(pairs))}


def _doubled(listing: Listing) -> Iterator[Note]:
    doubled = [column.heading for column in listing.columns if column.kind == "dropped" and column.matched is not None]
    if doubled:
        yield "heading_doubled", {"detail": "、".join(f"“{heading}”" for heading in doubled)}


def _hidden(listing: Listing) -> Iterator[Note]:
    sheet = listing.table.sheet
    if sheet.is_hidden and listing.body.row_count:
        yield "sheet_hidden", {"detail": f"“{sheet.name}”"}
    if sheet.hidden_rows:
        positions = pc.subtract(listing.body.row_numbers, 1)
        hidden = pc.is_in(positions, value_set=pa.array(sorted(sheet.hidden_rows), pa.int64()))
        numbers = listing.body.row_numbers.filter(hidden).to_pylist()
        if numbers:
            more = f"等{len(numbers)}行" if len(numbers) > MOST_NAMED else "行"
            named = "、".join(map(str, numbers[:MOST_NAMED]))
            yield "rows_hidden", {"detail": f"“{sheet.name}”第{named}{more}"}
    columns = [column.heading for column in listing.columns if column.target and column.index in sheet.hidden_columns]
    if columns:
        yield "columns_hidden", {"detail": f"“{sheet.name}”{'、'.join(columns[:MOST_NAMED])}"}


def _unnamed(listing: Listing) -> Iterator[Note]:
    """Name the columns that have no heading and something in a row of the form: nothing is read from them."""
    table = listing.table
    rows = pc.subtract(listing.body.row_numbers, table.first_body_row + 1)
    bare = [
        column_letters(index)
        for index in range(table.first_column, min(table.last_column + 1, table.sheet.width))
        if not table.paths[index] and _has_text(table.sheet.column(index, table.first_body_row).take(rows))
    ]
    if bare and table.has_headings:
        yield "columns_unnamed", {"detail": f"{_sheet_named(table)}第{'、'.join(bare[:MOST_NAMED])}列"}


def _has_text(cells: pa.ChunkedArray) -> bool:
    return bool(cells.null_count < len(cells))


# --- totals -----------------------------------------------------------------------------------------------------------


def _wrong_totals(listing: Listing, form: CountForm) -> Iterator[Note]:
    """Compare rows of totals with the rows above them; where not all are whole numbers nothing can be said."""
    table, body = listing.table, listing.body
    wrong: list[str] = []
    since = 0
    for position in body.totals:
        row = table.sheet.row(position)
        word = next(text for text in row if text)
        if LONG_TOTAL.search(word):
            continue
        is_part = PART_TOTAL.search(word) is not None
        is_counted = pc.and_(
            pc.less(body.row_numbers, position + 1), pc.greater(body.row_numbers, since if is_part else 0)
        )
        for column in listing.columns:
            if column.field is not None and column.field in form.items:
                parts = body.columns[column.field].filter(is_counted)
                wrong += _difference(column, row[column.index], parts, position)
        since = position + 1
    if wrong:
        yield "total_differs", {"detail": "；".join(wrong[:MOST_NAMED])}


def _difference(column: Column, total: str, parts: pa.Array, position: int) -> Iterator[str]:
    filled = parts.drop_null()
    if not re.match(WHOLE_NUMBER, total) or not len(filled):
        return
    if not pc.all(pc.match_substring_regex(filled, WHOLE_NUMBER)).as_py():
        return
    added = pc.sum(pc.utf8_trim_whitespace(filled).cast(pa.int64())).as_py()
    if added != int(total):
        yield f"第{position + 1}行“{column.heading}”合计{int(total)}，各行相加{added}"


# --- lists of nobody --------------------------------------------------------------------------------------------------


def says_nobody(listings: Iterable[Listing]) -> bool:
    """Whether lists without rows say that there is nobody, so that they are empty on purpose."""
    words = load_layout().nobody_words
    for listing in listings:
        below = (text for row in listing.body.outside for text in row)
        for text in (*listing.surroundings.titles, *below):
            folded = fold(text)
            if any(folded == word or (len(word) > 1 and word in folded) for word in words):
                return True
    return False
