"""Explained queries: what a sender has explained in a slip is not asked again while it is still true.

Every finding has a subject, a keyed mark of what is asked about whom: the form, the unit, the rule, the person or line
and the whole value. Another value is another subject. Of an explanation only the subject is kept; its text may name
people and stays in the sealed original.
"""

from __future__ import annotations

import duckdb

from ingest.keys import hmac_expression

_SUBJECT = hmac_expression("""concat_ws(
    chr(31), coalesce(d.form_id, ''), coalesce(d.unit_code, ''), a.rule_id, coalesce(r.identity, r.content, ''),
    coalesce(a.value_text, a.value_shown, '')
)""")
_ASKED = f"""
CREATE TABLE asked AS
SELECT a.* EXCLUDE (value_text), {_SUBJECT} AS subject
FROM advised AS a
JOIN delivered AS d USING (file_id)
LEFT JOIN judged_row AS r USING (file_id, sheet, row_number)
"""

# An explanation answers what was asked about the corrected list; what the correction itself gives cause to ask is new.
_EXPLAINED = """
CREATE TABLE explained AS
WITH question AS (
    SELECT file_id, subject FROM known_question
    UNION
    SELECT file_id, subject FROM asked WHERE severity = 'query'
)
SELECT a.subject, a.rule_id, min(a.file_id) AS file_id
FROM asked AS a
JOIN corrected_row AS row USING (file_id, sheet, row_number)
JOIN judgement AS j USING (file_id)
SEMI JOIN question ON question.file_id = row.target AND question.subject = a.subject
WHERE row.is_explained AND a.severity = 'query' AND j.is_taken
GROUP BY a.subject, a.rule_id
"""

_FINDING = """
CREATE TABLE finding AS
SELECT
    asked.*,
    CASE WHEN severity = 'query' AND subject IN (
        SELECT subject FROM known_explanation UNION SELECT subject FROM explained
    ) THEN 'explained' ELSE 'open' END AS status
FROM asked
"""

EXPLANATION = """
SELECT subject, rule_id, file_id FROM explained ANTI JOIN known_explanation USING (subject) ORDER BY subject
"""


def settle_findings(connection: duckdb.DuckDBPyConnection, pads: tuple[bytes, bytes]) -> None:
    """Create ``finding`` with the subject of every finding and whether it is open, and ``explained``."""
    inner, outer = pads
    connection.execute(_ASKED, {"inner": inner, "outer": outer})
    connection.execute(_EXPLAINED)
    connection.execute(_FINDING)
