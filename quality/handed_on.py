"""What of the typed relations the gate hands on: accepted person rows, their further values, and counts.

Each form has its own columns, so the views made here bring the forms that have rows tonight to the columns of schema
raw.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import duckdb

from ingest.declaration import PersonForm, load_forms

_KEYS = "file_id, sheet, row_number"
_CURRENT = "p.form_id, j.unit_code, j.period, j.reported_on"

# Columns of raw.person_row that a field fills, with their type and what they take of the field, by its name. No form
# has two of the fields that fill one column.
_FROM_FIELD: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "id_kind": ("VARCHAR", {"id_number": "id_number_kind"}),
    "phone": ("VARCHAR", {"phone": "coalesce(phone, phone_text)"}),
    "own_sex": ("VARCHAR", {"sex": "sex"}),
    "own_birth_date": ("DATE", {"birth_date": "birth_date"}),
    "hukou_nature": ("VARCHAR", {"hukou_nature": "hukou_nature"}),
    "education_code": ("VARCHAR", {"education": "education"}),
    **{
        column: ("DATE", {field: value})
        for stem in ("left_hukou", "arrived", "ended")
        for field in (f"{stem}_date",)
        for column, value in (
            (field, field),
            (f"{stem}_from", f"{field}_first"),
            (f"{stem}_to", f"{field}_last"),
        )
    },
    "registered_date": ("DATE", {"registered_date": "registered_date"}),
    "reason_code": ("VARCHAR", {"reason": "reason"}),
    "dwelling_code": ("VARCHAR", {"dwelling": "dwelling"}),
    "end_code": (
        "VARCHAR",
        {"cancel_reason": "cancel_reason", "returned": "CASE returned WHEN 'YES' THEN 'RETURNED' END"},
    ),
}
_ALWAYS: Mapping[str, str] = {
    "file_id": "VARCHAR",
    "sheet": "VARCHAR",
    "row_number": "BIGINT",
    "form_id": "VARCHAR",
    "side": "VARCHAR",
    "id_number": "VARCHAR",
    "number_written": "VARCHAR",
    "person_name": "VARCHAR",
    "number_sex": "VARCHAR",
    "number_birth": "DATE",
    **{f"{end}_{part}": "VARCHAR" for end in ("origin", "dest") for part in ("code", "level", "match")},
}
# Fields that raw.person_row says in columns of its own.
_HAVE_COLUMNS = frozenset(field for _, fields in _FROM_FIELD.values() for field in fields)
_VALUE_COLUMNS = "code VARCHAR, day_from DATE, day_to DATE, number BIGINT"

_ACCEPTED = f"""
JOIN row_status AS s USING ({_KEYS})
JOIN judgement AS j USING (file_id)
WHERE s.status = 'accepted' AND j.status IN ('accepted', 'partly_returned')
"""

# Where a number says sex and birth date, the row's own columns agree with it or are empty.
PERSON_ROW = f"""
SELECT
    p.file_id, p.sheet, p.row_number, {_CURRENT}, j.list_kind, p.side,
    p.id_number, p.id_number IS NOT NULL AS is_numbered, p.number_written, p.person_name, p.phone, p.id_kind,
    coalesce(p.number_sex, p.own_sex) AS sex, coalesce(p.number_birth, p.own_birth_date) AS birth_date,
    p.* EXCLUDE (
        file_id, sheet, row_number, form_id, side, id_number, number_written, person_name, phone, id_kind,
        number_sex, own_sex, number_birth, own_birth_date
    )
FROM handed_person AS p {_ACCEPTED} ORDER BY {_KEYS}
"""

PERSON_VALUE = f"""
SELECT p.* FROM handed_value AS p {_ACCEPTED} ORDER BY {_KEYS}, field, code
"""

REPORT_CELL = f"""
SELECT
    c.file_id, c.sheet, c.row_number, c.form_id, j.unit_code, l.cell_unit_code, j.period, j.reported_on,
    l.origin_code, l.origin_level, l.destination_code AS dest_code, l.destination_level AS dest_level, l.category,
    c.item, c.value AS persons
FROM cell AS c JOIN line AS l USING ({_KEYS}) {_ACCEPTED} AND c.value IS NOT NULL
ORDER BY {_KEYS}, c.item
"""


def column_of_code(field: str) -> str | None:
    """Return the column of raw.person_row that has what a field of codes says; None: it is in raw.person_value."""
    found = (column for column, (kind, fields) in _FROM_FIELD.items() if kind == "VARCHAR" and field in fields)
    return {"own_sex": "sex"}.get(column := next(found, ""), column) or None


def make_handed_on(connection: duckdb.DuckDBPyConnection, relations: Collection[str]) -> None:
    """Create ``handed_person`` and ``handed_value`` over the forms that have a relation."""
    forms = [
        form for form in load_forms().values() if isinstance(form, PersonForm) and f"person_{form.form_id}" in relations
    ]
    columns = {**_ALWAYS, **{column: kind for column, (kind, _) in _FROM_FIELD.items()}}
    empty = ", ".join(f"NULL::{kind} AS {column}" for column, kind in columns.items())
    people = [f"SELECT {', '.join(_person_columns(form))} FROM person_{form.form_id}" for form in forms]
    connection.execute(f"CREATE VIEW handed_person AS {_union(people, empty)}")
    nothing = "NULL::VARCHAR AS file_id, NULL::VARCHAR AS sheet, NULL::BIGINT AS row_number, NULL::VARCHAR AS field, "
    nothing += ", ".join(f"NULL::{kind} AS {name}" for name, kind in map(str.split, _VALUE_COLUMNS.split(", ")))
    values = [select for form in forms for select in _value_selects(form)]
    connection.execute(f"CREATE VIEW handed_value AS {_union(values, nothing)}")


def _union(selects: Collection[str], empty: str) -> str:
    return " UNION ALL ".join([*selects, f"SELECT {empty} WHERE false"])


def _person_columns(form: PersonForm) -> Iterator[str]:
    yield from _ALWAYS
    for column, (kind, fields) in _FROM_FIELD.items():
        said = [value for field, value in fields.items() if field in form.fields and form.fields[field].keep]
        yield f"{said[0] if said else f'NULL::{kind}'} AS {column}"


def _value_selects(form: PersonForm) -> Iterator[str]:
    for field, declaration in form.fields.items():
        if field in _HAVE_COLUMNS or not declaration.keep:
            continue
        code, first, last, number, where = "NULL", "NULL", "NULL", "NULL", field
        if declaration.type == "code":
            code = f"unnest({field})" if declaration.multiple else field
        elif declaration.type == "date":
            first, last, where = f"{field}_first", f"{field}_last", f"{field}_first"
        elif declaration.type == "integer":
            number = field
        else:
            continue
        yield (
            f"SELECT {_KEYS}, '{field}' AS field, {code} AS code, {first} AS day_from, {last} AS day_to, "
            f"{number} AS number FROM person_{form.form_id} WHERE {where} IS NOT NULL"
        )
