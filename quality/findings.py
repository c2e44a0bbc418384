"""The SQL pass: every failing row of every rule becomes one finding, and findings decide what becomes of a row.

A row with an ``error`` is returned; of equal rows all but the first are duplicates; the rest is accepted. When a file
is returned or known already, that is true of all its rows. ``judgement`` is the table of files with their accounting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from ingest.declaration import CountForm, load_forms
from ingest.errors import NightHeldError
from ingest.sql_text import insert_texts
from quality.failing import insert_failing
from quality.rule import Rule, first_heading

# Facts of a file that its advice may give.
_FILE_FACTS = ("rows_same", "rows_changed", "rows_added", "rows_removed", "rows_left", "overlaps_with")

# Landed rows of all taken files, whatever becomes of them.
_ROWS = """
CREATE VIEW landed_row AS
SELECT file_id, sheet, row_number FROM landed_person_row SEMI JOIN delivered USING (file_id)
UNION ALL
SELECT DISTINCT file_id, sheet, row_number FROM landed_report_row SEMI JOIN delivered USING (file_id)
"""

_ROW_STATUS = """
CREATE TABLE row_status AS
WITH wrong AS (
    SELECT DISTINCT file_id, sheet, row_number FROM found WHERE severity = 'error' AND row_number IS NOT NULL
),
repeated AS (
    SELECT file_id, sheet, row_number FROM person WHERE is_repeat
)
SELECT
    r.file_id, r.sheet, r.row_number,
    CASE
        WHEN d.duplicate_of IS NOT NULL THEN 'duplicate'
        WHEN NOT d.is_judged OR w.file_id IS NOT NULL THEN 'returned'
        WHEN p.file_id IS NOT NULL THEN 'duplicate'
        ELSE 'accepted'
    END AS status
FROM landed_row AS r
JOIN delivered AS d USING (file_id)
LEFT JOIN wrong AS w USING (file_id, sheet, row_number)
LEFT JOIN repeated AS p USING (file_id, sheet, row_number)
"""

# Lists that only write the same rows otherwise (2023年3月5日, 2023-03-05) do not disagree.
_AGREE = """
    count(*) FILTER (WHERE is_list AND change.compared_with IS NOT NULL) OVER same_list
    >= greatest(count(*) FILTER (WHERE is_list) OVER same_list - 1, 1)
    AND bool_and(change.rows_changed + change.rows_added + change.rows_removed = 0)
    FILTER (WHERE is_list AND change.compared_with IS NOT NULL) OVER same_list
"""

# A file whose rows are counted by landing but not landed row by row (returned while landing) has them all returned.
_JUDGEMENT = f"""
CREATE TABLE judgement AS
WITH counted AS (
    SELECT
        d.*,
        d.is_judged AND d.corrects_file_id IS NULL AS is_list,
        count(s.status) AS rows_landed,
        count(*) FILTER (WHERE s.status = 'returned') AS rows_wrong,
        count(*) FILTER (WHERE s.status = 'duplicate') AS rows_repeated
    FROM delivered AS d LEFT JOIN row_status AS s USING (file_id)
    GROUP BY ALL
),
measured AS (
    SELECT
        counted.* EXCLUDE (disagrees, is_list), disagrees AND NOT coalesce({_AGREE}, false) AS disagrees,
        change.compared_with, change.rows_same, change.rows_changed, change.rows_added, change.rows_removed,
        lap.overlaps_with, note.rows_left, coalesce(note.is_contested, false) AS is_contested,
        is_judged AND coalesce(rows_in, 0) >= $min_rows AND rows_wrong > $share * rows_in AS mostly_wrong
    FROM counted
    LEFT JOIN file_change AS change USING (file_id)
    LEFT JOIN file_overlap AS lap USING (file_id)
    LEFT JOIN correction_note AS note USING (file_id)
    WINDOW same_list AS (PARTITION BY counted.form_id, counted.unit_code, counted.period, reported_on, list_kind)
),
decided AS (
    SELECT
        *,
        CASE
            WHEN is_container THEN 'container'
            WHEN duplicate_of IS NOT NULL THEN 'duplicate'
            WHEN NOT is_judged OR mostly_wrong THEN 'returned'
            WHEN rows_wrong = 0 THEN 'accepted'
            WHEN rows_wrong = rows_in THEN 'returned'
            ELSE 'partly_returned'
        END AS status
    FROM measured
)
SELECT
    * EXCLUDE (rows_in),
    coalesce(rows_in, 0) AS rows_in,
    status IN ('accepted', 'partly_returned') AS is_taken,
    CASE status WHEN 'returned' THEN coalesce(rows_in, 0) WHEN 'duplicate' THEN 0 ELSE rows_wrong END AS rows_returned,
    CASE status WHEN 'duplicate' THEN coalesce(rows_in, 0) WHEN 'returned' THEN 0 ELSE rows_repeated END
        AS rows_duplicate,
    CASE WHEN status IN ('accepted', 'partly_returned') THEN rows_landed - rows_wrong - rows_repeated ELSE 0 END
        AS rows_accepted
FROM decided
"""


def find_failing_rows(connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> None:
    """Create the table ``found``: one row per rule and failing row, with what may be shown of the value."""
    connection.execute("""
        CREATE TABLE found (
            relation VARCHAR, form_id VARCHAR, rule_id VARCHAR, severity VARCHAR, file_id VARCHAR, sheet VARCHAR,
            row_number BIGINT, field VARCHAR, heading VARCHAR, value_shown VARCHAR, value_text VARCHAR,
            suggestion VARCHAR
        )
    """)
    insert_failing(connection, [rule for rule in rules if rule.relation != "file"])
    connection.execute(_ROWS)
    connection.execute(_ROW_STATUS)


def judge_files(
    connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule], max_returned_share: float, min_rows_for_share: int
) -> None:
    """Create ``judgement``: each taken file with its status and accounting; find the files that fail a file rule."""
    connection.execute(_JUDGEMENT, {"share": max_returned_share, "min_rows": min_rows_for_share})
    insert_failing(connection, [rule for rule in rules if rule.relation == "file"])
    unbalanced = connection.execute("""
        SELECT path FROM judgement
        WHERE rows_in <> rows_accepted + rows_returned + rows_duplicate ORDER BY path LIMIT 1
    """).fetchall()
    if unbalanced:
        raise NightHeldError(
            f"the rows of {unbalanced[0][0]} do not add up (accepted + returned + duplicate is not rows in): "
            "nothing was published; report this with the file"
        )


def counts_by_rule(connection: duckdb.DuckDBPyConnection) -> Mapping[tuple[str, str], int]:
    """Return how many rows failed each rule, by form and rule id."""
    rows = connection.execute("SELECT form_id, rule_id, count(*) FROM found GROUP BY ALL").fetchall()
    return {(form_id, rule_id): count for form_id, rule_id, count in rows}


def write_advice(connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> None:
    """Create ``advised``: landing's and the gate's findings with the sender's own headings in the advice."""
    connection.execute("CREATE TABLE advice (form_id VARCHAR, rule_id VARCHAR, advice_zh VARCHAR, advice_en VARCHAR)")
    insert_texts(connection, "advice", [(rule.form_id, rule.rule_id, rule.advice_zh, rule.advice_en) for rule in rules])
    connection.execute("CREATE TABLE item_heading (form_id VARCHAR, field VARCHAR, heading VARCHAR)")
    items = [
        (form.form_id, name, first_heading(item.headings))
        for form in load_forms().values()
        if isinstance(form, CountForm)
        for name, item in form.items.items()
    ]
    insert_texts(connection, "item_heading", items)
    connection.execute(f"""
        CREATE TABLE advised AS
        WITH headed AS (
            SELECT file_id, sheet, field, string_agg(heading, '、' ORDER BY heading) AS heading
            FROM landed_column WHERE field IS NOT NULL GROUP BY ALL
        ),
        named AS (
            SELECT
                f.* EXCLUDE (heading),
                nullif(coalesce(h.heading, i.heading, f.heading), '') AS column_name
            FROM found AS f
            LEFT JOIN headed AS h USING (file_id, sheet, field)
            LEFT JOIN item_heading AS i USING (form_id, field)
            WHERE f.relation <> 'file'
        )
        SELECT
            n.file_id, n.sheet, n.row_number, n.field, n.column_name, n.rule_id, n.severity, n.value_shown,
            n.value_text, n.suggestion,
            replace(a.advice_zh, '{{column}}', coalesce(n.column_name, '')) AS advice_zh,
            replace(a.advice_en, '{{column}}', coalesce(n.column_name, '')) AS advice_en
        FROM named AS n JOIN advice AS a USING (form_id, rule_id)
        UNION ALL BY NAME
        SELECT
            f.file_id, f.rule_id, f.severity, {_with_facts("a.advice_zh")} AS advice_zh,
            {_with_facts("a.advice_en")} AS advice_en
        FROM found AS f JOIN advice AS a USING (form_id, rule_id) JOIN judgement AS j USING (file_id)
        WHERE f.relation = 'file'
        UNION ALL BY NAME
        SELECT * FROM landed_finding SEMI JOIN delivered USING (file_id)
    """)


def _with_facts(advice: str) -> str:
    """Put what is known of the file into its advice."""
    for fact in _FILE_FACTS:
        advice = f"replace({advice}, '{{{fact}}}', coalesce(CAST(j.{fact} AS VARCHAR), '0'))"
    return advice
