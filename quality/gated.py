"""What the gate hands on: the Parquet files of the gated folder, in the columns of schema raw.

Person rows still carry the number, name and phone here; the vault takes them out before anything is loaded. Rows are
written in the order of file, sheet and row number, so that the same night writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from ingest.cell_text import spaced
from ingest.identity import is_placeholder, written_number
from ingest.sql_text import sql_text
from quality.corrections import CORRECTION
from quality.expectations import CheckResult
from quality.explained import EXPLANATION
from quality.handed_on import PERSON_ROW, PERSON_VALUE, REPORT_CELL
from quality.shown import is_masked, shown_value
from quality.versions import FILE_CHANGE, ROW_MARK

# As many digits as a birth date: fewer cannot point to anybody.
READABLE_DIGITS = 8

_KEYS = "file_id, sheet, row_number"
_CURRENT = "p.form_id, j.unit_code, j.period, j.reported_on"

_FILE = """
SELECT
    file_id, path, container_path, format, sha256, content_id, corrects_file_id, form_id, unit_code, unit_level,
    period, reported_on, list_kind, received_at, status, rows_in, rows_accepted, rows_returned, rows_duplicate
FROM judgement ORDER BY path, file_id
"""

# A returned row says who it may be about by a name, or by the part of a number that can be read.
_RETURNED_ROW = f"""
SELECT
    p.file_id, p.sheet, p.row_number, {_CURRENT},
    p.person_name IS NOT NULL OR (
        p.written IS NOT NULL AND NOT {is_placeholder("p.written")}
        AND length(regexp_replace(p.written, '[^0-9]', '', 'g')) >= {READABLE_DIGITS}
    ) AS has_identity,
    p.person_name, p.id_number
FROM (
    SELECT
        {_KEYS}, form_id, {spaced("person_name")} AS person_name, {spaced("id_number")} AS id_number,
        {written_number("id_number")} AS written
    FROM landed_person_row
    UNION ALL
    SELECT DISTINCT {_KEYS}, form_id, NULL, NULL, NULL FROM landed_report_row
) AS p
JOIN row_status AS s USING ({_KEYS})
JOIN judgement AS j USING (file_id)
WHERE
    (s.status = 'returned' OR j.status = 'returned')
    AND j.unit_code IS NOT NULL AND j.period IS NOT NULL AND j.reported_on IS NOT NULL
ORDER BY {_KEYS}
"""

_FINDING = """
SELECT
    file_id, sheet, row_number, field, column_name, rule_id, severity, value_shown, suggestion, advice_zh,
    advice_en, status, subject
FROM finding ORDER BY file_id, row_number NULLS FIRST, sheet, rule_id, column_name, value_shown
"""

_DROPPED_COLUMN = """
SELECT file_id, sheet, heading, match_kind AS kind, coalesce(reason, '') AS reason
FROM landed_column SEMI JOIN delivered USING (file_id)
WHERE match_kind IN ('dropped', 'unknown') ORDER BY file_id, sheet, heading
"""

# Of a cell that holds several words only those without a code, and of one that may not be shown none.
_UNMAPPED_VALUE = f"""
SELECT file_id, form_id, field, {shown_value("code", "word")} AS source_value, count(*) AS row_count
FROM (
    SELECT
        f.file_id, f.form_id, f.field,
        unnest(CASE WHEN {is_masked("f.value_shown")} THEN [f.value_shown] ELSE of_word.unknown END) AS word
    FROM found AS f
    LEFT JOIN (SELECT DISTINCT ON (form_id, field, written) * FROM code_of) AS of_word
        ON of_word.form_id = f.form_id AND of_word.field = f.field AND of_word.written = f.value_text
    WHERE f.rule_id LIKE 'known_code:%'
)
GROUP BY ALL ORDER BY ALL
"""

TABLES = {
    "file": _FILE,
    "person_row": PERSON_ROW,
    "person_value": PERSON_VALUE,
    "returned_row": _RETURNED_ROW,
    "report_cell": REPORT_CELL,
    "finding": _FINDING,
    "dropped_column": _DROPPED_COLUMN,
    "unmapped_value": _UNMAPPED_VALUE,
    "row_mark": ROW_MARK,
    "file_change": FILE_CHANGE,
    "correction": CORRECTION,
    "explanation": EXPLANATION,
}


def write_gated(connection: duckdb.DuckDBPyConnection, directory: Path) -> None:
    """Write every table of the gate but the check results."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, query in TABLES.items():
        _copy(connection, query, directory / f"{name}.parquet")


def write_check_results(directory: Path, results: Iterable[CheckResult]) -> None:
    """Write what every expectation said, one row each, with the columns of raw.check_result."""
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE result (
                gate VARCHAR, check_id VARCHAR, subject VARCHAR, severity VARCHAR, success BOOLEAN,
                evaluated BIGINT, unexpected BIGINT, detail VARCHAR
            )
        """)
        rows = [
            (
                "in",
                result.rule.rule_id,
                result.rule.form_id or "file",
                result.rule.severity,
                result.success,
                result.evaluated,
                result.unexpected,
                result.expectation,
            )
            for result in results
        ]
        if rows:
            connection.executemany("INSERT INTO result VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", rows)
        _copy(connection, "SELECT * FROM result ORDER BY subject, check_id", directory / "check_result.parquet")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO {sql_text(path)} (FORMAT parquet, COMPRESSION zstd)")
