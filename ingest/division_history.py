"""Divisions over time: what the registers list and what is known of changes, put together into dated rows.

The registers say which codes there are; the changes say since when, until when, and what a code was before. Both are
kept as they came (``raw.division_register``, ``raw.known_change``); ``raw.division`` and ``raw.division_change`` follow
from them, so that the order in which they came in does not matter.

Where they contradict each other the register is right: a code that a later register lists has not ended, and one that
an earlier register lists had begun. A division lies in its parent as far back as the parent goes, and never further.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ingest.register import COLUMNS, IS_CITY_DISTRICT, LEVELS, OPEN_START, SHIPPED_AS_OF, VIRTUAL_NAME, level_of

_OPEN = f"DATE '{OPEN_START.isoformat()}'"
_FAR = "DATE '9999-12-31'"

_TEMPORARY = ("evidence", "dated_change", "cut", "own", "placed")


@dataclass(frozen=True)
class HistorySummary:
    """What the history has: rows of divisions, codes that have ended, changes, and changes that a register refutes."""

    divisions: int
    ended_codes: int
    changes: int
    refuted: int


def write_history(connection: duckdb.DuckDBPyConnection) -> HistorySummary:
    """Write raw.division and raw.division_change anew from raw.division_register and raw.known_change."""
    _make(connection, "evidence", _EVIDENCE)
    _make(connection, "dated_change", _DATED)
    _make(connection, "cut", _cut_select())
    _make(connection, "own", _own_select())
    for level, digits in (("village", 6), ("village", 4), ("township", 4)):
        connection.execute(_orphans_update(level, digits))
    connection.execute(_virtual_insert())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE placed AS {_province_select()}")
    for level in LEVELS[1:]:
        connection.execute(f"INSERT INTO placed {_below_select(level)}")
    columns = ", ".join(COLUMNS)
    connection.execute("DELETE FROM raw.division; DELETE FROM raw.division_change")
    connection.execute(f"INSERT INTO raw.division ({columns}) {_joined_select()} ORDER BY code, valid_from")
    connection.execute(_CHANGES)
    summary = HistorySummary(
        divisions=_count(connection, "raw.division"),
        ended_codes=_count(
            connection, "(SELECT code FROM raw.division GROUP BY code HAVING count(valid_to) = count(*))"
        ),
        changes=_count(connection, "raw.division_change"),
        refuted=_count(connection, "(SELECT DISTINCT from_code, change_date FROM dated_change WHERE is_refuted)"),
    )
    for table in _TEMPORARY:
        connection.execute(f"DROP TABLE temp.{table}")
    return summary


def _make(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    count: int = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    return count


# What the registers show of the codes that changes speak of: one row per code and span, with the first and the last day
# that a register lists it. The rows of the open start were first seen in the register that ships.
_EVIDENCE = f"""
    WITH trace AS (
        SELECT max(greatest(CASE WHEN valid_from = {_OPEN} THEN DATE '{SHIPPED_AS_OF}' ELSE valid_from END,
            coalesce(valid_to, valid_from))) AS newest
        FROM raw.division_register
    )
    SELECT
        r.code, r.name, r.valid_from, r.valid_to,
        CASE WHEN r.valid_from = {_OPEN} THEN least(DATE '{SHIPPED_AS_OF}', coalesce(r.valid_to - 1, {_FAR}))
            ELSE r.valid_from END AS first_seen,
        coalesce(r.valid_to - 1, trace.newest) AS last_seen
    FROM raw.division_register AS r CROSS JOIN trace
    WHERE r.code IN (SELECT from_code FROM raw.known_change UNION SELECT to_code FROM raw.known_change)
"""

# A change known to the year whose outcome a register of that year shows already was on the day of the register at the
# latest. A change by which a code ends that a later register lists under the same name only handed on territory. A code
# that ends under a name under which it had ended, or begins although it is there, is told of again, as a comparison of
# registers does of what a history knows: all that is told of it happened on the earlier day.
_DATED = """
    WITH name AS (
        SELECT code, coalesce(max_by(name, last_seen), min(told)) AS name
        FROM (
            SELECT code, name, last_seen, NULL AS told FROM evidence
            UNION ALL SELECT from_code, NULL, NULL, from_name FROM raw.known_change
            UNION ALL SELECT to_code, NULL, NULL, to_name FROM raw.known_change
        )
        GROUP BY code
    ),
    named AS (
        SELECT k.* REPLACE (coalesce(k.from_name, f.name) AS from_name, coalesce(k.to_name, t.name) AS to_name),
            k.change_date AS stated_on, k.to_name IS NOT NULL AS has_to_name
        FROM raw.known_change AS k
        LEFT JOIN name AS f ON f.code = k.from_code
        LEFT JOIN name AS t ON t.code = k.to_code
    ),
    beginning AS (SELECT DISTINCT to_code, change_date FROM raw.known_change WHERE to_is_new),
    known AS (
        SELECT n.* REPLACE (coalesce((
            SELECT max(e.change_date) FROM named AS e
            WHERE e.from_code = n.from_code AND e.from_name = n.from_name
                AND e.kind <> 'transfer' AND n.kind <> 'transfer' AND year(e.change_date) < year(n.change_date)
                AND NOT EXISTS (
                    FROM named AS b
                    WHERE b.to_code = n.from_code AND (b.to_is_new OR b.from_code = b.to_code)
                        AND b.change_date >= e.change_date AND b.change_date < n.change_date
                        AND (b.change_date > e.change_date OR b.to_name = n.from_name)
                )
        ), (
            SELECT max(e.change_date) FROM named AS e
            WHERE e.to_code = n.to_code AND e.from_code IS NOT DISTINCT FROM n.from_code AND e.to_name = n.to_name
                AND year(e.change_date) < year(n.change_date)
                AND (n.to_code, n.change_date) IN (FROM beginning) AND (e.to_code, e.change_date) IN (FROM beginning)
                AND NOT EXISTS (
                    FROM named AS x
                    WHERE x.from_code = n.to_code AND x.from_code IS DISTINCT FROM x.to_code AND x.kind <> 'transfer'
                        AND x.change_date >= e.change_date AND x.change_date < n.change_date
                )
        ), n.change_date) AS change_date)
        FROM named AS n
    ),
    seen AS (
        SELECT k.*, coalesce((
            SELECT min(e.first_seen) FROM evidence AS e
            WHERE e.code = k.to_code AND e.name = k.to_name AND k.has_to_name AND k.to_is_new
                AND e.first_seen < k.change_date AND k.change_date = make_date(year(e.first_seen), 12, 31)
        ), (
            SELECT min(x.change_date) FROM known AS x
            WHERE x.kind <> 'transfer' AND x.change_date < k.change_date
                AND k.change_date = make_date(year(x.change_date), 12, 31)
                AND (x.from_code = k.from_code OR x.to_is_new AND k.to_is_new AND x.to_code = k.to_code)
        ), (
            -- what lies in a division changed with it
            SELECT min(x.change_date) FROM known AS x
            WHERE x.kind <> 'transfer' AND right(x.from_code, 6) = '000000' AND x.change_date < k.change_date
                AND x.from_code = left(k.from_code, 6) || '000000' AND x.to_code = left(k.to_code, 6) || '000000'
                AND x.from_code <> x.to_code AND right(k.from_code, 6) <> '000000'
        ), k.change_date) AS shown_on
        FROM known AS k
    ),
    dated AS (
        SELECT *, least(
            min(shown_on) OVER (PARTITION BY coalesce(from_code, to_code), change_date),
            min(shown_on) OVER (PARTITION BY coalesce(to_code, from_code), change_date)
        ) AS day
        FROM seen
    ),
    -- but what comes to a town that began later came to it then
    settled AS (
        SELECT d.* REPLACE (greatest(d.day, t.day) AS day)
        FROM dated AS d
        LEFT JOIN (SELECT to_code, change_date, max(day) AS day FROM dated WHERE to_is_new GROUP BY ALL) AS t
            ON t.to_code = left(d.to_code, 9) || '000' AND t.change_date = d.change_date AND t.to_code <> d.to_code
    )
    SELECT
        d.* EXCLUDE (shown_on, stated_on, has_to_name, change_date, day) REPLACE (
            first_value(weight IGNORE NULLS) OVER told AS weight,
            first_value(weight_basis IGNORE NULLS) OVER told AS weight_basis
        ),
        d.day AS change_date,
        d.kind NOT IN ('transfer', 'new') AND d.from_code IS DISTINCT FROM d.to_code AND EXISTS (
            FROM evidence AS e
            WHERE e.code = d.from_code AND e.name = d.from_name AND e.last_seen >= d.day AND e.first_seen >= d.day
        ) AND NOT EXISTS (
            FROM raw.known_change AS b
            WHERE b.to_code = d.from_code AND b.change_date >= d.day AND (b.to_is_new OR b.from_code = b.to_code)
        ) AS is_refuted
    FROM settled AS d
    WINDOW told AS (
        PARTITION BY from_code, to_code, d.day ORDER BY stated_on, source
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
    -- one change that several sources tell: as the one with the earliest day says it, with the share that one knows
    QUALIFY row_number() OVER (PARTITION BY from_code, to_code, d.day ORDER BY stated_on, source) = 1
"""


def _cut_select() -> str:
    """Return per code the days on which it got another name, ended or began: (code, day, before, after, goes_on).

    ``before`` and ``after`` are its name, or null where it did not exist.
    """
    return f"""
        WITH told AS (
            SELECT
                from_code AS code, change_date AS day, from_name AS before, NULL AS after,
                from_code = to_code AS goes_on
            FROM dated_change WHERE from_code IS NOT NULL AND kind NOT IN ('transfer', 'new') AND NOT is_refuted
            UNION ALL
            SELECT to_code, change_date, NULL, to_name, from_code IS NOT DISTINCT FROM to_code
            FROM dated_change WHERE to_code IS NOT NULL AND kind <> 'transfer' AND (to_is_new OR from_code = to_code)
        ),
        listed AS (
            SELECT code, valid_from AS day, NULL AS before, name AS after FROM evidence WHERE valid_from > {_OPEN}
            UNION ALL SELECT code, valid_to, name, NULL FROM evidence WHERE valid_to IS NOT NULL
        ),
        day AS (
            SELECT code, day, any_value(before) AS before, any_value(after) AS after, bool_or(goes_on) AS goes_on
            FROM told GROUP BY ALL
            UNION ALL
            {_UNLISTED}
            UNION ALL
            SELECT code, day, any_value(before), any_value(after), count(before) > 0 AND count(after) > 0
            FROM listed ANTI JOIN told USING (code, day) GROUP BY ALL
        ),
        -- a day on which nothing changes that an earlier one had not changed
        told_first AS (
            SELECT *, CASE WHEN row_number() OVER w = 1 THEN before ELSE lag(after) OVER w END AS state
            FROM day WINDOW w AS (PARTITION BY code ORDER BY day)
        ),
        -- a code that was listed before it began had begun
        begun_before AS (
            SELECT t.* REPLACE (CASE WHEN e.code IS NULL THEN t.state ELSE e.name END AS state)
            FROM told_first AS t
            LEFT JOIN evidence AS e
                ON t.state IS NULL AND e.code = t.code AND e.name = t.after
                AND e.first_seen < t.day AND t.day <= e.last_seen
        )
        SELECT code, day, state AS before, after, goes_on FROM begun_before WHERE state IS DISTINCT FROM after
    """


_PARENT_BY_DIGITS = f"""CASE {level_of("l.code")}
                WHEN 'village' THEN left(l.code, 9) || '000'
                WHEN 'township' THEN left(l.code, 6) || '000000'
                WHEN 'county' THEN left(l.code, 4) || '00000000'
                WHEN 'city' THEN left(l.code, 2) || '0000000000'
            END"""

# A township or village that was there when something became of another one, and is not among the parts of its parent in
# the next register, had ended by then. Of counties the registers know less than the changes do: they list other codes.
_UNLISTED = f"""
            SELECT seen.code, min(register.day), seen.name, NULL, false
            FROM (
                SELECT code, max(change_date) AS day, max_by(name, change_date) AS name
                FROM (
                    SELECT to_code AS code, to_name AS name, change_date FROM dated_change
                    UNION ALL SELECT from_code, from_name, change_date FROM dated_change WHERE kind = 'transfer'
                )
                WHERE right(code, 6) <> '000000' GROUP BY code
            ) AS seen
            JOIN (
                SELECT DATE '{SHIPPED_AS_OF}' AS day
                UNION SELECT valid_from FROM raw.division_register WHERE valid_from > {_OPEN}
                UNION SELECT valid_to FROM raw.division_register WHERE valid_to IS NOT NULL
            ) AS register ON register.day > seen.day
            WHERE seen.code NOT IN (SELECT code FROM raw.division_register)
                AND NOT EXISTS (FROM told AS later WHERE later.code = seen.code AND later.day > seen.day)
                AND {_PARENT_BY_DIGITS.replace("l.code", "seen.code")} NOT IN (
                    SELECT code FROM raw.division_register
                    EXCEPT SELECT parent_code FROM raw.division_register
                )
            GROUP BY seen.code, seen.name"""


def _own_select() -> str:
    """Return what is known of every code by itself, in spans, with the day its line of spans begins.

    A code given to another place begins another line. The name in a register is that of the span it is seen in.
    """
    return f"""
        WITH span AS (
            SELECT code, before AS name, {_OPEN} AS valid_from, day AS valid_to, false AS goes_on
            FROM (FROM cut QUALIFY row_number() OVER (PARTITION BY code ORDER BY day) = 1) WHERE before IS NOT NULL
            UNION ALL
            SELECT code, after, day, next_day, goes_on
            FROM (SELECT *, lead(day) OVER (PARTITION BY code ORDER BY day) AS next_day FROM cut)
            WHERE after IS NOT NULL
        ),
        -- a code that ended and is listed afterwards under another name was given to another place
        reused AS (
            SELECT e.code, e.name, max(s.valid_to) AS valid_from, e.valid_to, false AS goes_on
            FROM evidence AS e
            JOIN span AS s ON s.code = e.code AND s.valid_to <= e.first_seen
            WHERE NOT EXISTS (
                FROM span AS o WHERE o.code = e.code AND o.valid_from <= e.last_seen
                    AND (o.valid_to IS NULL OR o.valid_to > e.first_seen)
            )
            GROUP BY ALL
        ),
        known AS (
            SELECT * FROM span UNION ALL SELECT * FROM reused
            UNION ALL
            SELECT code, name, valid_from, valid_to, false FROM raw.division_register
            WHERE code NOT IN (SELECT code FROM cut)
        ),
        lined AS (
            SELECT *,
                goes_on OR coalesce(valid_from = lag(valid_to) OVER w AND code NOT IN (SELECT code FROM cut), false)
                    AS follows
            FROM known WINDOW w AS (PARTITION BY code ORDER BY valid_from)
        ),
        listed AS (
            SELECT code, arg_max(parent_code, valid_from) AS parent_code,
                arg_max(urban_rural_code, valid_from) AS urban_rural_code
            FROM raw.division_register GROUP BY code
        )
        SELECT
            l.code, {level_of("l.code")} AS level, coalesce(e.name, l.name) AS name,
            coalesce(r.parent_code, {_PARENT_BY_DIGITS}) AS parent_code, r.urban_rural_code,
            l.valid_from, l.valid_to,
            max(CASE WHEN NOT l.follows THEN l.valid_from END) OVER (
                PARTITION BY l.code ORDER BY l.valid_from ROWS UNBOUNDED PRECEDING
            ) AS line_from
        FROM lined AS l
        LEFT JOIN listed AS r ON r.code = l.code
        LEFT JOIN evidence AS e
            ON e.code = l.code AND l.valid_from <= e.first_seen AND (l.valid_to IS NULL OR e.first_seen < l.valid_to)
    """


def _orphans_update(level: str, digits: int) -> str:
    """Return the statement that puts what lies in a division that nothing is known of into the next one around it."""
    return f"""
        UPDATE own SET parent_code = rpad(left(code, {digits}), 12, '0')
        WHERE level = '{level}' AND parent_code NOT IN (SELECT code FROM own)
    """


def _virtual_insert() -> str:
    """Return the statement that adds rows for cities that there were none of, over the spans of counties below them."""
    return f"""
        INSERT INTO own
        WITH county AS (
            SELECT parent_code AS code, valid_from, coalesce(valid_to, {_FAR}) AS valid_to FROM own
            WHERE level = 'county' AND code IN (SELECT code FROM cut) AND right(parent_code, 10) <> '0000000000'
        ),
        city AS (
            SELECT code, valid_from, coalesce(valid_to, {_FAR}) AS valid_to FROM own
            WHERE level = 'city' AND code IN (SELECT code FROM county)
        ),
        day AS (
            SELECT code, unnest([valid_from, valid_to]) AS day FROM county
            UNION SELECT code, unnest([valid_from, valid_to]) FROM city
        ),
        span AS (
            SELECT code, day AS valid_from, lead(day) OVER (PARTITION BY code ORDER BY day) AS valid_to FROM day
        ),
        gap AS (
            SELECT s.* FROM span AS s
            SEMI JOIN county AS c ON c.code = s.code AND c.valid_from < s.valid_to AND s.valid_from < c.valid_to
            WHERE NOT EXISTS (
                FROM city AS c WHERE c.code = s.code AND c.valid_from < s.valid_to AND s.valid_from < c.valid_to
            )
        ),
        whole AS (
            SELECT code, min(valid_from) AS valid_from, nullif(max(valid_to), {_FAR}) AS valid_to
            FROM (
                SELECT *, sum(is_first::INTEGER) OVER (PARTITION BY code ORDER BY valid_from) AS island
                FROM (
                    SELECT *, coalesce(valid_from <> lag(valid_to) OVER (PARTITION BY code ORDER BY valid_from), true)
                        AS is_first
                    FROM gap
                )
            )
            GROUP BY code, island
        )
        SELECT
            w.code, 'city',
            CASE
                WHEN p.name LIKE '%自治区' THEN '自治区直辖县级行政区划'
                WHEN p.name NOT LIKE '%市' THEN '省直辖县级行政区划'
                WHEN substr(w.code, 3, 2) = '01' THEN '市辖区'
                WHEN substr(w.code, 3, 2) = '02' THEN '县'
                ELSE '市'
            END,
            p.code, NULL, w.valid_from, w.valid_to, w.valid_from
        FROM whole AS w
        JOIN (
            SELECT code, max_by(name, valid_from) AS name FROM own WHERE level = 'province' GROUP BY code
        ) AS p ON p.code = left(w.code, 2) || '0000000000'
    """


def _province_select() -> str:
    return f"""
        SELECT
            code, level, name, name AS full_name, NULL::VARCHAR AS parent_code, code AS province_code,
            NULL::VARCHAR AS city_code, NULL::VARCHAR AS county_code, NULL::VARCHAR AS township_code,
            NULL::VARCHAR AS village_code, urban_rural_code, false AS is_virtual, NULL::BOOLEAN AS is_city_district,
            valid_from, coalesce(valid_to, {_FAR}) AS valid_to, line_from
        FROM own WHERE level = 'province'
    """


def _below_select(level: str) -> str:
    """Return the rows of a level below their parents: cut where the parent changes, no older than its line."""
    virtual = f"regexp_matches(c.name, '{VIRTUAL_NAME}')" if level in ("city", "county") else "false"
    own_code = {each: f"p.{each}_code" for each in LEVELS}
    own_code[level] = "c.code"
    codes = ", ".join(f"{own_code[each]} AS {each}_code" for each in LEVELS)
    return f"""
        WITH child AS (
            SELECT * REPLACE (coalesce(valid_to, {_FAR}) AS valid_to) FROM own WHERE level = '{level}'
        ),
        line AS (
            SELECT c.code, c.valid_from, max_by(p.line_from, p.valid_from) AS parent_line
            FROM child AS c
            JOIN placed AS p ON p.code = c.parent_code AND p.valid_from < c.valid_to AND c.valid_from < p.valid_to
            GROUP BY c.code, c.valid_from
        )
        SELECT
            c.code, c.level, c.name,
            CASE WHEN {virtual} THEN p.full_name ELSE p.full_name || c.name END AS full_name,
            p.code AS parent_code, {codes}, c.urban_rural_code, {virtual} AS is_virtual,
            {_district_of(level)} AS is_city_district,
            greatest(c.valid_from, p.valid_from) AS valid_from, least(c.valid_to, p.valid_to) AS valid_to,
            greatest(c.line_from, l.parent_line) AS line_from
        FROM child AS c
        JOIN line AS l ON l.code = c.code AND l.valid_from = c.valid_from
        JOIN placed AS p
            ON p.code = c.parent_code AND p.line_from = l.parent_line
            AND p.valid_from < c.valid_to AND c.valid_from < p.valid_to
    """


def _district_of(level: str) -> str:
    """Return whether a row is 市辖区: as the rules of the register say, on its name and its city's of that time."""
    if level in ("township", "village"):
        return "p.is_city_district"
    if level == "city":
        return (
            f"CASE WHEN NOT regexp_matches(c.name, '{VIRTUAL_NAME}') AND c.code NOT IN ("
            f"SELECT parent_code FROM own WHERE level = 'county' AND NOT regexp_matches(name, '{VIRTUAL_NAME}')"
            ") THEN true END"
        )
    return f"""(
            SELECT {IS_CITY_DISTRICT} FROM (
                SELECT c.code, c.code AS county_code, c.name AS county_name, false AS city_without_counties,
                    regexp_matches(c.name, '{VIRTUAL_NAME}') AS county_is_virtual,
                    p.is_virtual AS city_is_virtual, p.name AS city_name
            ) AS d
        )"""


def _joined_select() -> str:
    """Return the placed rows, those that differ in nothing but their dates as one."""
    same = [column for column in COLUMNS if column not in ("valid_from", "valid_to")]
    differs = " OR ".join(f"{column} IS DISTINCT FROM lag({column}) OVER w" for column in same if column != "code")
    values = ", ".join(f"any_value({column}) AS {column}" for column in same if column != "code")
    return f"""
        WITH marked AS (
            SELECT *,
                coalesce(valid_from <> lag(valid_to) OVER w OR line_from <> lag(line_from) OVER w OR {differs}, true)
                    AS is_first
            FROM placed WHERE code IN (SELECT code FROM placed GROUP BY code HAVING count(*) > 1)
            WINDOW w AS (PARTITION BY code ORDER BY valid_from)
        ),
        island AS (
            SELECT *, sum(is_first::INTEGER) OVER (PARTITION BY code ORDER BY valid_from) AS island FROM marked
        )
        SELECT code, {values.replace("any_value", "first")}, min(valid_from) AS valid_from,
            nullif(max(valid_to), {_FAR}) AS valid_to
        FROM island GROUP BY code, island
        UNION ALL
        SELECT {", ".join(same)}, valid_from, nullif(valid_to, {_FAR})
        FROM placed WHERE code IN (SELECT code FROM placed GROUP BY code HAVING count(*) = 1)
    """


_CHANGES = """
    INSERT INTO raw.division_change
    SELECT
        from_code, to_code, change_date, CASE WHEN is_refuted THEN 'transfer' ELSE kind END AS kind, weight,
        weight_basis, source
    FROM dated_change
    WHERE from_code IS NOT NULL AND to_code IS NOT NULL
    ORDER BY change_date, from_code, to_code
"""
