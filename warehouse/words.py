"""Reading again the words of loaded rows that had no code when their file was taken, and have one, or another, since.

Which word stood in which row, the finding says that asked about it: so a row need not be delivered again. What the word
decides about a whole row was decided when it was taken, and only the gate and the vault could do it again: its side
gives the row its places and so whether it was let in, the kind of its document how its number is read and its key made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import duckdb

from ingest.declaration import FieldDeclaration, PersonForm, load_forms, load_value_lists
from ingest.sql_text import insert_texts, sql_text
from quality.handed_on import column_of_code
from quality.shown import is_whole
from warehouse.vault.memory import WAREHOUSE

_KEYS: Final = "file_id, sheet, row_number"
_ABOUT: Final = "known_code:"
# The digit for the sex stands in numbers with a check character alone; what it says, a word does not change.
_NUMBER_SAYS_SEX: Final = (
    "person.is_numbered AND person.id_kind IN ('RESIDENT', 'HMT_RESIDENCE', 'FOREIGN_RESIDENCE') "
    "AND person.sex IS NOT NULL"
)


def reads_again(form: PersonForm, field: str) -> bool:
    """Whether rows that are loaded are read again where a word of the field gets a code."""
    declared = form.fields.get(field)
    if declared is None or not declared.keep or field in (form.side_field, "id_kind"):
        return False
    return declared.type in ("code", "sex")


def read_words_again(connection: duckdb.DuckDBPyConnection) -> int:
    """Give loaded rows the codes that their words have now, and none where they have none any more; return how many.

    The files of the rows that changed are forgotten as built, so that the build makes their people anew.
    """
    asked = list(_asked(connection))
    if not asked:
        return 0
    connection.execute("CREATE TEMP TABLE read_word (form_id VARCHAR, field VARCHAR, word VARCHAR, codes VARCHAR)")
    insert_texts(connection, "read_word", asked)
    columns = {field: column for _, field, _, _ in asked if (column := column_of_code(field)) is not None}
    _find_rows(connection, columns)
    _fill_columns(connection, columns)
    _fill_values(connection, columns)
    _forget_as_built(connection)
    changed = connection.execute("SELECT count(*) FROM read_row").fetchall()[0][0]
    connection.execute("DROP TABLE read_word; DROP TABLE read_row")
    return int(changed)


def _asked(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, str, str | None]]:
    """Return the words that were asked about, with what a row with such a word says now."""
    asked = connection.execute(f"""
        SELECT DISTINCT file.form_id, substr(rule_id, {len(_ABOUT) + 1}) AS field, value_shown
        FROM raw.finding JOIN raw.file AS file USING (file_id)
        WHERE starts_with(rule_id, '{_ABOUT}') AND severity <> 'error' AND {is_whole("value_shown")} ORDER BY ALL
    """).fetchall()
    forms, lists = load_forms(), load_value_lists()
    for form_id, field, word in asked:
        form = forms.get(form_id)
        if isinstance(form, PersonForm) and reads_again(form, field):
            declared: FieldDeclaration = form.fields[field]
            codes = lists[declared.values or ""].codes_of(word, declared.multiple, declared.words)
            yield form_id, field, word, _said(field, codes or ())


def _said(field: str, codes: tuple[str, ...]) -> str | None:
    """Return what a row says with the codes; somebody who has not returned is just there."""
    if field == "returned":
        return "RETURNED" if codes == ("YES",) else None
    return ",".join(sorted(codes)) or None


def _find_rows(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> None:
    """Note the rows that do not say what their word says now: those read again before by the same decision do."""
    cases = " ".join(f"WHEN '{field}' THEN person.{column}" for field, column in columns.items())
    says = f"CASE word.field {cases} ELSE said.codes END" if cases else "said.codes"
    connection.execute(f"""
        CREATE TEMP TABLE read_row AS
        WITH asked AS (
            SELECT DISTINCT finding.file_id, finding.sheet, finding.row_number, word.field, word.codes
            FROM raw.finding AS finding
            JOIN raw.file AS file USING (file_id)
            JOIN read_word AS word
                ON word.form_id = file.form_id AND finding.rule_id = '{_ABOUT}' || word.field
                AND finding.value_shown = word.word
        ),
        said AS (
            SELECT {_KEYS}, field, string_agg(code, ',' ORDER BY code) AS codes
            FROM raw.person_value SEMI JOIN asked USING (file_id, row_number, field) GROUP BY ALL
        )
        SELECT word.*
        FROM asked AS word
        JOIN raw.person_row AS person
            ON person.file_id = word.file_id AND person.sheet IS NOT DISTINCT FROM word.sheet
            AND person.row_number = word.row_number
        LEFT JOIN said
            ON said.file_id = word.file_id AND said.sheet IS NOT DISTINCT FROM word.sheet
            AND said.row_number = word.row_number AND said.field = word.field
        WHERE {says} IS DISTINCT FROM word.codes AND NOT (word.field = 'sex' AND {_NUMBER_SAYS_SEX})
    """)


def _fill_columns(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> None:
    for field, column in columns.items():
        connection.execute(f"""
            UPDATE raw.person_row AS person SET {column} = read_row.codes FROM read_row
            WHERE
                read_row.field = '{field}' AND person.file_id = read_row.file_id
                AND person.sheet IS NOT DISTINCT FROM read_row.sheet AND person.row_number = read_row.row_number
        """)


def _fill_values(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]) -> None:
    elsewhere = f"field NOT IN ({', '.join(map(sql_text, columns)) or sql_text('')})"
    connection.execute("""
        DELETE FROM raw.person_value AS said USING read_row
        WHERE
            said.file_id = read_row.file_id AND said.sheet IS NOT DISTINCT FROM read_row.sheet
            AND said.row_number = read_row.row_number AND said.field = read_row.field
    """)
    connection.execute(f"""
        INSERT INTO raw.person_value ({_KEYS}, field, code)
        SELECT {_KEYS}, field, unnest(string_split(codes, ',')) FROM read_row WHERE codes IS NOT NULL AND {elsewhere}
    """)


def _forget_as_built(connection: duckdb.DuckDBPyConnection) -> None:
    built = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'built' AND table_name = 'file'"
    ).fetchall()[0][0]
    if built:
        connection.execute(f"DELETE FROM {WAREHOUSE}.built.file WHERE file_id IN (SELECT file_id FROM read_row)")
