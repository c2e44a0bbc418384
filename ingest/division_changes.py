"""Bringing in registers and tables of changes: what they say together of every code, and refusing what cannot be.

The rows are kept as they came (``raw.known_change``); what follows from them and from the registers is written by
``ingest.division_history``. Bringing a table in again changes nothing; a row that says something else of the same
change replaces the earlier one of its source.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from ingest.division_change_table import MOST_NAMED, ROUNDING, named_rows, read_changes
from ingest.division_history import HistorySummary, write_history
from ingest.errors import UsageError
from ingest.register import merge_vintage, read_vintage


def import_changes(connection: duckdb.DuckDBPyConnection, path: Path) -> HistorySummary:
    """Bring a table of changes into raw.known_change and write raw.division and raw.division_change anew.

    Raises ``UsageError`` where the table cannot be read, or contradicts itself, the registers or the changes known.
    """
    read_changes(connection, path, "imported")
    connection.execute(
        "INSERT INTO raw.division_register SELECT * FROM raw.division WHERE NOT EXISTS (FROM raw.division_register)"
    )
    same = " AND ".join(
        f"known.{column} IS NOT DISTINCT FROM imported.{column}"
        for column in ("from_code", "to_code", "change_date", "source")
    )
    connection.execute(f"DELETE FROM raw.known_change AS known USING imported WHERE {same}")
    connection.execute(
        "INSERT INTO raw.known_change BY NAME "
        "SELECT * EXCLUDE (line) FROM imported ORDER BY change_date, from_code, to_code"
    )
    _refuse(connection, path, _BROKEN_LIVES)
    summary = write_history(connection)
    _refuse(connection, path, _LOST_PLACES)
    connection.execute("DROP TABLE temp.imported")
    return summary


def import_register(connection: duckdb.DuckDBPyConnection, path: Path, as_of: date) -> None:
    """Bring a register of a day into the warehouse, beside the changes where some are known.

    Raises ``UsageError`` where the file is no register, or the register is older than the newest one known.
    """
    query = read_vintage(path, as_of)
    if not connection.execute("SELECT count(*) FROM raw.division_register").fetchall()[0][0]:
        merge_vintage(connection, "raw.division", query, as_of)
        return
    merge_vintage(connection, "raw.division_register", query, as_of)
    write_history(connection)
    connection.execute("CREATE OR REPLACE TEMP TABLE imported AS SELECT *, NULL::BIGINT AS line FROM raw.known_change")
    _refuse(connection, path, _LOST_PLACES)
    connection.execute("DROP TABLE temp.imported")


def _refuse(connection: duckdb.DuckDBPyConnection, path: Path, faults: tuple[tuple[str, str], ...]) -> None:
    """Refuse what one of the queries (code, said of it) finds, with the rows of the file that speak of these codes."""
    for query, sentence in faults:
        found = connection.execute(f"""
            SELECT f.code, f.said, coalesce(list_sort(list(i.line) FILTER (i.line IS NOT NULL)), [])
            FROM ({query}) AS f (code, said)
            LEFT JOIN imported AS i ON f.code IN (i.from_code, i.to_code)
            GROUP BY f.code, f.said ORDER BY ALL
        """).fetchall()
        if found:
            rest = f", and {len(found) - MOST_NAMED} more codes" if len(found) > MOST_NAMED else ""
            named = ", ".join(_named(*each) for each in found[:MOST_NAMED])
            raise UsageError(f"the changes {path} have {sentence}: {named}{rest}")


def _named(code: str, said: str | None, lines: list[int]) -> str:
    remarks = [*([named_rows(lines)] if lines else []), *([said] if said else [])]
    return f"{code} ({'; '.join(remarks)})" if remarks else code


# What the changes say of a code day by day, those known to the year only where no other says the day. A comparison of
# two registers tells again, with a later day, what a history knows: an end of the same name, into one of the same or
# into nothing known.
_LIVES = """
    WITH told AS (
        SELECT from_code AS code, from_name AS name, change_date AS day, true AS ends, from_code = to_code AS begins,
            from_code, to_code, source
        FROM raw.known_change WHERE from_code IS NOT NULL AND kind NOT IN ('transfer', 'new')
        UNION ALL
        SELECT to_code, to_name, change_date, false, true, from_code, to_code, source
        FROM raw.known_change WHERE to_is_new
    ),
    day AS (
        SELECT code, day, bool_or(ends) AS ends, bool_or(begins) AS begins, any_value(name) AS name,
            bool_or(ends AND EXISTS (
                FROM told AS e WHERE e.ends AND e.code = t.code AND e.day < t.day AND coalesce(e.name = t.name, true)
                    AND coalesce(e.to_code = t.to_code, true)
            )) AS end_is_told_again,
            bool_and(
                EXISTS (
                    FROM told AS e
                    WHERE e.from_code IS NOT DISTINCT FROM t.from_code AND e.to_code = t.to_code AND e.day < t.day
                        AND (t.from_code IS NOT NULL OR e.source <> t.source)
                )
            ) AS beginning_is_told_again
        FROM told AS t GROUP BY ALL
    ),
    life AS (
        SELECT *, lag(begins) OVER w AS was_there, lag(day) OVER w AS last_day, lag(name) OVER w AS last_name
        FROM day AS d
        WHERE NOT (day = make_date(year(day), 12, 31) AND EXISTS (
            FROM day AS o WHERE o.code = d.code AND o.day < d.day AND year(o.day) = year(d.day)
                AND o.ends = d.ends AND o.begins = d.begins
        ))
        WINDOW w AS (PARTITION BY code ORDER BY day)
    )
"""

# Asked of all changes that are known, before anything follows from them: (query of code and remark, sentence).
_BROKEN_LIVES = (
    (
        """
        SELECT DISTINCT to_code, NULL::VARCHAR FROM raw.known_change AS k
        WHERE to_code IS NOT NULL AND NOT to_is_new AND from_code <> to_code
            AND (to_name IS NULL OR right(to_code, 6) = '000000')
            AND to_code NOT IN (SELECT code FROM raw.division_register)
            AND NOT EXISTS (
                FROM raw.known_change AS o
                WHERE k.to_code = o.to_code AND o.to_is_new OR k.to_code = o.from_code AND o.from_name IS NOT NULL
            )
        """,
        "a successor that does not exist, so correct the code, or add the row by which it began",
    ),
    (
        """
        SELECT code, NULL::VARCHAR FROM (
            SELECT from_code AS code, from_name AS name FROM raw.known_change
            UNION ALL SELECT to_code, to_name FROM raw.known_change
        )
        WHERE code IS NOT NULL AND code NOT IN (SELECT code FROM raw.division_register)
        GROUP BY code HAVING count(name) = 0
        """,
        "a code that no register has, without a name, so write from_name or to_name",
    ),
    (
        f"""
        {_LIVES}
        SELECT code, format('{{}} until {{}}', coalesce(last_name, 'there'), last_day) FROM life
        WHERE ends AND NOT begins AND was_there = false AND NOT end_is_told_again
        """,
        (
            "a code that ends although it had ended before, or before it began, so correct the row, leave it out, "
            "or add one of kind new with the day on which it began again"
        ),
    ),
    (
        f"""
        {_LIVES}
        SELECT code, format('{{}} since {{}}', coalesce(last_name, 'there'), last_day) FROM life
        WHERE begins AND NOT ends AND was_there AND NOT beginning_is_told_again
        """,
        (
            "a code that begins although it was there already, so add the change by which it had ended, or "
            "write no into to_is_new"
        ),
    ),
)

# Asked of what follows from registers and changes.
_LOST_PLACES = (
    (
        """
        SELECT code, NULL::VARCHAR FROM (
            SELECT code FROM raw.division_register
            UNION SELECT from_code FROM raw.known_change WHERE from_code IS NOT NULL
            UNION SELECT to_code FROM raw.known_change WHERE to_code IS NOT NULL
            EXCEPT SELECT code FROM raw.division
        )
        """,
        (
            "a division that lies in none that is known in its time, so add the changes of the division around it, or "
            "leave out the rows"
        ),
    ),
    (
        """
        SELECT DISTINCT c.to_code, c.change_date::VARCHAR FROM raw.division_change AS c
        WHERE NOT EXISTS (
            FROM raw.division AS d
            WHERE d.code = c.to_code AND d.valid_from <= c.change_date
                AND (d.valid_to IS NULL OR c.change_date < d.valid_to)
        )
        """,
        "a successor that was not there on the day of the change, so correct the code or the day",
    ),
    (
        f"""
        SELECT from_code, format('{{:.2f}} on {{}}', sum(weight), change_date) FROM raw.division_change
        GROUP BY from_code, change_date
        HAVING count(weight) = count(*) AND sum(weight) < 1 - {ROUNDING} AND bool_and(kind <> 'transfer')
        """,
        "weights of a division that ended which sum to less than 1, so add what is missing, or leave one of them empty",
    ),
)
