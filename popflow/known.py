"""What a night asks about earlier ones: exported from the published warehouse into the work folder, as Parquet files.

The files that were taken and the queries that were explained are asked for in every night. Rows are only exported of
the lists that tonight's could be versions or corrections of, so what is exported is bounded by what was delivered.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingest.sql_text import sql_text
from popflow.handle import Night
from warehouse.working_copy import SCHEMA_FILE

_FILE_COLUMNS = (
    "file_id, path, sha256, content_id, form_id, unit_code, unit_level, period, reported_on, list_kind, "
    "corrects_file_id, status"
)

# The lists that slips of this night answer (for a second copy: the list that was taken), and all that corrected them.
_CORRECTED = """
CREATE TEMP TABLE corrected AS
WITH RECURSIVE named AS (
    SELECT file.file_id, file.status, file.content_id
    FROM base.raw.file SEMI JOIN delivered ON delivered.corrects_file_id = file.file_id
),
target AS (
    SELECT file_id FROM named
    UNION
    SELECT file.file_id FROM base.raw.file SEMI JOIN named
        ON named.status = 'duplicate' AND named.content_id = file.content_id
),
related AS (
    SELECT file_id FROM target
    UNION
    SELECT file.file_id FROM base.raw.file JOIN related ON file.corrects_file_id = related.file_id
)
FROM related
"""

# What stands of the newest list of each unit, for the forms and months delivered: its own rows and those of its
# corrections that nothing has replaced. A list of changes is one for every day.
_KNOWN_ROW = """
WITH RECURSIVE lineage AS (
    SELECT file_id, file_id AS root FROM base.raw.file WHERE corrects_file_id IS NULL
    UNION ALL
    SELECT file.file_id, lineage.root FROM base.raw.file JOIN lineage ON file.corrects_file_id = lineage.file_id
),
current_file AS (
    SELECT
        file.file_id, lineage.root, file.form_id, file.unit_code, file.period, file.list_kind, file.reported_on
    FROM base.raw.file
    JOIN lineage USING (file_id)
    SEMI JOIN delivered ON delivered.form_id = file.form_id AND delivered.period = file.period
    WHERE file.status IN ('accepted', 'partly_returned')
    QUALIFY lineage.root = first_value(lineage.root) OVER (
        PARTITION BY
            file.form_id, file.unit_code, file.period, file.list_kind,
            CASE WHEN file.list_kind <> 'full' THEN file.reported_on END
        ORDER BY file.reported_on DESC, file.received_at DESC, lineage.root
    )
)
SELECT
    list.root AS file_id, list.form_id, list.unit_code, list.period, list.list_kind, list.reported_on,
    row.person_mark, row.content_mark
FROM current_file AS list
JOIN base.raw.row_mark AS row USING (file_id)
ANTI JOIN base.raw.correction USING (file_id, sheet, row_number)
"""

_OF_DELIVERED = {
    "known_row": _KNOWN_ROW,
    "known_line": """
        SELECT file_id, sheet, row_number FROM base.raw.person_row SEMI JOIN corrected USING (file_id)
        UNION
        SELECT file_id, sheet, row_number FROM base.raw.returned_row SEMI JOIN corrected USING (file_id)
        UNION
        SELECT file_id, sheet, row_number FROM base.raw.report_cell SEMI JOIN corrected USING (file_id)
    """,
    "known_correction": "SELECT * FROM base.raw.correction SEMI JOIN corrected USING (file_id)",
    "known_question": """
        SELECT file_id, subject FROM base.raw.finding SEMI JOIN corrected USING (file_id) WHERE severity = 'query'
    """,
}


def write_known_files(night: Night) -> None:
    """Export the files that were taken and the queries that were explained."""
    with _base_of(night) as connection:
        _copy(connection, f"SELECT {_FILE_COLUMNS} FROM base.raw.file", night.work.known_files)
        _copy(
            connection,
            "SELECT DISTINCT subject, rule_id FROM base.raw.explanation",
            night.work.path / "known_explanation.parquet",
        )


def write_known_rows(night: Night) -> None:
    """Export what is known of the lists that the landed ones could be versions or corrections of."""
    landed = night.work.landed_tables("file")
    if not landed:
        return
    listed = ", ".join(map(sql_text, landed))
    with _base_of(night) as connection:
        connection.execute(f"""
            CREATE TEMP TABLE delivered AS
            SELECT DISTINCT form_id, period, corrects_file_id
            FROM read_parquet([{listed}], union_by_name = true) WHERE status = 'landed'
        """)
        connection.execute(_CORRECTED)
        for name, query in _OF_DELIVERED.items():
            _copy(connection, query, night.work.path / f"{name}.parquet")


def _base_of(night: Night) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse for reading, under the name ``base``; before the first night it is empty."""
    connection = duckdb.connect()
    if night.base is None:
        connection.execute("ATTACH ':memory:' AS base; USE base")
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
    else:
        connection.execute(f"ATTACH {sql_text(night.base)} AS base (READ_ONLY)")
    return connection


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO {sql_text(path)} (FORMAT parquet)")
