"""Asking the senders: what tonight's rows say of people that only all lists together can make doubtful.

One number with clearly different names, one person with two numbers, two rows of a list about the same person without
number, a row that may be of somebody known, somebody listed after their death. Only rows loaded tonight are asked
about, and what is compared with earlier nights only where it is new, so that the same is not asked every month (a
death is, until it is explained). Findings hold no value of a person; what was asked about whom is a keyed mark, so an
explained question is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingest.identity import readable_birth
from ingest.keys import SiteKey, hmac_expression
from ingest.sql_text import sql_text
from quality.rules import later_rules
from warehouse.vault.profiles import parameters
from warehouse.working_copy import raw_columns

FINDINGS = "person_finding.parquet"
_FIELD = "id_number"
# Names differ clearly where more than half of the longer one, and more than one character, is not in the other.
_UNSHARED = """
    greatest(length(one.name), length(other.name))
    - len(list_intersect(string_split(one.name, ''), string_split(other.name, '')))
"""
_CLEARLY_DIFFERENT = f"{_UNSHARED} > 1 AND 2 * ({_UNSHARED}) > greatest(length(one.name), length(other.name))"
# A hukou place says who somebody is from the county down.
_PLACE_LEVELS = "('county', 'township', 'village')"

_ASKED = f"""
    CREATE OR REPLACE TABLE asked AS
    WITH doubtful AS (
        SELECT
            'number_many_names' AS rule_id, one.person_key, one.name, one.form_id, one.unit_code,
            string_agg(DISTINCT other.name, '/' ORDER BY other.name) AS detail
        FROM fresh AS one JOIN known AS other USING (person_key)
        WHERE one.is_numbered AND {_CLEARLY_DIFFERENT}
        GROUP BY ALL
        UNION ALL
        SELECT
            'person_two_numbers', one.person_key, one.name, one.form_id, one.unit_code,
            string_agg(DISTINCT other.number, '/' ORDER BY other.number)
        FROM fresh AS one JOIN known AS other USING (name, sex, birth_date)
        WHERE one.is_numbered AND other.is_numbered AND one.person_key <> other.person_key
            AND one.origin_level IN {_PLACE_LEVELS} AND other.origin_level IN {_PLACE_LEVELS}
            AND left(one.origin_code, 6) = left(other.origin_code, 6)
        GROUP BY ALL
    ),
    unnumbered AS (
        SELECT *, coalesce(birth_date, {readable_birth("number")}) AS birth FROM admitted WHERE NOT is_numbered
    ),
    alike AS (
        SELECT file_id, sheet, row_number FROM unnumbered WHERE name IS NOT NULL AND birth IS NOT NULL
        QUALIFY count(*) OVER (PARTITION BY file_id, name, birth) > 1
    ),
    dead AS (
        SELECT
            coalesce(link.linked_key, row.person_key) AS person_key,
            min(coalesce(row.ended_to, row.reported_on)) AS died_by
        FROM raw.person_row AS row LEFT JOIN raw.person_link AS link USING (person_key)
        ANTI JOIN raw.correction USING (file_id, sheet, row_number)
        WHERE row.end_code = 'DEATH'
        GROUP BY ALL
    ),
    found AS (
        SELECT file_id, sheet, row_number, rule_id, detail
        FROM admitted JOIN doubtful USING (person_key, name, form_id, unit_code)
        UNION
        SELECT *, 'same_name_same_birth', NULL FROM alike
        UNION
        -- to ask for the number once is enough
        SELECT file_id, sheet, row_number, 'row_held', NULL FROM unnumbered
        ANTI JOIN alike USING (file_id, sheet, row_number)
        WHERE person_key IN (SELECT person_key FROM raw.person_review UNION SELECT other_key FROM raw.person_review)
        UNION
        SELECT row.file_id, row.sheet, row.row_number, 'listed_after_death', NULL
        FROM raw.person_row AS row SEMI JOIN admitted USING (file_id, sheet, row_number)
        LEFT JOIN raw.person_link AS link USING (person_key)
        JOIN dead ON coalesce(link.linked_key, row.person_key) = dead.person_key
        WHERE row.reported_on > dead.died_by AND row.ended_to IS NULL AND row.end_code IS NULL
    )
    SELECT
        found.file_id, found.sheet, found.row_number, found.rule_id,
        concat_ws(
            chr(31), form_id, unit_code, rule_id, coalesce(number, ''), coalesce(name, ''),
            coalesce(birth_date::VARCHAR, ''), coalesce(detail, '')
        ) AS question
    FROM found JOIN admitted USING (file_id, sheet, row_number)
    -- what a slip of the same night has replaced is no question any more
    ANTI JOIN raw.correction USING (file_id, sheet, row_number)
"""

# A slip explains what was asked about the list it answers, or what it gives cause to ask itself.
_EXPLAINED = """
    CREATE OR REPLACE TABLE explained_now AS
    SELECT marked.subject, marked.rule_id, min(marked.file_id) AS file_id
    FROM marked
    JOIN raw.file AS slip USING (file_id)
    JOIN landed USING (file_id, sheet, row_number)
    WHERE landed.explanation IS NOT NULL AND marked.subject IN (
        SELECT subject FROM raw.finding WHERE finding.file_id = slip.corrects_file_id
        UNION SELECT subject FROM marked AS list WHERE list.file_id = slip.corrects_file_id
    )
    GROUP BY marked.subject, marked.rule_id
"""


def ask_senders(
    connection: duckdb.DuckDBPyConnection,
    key: SiteKey,
    gated: Path,
    landed_rows: Sequence[Path],
    columns: Sequence[Path],
) -> int:
    """Write what is to be asked about tonight's people into raw.finding and beside the gate's findings, for the slips.

    Reads ``admitted``, ``fresh`` and ``known``. ``landed_rows`` are tonight's person rows as they were landed, with the
    senders' explanations, ``columns`` their columns. Returns how many findings there are.
    """
    connection.execute(_ASKED)
    if not connection.execute("SELECT EXISTS (FROM asked)").fetchall()[0][0]:
        return 0
    _mark(connection, key)
    _settle(connection, landed_rows)
    _word(connection, columns)
    connection.execute(f"COPY (FROM person_finding ORDER BY ALL) TO {sql_text(gated / FINDINGS)} (FORMAT parquet)")
    names = ", ".join(raw_columns(connection, "finding"))
    connection.execute(f"INSERT INTO raw.finding ({names}) SELECT {names} FROM person_finding ORDER BY ALL")
    return int(connection.execute("SELECT count(*) FROM person_finding").fetchall()[0][0])


def _mark(connection: duckdb.DuckDBPyConnection, key: SiteKey) -> None:
    connection.execute(
        "CREATE OR REPLACE TABLE marked AS "
        f"SELECT * EXCLUDE (question), {hmac_expression('question')} AS subject FROM asked",
        parameters(key, "mark"),
    )


def _settle(connection: duckdb.DuckDBPyConnection, landed_rows: Sequence[Path]) -> None:
    """Note which questions the senders' slips of tonight explain."""
    nothing = "SELECT ''::VARCHAR AS file_id, ''::VARCHAR AS sheet, 0::BIGINT AS row_number, ''::VARCHAR AS explanation"
    connection.execute(f"""
        CREATE OR REPLACE VIEW landed AS
        {nothing} WHERE false
        UNION ALL {_landed(landed_rows, "file_id, sheet, row_number, explanation", nothing)}
    """)
    connection.execute(_EXPLAINED)
    connection.execute(
        "INSERT INTO raw.explanation BY NAME FROM explained_now ANTI JOIN raw.explanation USING (subject)"
    )


def _word(connection: duckdb.DuckDBPyConnection, columns: Sequence[Path]) -> None:
    """Create ``person_finding``: the questions in words, under the sender's own heading, as the gate writes its own."""
    rules = later_rules()
    connection.execute(
        "CREATE OR REPLACE TABLE later_rule (rule_id VARCHAR, severity VARCHAR, advice_zh VARCHAR, advice_en VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO later_rule VALUES (?, ?, ?, ?)",
        [(rule.rule_id, rule.severity, rule.advice_zh, rule.advice_en) for rule in rules.values()],
    )
    nothing = "SELECT ''::VARCHAR AS file_id, ''::VARCHAR AS sheet, ''::VARCHAR AS heading, ''::VARCHAR AS field"
    connection.execute(f"""
        CREATE OR REPLACE TABLE person_finding AS
        WITH headed AS (
            SELECT file_id, sheet, string_agg(DISTINCT heading, '、' ORDER BY heading) AS heading
            FROM ({_landed(columns, "file_id, sheet, heading, field", nothing)}) WHERE field = '{_FIELD}' GROUP BY ALL
        )
        SELECT
            marked.file_id, marked.sheet, marked.row_number, '{_FIELD}' AS field, headed.heading AS column_name,
            rule_id, later_rule.severity, NULL::VARCHAR AS value_shown, NULL::VARCHAR AS suggestion,
            later_rule.advice_zh, later_rule.advice_en,
            CASE WHEN subject IN (SELECT subject FROM raw.explanation) THEN 'explained' ELSE 'open' END AS status,
            marked.subject
        FROM marked JOIN later_rule USING (rule_id)
        LEFT JOIN headed USING (file_id, sheet)
    """)


def _landed(files: Sequence[Path], columns: str, nothing: str) -> str:
    if not files:
        return f"SELECT * FROM ({nothing}) WHERE false"
    listed = ", ".join(map(sql_text, files))
    return f"SELECT {columns} FROM read_parquet([{listed}], union_by_name = true)"
