"""Versions: how a list differs from the one known before it, and whose list its rows stand in as well.

Rows are compared by keyed marks, of whom or what a row is about and of all it says, so that what the warehouse keeps of
a row tells nobody who it was. The marks are made from the view ``judged_row`` (file_id, sheet, row_number, form_id,
identity, content): ``identity`` is the text of the canonical number, else of all that the row says of its person, or of
the units and the category of a line of counts; ``content`` is a text that is the same for rows that say the same.
"""

from __future__ import annotations

import duckdb

from ingest.keys import hmac_expression
from quality.ended_places import REGISTER
from quality.places import inside_unit

_SEPARATOR = "chr(31)"
MOST_OVERLAPS_NAMED = 3

# People of one list of whom it says the same, as twins with one name may be, are told apart by the rest of their rows.
_JUDGED_ROW = """
CREATE VIEW judged_row AS
SELECT file_id, sheet, row_number, form_id, content, id_number AS identity FROM person WHERE id_number IS NOT NULL
UNION ALL
SELECT
    file_id, sheet, row_number, form_id, content,
    identity || '|' || dense_rank() OVER (PARTITION BY file_id, form_id, identity ORDER BY content) AS identity
FROM person WHERE id_number IS NULL
UNION ALL
SELECT file_id, sheet, row_number, line.form_id, about || counts AS content, about AS identity
FROM (
    SELECT
        file_id, sheet, row_number, form_id,
        concat_ws(
            '|', coalesce(cell_unit_code, ''), coalesce(origin_code, ''), coalesce(destination_code, ''),
            coalesce(category, '')
        ) AS about
    FROM line
) AS line
JOIN (
    SELECT
        file_id, sheet, row_number,
        string_agg('|' || item || '=' || coalesce(CAST(value AS VARCHAR), value_text, ''), '' ORDER BY item) AS counts
    FROM cell GROUP BY file_id, sheet, row_number
) AS cell USING (file_id, sheet, row_number)
"""

# Marks are kept as text; numbers made from them are compared, which is several times faster.
_ROW_MARK = f"""
CREATE TABLE row_mark AS
SELECT *, hash(person_mark) AS person_code, hash(content_mark) AS content_code
FROM (
    SELECT
        file_id, sheet, row_number, form_id,
        {hmac_expression(f"concat_ws({_SEPARATOR}, form_id, coalesce(identity, content))")} AS person_mark,
        {hmac_expression(f"concat_ws({_SEPARATOR}, form_id, content)")} AS content_mark
    FROM judged_row
)
"""

# A full list follows the list of its month; a list of changes is another one every day. A correction is compared with
# what stands of the list that it corrects.
_COMPARED = """
CREATE TABLE compared AS
WITH list AS (
    SELECT
        file_id, form_id, unit_code, period, list_kind, reported_on, received_at, path, corrects_file_id,
        CASE WHEN list_kind <> 'full' THEN reported_on END AS version_day
    FROM delivered WHERE is_judged
),
known_list AS (
    SELECT
        form_id, unit_code, period, list_kind, CASE WHEN list_kind <> 'full' THEN reported_on END AS version_day,
        max(reported_on) AS reported_on, arg_max(file_id, reported_on) AS file_id
    FROM known_row GROUP BY ALL
)
SELECT
    list.file_id, list.form_id, list.unit_code, list.period, list.corrects_file_id,
    coalesce(
        lag(list.file_id) OVER (
            PARTITION BY list.form_id, list.unit_code, list.period, list.list_kind, list.version_day
            ORDER BY list.reported_on, list.received_at NULLS FIRST, list.path
        ),
        known_list.file_id
    ) AS compared_with
FROM list LEFT JOIN known_list
    ON known_list.form_id = list.form_id AND known_list.unit_code = list.unit_code AND known_list.period = list.period
    AND known_list.list_kind = list.list_kind AND known_list.version_day IS NOT DISTINCT FROM list.version_day
WHERE list.corrects_file_id IS NULL
UNION ALL
SELECT
    list.file_id, list.form_id, list.unit_code, list.period, list.corrects_file_id,
    coalesce(known_list.file_id, list.corrects_file_id)
FROM list LEFT JOIN known_list
    ON known_list.form_id = list.form_id AND known_list.unit_code = list.unit_code AND known_list.period = list.period
    AND known_list.list_kind = list.list_kind AND known_list.version_day IS NOT DISTINCT FROM list.version_day
    AND known_list.reported_on = list.reported_on
WHERE list.corrects_file_id IS NOT NULL
"""

# A row of a corrected slip that answers a row is that row changed, whoever it is about now; rows a slip does not
# answer stay as they are. Where there is nothing to compare with, every row is new.
_FILE_CHANGE = """
CREATE TABLE file_change AS
WITH new_row AS (
    SELECT DISTINCT m.file_id, m.person_code, m.content_code, a.corrects_row IS NOT NULL AS answers
    FROM row_mark AS m
    SEMI JOIN (FROM compared WHERE compared_with IS NOT NULL) AS c USING (file_id)
    LEFT JOIN corrected_row AS a USING (file_id, sheet, row_number)
),
old_row AS (
    SELECT c.file_id, hash(k.person_mark) AS person_code, hash(k.content_mark) AS content_code
    FROM compared AS c JOIN known_row AS k ON k.file_id = c.compared_with
    UNION
    SELECT c.file_id, m.person_code, m.content_code
    FROM compared AS c JOIN row_mark AS m ON m.file_id = c.compared_with
),
old_content AS (SELECT DISTINCT file_id, content_code FROM old_row),
old_person AS (SELECT DISTINCT file_id, person_code FROM old_row),
kept AS (
    SELECT
        n.file_id,
        count(*) FILTER (WHERE o.content_code IS NOT NULL) AS rows_same,
        count(*) FILTER (WHERE o.content_code IS NULL AND (p.person_code IS NOT NULL OR n.answers)) AS rows_changed,
        count(*) FILTER (WHERE o.content_code IS NULL AND p.person_code IS NULL AND NOT n.answers) AS rows_added
    FROM new_row AS n
    LEFT JOIN old_content AS o USING (file_id, content_code)
    LEFT JOIN old_person AS p USING (file_id, person_code)
    GROUP BY n.file_id
),
gone AS (
    SELECT file_id, count(*) AS rows_removed
    FROM old_row
    ANTI JOIN new_row USING (file_id, content_code)
    ANTI JOIN (SELECT DISTINCT file_id, person_code FROM new_row) USING (file_id, person_code)
    GROUP BY file_id
),
first_list AS (
    SELECT file_id, count(*) FILTER (WHERE status <> 'duplicate') AS rows_added
    FROM row_status SEMI JOIN (FROM compared WHERE compared_with IS NULL) USING (file_id) GROUP BY file_id
)
SELECT
    c.file_id, c.compared_with, c.form_id, c.unit_code, c.period,
    coalesce(k.rows_same, 0) AS rows_same,
    coalesce(k.rows_changed, 0) AS rows_changed,
    coalesce(k.rows_added, f.rows_added, 0) AS rows_added,
    CASE WHEN s.file_id IS NULL OR s.is_whole THEN coalesce(g.rows_removed, 0) ELSE 0 END AS rows_removed
FROM compared AS c
LEFT JOIN kept AS k USING (file_id)
LEFT JOIN gone AS g USING (file_id)
LEFT JOIN first_list AS f USING (file_id)
LEFT JOIN correction_file AS s ON s.file_id = c.file_id AND s.target IS NOT NULL
"""

# A row of people that is the same in the lists of two units of one month. Where one unit lies in the other, its people
# are rightly in both lists; lines of counts are the same by chance. Rows that stand in one list only, nearly all, are
# left aside by their number alone.
_FILE_OVERLAP = f"""
CREATE TABLE file_overlap AS
WITH mine AS (
    SELECT d.file_id, d.unit_code, hash(d.form_id, d.period, m.content_code) AS row_code
    FROM row_mark AS m JOIN delivered AS d USING (file_id)
    WHERE m.form_id IN (SELECT DISTINCT form_id FROM landed_person_row)
),
listed AS (
    SELECT unit_code, row_code FROM mine
    UNION ALL
    SELECT unit_code, hash(form_id, period, hash(content_mark)) FROM known_row
),
shared AS (
    SELECT row_code FROM listed GROUP BY row_code
    HAVING min(CAST(unit_code AS BIGINT)) <> max(CAST(unit_code AS BIGINT))
),
mine_shared AS (SELECT DISTINCT file_id, unit_code, row_code FROM mine SEMI JOIN shared USING (row_code)),
listed_shared AS (SELECT DISTINCT unit_code, row_code FROM listed SEMI JOIN shared USING (row_code)),
counted AS (
    SELECT mine.file_id, other.unit_code, count(*) AS rows_equal
    FROM mine_shared AS mine JOIN listed_shared AS other USING (row_code)
    WHERE
        NOT {inside_unit("other.unit_code", "mine.unit_code")}
        AND NOT {inside_unit("mine.unit_code", "other.unit_code")}
    GROUP BY ALL
),
named AS (
    SELECT counted.*, coalesce(d.name || ' ', '') || counted.unit_code AS unit_name
    FROM counted
    LEFT JOIN (SELECT code, max_by(full_name, valid_from) AS name FROM {REGISTER} GROUP BY code) AS d
        ON d.code = counted.unit_code
    QUALIFY row_number() OVER (PARTITION BY file_id ORDER BY rows_equal DESC, counted.unit_code)
        <= {MOST_OVERLAPS_NAMED}
)
SELECT file_id, string_agg(unit_name || ' (' || rows_equal || ')', '、' ORDER BY rows_equal DESC, unit_code)
    AS overlaps_with
FROM named GROUP BY file_id
"""

FILE_CHANGE = """
SELECT
    file_id, compared_with, corrects_file_id, unit_code, period, rows_same, rows_changed, rows_added, rows_removed
FROM judgement
WHERE rows_same IS NOT NULL AND status IN ('accepted', 'partly_returned') ORDER BY file_id
"""
ROW_MARK = """
SELECT m.file_id, m.sheet, m.row_number, m.person_mark, m.content_mark
FROM row_mark AS m
JOIN row_status AS s USING (file_id, sheet, row_number)
JOIN judgement AS j USING (file_id)
WHERE s.status <> 'duplicate' AND j.status IN ('accepted', 'partly_returned')
ORDER BY file_id, sheet, row_number
"""


def mark_rows(connection: duckdb.DuckDBPyConnection, pads: tuple[bytes, bytes]) -> None:
    """Create the view ``judged_row`` and ``row_mark``, the keyed marks of every judged row."""
    connection.execute(_JUDGED_ROW)
    inner, outer = pads
    connection.execute(_ROW_MARK, {"inner": inner, "outer": outer})


def compare_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``file_change`` and ``file_overlap``: what each judged file changes, and which lists have its rows."""
    for statement in (_COMPARED, _FILE_CHANGE, _FILE_OVERLAP):
        connection.execute(statement)
