"""Places that there were: read from the register with everything that ever was in it, and what they became.

A list is read as of the day it was reported. A place that there still was on that day is taken as it is written; one
that had ended is taken as what it became, if that is one division, else as the innermost one that all of it lies in.
"""

from __future__ import annotations

import duckdb

from ingest.register import LEVELS, level_of, own_digits

REGISTER = "register_division"
CHANGES = "register_change"

# Every division that has ended, under its last name, and every one that goes on; of towns and villages that go on under
# another name the former one, which nothing else tells. ``ended_on`` is the day on which that name ended.
_ONCE = f"""
    CREATE OR REPLACE TEMP TABLE register_once AS
    SELECT r.* REPLACE (NULL::DATE AS valid_to), r.valid_to AS ended_on
    FROM {REGISTER} AS r
    LEFT JOIN (SELECT code, name FROM {REGISTER} WHERE valid_to IS NULL) AS today ON today.code = r.code
    WHERE r.valid_to IS NULL OR today.code IS NULL
        OR r.level IN ('township', 'village') AND r.name <> today.name
    QUALIFY row_number() OVER (PARTITION BY r.code ORDER BY r.valid_to DESC NULLS LAST) = 1
"""

# The spans in which there was a code, whatever its name and the divisions around it.
_SPANS = f"""
    CREATE OR REPLACE TEMP TABLE register_span AS
    SELECT code, min(valid_from) AS begun_on,
        CASE WHEN count(*) = count(valid_to) THEN max(valid_to) END AS ended_on
    FROM (
        SELECT *, sum(is_first::INTEGER) OVER (PARTITION BY code ORDER BY valid_from) AS span
        FROM (
            SELECT code, valid_from, valid_to,
                coalesce(valid_from > lag(valid_to) OVER (PARTITION BY code ORDER BY valid_from), true) AS is_first
            FROM {REGISTER}
        )
    )
    GROUP BY code, span
"""


def has_ended_places(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the register has anything but what there is today."""
    return bool(connection.execute(f"SELECT EXISTS (FROM {REGISTER} WHERE valid_to IS NOT NULL)").fetchall()[0][0])


def open_ended(connection: duckdb.DuckDBPyConnection) -> None:
    """Create ``register_once`` for a resolver, the spans in which there was a code, and what came after each."""
    connection.execute(_ONCE)
    connection.execute(_SPANS)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE register_next AS {_NEXT}")


def make_became(connection: duckdb.DuckDBPyConnection, into: str, asked: str) -> None:
    """Create the table ``into`` (code, ended_on, now_code, is_one): what places of a SELECT (code, ended_on) became.

    ``now_code`` is null where what they became has nothing in common.
    """
    codes = [f"d.{level}_code" for level in reversed(LEVELS)]
    shared = ", ".join(
        f"CASE WHEN count({code}) = count(*) AND min({code}) = max({code}) THEN min({code}) END" for code in codes
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        WITH RECURSIVE walk AS (
            SELECT code, ended_on, code AS at_code, ended_on AS at_day FROM ({asked})
            UNION
            SELECT w.code, w.ended_on, n.code, n.ended_on
            FROM walk AS w
            JOIN register_next AS n ON n.from_code = w.at_code AND n.day = w.at_day
        )
        SELECT w.code, w.ended_on, coalesce({shared}) AS now_code,
            count(DISTINCT w.at_code) = 1 AND bool_and(w.is_told) AS is_one
        FROM (
            SELECT *, EXISTS (FROM {CHANGES} AS c WHERE c.from_code = w.code AND c.change_date = w.ended_on) AS is_told
            FROM walk AS w WHERE at_day IS NULL
        ) AS w
        JOIN {REGISTER} AS d ON d.code = w.at_code AND d.valid_to IS NULL
        GROUP BY w.code, w.ended_on
    """)


# What comes after a code that ended on a day: what it became, or, where nobody knows, the division it lay in.
_NEXT = f"""
    SELECT c.from_code, c.change_date AS day, s.code, s.ended_on
    FROM {CHANGES} AS c
    JOIN register_span AS s
        ON s.code = c.to_code AND s.begun_on <= c.change_date AND (s.ended_on IS NULL OR c.change_date < s.ended_on)
    WHERE c.from_code <> c.to_code
    UNION ALL
    SELECT r.code, r.valid_to, s.code, s.ended_on
    FROM {REGISTER} AS r
    JOIN register_span AS s
        ON s.code = r.parent_code AND s.begun_on < r.valid_to AND (s.ended_on IS NULL OR r.valid_to <= s.ended_on)
    WHERE r.valid_to IS NOT NULL
        AND NOT EXISTS (FROM {CHANGES} AS c WHERE c.from_code = r.code AND c.change_date = r.valid_to)
"""


def make_code_phases(connection: duckdb.DuckDBPyConnection, into: str, written: str) -> None:
    """Create the table ``into``: how codes that people wrote are to be taken by the day of the list.

    ``written`` is a SELECT (text, context_code, code) of codes of 12 digits; only those that ended at some time are in
    the table (text, context_code, from_day, to_day, code, level, match, ended_on, now_code).
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {into}_span AS
        SELECT w.text, w.context_code, s.*, lead(s.begun_on) OVER (
            PARTITION BY w.text, w.context_code ORDER BY s.begun_on
        ) AS next_on, row_number() OVER (PARTITION BY w.text, w.context_code ORDER BY s.begun_on) AS number
        FROM ({written}) AS w JOIN register_span AS s ON s.code = w.code
        WHERE w.code IN (SELECT code FROM register_span WHERE ended_on IS NOT NULL)
    """)
    make_became(
        connection, f"{into}_became", f"SELECT DISTINCT code, ended_on FROM {into}_span WHERE ended_on IS NOT NULL"
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        SELECT
            s.text, s.context_code, CASE WHEN s.number > 1 THEN s.begun_on END AS from_day, s.ended_on AS to_day,
            s.code, {level_of("s.code")} AS level, 'exact' AS match, NULL::DATE AS ended_on,
            coalesce(b.now_code, s.code) AS now_code
        FROM {into}_span AS s LEFT JOIN {into}_became AS b ON b.code = s.code AND b.ended_on = s.ended_on
        UNION ALL
        SELECT
            s.text, s.context_code, s.ended_on, s.next_on, b.now_code, {level_of("b.now_code")}, {_match_of("b")},
            s.ended_on, b.now_code
        FROM {into}_span AS s LEFT JOIN {into}_became AS b ON b.code = s.code AND b.ended_on = s.ended_on
        WHERE s.ended_on IS NOT NULL
    """)
    for table in ("span", "became"):
        connection.execute(f"DROP TABLE temp.{into}_{table}")


def make_text_phases(connection: duckdb.DuckDBPyConnection, into: str, found: str, once: str) -> None:
    """Create the table ``into``: how texts are to be taken by the day of the list that only the past explains.

    ``found`` is what the register of today makes of the texts, ``once`` what ``register_once`` makes of them.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {into}_read AS
        SELECT f.text, f.context_code, f.code AS today_code, f.level AS today_level, f.match AS today_match,
            o.code, o.level, o.match = 'alias' AS is_alias, r.ended_on
        FROM {found} AS f
        JOIN {once} AS o ON o.text = f.text AND o.context_code IS NOT DISTINCT FROM f.context_code
        JOIN register_once AS r ON r.code = o.code AND r.ended_on IS NOT NULL
        WHERE o.match IN ('exact', 'alias', 'partial')
            AND (f.code IS NULL OR o.code > f.code AND starts_with(o.code, {own_digits("f.code")}))
    """)
    make_became(connection, f"{into}_became", f"SELECT DISTINCT code, ended_on FROM {into}_read")
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        SELECT
            text, context_code, NULL::DATE AS from_day, ended_on AS to_day, code, level,
            CASE WHEN is_alias THEN 'alias' ELSE 'exact' END AS match, NULL::DATE AS ended_on, now_code
        FROM phase
        UNION ALL
        SELECT text, context_code, ended_on, NULL, now_code, {level_of("now_code")}, now_match, ended_on, now_code
        FROM phase
    """.replace("FROM phase", f"FROM ({_text_phase(into)})")
    )
    for table in ("read", "became"):
        connection.execute(f"DROP TABLE temp.{into}_{table}")


def _text_phase(into: str) -> str:
    """Return each text with what its place became; where that is nothing, what today's register makes of the text."""
    return f"""
        SELECT r.*, coalesce(b.now_code, r.today_code) AS now_code,
            CASE WHEN b.now_code IS NULL THEN r.today_match ELSE {_match_of("b")} END AS now_match
        FROM {into}_read AS r LEFT JOIN {into}_became AS b ON b.code = r.code AND b.ended_on = r.ended_on
    """


def make_former_phases(connection: duckdb.DuckDBPyConnection, into: str, found: str) -> None:
    """Create the table ``into``: until when the former names in texts were right that today's register knows.

    The name is one that a city or county had that is, or became, what the text was taken for or what that lies in.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {into}_name AS
        SELECT f.text, f.context_code, f.code AS today_code, f.level, r.code, max(r.valid_to) AS ended_on
        FROM {found} AS f
        JOIN (
            SELECT code, name, max(valid_to) AS valid_to FROM {REGISTER} AS e
            WHERE level IN ('city', 'county') AND NOT is_virtual AND valid_to IS NOT NULL
                AND NOT EXISTS (FROM {REGISTER} AS o WHERE o.code = e.code AND o.name = e.name AND o.valid_to IS NULL)
            GROUP BY code, name
        ) AS r ON contains(f.text, r.name)
        WHERE f.match = 'former_name'
        GROUP BY ALL
    """)
    make_became(connection, f"{into}_became", f"SELECT DISTINCT code, ended_on FROM {into}_name")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {into} AS
        WITH dated AS (
            SELECT n.text, n.context_code, n.today_code AS code, n.level, max(n.ended_on) AS day
            FROM {into}_name AS n LEFT JOIN {into}_became AS b ON b.code = n.code AND b.ended_on = n.ended_on
            WHERE starts_with(n.today_code, {own_digits("n.code")})
                OR starts_with(n.today_code, {own_digits("b.now_code")})
            GROUP BY ALL
        )
        SELECT text, context_code, NULL::DATE AS from_day, day AS to_day, code, level, 'exact' AS match,
            NULL::DATE AS ended_on, code AS now_code FROM dated
        UNION ALL
        SELECT text, context_code, day, NULL, code, level, 'former_name', day, code FROM dated
    """)
    for table in ("name", "became"):
        connection.execute(f"DROP TABLE temp.{into}_{table}")


def _match_of(became: str) -> str:
    return f"CASE WHEN {became}.now_code IS NULL THEN 'none' WHEN {became}.is_one THEN 'former_name' ELSE 'partial' END"
