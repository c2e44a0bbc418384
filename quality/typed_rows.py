"""From landed text to the typed relations that the rules look at, set by set inside DuckDB.

Each form with judged rows gets a relation ``person_<form>`` of its own, with that form's fields only. Every distinct
date, code and place text is read once and joined back. A relation is a table of what was typed and a view over it that
adds what follows from it: where the form says origin and destination are, and which rows repeat or contradict another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import duckdb

from ingest.cell_text import spaced
from ingest.dates import date_expression
from ingest.declaration import FieldDeclaration, PersonForm, PlaceOfForm, RowField, load_forms, load_value_lists
from ingest.identity import birth_date_of, is_checked, is_unsafe_numeric, sex_of, written_identity, written_number
from quality.numberless import NUMBER_WRITTEN, identity, is_linkable
from quality.places import PlaceReader, reported_in
from quality.rule import BIRTH_FIELD, ID_KIND_FIELD, NUMBER_FIELD, ROW_UNIT_FIELD
from quality.typed_fields import ROW_CONTEXT, FieldColumns, field_columns

_KEYS = "file_id, sheet, row_number"
# What the relations of all forms have in common, for what is asked of any person row.
COMMON_COLUMNS = f"{_KEYS}, form_id, {NUMBER_FIELD}, identity, hex(content) AS content, is_repeat"

Forms = Mapping[str, PersonForm]


def make_person_rows(connection: duckdb.DuckDBPyConnection, places: PlaceReader, run_date: date) -> Mapping[str, int]:
    """Create ``person_<form>`` for every form with judged rows and ``person`` over all; return the rows of each.

    ``person`` has ``COMMON_COLUMNS`` only.
    """
    # Whatever is handed on is ordered when it is written.
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("""
        CREATE VIEW delivered_row AS
        SELECT r.*, d.unit_code, d.unit_level, d.reported_on
        FROM landed_person_row AS r JOIN delivered AS d ON d.file_id = r.file_id AND d.is_judged
    """)
    counted = connection.execute("SELECT form_id, count(*) FROM delivered_row GROUP BY ALL ORDER BY ALL").fetchall()
    rows = {str(form_id): int(count) for form_id, count in counted}
    declared = load_forms()
    forms = {name: form for name in rows if isinstance(form := declared[name], PersonForm)}
    _read_dates(connection, forms, run_date)
    _read_codes(connection, forms)
    _read_places(places, forms)
    for form in forms.values():
        _make_typed(connection, form, places, run_date)
        _make_repeats(connection, form)
        _make_view(connection, form)
    common = [f"SELECT {COMMON_COLUMNS} FROM person_{name}" for name in forms]
    connection.execute(f"CREATE VIEW person AS {' UNION ALL '.join(common) or _no_person()}")
    return {f"person_{name}": count for name, count in rows.items()}


def _no_person() -> str:
    return (
        f"SELECT {_KEYS}, form_id, NULL::VARCHAR AS {NUMBER_FIELD}, NULL::VARCHAR AS identity, "
        "NULL::VARCHAR AS content, false AS is_repeat FROM delivered_row WHERE false"
    )


def _read_dates(connection: duckdb.DuckDBPyConnection, forms: Forms, run_date: date) -> None:
    texts = " UNION ".join(
        [
            f"SELECT {field} AS text FROM delivered_row WHERE form_id = '{form_id}'"
            for form_id, field in _of(forms, "date")
        ]
        or ["SELECT NULL::VARCHAR AS text"]
    )
    connection.execute(f"""
        CREATE TEMP TABLE date_of AS
        SELECT text, written, read.first AS first, read.last AS last, read.kind AS kind
        FROM (
            SELECT text, {spaced("text")} AS written, {date_expression("text", run_date)} AS read
            FROM ({texts}) WHERE text IS NOT NULL
        )
    """)


def _read_codes(connection: duckdb.DuckDBPyConnection, forms: Forms) -> None:
    """Map each distinct word through its value list; words are few however many rows there are."""
    connection.execute("""
        CREATE TABLE code_of (
            form_id VARCHAR, field VARCHAR, text VARCHAR, written VARCHAR, code VARCHAR, codes VARCHAR[],
            unknown VARCHAR[]
        )
    """)
    for form_id, field in _of(forms, "code", "sex"):
        declaration = forms[form_id].fields[field]
        words = connection.execute(
            f"SELECT text, {spaced('text')} AS word "
            f"FROM (SELECT DISTINCT {field} AS text FROM delivered_row WHERE form_id = $1) WHERE word IS NOT NULL",
            [form_id],
        ).fetchall()
        note_codes(connection, (form_id, field), declaration, words, multiple=declaration.multiple)


def note_codes(
    connection: duckdb.DuckDBPyConnection,
    about: tuple[str, str],
    declared: FieldDeclaration | RowField,
    words: Iterable[tuple[str, str]],
    *,
    multiple: bool = False,
) -> None:
    """Add to ``code_of`` what the texts of a field say, each as it was landed and as it is written."""
    values = load_value_lists()[declared.values or ""]
    found = []
    for text, word in words:
        codes = values.codes_of(word, multiple, declared.words)
        unknown = list(values.unknown_in(word, multiple, declared.words))
        read = (codes[0], list(codes)) if codes else (None, None)
        found.append((*about, text, word, *read, unknown))
    if found:
        connection.executemany("INSERT INTO code_of VALUES ($1, $2, $3, $4, $5, $6, $7)", found)


def _read_places(places: PlaceReader, forms: Forms) -> None:
    listed = ", ".join(f"'{name}'" for name, form in forms.items() if ROW_UNIT_FIELD in form.fields) or "NULL"
    places.read(
        "row_unit",
        _written(
            f"SELECT DISTINCT {ROW_UNIT_FIELD} AS text, unit_code AS context_code FROM delivered_row "
            f"WHERE unit_level <> 'village' AND form_id IN ({listed})"
        ),
        only_inside=True,
    )
    texts = [
        f"SELECT DISTINCT {places.same_reading(f'r.{field}')} AS text, {ROW_CONTEXT} AS context_code "
        f"FROM delivered_row AS r {_ROW_UNIT} WHERE r.form_id = '{form_id}' AND r.{field} IS NOT NULL"
        for form_id, field in _of(forms, "place")
    ]
    none = "SELECT NULL::VARCHAR AS text, NULL::VARCHAR AS context_code WHERE false"
    places.read("address", _written(" UNION ".join(texts or [none])), only_inside=False)


def _written(texts: str) -> str:
    """Leave out what is blank; asked of distinct texts, not of rows."""
    return f"SELECT * FROM ({texts}) WHERE {spaced('text')} IS NOT NULL"


_ROW_UNIT = (
    f"LEFT JOIN row_unit AS v ON v.text = r.{ROW_UNIT_FIELD} AND v.context_code = r.unit_code "
    f"AND {reported_in('v', 'r.reported_on')}"
)


def _make_typed(connection: duckdb.DuckDBPyConnection, form: PersonForm, places: PlaceReader, run_date: date) -> None:
    """Create ``typed_<form>``: one row per judged row, with what is kept of each field."""
    fields = _columns_of(form)
    kept = ", ".join(column for field in fields.values() for column in field.kept)
    joins = " ".join(join for field in fields.values() for join in field.joins)
    content = ", ".join(field.content for field in fields.values())
    row_unit = _ROW_UNIT if ROW_UNIT_FIELD in form.fields else "LEFT JOIN row_unit AS v ON false"
    connection.execute(
        f"""
        CREATE TABLE typed_{form.form_id} AS
        SELECT
            *,
            {birth_date_of(NUMBER_FIELD)} AS number_birth, {sex_of(NUMBER_FIELD)} AS number_sex,
            {is_linkable(form)} AS is_linkable,
            md5_number(concat_ws(chr(31), {content})) AS content
        FROM (
            SELECT
                r.file_id, r.sheet, r.row_number, r.form_id, least(r.reported_on, $run_date) AS last_day,
                coalesce(v.code, r.unit_code) AS row_unit_code, coalesce(v.level, r.unit_level) AS row_unit_level,
                {kept}
            FROM ({_numbered(form, places)}) AS r {row_unit} {joins}
        )
        """,
        {"run_date": run_date},
    )


def _make_repeats(connection: duckdb.DuckDBPyConnection, form: PersonForm) -> None:
    """Find the rows of a list that say the same twice, and the numbers that stand in it with different content."""
    typed = f"typed_{form.form_id}"
    connection.execute(f"""
        CREATE TABLE repeated_{form.form_id} AS
        SELECT file_id, content, min({{'sheet': sheet, 'row_number': row_number}}) AS original
        FROM {typed} GROUP BY file_id, content HAVING count(*) > 1
    """)
    connection.execute(f"""
        CREATE TABLE contradicted_{form.form_id} AS
        SELECT file_id, {NUMBER_FIELD} FROM {typed} WHERE {NUMBER_FIELD} IS NOT NULL
        GROUP BY ALL HAVING min(content) <> max(content)
    """)


def _make_view(connection: duckdb.DuckDBPyConnection, form: PersonForm) -> None:
    """Create ``person_<form>``: the typed rows with what follows from them."""
    name = form.form_id
    derived = [column for field in _columns_of(form).values() for column in field.derived]
    own_birth = [f"{BIRTH_FIELD}_{part}" if BIRTH_FIELD in form.fields else "NULL::DATE" for part in ("first", "last")]
    derived += [f"coalesce(number_birth, {own_birth[0]}) AS birth_first"]
    derived += [f"coalesce(number_birth, {own_birth[1]}) AS birth_last"]
    connection.execute(f"""
        CREATE VIEW person_{name} AS
        SELECT
            *, {", ".join((*_place_columns("origin", form.origin), *_place_columns("dest", form.destination)))},
            {NUMBER_WRITTEN} AS number_written, {identity(form)} AS identity
        FROM (
            SELECT
                t.*, {_side(form)} AS side,
                s.content IS NOT NULL AND {{'sheet': t.sheet, 'row_number': t.row_number}} <> s.original AS is_repeat,
                n.file_id IS NOT NULL AS number_differs, {", ".join(derived)}
            FROM typed_{name} AS t
            LEFT JOIN repeated_{name} AS s ON s.file_id = t.file_id AND s.content = t.content
            LEFT JOIN contradicted_{name} AS n ON n.file_id = t.file_id AND n.{NUMBER_FIELD} = t.{NUMBER_FIELD}
        )
    """)


def _side(form: PersonForm) -> str:
    """A flow into the unit is reported by the destination, one out of it by the origin."""
    if form.side_field is None:
        return f"'{form.side}'"
    return f"CASE t.{form.side_field} WHEN 'IN' THEN 'destination' WHEN 'OUT' THEN 'origin' ELSE '{form.side}' END"


def _place_columns(prefix: str, place: PlaceOfForm) -> Iterator[str]:
    """Return ``<prefix>_code``, ``_level`` and ``_match`` of a person's origin or destination."""
    side = "origin" if prefix == "origin" else "destination"
    for part in ("code", "level", "match"):
        yield f"{_place_part(place, part, side)} AS {prefix}_{part}"


def _place_part(place: PlaceOfForm, part: str, side: str) -> str:
    """The text decides where there is one; within the unit it must fit there and be the deeper of the two."""
    unit = {"code": "row_unit_code", "level": "row_unit_level", "match": "'exact'"}[part]
    otherwise = {
        None: "NULL",
        "unit": unit,
        "unit_if_own_side": f"CASE WHEN side = '{side}' THEN {unit} END",
    }[place.otherwise]
    if place.field is None:
        return otherwise
    text, code, found = f"{place.field}_text", f"{place.field}_code", f"{place.field}_{part}"
    if place.within is None:
        return f"CASE WHEN {text} IS NULL THEN {otherwise} ELSE {found} END"
    inside = f"{place.field}_fits AND {code} > row_unit_code"
    if part != "match":
        return f"CASE WHEN {inside} THEN {found} ELSE {otherwise} END"
    unproven = f"WHEN {text} IS NOT NULL AND NOT coalesce({place.field}_fits, false) THEN 'partial'"
    return f"CASE WHEN {inside} THEN {found} {unproven} ELSE {otherwise} END"


def _numbered(form: PersonForm, places: PlaceReader) -> str:
    """Return the landed rows of the form with what their numbers say, and the texts their places were read by.

    A number whose county never was is right but for that; its row is asked about, so the number is kept.
    """
    kind, join = "NULL::VARCHAR", ""
    if ID_KIND_FIELD in form.fields:
        kind = "k.code"
        join = (
            f"LEFT JOIN code_of AS k ON k.form_id = r.form_id AND k.field = '{ID_KIND_FIELD}' "
            f"AND k.text = r.{ID_KIND_FIELD}"
        )
    read_by = [f", {places.same_reading(f'r.{field}')} AS {field}_read" for _, field in _of({"": form}, "place")]
    return f"""
        SELECT
            * EXCLUDE (written, said_kind, identity), identity.kind AS {NUMBER_FIELD}_kind,
            identity.problem AS {NUMBER_FIELD}_problem, identity.doubt AS {NUMBER_FIELD}_doubt,
            coalesce({is_unsafe_numeric("written", f"{NUMBER_FIELD}_numeric")}, false) AS {NUMBER_FIELD}_unsafe,
            CASE WHEN identity.problem = 'region' AND {is_checked("written")} THEN written ELSE identity.number END
                AS {NUMBER_FIELD}_number
        FROM (
            SELECT
                *, {written_identity("written", "said_kind", f"{NUMBER_FIELD}_numeric")} AS identity
            FROM (
                SELECT r.*, {written_number(f"r.{NUMBER_FIELD}")} AS written, {kind} AS said_kind{"".join(read_by)}
                FROM delivered_row AS r {join} WHERE r.form_id = '{form.form_id}'
            )
        )
    """


def _columns_of(form: PersonForm) -> Mapping[str, FieldColumns]:
    return {name: field_columns(form.form_id, name, field) for name, field in form.fields.items()}


def _of(forms: Forms, *types: str) -> Iterable[tuple[str, str]]:
    """Return form and field of every field of one of the types."""
    return [(name, field) for name, form in forms.items() for field, each in form.fields.items() if each.type in types]
