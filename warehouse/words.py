"""Reading again the words of loaded rows that had no code when their file was taken, and have one since.

Which word stood in which row, the finding says that asked about it: so a row need not be delivered again. What the word
decides about a whole row (whose side it speaks for, the document of its number, the category of a count) was decided
when it was taken, and only new deliveries are read by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import duckdb

from ingest.declaration import FieldDeclaration, PersonForm, load_forms, load_value_lists
from quality.handed_on import column_of_code
from quality.shown import is_whole
from warehouse.vault.memory import WAREHOUSE

_KEYS: Final = "file_id, sheet, row_number"
_ABOUT: Final = "known_code:"


def reads_again(form: PersonForm, field: str) -> bool:
    """Whether rows that are loaded are read again where a word of the field gets a code."""
    declared = form.fields.get(field)
    if declared is None or not declared.keep or field in (form.side_field, "id_kind"):
        return False
    return declared.type in ("code", "sex")


def read_words_again(connection: duckdb.DuckDBPyConnection) -> int:
    """Give loaded rows the codes that their words have now; return how many rows changed.

    Their files are forgotten as built, so that the build makes their people anew.
    """
    connection.execute("CREATE TEMP TABLE read_word (form_id VARCHAR, field VARCHAR, word VARCHAR, codes VARCHAR[])")
    known = list(_known_now(connection))
    if known:
        connection.executemany("INSERT INTO read_word VALUES ($1, $2, $3, $4)", known)
        _find_rows(connection)
        _fill_columns(connection, sorted({field for _, field, _, _ in known}))
        _fill_values(connection)
        _forget_as_built(connection)
    changed = connection.execute("SELECT count(*) FROM read_row").fetchall()[0][0] if known else 0
    connection.execute("DROP TABLE read_word; DROP TABLE IF EXISTS read_row")
    return int(changed)


def _known_now(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, str, list[str]]]:
    asked = connection.execute(f"""
        SELECT DISTINCT file.form_id, substr(rule_id, {len(_ABOUT) + 1}) AS field, value_shown
        FROM raw.finding JOIN raw.file AS file USING (file_id)
        WHERE starts_with(rule_id, '{_ABOUT}') AND severity <> 'error' AND {is_whole("value_shown")} ORDER BY ALL
    """).fetchall()
    forms, lists = load_forms(), load_value_lists()
    for form_id, field, word in asked:
        form = forms.get(form_id)
        if not isinstance(form, PersonForm) or not reads_again(form, field):
            continue
        declared: FieldDeclaration = form.fields[field]
        codes = lists[declared.values or ""].codes_of(word, declared.multiple, declared.words)
        if codes is not None and _says_something(field, codes):
            yield form_id, field, word, list(codes)


def _says_something(field: str, codes: tuple[str, ...]) -> bool:
    """Whether a row says with the codes what it did not say without: somebody who has not returned is just there."""
    return field != "returned" or codes == ("YES",)


def _find_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Note the rows that still lack what their word says: those read again before have it."""
    columns = " ".join(
        f"WHEN '{field}' THEN person.{column} IS NULL"
        for (field,) in connection.execute("SELECT DISTINCT field FROM read_word").fetchall()
        if (column := column_of_code(field)) is not None
    )
    connection.execute(f"""
        CREATE TEMP TABLE read_row AS
        SELECT DISTINCT finding.file_id, finding.sheet, finding.row_number, word.field, word.codes
        FROM raw.finding AS finding
        JOIN raw.file AS file USING (file_id)
        JOIN read_word AS word
            ON word.form_id = file.form_id AND finding.rule_id = '{_ABOUT}' || word.field
            AND finding.value_shown = word.word
        JOIN raw.person_row AS person
            ON person.file_id = finding.file_id AND person.sheet IS NOT DISTINCT FROM finding.sheet
            AND person.row_number = finding.row_number
        LEFT JOIN raw.person_value AS said
            ON said.file_id = finding.file_id AND said.sheet IS NOT DISTINCT FROM finding.sheet
            AND said.row_number = finding.row_number AND said.field = word.field
        WHERE {f"CASE word.field {columns} ELSE said.field IS NULL END" if columns else "said.field IS NULL"}
    """)


def _fill_columns(connection: duckdb.DuckDBPyConnection, fields: list[str]) -> None:
    for field in fields:
        column = column_of_code(field)
        if column is None:
            continue
        code = "'RETURNED'" if field == "returned" else "codes[1]"
        connection.execute(f"""
            UPDATE raw.person_row AS person SET {column} = {code} FROM read_row
            WHERE
                read_row.field = '{field}' AND person.file_id = read_row.file_id
                AND person.sheet IS NOT DISTINCT FROM read_row.sheet AND person.row_number = read_row.row_number
        """)


def _fill_values(connection: duckdb.DuckDBPyConnection) -> None:
    in_columns = ", ".join(
        f"'{field}'"
        for (field,) in connection.execute("SELECT DISTINCT field FROM read_row").fetchall()
        if column_of_code(field) is not None
    )
    connection.execute(f"""
        INSERT INTO raw.person_value ({_KEYS}, field, code)
        SELECT {_KEYS}, field, unnest(codes) FROM read_row WHERE field NOT IN ({in_columns or "''"})
    """)


def _forget_as_built(connection: duckdb.DuckDBPyConnection) -> None:
    built = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'built' AND table_name = 'file'"
    ).fetchall()[0][0]
    if built:
        connection.execute(f"DELETE FROM {WAREHOUSE}.built.file WHERE file_id IN (SELECT file_id FROM read_row)")
