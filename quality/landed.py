"""What the gate reads: the landed Parquet files of all batches as views, and which delivered files are judged.

A file is judged row by row unless it was returned while landing, holds only other files, brings content that is known
already, is dated after the night's run date or comes from outside the home division, where its form may not be sent
from anywhere. Which of two equal files of one night is the original does not depend on their arrival: it is the one
whose path sorts first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb

from ingest.declaration import load_forms, person_fields
from ingest.sql_text import sql_text
from quality.places import inside_unit

FILE_COLUMNS: Mapping[str, str] = {
    "file_id": "VARCHAR",
    "path": "VARCHAR",
    "sha256": "VARCHAR",
    "size_bytes": "BIGINT",
    "format": "VARCHAR",
    "encoding": "VARCHAR",
    "form_id": "VARCHAR",
    "form_why": "VARCHAR",
    "unit_code": "VARCHAR",
    "unit_level": "VARCHAR",
    "unit_why": "VARCHAR",
    "period": "VARCHAR",
    "reported_on": "DATE",
    "reported_why": "VARCHAR",
    "list_kind": "VARCHAR",
    "content_id": "VARCHAR",
    "rows_in": "BIGINT",
    "received_at": "TIMESTAMP",
    "status": "VARCHAR",
    "container_path": "VARCHAR",
    "corrects_file_id": "VARCHAR",
    "correction_whole": "BOOLEAN",
}
# What a row of a corrected slip says beside the list itself: which row it answers, and why a queried value is right.
ANSWER_COLUMNS: Mapping[str, str] = {"corrects_sheet": "VARCHAR", "corrects_row": "BIGINT", "explanation": "VARCHAR"}
REPORT_ROW_COLUMNS: Mapping[str, str] = {
    "file_id": "VARCHAR",
    "sheet": "VARCHAR",
    "row_number": "BIGINT",
    "form_id": "VARCHAR",
    "cell_unit_text": "VARCHAR",
    "origin_text": "VARCHAR",
    "destination_text": "VARCHAR",
    "category_text": "VARCHAR",
    "item": "VARCHAR",
    "value_text": "VARCHAR",
    **ANSWER_COLUMNS,
}
FINDING_COLUMNS: Mapping[str, str] = {
    "file_id": "VARCHAR",
    "sheet": "VARCHAR",
    "row_number": "BIGINT",
    "column_name": "VARCHAR",
    "rule_id": "VARCHAR",
    "severity": "VARCHAR",
    "value_shown": "VARCHAR",
    "advice_zh": "VARCHAR",
    "advice_en": "VARCHAR",
}
COLUMN_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("file_id", "sheet", "heading", "field", "match_kind", "matched", "reason"), "VARCHAR"),
    **dict.fromkeys(("part", "position", "first_row", "last_row"), "BIGINT"),
}
KNOWN_FILE_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(
        ("file_id", "path", "sha256", "content_id", "form_id", "unit_code", "unit_level", "period", "list_kind"),
        "VARCHAR",
    ),
    "reported_on": "DATE",
    "corrects_file_id": "VARCHAR",
    "status": "VARCHAR",
}
_LINE: Mapping[str, str] = {"file_id": "VARCHAR", "sheet": "VARCHAR", "row_number": "BIGINT"}
# What earlier nights know of the lists that tonight's are versions or corrections of.
KNOWN_ROW_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(("file_id", "form_id", "unit_code", "period", "list_kind"), "VARCHAR"),
    "reported_on": "DATE",
    **dict.fromkeys(("person_mark", "content_mark"), "VARCHAR"),
}
KNOWN_LINE_COLUMNS: Mapping[str, str] = _LINE
KNOWN_CORRECTION_COLUMNS: Mapping[str, str] = {
    **_LINE,
    "by_file_id": "VARCHAR",
    "by_sheet": "VARCHAR",
    "by_row_number": "BIGINT",
}
KNOWN_QUESTION_COLUMNS: Mapping[str, str] = dict.fromkeys(("file_id", "subject"), "VARCHAR")
KNOWN_EXPLANATION_COLUMNS: Mapping[str, str] = dict.fromkeys(("subject", "rule_id"), "VARCHAR")
KNOWN_TABLES: Mapping[str, Mapping[str, str]] = {
    "known_file": KNOWN_FILE_COLUMNS,
    "known_row": KNOWN_ROW_COLUMNS,
    "known_line": KNOWN_LINE_COLUMNS,
    "known_correction": KNOWN_CORRECTION_COLUMNS,
    "known_question": KNOWN_QUESTION_COLUMNS,
    "known_explanation": KNOWN_EXPLANATION_COLUMNS,
}

# A file that was returned has left nothing behind: sent again unchanged, it is judged again. The same bytes in the
# folder of another unit or month, where the path alone says which, are another list. A correction may bring back what
# an earlier one had changed, so only a file that still holds can make it a duplicate.
_FILES = f"""
CREATE TABLE delivered AS
WITH known AS (
    SELECT
        *, file_id IN (SELECT corrects_file_id FROM known_file WHERE corrects_file_id IS NOT NULL) AS is_corrected
    FROM known_file WHERE status IN ('accepted', 'partly_returned')
),
answering AS (
    SELECT
        f.* REPLACE (
            coalesce(c.unit_code, f.unit_code) AS unit_code, coalesce(c.unit_level, f.unit_level) AS unit_level,
            coalesce(c.period, f.period) AS period, coalesce(c.reported_on, f.reported_on) AS reported_on,
            c.target AS corrects_file_id
        ),
        c.problem AS correction_problem
    FROM landed_file AS f LEFT JOIN correction_file AS c USING (file_id)
),
taken AS (
    SELECT
        *,
        status = 'container' AS is_container,
        coalesce(status = 'landed' AND reported_on > $run_date, false) AS in_future,
        status = 'landed' AND NOT coalesce({inside_unit("unit_code", "$home_code")}, false)
            AND NOT (unit_code IS NOT NULL AND list_contains($from_anywhere, form_id)) AS outside_home
    FROM answering
    WHERE status <> 'left'
),
admissible AS (
    SELECT
        *,
        coalesce(
            (
                SELECT min(known.file_id) FROM known
                WHERE
                    known.sha256 = taken.sha256 AND known.form_id = taken.form_id AND known.unit_code = taken.unit_code
                    AND known.period = taken.period AND known.reported_on = taken.reported_on
            ),
            (
                SELECT min(known.file_id) FROM known
                WHERE
                    known.content_id = taken.content_id AND NOT (taken.corrects_file_id IS NOT NULL AND is_corrected)
            ),
            nullif(first_value(file_id) OVER same_bytes, file_id),
            nullif(first_value(file_id) OVER same_content, file_id)
        ) AS duplicate_of
    FROM taken
    WHERE status = 'landed' AND NOT in_future AND NOT outside_home
    WINDOW
        same_bytes AS (
            PARTITION BY sha256, form_id, unit_code, period, reported_on
            ORDER BY corrects_file_id IS NOT NULL, path, file_id
        ),
        same_content AS (
            PARTITION BY coalesce(content_id, sha256) ORDER BY corrects_file_id IS NOT NULL, path, file_id
        )
),
judged AS (
    SELECT
        *,
        corrects_file_id IS NULL AND (
            count(*) FILTER (WHERE corrects_file_id IS NULL)
                OVER (PARTITION BY form_id, unit_code, period, reported_on, list_kind) > 1
            OR EXISTS (
                SELECT 1 FROM known
                WHERE
                    known.form_id = admissible.form_id AND known.unit_code = admissible.unit_code
                    AND known.period = admissible.period AND known.reported_on = admissible.reported_on
                    AND known.list_kind = admissible.list_kind
            )
        ) AS disagrees
    FROM admissible
    WHERE duplicate_of IS NULL
)
SELECT
    taken.* EXCLUDE (status), admissible.duplicate_of, coalesce(judged.disagrees, false) AS disagrees,
    judged.file_id IS NOT NULL AS is_judged
FROM taken
LEFT JOIN admissible USING (file_id)
LEFT JOIN judged USING (file_id)
"""


def person_row_columns() -> Mapping[str, str]:
    """Return the columns of landed person rows, one text column per field of the declared forms."""
    keys = {"file_id": "VARCHAR", "sheet": "VARCHAR", "row_number": "BIGINT", "form_id": "VARCHAR"}
    return {**keys, **dict.fromkeys(person_fields(), "VARCHAR"), "id_number_numeric": "BOOLEAN", **ANSWER_COLUMNS}


def open_landed(connection: duckdb.DuckDBPyConnection, work: Path) -> None:
    """Create the views over everything landed in ``work`` and over what is known from earlier nights."""
    landed = work / "landed"
    _view(connection, "landed_file", landed, "*/file.parquet", FILE_COLUMNS)
    _view(connection, "landed_person_row", landed, "*/person_row.parquet", person_row_columns())
    _view(connection, "landed_report_row", landed, "*/report_row.parquet", REPORT_ROW_COLUMNS)
    _view(connection, "landed_finding", landed, "*/finding.parquet", FINDING_COLUMNS)
    _view(connection, "landed_column", landed, "*/column.parquet", COLUMN_COLUMNS)
    for name, columns in KNOWN_TABLES.items():
        _view(connection, name, work, f"{name}.parquet", columns)


def decide_files(connection: duckdb.DuckDBPyConnection, home_code: str, run_date: date) -> None:
    """Create the table ``delivered``: every taken file with whether it is judged, and why not.

    Wants the table ``correction_file`` of ``quality.corrections``.
    """
    from_anywhere = [form_id for form_id, form in load_forms().items() if form.sent_from == "anywhere"]
    connection.execute(_FILES, {"run_date": run_date, "home_code": home_code, "from_anywhere": from_anywhere})


def _view(
    connection: duckdb.DuckDBPyConnection, name: str, directory: Path, pattern: str, columns: Mapping[str, str]
) -> None:
    """Make a view with exactly ``columns``; no file at all is an empty relation, a missing column is empty."""
    files = sorted(directory.glob(pattern))
    declared = ", ".join(f"CAST(NULL AS {sql_type}) AS {column}" for column, sql_type in columns.items())
    empty = f"SELECT {declared} WHERE false"
    if not files:
        connection.execute(f"CREATE VIEW {name} AS {empty}")
        return
    listed = ", ".join(map(sql_text, files))
    casts = ", ".join(f"CAST({column} AS {sql_type}) AS {column}" for column, sql_type in columns.items())
    connection.execute(
        f"CREATE VIEW {name} AS SELECT {casts} FROM "
        f"({empty} UNION ALL BY NAME SELECT * FROM read_parquet([{listed}], union_by_name = true))"
    )
