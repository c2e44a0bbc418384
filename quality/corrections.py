"""Corrected slips: which list a slip corrects, which of its rows are replaced, and what is said where that is unclear.

A slip counts as a correction only of a list that this site knows and that it still is: of the same form, unit, month,
day and kind. Any other is judged as the list it has become, and the sender is told. What a slip does not say by itself
(its folder is gone, its name was changed) it has from the list that it corrects.
"""

from __future__ import annotations

import duckdb

from ingest.cell_text import spaced

# Facts that were read off the path alone are not the sender's edits; a month without a day ends on its last.
_CORRECTION_FILE = """
CREATE TABLE correction_file AS
WITH listed AS (
    SELECT file_id, sha256, content_id, form_id, unit_code, unit_level, period, reported_on, list_kind, status
    FROM known_file WHERE status IN ('accepted', 'partly_returned', 'returned', 'duplicate')
    UNION ALL
    SELECT file_id, sha256, content_id, form_id, unit_code, unit_level, period, reported_on, list_kind, status
    FROM landed_file ANTI JOIN known_file USING (file_id) WHERE status IN ('landed', 'returned')
),
original AS (
    SELECT content_id, min(file_id) AS file_id, arg_min(sha256, file_id) AS sha256
    FROM listed WHERE status IN ('accepted', 'partly_returned') GROUP BY content_id
),
slip AS (
    SELECT
        file_id, corrects_file_id, coalesce(correction_whole, false) AS is_whole, form_id, list_kind,
        CASE WHEN unit_why <> 'path' THEN unit_code END AS unit_code,
        CASE WHEN reported_why <> 'path' THEN period END AS period,
        CASE WHEN reported_why = 'label' OR (reported_why = 'title' AND reported_on <> last_day(reported_on))
            THEN reported_on END AS reported_on
    FROM landed_file WHERE status = 'landed' AND corrects_file_id IS NOT NULL
),
answered AS (
    SELECT
        slip.file_id,
        coalesce(original.file_id, named.file_id) AS target,
        slip.is_whole OR original.sha256 <> named.sha256 AS is_whole
    FROM slip
    JOIN listed AS named ON named.file_id = slip.corrects_file_id AND named.file_id <> slip.file_id
    LEFT JOIN original ON named.status = 'duplicate' AND original.content_id = named.content_id
)
SELECT
    slip.file_id,
    CASE WHEN is_same THEN target END AS target,
    CASE WHEN is_same THEN coalesce(answered.is_whole, false) END AS is_whole,
    CASE WHEN is_same AND slip.unit_code IS NULL THEN list.unit_code END AS unit_code,
    CASE WHEN is_same AND slip.unit_code IS NULL THEN list.unit_level END AS unit_level,
    CASE WHEN is_same AND slip.period IS NULL THEN list.period END AS period,
    CASE WHEN is_same AND slip.reported_on IS NULL THEN list.reported_on END AS reported_on,
    CASE WHEN target IS NULL THEN 'unknown' WHEN NOT is_same THEN 'other_list' END AS problem
FROM slip
LEFT JOIN answered USING (file_id)
LEFT JOIN listed AS list ON list.file_id = answered.target,
LATERAL (
    SELECT coalesce(
        -- a list that went back as a whole has left nothing that a change of its facts could contradict
        list.status = 'returned' OR (
            slip.form_id = list.form_id AND slip.list_kind = list.list_kind
            AND coalesce(slip.unit_code, list.unit_code) = list.unit_code
            AND coalesce(slip.period, list.period) = list.period
            AND coalesce(slip.reported_on, list.reported_on) = list.reported_on
        ),
        false
    ) AS is_same
)
"""

_ANSWERS = f"corrects_sheet, corrects_row, {spaced('explanation')} IS NOT NULL AS is_explained"
_CORRECTED_ROW = f"""
CREATE TABLE corrected_row AS
WITH slip AS (
    SELECT file_id, corrects_file_id AS target FROM delivered WHERE is_judged AND corrects_file_id IS NOT NULL
)
SELECT file_id, target, sheet, row_number, {_ANSWERS} FROM landed_person_row JOIN slip USING (file_id)
UNION ALL
SELECT DISTINCT file_id, target, sheet, row_number, {_ANSWERS} FROM landed_report_row JOIN slip USING (file_id)
"""

# The rows of every list that is corrected tonight, as far as they are in the warehouse or landed tonight.
_CORRECTED_LINE = """
CREATE TABLE corrected_line AS
SELECT file_id, sheet, row_number FROM known_line
UNION
SELECT file_id, sheet, row_number FROM landed_row
WHERE file_id IN (SELECT target FROM corrected_row UNION SELECT file_id FROM corrected_row)
"""

# Whole corrections answer every row of their list; which of their own rows answers which is not known.
_CLAIM = """
CREATE TABLE claim AS
WITH slip AS (
    SELECT
        d.file_id AS by_file_id, d.corrects_file_id AS file_id, c.is_whole,
        row_number() OVER (ORDER BY d.received_at NULLS FIRST, d.path, d.file_id) AS turn
    FROM delivered AS d JOIN correction_file AS c USING (file_id)
    WHERE d.is_judged AND d.corrects_file_id IS NOT NULL
)
SELECT
    slip.file_id, row.corrects_sheet AS sheet, row.corrects_row AS row_number, slip.by_file_id,
    row.sheet AS by_sheet, row.row_number AS by_row_number, slip.turn
FROM slip JOIN corrected_row AS row ON row.file_id = slip.by_file_id
WHERE NOT slip.is_whole AND row.corrects_row IS NOT NULL
UNION ALL
SELECT slip.file_id, line.sheet, line.row_number, slip.by_file_id, NULL, NULL, slip.turn
FROM slip JOIN corrected_line AS line ON line.file_id = slip.file_id
WHERE slip.is_whole
"""

# What of a slip the sender should hear about: rows it leaves as they were, and other slips for the same list.
_CORRECTION_NOTE = """
CREATE TABLE correction_note AS
WITH lines AS (
    SELECT file_id, count(*) AS lines FROM corrected_line GROUP BY file_id
),
answered AS (
    SELECT by_file_id AS file_id, count(DISTINCT (sheet, row_number)) AS lines
    FROM claim SEMI JOIN corrected_line USING (file_id, sheet, row_number) GROUP BY by_file_id
),
slip AS (
    SELECT file_id, corrects_file_id FROM delivered WHERE is_judged AND corrects_file_id IS NOT NULL
),
rival AS (
    SELECT file_id, corrects_file_id FROM known_file WHERE status IN ('accepted', 'partly_returned')
    UNION
    SELECT file_id, corrects_file_id FROM slip
)
SELECT
    slip.file_id,
    coalesce(lines.lines, 0) - coalesce(answered.lines, 0) AS rows_left,
    EXISTS (
        SELECT 1 FROM rival WHERE rival.corrects_file_id = slip.corrects_file_id AND rival.file_id <> slip.file_id
    ) AS is_contested
FROM slip
LEFT JOIN lines ON lines.file_id = slip.corrects_file_id
LEFT JOIN answered ON answered.file_id = slip.file_id
"""

# From the row a slip answers on to what earlier slips have put in its place: all of that is replaced. Where a slip or
# the one before it stands for the whole list, the earlier one is replaced with all its rows.
CORRECTION = """
WITH RECURSIVE step AS (
    SELECT *, 0 AS turn FROM known_correction
    UNION ALL
    SELECT claim.* FROM claim
    WHERE claim.by_file_id IN (SELECT file_id FROM judgement WHERE status IN ('accepted', 'partly_returned'))
),
file_step AS (
    SELECT file_id, by_file_id, turn, bool_and(by_row_number IS NULL) AS is_whole FROM step GROUP BY ALL
),
replaced_file AS (
    SELECT earlier.by_file_id AS file_id, later.by_file_id, later.turn
    FROM file_step AS later JOIN file_step AS earlier USING (file_id)
    WHERE later.turn > earlier.turn AND (later.is_whole OR earlier.is_whole)
    UNION
    SELECT file_step.by_file_id, replaced_file.by_file_id, replaced_file.turn
    FROM replaced_file JOIN file_step USING (file_id) WHERE file_step.turn < replaced_file.turn
),
replaced AS (
    SELECT file_id, sheet, row_number, by_file_id, by_sheet, by_row_number, turn FROM step WHERE turn > 0
    UNION
    SELECT
        step.by_file_id, step.by_sheet, step.by_row_number,
        replaced.by_file_id, replaced.by_sheet, replaced.by_row_number, replaced.turn
    FROM replaced JOIN step USING (file_id, sheet, row_number)
    WHERE step.turn < replaced.turn AND step.by_row_number IS NOT NULL
)
SELECT file_id, sheet, row_number, by_file_id, by_sheet, by_row_number
FROM (
    SELECT * FROM replaced
    UNION ALL
    SELECT file_id, line.sheet, line.row_number, replaced_file.by_file_id, NULL, NULL, replaced_file.turn
    FROM replaced_file JOIN corrected_line AS line USING (file_id)
)
ANTI JOIN known_correction USING (file_id, sheet, row_number)
QUALIFY row_number() OVER (
    PARTITION BY file_id, sheet, row_number ORDER BY turn DESC, by_sheet NULLS LAST, by_row_number
) = 1
ORDER BY file_id, sheet, row_number
"""


def find_corrections(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``correction_file``: each slip that was sent back with the list it corrects, or why it corrects none."""
    connection.execute(_CORRECTION_FILE)


def claim_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``corrected_row``, ``claim`` and ``correction_note``: which rows the judged slips answer."""
    for statement in (_CORRECTED_ROW, _CORRECTED_LINE, _CLAIM, _CORRECTION_NOTE):
        connection.execute(statement)
