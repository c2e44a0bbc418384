"""From landed text to the typed relations that the rules look at, set by set inside DuckDB.

Each distinct date, code and place text is read once and joined back. The relations are ``person`` (one row per person
row), ``line`` (one row per row of a count form) and ``cell`` (one row per counted value). For a field ``f`` the typed
value stands in ``f`` and the text as written in ``f_text``; the other columns are listed where they are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import duckdb

from ingest.declaration import CountForm, FieldDeclaration, PersonForm, PlaceOfForm, load_forms, load_value_lists
from ingest.identity import (
    address_code_of,
    birth_date_of,
    canonical_number,
    is_unsafe_numeric,
    sex_of,
    unknown_address_codes,
    written_number,
)
from ingest.typed import month_of, spaced, typed_expression
from quality.places import PlaceReader, fits_unit
from quality.rules import ROW_UNIT_FIELD

NUMBER_FIELD = "id_number"
_FILE_FACTS = "unit_code, unit_level, period, reported_on, list_kind"


def make_person_rows(connection: duckdb.DuckDBPyConnection, places: PlaceReader, run_date: date) -> None:
    """Create the table ``person`` of all judged person rows."""
    forms = {name: form for name, form in load_forms().items() if isinstance(form, PersonForm)}
    fields = {name: field for form in forms.values() for name, field in form.fields.items()}
    _read_texts(connection, fields)
    _read_dates(connection, fields)
    _read_codes(connection, forms)
    _read_numbers(connection)
    places.read_row_units(ROW_UNIT_FIELD)
    places.read_addresses(_of_type(fields, "place"), ROW_UNIT_FIELD)
    _join_typed(connection, forms, fields, run_date)


def make_report_rows(connection: duckdb.DuckDBPyConnection, places: PlaceReader) -> None:
    """Create the tables ``cell`` and ``line`` of all judged rows of count forms."""
    connection.execute(f"""
        CREATE TABLE cell AS
        SELECT
            r.file_id, r.sheet, r.row_number, r.form_id, {_FILE_FACTS}, item,
            {spaced("cell_unit_text")} AS cell_unit_text,
            {spaced("value_text")} AS value_text,
            {typed_expression("integer", "value_text")} AS value
        FROM landed_report_row AS r JOIN delivered AS d ON d.file_id = r.file_id AND d.is_judged
    """)
    places.read_cell_units()
    items = {item for form in load_forms().values() if isinstance(form, CountForm) for item in form.items}
    values = "".join(f", max(value) FILTER (WHERE item = '{item}') AS {item}" for item in sorted(items))
    connection.execute(f"""
        CREATE TABLE line AS
        SELECT
            file_id, sheet, row_number, any_value(form_id) AS form_id,
            any_value(cell_unit_text) AS cell_unit_text,
            any_value(u.code) AS cell_unit_code,
            CASE WHEN any_value(cell_unit_text) IS NOT NULL THEN coalesce(any_value(u.match), 'none') END
                AS cell_unit_match
            {values}
        FROM cell LEFT JOIN cell_unit AS u ON u.text = cell.cell_unit_text AND u.context_code = cell.unit_code
        GROUP BY ALL
    """)


def _read_texts(connection: duckdb.DuckDBPyConnection, fields: Iterable[str]) -> None:
    texts = ", ".join(f"{spaced(f'r.{field}')} AS {field}_text" for field in fields)
    connection.execute(f"""
        CREATE TABLE text_row AS
        SELECT r.file_id, r.sheet, r.row_number, r.form_id, {_FILE_FACTS}, {texts}, r.id_number_numeric
        FROM landed_person_row AS r JOIN delivered AS d ON d.file_id = r.file_id AND d.is_judged
    """)


def _read_dates(connection: duckdb.DuckDBPyConnection, fields: Mapping[str, FieldDeclaration]) -> None:
    texts = " UNION ".join(f"SELECT {field}_text AS text FROM text_row" for field in _of_type(fields, "date"))
    connection.execute(f"""
        CREATE TABLE date_of AS
        SELECT text, {typed_expression("date", "text")} AS day, {month_of("text")} AS month
        FROM ({texts}) WHERE text IS NOT NULL
    """)


def _read_codes(connection: duckdb.DuckDBPyConnection, forms: Mapping[str, PersonForm]) -> None:
    """Map each distinct word through its value list; words are few however many rows there are."""
    lists = load_value_lists()
    connection.execute("CREATE TABLE code_of (form_id VARCHAR, field VARCHAR, text VARCHAR, code VARCHAR)")
    for form in forms.values():
        for field, declaration in form.fields.items():
            if declaration.values is None:
                continue
            words = connection.execute(
                f"SELECT DISTINCT {field}_text FROM text_row WHERE form_id = $1 AND {field}_text IS NOT NULL",
                [form.form_id],
            ).fetchall()
            found = [
                (form.form_id, field, word, lists[declaration.values].code_of(word, declaration.words))
                for (word,) in words
            ]
            if found:
                connection.executemany("INSERT INTO code_of VALUES ($1, $2, $3, $4)", found)


def _read_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``number_row``: the number of each row, what it says, and whether its address code is unknown."""
    unsafe = is_unsafe_numeric("written", "id_number_numeric")
    connection.execute(f"""
        CREATE TABLE number_row AS
        SELECT *, {birth_date_of("number")} AS number_birth, {sex_of("number")} AS number_sex
        FROM (
            SELECT *, CASE WHEN NOT unsafe THEN {canonical_number("written")} END AS number
            FROM (
                SELECT *, coalesce({unsafe}, false) AS unsafe
                FROM (
                    SELECT
                        file_id, sheet, row_number, id_number_numeric,
                        {written_number(f"{NUMBER_FIELD}_text")} AS written
                    FROM text_row
                )
            )
        )
    """)
    codes = connection.execute(
        f"SELECT DISTINCT {address_code_of('number')} FROM number_row WHERE number IS NOT NULL"
    ).fetchall()
    unknown = [(code,) for code in sorted(unknown_address_codes([code for (code,) in codes]))]
    connection.execute("CREATE TABLE unknown_address (code VARCHAR)")
    if unknown:
        connection.executemany("INSERT INTO unknown_address VALUES ($1)", unknown)


def _join_typed(
    connection: duckdb.DuckDBPyConnection,
    forms: Mapping[str, PersonForm],
    fields: Mapping[str, FieldDeclaration],
    run_date: date,
) -> None:
    columns: list[str] = []
    joins: list[str] = []
    for field, declaration in fields.items():
        field_columns, field_joins = _typed_field(field, declaration)
        columns.extend(field_columns)
        joins.extend(field_joins)
    origin = _place_columns("origin", {name: form.origin for name, form in forms.items()})
    destination = _place_columns("dest", {name: form.destination for name, form in forms.items()})
    side = " ".join(f"WHEN '{name}' THEN '{form.side}'" for name, form in forms.items())
    content = ", ".join(_content(field, declaration) for field, declaration in fields.items())
    connection.execute(
        f"""
        CREATE TABLE person AS
        WITH typed AS (
            SELECT
                r.*, CASE r.form_id {side} END AS side, least(r.reported_on, $run_date) AS last_day,
                n.number_birth, n.number_sex, {", ".join(columns)},
                coalesce(v.code, r.unit_code) AS row_unit_code, coalesce(v.level, r.unit_level) AS row_unit_level
            FROM text_row AS r
            JOIN number_row AS n USING (file_id, sheet, row_number)
            LEFT JOIN row_unit AS v ON v.text = r.{ROW_UNIT_FIELD}_text AND v.context_code = r.unit_code
            {" ".join(joins)}
        ),
        placed AS (
            SELECT *, coalesce(number_birth, birth_date) AS birth, {origin}, {destination},
                md5_number(concat_ws(chr(31), {content})) AS content
            FROM typed
        )
        SELECT
            *,
            row_number() OVER (PARTITION BY file_id, content ORDER BY sheet, row_number) AS same_content_rank,
            CASE WHEN {NUMBER_FIELD} IS NOT NULL AND min(content) OVER same_number <> max(content) OVER same_number
                THEN 2 ELSE 1 END AS same_number_contents
        FROM placed
        WINDOW same_number AS (PARTITION BY file_id, {NUMBER_FIELD})
        """,
        {"run_date": run_date},
    )


def _typed_field(field: str, declaration: FieldDeclaration) -> tuple[list[str], list[str]]:
    """Return the columns of one field in ``person`` and the joins they need."""
    text, alias = f"r.{field}_text", f"of_{field}"
    if declaration.type == "id_number":
        unknown = f"EXISTS (SELECT 1 FROM unknown_address AS u WHERE u.code = {address_code_of('n.number')})"
        return [
            f"n.number AS {field}",
            f"n.unsafe AS {field}_unsafe",
            f"n.number IS NOT NULL AND {unknown} AS {field}_address_unknown",
        ], []
    if declaration.type == "date":
        join = f"LEFT JOIN date_of AS {alias} ON {alias}.text = {text}"
        return [f"{alias}.day AS {field}", f"{alias}.month AS {field}_month"], [join]
    if declaration.values is not None:
        join = (
            f"LEFT JOIN code_of AS {alias} "
            f"ON {alias}.text = {text} AND {alias}.form_id = r.form_id AND {alias}.field = '{field}'"
        )
        return [f"{alias}.code AS {field}", f"coalesce({alias}.code, {text}) AS {field}_given"], [join]
    if declaration.type == "place":
        context = "coalesce(v.code, r.unit_code)"
        join = f"LEFT JOIN address AS {alias} ON {alias}.text = {text} AND {alias}.context_code = {context}"
        return [
            f"{alias}.code AS {field}_code",
            f"{alias}.level AS {field}_level",
            f"{alias}.match AS {field}_match",
            f"{fits_unit(f'{alias}.code', context)} AS {field}_fits",
        ], [join]
    if field == ROW_UNIT_FIELD:
        return [f"{typed_expression(declaration.type, text)} AS {field}", f"v.match AS {field}_match"], []
    return [f"{typed_expression(declaration.type, text)} AS {field}"], []


def _place_columns(prefix: str, places: Mapping[str, PlaceOfForm]) -> str:
    """Return ``<prefix>_code``, ``_level`` and ``_match`` of a person's origin or destination, form by form."""
    parts = []
    for part in ("code", "level", "match"):
        cases = " ".join(f"WHEN '{form_id}' THEN {_place_part(place, part)}" for form_id, place in places.items())
        parts.append(f"CASE form_id {cases} END AS {prefix}_{part}")
    return ", ".join(parts)


def _place_part(place: PlaceOfForm, part: str) -> str:
    """The text decides where it names a place; within the unit it must fit there and be the deeper of the two."""
    unit = {"code": "row_unit_code", "level": "row_unit_level", "match": "'exact'"}[part]
    otherwise = unit if place.otherwise == "unit" else "NULL"
    if place.field is None:
        return otherwise
    found = f"{place.field}_{part}"
    if place.within is None:
        named = f"CASE WHEN {place.field}_code IS NOT NULL THEN {found}"
        return f"{named} WHEN {place.field}_text IS NULL THEN {otherwise} {_no_match(part)} END"
    inside = f"{place.field}_fits AND {place.field}_code > row_unit_code"
    if part != "match":
        return f"CASE WHEN {inside} THEN {found} ELSE {otherwise} END"
    unproven = f"WHEN {place.field}_text IS NOT NULL AND NOT coalesce({place.field}_fits, false) THEN 'partial'"
    return f"CASE WHEN {inside} THEN {found} {unproven} ELSE {otherwise} END"


def _no_match(part: str) -> str:
    return "ELSE 'none'" if part == "match" else ""


def _content(field: str, declaration: FieldDeclaration) -> str:
    """What makes two rows of a list the same: typed values where there are any, else the text."""
    if declaration.type == "place":
        return f"coalesce({field}_text, '')"
    if declaration.values is not None:
        return f"coalesce({field}_given, '')"
    return f"coalesce(CAST({field} AS VARCHAR), {field}_text, '')"


def _of_type(fields: Mapping[str, FieldDeclaration], field_type: str) -> list[str]:
    return [name for name, field in fields.items() if field.type == field_type]
