"""The typed relations of count forms: ``line_<form>``, one row per row of the sheet, ``cell_<form>``, one per count.

In a line the text of a row field ``f`` stands in ``f_text``; a place has ``f_code``, ``f_level`` and ``f_match``, the
category its code in ``category``, an item its count. A place without a column is the sender's unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import duckdb

from ingest.cell_text import spaced
from ingest.declaration import CountForm, RowField, RowFieldName, load_forms
from ingest.typed import typed_expression
from quality.count_rules import CATEGORY_FIELD, PLACE_FIELDS, TOTAL_CODE
from quality.places import PlaceReader, reported_in
from quality.typed_rows import note_codes

_KEYS = "file_id, sheet, row_number"
_ROW_FIELDS: Final[tuple[RowFieldName, ...]] = (*PLACE_FIELDS, CATEGORY_FIELD)
_PARTS = ("code", "level", "match")
# What a count is about, beside its category and its item.
_ABOUT = "cell_unit_code, origin_code, destination_code"
COMMON_COLUMNS = (
    f"{_KEYS}, form_id, {', '.join(f'{field}_{part}' for field in PLACE_FIELDS for part in _PARTS)}, {CATEGORY_FIELD}"
)


def make_report_rows(connection: duckdb.DuckDBPyConnection, places: PlaceReader) -> Mapping[str, int]:
    """Create ``line_<form>`` and ``cell_<form>`` for every form with judged rows; return the rows of each.

    The views ``line`` (``COMMON_COLUMNS``) and ``cell`` (keys, form, item, value) are over all forms.
    """
    connection.execute(f"""
        CREATE TABLE counted_cell AS
        SELECT
            r.file_id, r.sheet, r.row_number, r.form_id, d.unit_code, d.unit_level, d.reported_on,
            r.item,
            {", ".join(f"{spaced(f'r.{field}_text')} AS {field}_text" for field in _ROW_FIELDS)},
            {spaced("r.value_text")} AS value_text, {typed_expression("integer", "r.value_text")} AS value
        FROM landed_report_row AS r JOIN delivered AS d ON d.file_id = r.file_id AND d.is_judged
    """)
    counted = connection.execute("SELECT form_id, count(*) FROM counted_cell GROUP BY ALL ORDER BY ALL").fetchall()
    cells = {str(form_id): int(count) for form_id, count in counted}
    declared = load_forms()
    forms = {name: form for name in cells if isinstance(form := declared[name], CountForm)}
    if forms:
        _read_places(places)
        _read_categories(connection, forms.values())
    rows: dict[str, int] = {}
    for name, form in forms.items():
        _make_lines(connection, form)
        _make_cells(connection, form)
        rows[f"cell_{name}"] = cells[name]
        rows[f"line_{name}"] = int(connection.execute(f"SELECT count(*) FROM line_{name}").fetchall()[0][0])
    _make_common(connection, forms)
    return rows


def _read_places(places: PlaceReader) -> None:
    """A row's own unit lies in the sender's; the ends of a flow may lie anywhere."""
    places.read("cell_unit_of", _texts("cell_unit"), only_inside=True)
    places.read("end_of", f"{_texts('origin')} UNION {_texts('destination')}", only_inside=False)


def _texts(field: str) -> str:
    return (
        f"SELECT DISTINCT {field}_text AS text, unit_code AS context_code FROM counted_cell "
        f"WHERE {field}_text IS NOT NULL"
    )


def _read_categories(connection: duckdb.DuckDBPyConnection, forms: Iterable[CountForm]) -> None:
    for form in forms:
        row = form.rows.get(CATEGORY_FIELD)
        if row is None or row.values is None:
            continue
        words = connection.execute(
            "SELECT DISTINCT category_text FROM counted_cell WHERE form_id = $1 AND category_text IS NOT NULL",
            [form.form_id],
        ).fetchall()
        note_codes(connection, (form.form_id, CATEGORY_FIELD), row, [(word, word) for (word,) in words])


def _make_lines(connection: duckdb.DuckDBPyConnection, form: CountForm) -> None:
    columns = [column for field in _ROW_FIELDS for column in _row_columns(field, form.rows.get(field))]
    items = ", ".join(f"max(value) FILTER (WHERE item = '{item}') AS {item}" for item in sorted(form.items))
    texts = ", ".join(f"any_value({field}_text) AS {field}_text" for field in _ROW_FIELDS)
    connection.execute(f"""
        CREATE TABLE line_{form.form_id} AS
        WITH headed AS (
            SELECT DISTINCT file_id, sheet, field FROM landed_column WHERE field IS NOT NULL
        ),
        line AS (
            SELECT {_KEYS}, any_value(form_id) AS form_id, any_value(unit_code) AS unit_code,
                any_value(unit_level) AS unit_level, any_value(reported_on) AS reported_on, {texts}, {items}
            FROM counted_cell WHERE form_id = '{form.form_id}' GROUP BY {_KEYS}
        )
        SELECT l.* EXCLUDE (reported_on), {", ".join(columns)}
        FROM line AS l
        LEFT JOIN cell_unit_of AS of_cell_unit
            ON of_cell_unit.text = l.cell_unit_text AND of_cell_unit.context_code = l.unit_code
            AND {reported_in("of_cell_unit", "l.reported_on")}
        LEFT JOIN end_of AS of_origin
            ON of_origin.text = l.origin_text AND of_origin.context_code = l.unit_code
            AND {reported_in("of_origin", "l.reported_on")}
        LEFT JOIN end_of AS of_destination
            ON of_destination.text = l.destination_text AND of_destination.context_code = l.unit_code
            AND {reported_in("of_destination", "l.reported_on")}
        LEFT JOIN code_of AS of_category
            ON of_category.text = l.category_text AND of_category.form_id = l.form_id
            AND of_category.field = '{CATEGORY_FIELD}'
    """)


def _row_columns(field: str, declared: RowField | None) -> Iterable[str]:
    """Return the columns of one row field; of a field the form does not have they are empty."""
    missing = _missing(field, declared)
    if field == CATEGORY_FIELD:
        yield f"of_category.code AS {field}"
        yield f"coalesce(of_category.code, l.{field}_text) AS {field}_coded"
        yield f"{missing} AS {field}_missing"
        yield f"CASE WHEN NOT {missing} THEN coalesce(of_category.code, l.{field}_text, '') END AS {field}_given"
        return
    unit = {"code": "l.unit_code", "level": "l.unit_level", "match": "'exact'"}
    is_unit = f"l.{field}_text IS NULL AND NOT {missing}" if declared or field == "cell_unit" else "false"
    for part in _PARTS:
        found = f"coalesce(of_{field}.match, 'none')" if part == "match" else f"of_{field}.{part}"
        yield (
            f"CASE WHEN {is_unit} THEN {unit[part]} WHEN l.{field}_text IS NOT NULL THEN {found} END AS {field}_{part}"
        )
    yield f"{missing} AS {field}_missing"
    yield f"CASE WHEN NOT {missing} THEN coalesce(l.{field}_text, '') END AS {field}_given"


def _missing(field: str, declared: RowField | None) -> str:
    """Whether a row leaves out what its column asks for; a column that the table need not have may not be there."""
    if declared is None:
        return "false"
    if declared.required:
        return f"(l.{field}_text IS NULL)"
    has_column = (
        f"EXISTS (SELECT 1 FROM headed AS h WHERE h.file_id = l.file_id AND h.sheet = l.sheet AND h.field = '{field}')"
    )
    return f"(l.{field}_text IS NULL AND {has_column})"


def _make_cells(connection: duckdb.DuckDBPyConnection, form: CountForm) -> None:
    """Beside each total of the sheet stands what its parts add up to, where there are any."""
    about = f"PARTITION BY c.file_id, c.sheet, c.item, {_ABOUT}"
    total = f"{CATEGORY_FIELD} = '{TOTAL_CODE}'"
    parts = f"{CATEGORY_FIELD} IS NOT NULL AND {CATEGORY_FIELD} <> '{TOTAL_CODE}'"
    within = f"PARTITION BY c.file_id, c.sheet, c.item, {CATEGORY_FIELD}, origin_code, destination_code"
    connection.execute(f"""
        CREATE TABLE cell_{form.form_id} AS
        SELECT
            c.file_id, c.sheet, c.row_number, c.form_id, c.item, c.value_text, c.value,
            CASE WHEN {total} THEN sum(c.value) FILTER (WHERE {parts}) OVER ({about}) END AS sum_of_categories,
            CASE WHEN l.cell_unit_level = 'township'
                THEN sum(c.value) FILTER (WHERE l.cell_unit_level = 'village')
                    OVER ({within}, left(l.cell_unit_code, 9))
            END AS sum_of_villages
        FROM counted_cell AS c JOIN line_{form.form_id} AS l USING ({_KEYS})
    """)


def _make_common(connection: duckdb.DuckDBPyConnection, forms: Iterable[str]) -> None:
    lines = [f"SELECT {COMMON_COLUMNS} FROM line_{name}" for name in forms]
    typed = ", ".join(
        f"NULL::VARCHAR AS {column}"
        for column in (*(f"{field}_{part}" for field in PLACE_FIELDS for part in _PARTS), CATEGORY_FIELD)
    )
    none = f"SELECT {_KEYS}, form_id, {typed} FROM counted_cell WHERE false"
    connection.execute(f"CREATE VIEW line AS {' UNION ALL '.join(lines) or none}")
    connection.execute(f"CREATE VIEW cell AS SELECT {_KEYS}, form_id, item, value_text, value FROM counted_cell")
