"""Matching returned rows: which persons of the same form and unit may be the one in a row that went back.

A row that was returned proves nothing, but whoever may be meant by it must not look absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingest.identity import written_number
from ingest.keys import SiteKey
from warehouse.vault.segments import insert_from_segments

# Readable leading characters of a damaged number that are enough to recognise a person of the same unit,
# with a (different) name beside them and without one.
_LEAD_WITH_NAME = 14
_LEAD_WITHOUT_NAME = 6
# A number with a few wrong characters: nearly of full length, and at most two slips of the pen away.
_SLIP_LENGTHS = "16 AND 19"
_SLIPS = 2

_READ_RETURNED = f"""
    CREATE OR REPLACE TABLE returned_reading AS
    SELECT file_id, sheet, row_number, form_id, unit_code, name, number,
           regexp_extract(number, '^[0-9]{{6,}}X?') AS lead,
           CASE WHEN regexp_full_match(number, '[0-9]{{15}}') THEN left(number, 6) || '19' || substr(number, 7) END
               AS old_number
    FROM (SELECT * REPLACE ({written_number("number")} AS number) FROM returned)
"""

# What somebody without a valid number has written for one is compared only as a whole: it may be anybody's.
_MATCH = f"""
    INSERT INTO raw.returned_match
    SELECT DISTINCT returned.file_id, returned.sheet, returned.row_number, known.person_key
    FROM returned_reading AS returned
    JOIN known USING (form_id, unit_code)
    WHERE returned.name = known.name
        OR returned.number = known.number
        OR (
            known.is_numbered
            AND (
                (
                    length(returned.lead)
                        >= CASE WHEN returned.name IS NULL THEN {_LEAD_WITHOUT_NAME} ELSE {_LEAD_WITH_NAME} END
                    AND starts_with(known.number, returned.lead)
                )
                OR starts_with(known.number, returned.old_number)
                OR (
                    length(returned.number) BETWEEN {_SLIP_LENGTHS}
                    AND damerau_levenshtein(known.number, returned.number) <= {_SLIPS}
                )
            )
        )
    ORDER BY ALL
"""


def touch_units(connection: duckdb.DuckDBPyConnection) -> bool:
    """Forget matches that no longer hold, and create ``touched``: forms and units to match anew; return if any are.

    Those that gained rows tonight and have returned rows. A row that a corrected slip has replaced is nobody's any
    more, whatever unit the slip is of.
    """
    connection.execute("""
        DELETE FROM raw.returned_match AS match WHERE EXISTS (
            FROM raw.correction AS correction
            WHERE correction.file_id = match.file_id AND correction.sheet = match.sheet
                AND correction.row_number = match.row_number
        )
    """)
    connection.execute("""
        CREATE OR REPLACE TABLE touched AS
        SELECT form_id, unit_code FROM (FROM gated_person UNION ALL BY NAME FROM gated_returned)
        INTERSECT
        SELECT form_id, unit_code FROM raw.returned_row
    """)
    return bool(connection.execute("SELECT count(*) FROM touched").fetchall()[0][0])


def match_returned_rows(connection: duckdb.DuckDBPyConnection, key: SiteKey, segments: Sequence[Path]) -> None:
    """Match the returned rows of the touched forms and units anew with the profiles of ``known``."""
    connection.execute("""
        DELETE FROM raw.returned_match WHERE file_id IN (
            SELECT file_id FROM raw.returned_row SEMI JOIN touched USING (form_id, unit_code)
        )
    """)
    connection.execute("""
        CREATE OR REPLACE TABLE returned (
            file_id VARCHAR, sheet VARCHAR, row_number BIGINT, form_id VARCHAR, unit_code VARCHAR, name VARCHAR,
            number VARCHAR
        )
    """)
    insert_from_segments(
        connection,
        key,
        segments,
        """
        INSERT INTO returned BY NAME
        SELECT segment.* FROM segment SEMI JOIN touched USING (form_id, unit_code)
        SEMI JOIN raw.returned_row USING (file_id, sheet, row_number) -- a file judged again may have fewer
        ANTI JOIN raw.correction USING (file_id, sheet, row_number)
        """,
    )
    connection.execute(_READ_RETURNED)
    connection.execute(_MATCH)
    for table in ("returned", "returned_reading"):
        connection.execute(f"DROP TABLE {table}")
