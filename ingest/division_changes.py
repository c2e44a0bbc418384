"""A table of changes of divisions, as a person keeps it or as yescallop/areacodes publishes it, and bringing it in.

Every row says that a division became another one on a day. The rows are kept as they are (``raw.known_change``); what
follows from them and from the registers is written by ``ingest.division_history``. Bringing a table in again changes
nothing; a row that says something else of the same change replaces the earlier one of its source.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from ingest.county_history import is_county_history, make_changes
from ingest.division_history import HistorySummary, write_history
from ingest.errors import UsageError
from ingest.register import columns_in, file_relation, merge_vintage, read_vintage

KINDS = ("rename", "recode", "merge", "split", "transfer", "level_change")
# What is known of one side only; of these no change is published, only since when or until when the division was there.
ONE_SIDED = ("new", "retired")

NEEDED = ("from_code", "to_code", "change_date", "kind", "source")
OPTIONAL = ("from_name", "to_name", "weight", "weight_basis", "to_is_new", "decision")
# What a proposal says besides: read by people only.
REMARKS = ("score", "evidence")

_YES = "'yes', 'y', 'true', '1', '是', '确认', '同意'"
_NO = "'no', 'n', 'false', '0', '否', '不', '不同意'"

_CODE = "[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}"

# A weight is a share of people; the shares of one division may miss one by what rounding takes.
_ROUNDING = 0.001


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
    connection.execute("INSERT INTO raw.known_change BY NAME FROM imported ORDER BY change_date, from_code, to_code")
    connection.execute("DROP TABLE temp.imported")
    _refuse_broken_lives(connection, path)
    summary = write_history(connection)
    _refuse_lost_places(connection, path)
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
    _refuse_lost_places(connection, path)


def read_changes(connection: duckdb.DuckDBPyConnection, path: Path, into: str) -> None:
    """Read and check a table of changes into the temporary table ``into`` with the columns of raw.known_change."""
    columns = _columns_of(connection, path)
    if is_county_history(columns):
        make_changes(connection, file_relation(path), path, into)
        return
    _refuse_columns(columns, path)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE written_change AS {_written_select(file_relation(path), columns)}"
    )
    _refuse_undecided(connection, path, "decision" in columns)
    for condition, sentence in _FAULTS:
        _refuse_if_any(connection, f"SELECT line FROM written_change WHERE {condition}", path, sentence)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS {_READ}")
    for query, sentence in _SHARED_FAULTS:
        _refuse_if_any(connection, query.format(table=into), path, sentence)
    connection.execute("DROP TABLE temp.written_change")


def _columns_of(connection: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    if not path.is_file():
        raise UsageError(f"there is no file of changes {path}")
    unreadable = f"the changes {path} cannot be read: save them as CSV in UTF-8 or as Parquet"
    return frozenset(columns_in(connection, path, unreadable))


def _refuse_columns(columns: frozenset[str], path: Path) -> None:
    absent = [column for column in NEEDED if column not in columns]
    if absent:
        raise UsageError(f"the changes {path} have no column {' and no column '.join(absent)}: name the columns so")
    unknown = sorted(columns - {*NEEDED, *OPTIONAL, *REMARKS})
    if unknown:
        raise UsageError(
            f"the changes {path} have a column '{unknown[0]}', which nobody reads: leave it out, or name it one of "
            f"{', '.join((*NEEDED, *OPTIONAL, *REMARKS))}"
        )


def _written_select(source: str, columns: frozenset[str]) -> str:
    """Return the rows that count, trimmed, with codes padded to 12 digits and dates as dates."""
    text = {
        column: f"nullif(trim({column}::VARCHAR), '')" if column in columns else "NULL::VARCHAR"
        for column in (*NEEDED, *OPTIONAL)
    }
    codes = {
        column: f"CASE WHEN regexp_full_match({text[column]}, '{_CODE}') THEN rpad({text[column]}, 12, '0') "
        f"ELSE {text[column]} END"
        for column in ("from_code", "to_code")
    }
    return f"""
        SELECT
            row_number() OVER () + 1 AS line, {codes["from_code"]} AS from_code, {text["from_name"]} AS from_name,
            {codes["to_code"]} AS to_code, {text["to_name"]} AS to_name, {_day(text["change_date"])} AS change_date,
            lower({text["kind"]}) AS kind, {text["weight"]} AS weight, {text["weight_basis"]} AS weight_basis,
            lower({text["to_is_new"]}) AS to_is_new, {text["source"]} AS source, lower({text["decision"]}) AS decision
        FROM {source}
    """


def _day(text: str) -> str:
    """Return the date that a text says: of a year, its last day, because the lists of year ends show it."""
    day = f"regexp_replace({text}, ' 00:00:00$', '')"
    return (
        f"CASE WHEN regexp_full_match({day}, '[0-9]{{4}}') THEN try_cast({day} || '-12-31' AS DATE) "
        f"ELSE coalesce(try_strptime({day}, ['%Y-%m-%d', '%Y/%m/%d', '%Y%m%d', '%Y年%m月%d日']))::DATE END"
    )


def _refuse_undecided(connection: duckdb.DuckDBPyConnection, path: Path, has_decisions: bool) -> None:
    """Leave only the rows that a person confirmed, where the table asks for decisions."""
    if connection.execute("SELECT count(*) FROM written_change").fetchall()[0][0] == 0:
        raise UsageError(f"the changes {path} have no rows")
    if not has_decisions:
        return
    _refuse_if_any(
        connection,
        f"SELECT line FROM written_change WHERE decision NOT IN ({_YES}, {_NO})",
        path,
        "a decision that is neither yes nor no: write yes, no, or nothing where it is still open",
    )
    connection.execute(f"DELETE FROM written_change WHERE decision IS NULL OR decision NOT IN ({_YES})")
    if connection.execute("SELECT count(*) FROM written_change").fetchall()[0][0] == 0:
        raise UsageError(
            f"no change in {path} is confirmed: write yes into the column decision of those that are right"
        )


_FAULTS = (
    (
        f"NOT coalesce(regexp_full_match(from_code, '{_CODE}') AND regexp_full_match(to_code, '{_CODE}'), true)",
        "a code that is not 2, 4, 6, 9 or 12 digits",
    ),
    (
        "change_date IS NULL",
        "a change_date that is no date: write it as 2011-08-22, or as a year where only that is known",
    ),
    ("change_date < DATE '1949-10-01'", "a change_date before 1949-10-01, from when on divisions are kept"),
    (
        f"coalesce(kind, '') NOT IN ({', '.join(f'{chr(39)}{kind}{chr(39)}' for kind in (*KINDS, *ONE_SIDED))})",
        f"a kind that is none of {', '.join((*KINDS, *ONE_SIDED))}",
    ),
    ("source IS NULL", "no source: say which notice, list or person knows of the change"),
    (
        "(from_code IS NULL) <> (kind = 'new') OR (to_code IS NULL) <> (kind = 'retired')",
        "a code too few or too many: kind new has no from_code, kind retired no to_code, all others have both",
    ),
    ("kind IN ('recode', 'transfer') AND from_code = to_code", "a recode or transfer of a division to itself"),
    ("kind = 'rename' AND from_code <> to_code", "a rename with two codes: a new code is a recode, whatever the name"),
    (
        "from_code = to_code AND kind <> 'merge' AND (from_name IS NULL OR to_name IS NULL)",
        "a division that keeps its code without from_name or to_name: write both",
    ),
    (
        "weight IS NOT NULL AND NOT coalesce(try_cast(weight AS DOUBLE) BETWEEN 0 AND 1, false)",
        "a weight that is not a share between 0 and 1",
    ),
    ("weight IS NOT NULL AND weight_basis IS NULL", "a weight without weight_basis: say how the share is known"),
    (f"to_is_new NOT IN ({_YES}, {_NO})", "a to_is_new that is neither yes nor no"),
)

# Whether the successor begins with the change, where the table does not say: a merger that lists one division only was
# into one that was there, as was one that lists the successor among those that came together.
_READ = f"""
    SELECT
        from_code, from_name, to_code, to_name, change_date, kind, weight::DOUBLE AS weight, weight_basis,
        CASE
            WHEN kind IN ('transfer', 'retired') OR from_code = to_code THEN false
            WHEN to_is_new IS NOT NULL THEN to_is_new IN ({_YES})
            WHEN kind <> 'merge' THEN true
            ELSE count(*) OVER successor > 1 AND NOT bool_or(from_code = to_code) OVER successor
        END AS to_is_new,
        source
    FROM (SELECT DISTINCT * EXCLUDE (line) FROM written_change)
    WINDOW successor AS (PARTITION BY to_code, change_date)
"""

# Asked of all rows together: (query of the first code concerned, sentence).
_SHARED_FAULTS = (
    (
        "SELECT from_code FROM {table} GROUP BY from_code, to_code, change_date HAVING count(*) > 1",
        "one change twice with different words: keep one of the rows",
    ),
    (
        f"SELECT from_code FROM {{table}} GROUP BY from_code, change_date HAVING sum(weight) > 1 + {_ROUNDING}",
        "weights of one division that sum to more than 1",
    ),
    (
        """
        WITH RECURSIVE walk AS (
            SELECT from_code AS first, from_name AS first_name, to_code AS code, to_name AS name, change_date
            FROM {table} WHERE kind <> 'transfer' AND from_code <> to_code
            UNION
            SELECT w.first, w.first_name, c.to_code, c.to_name, w.change_date FROM walk AS w
            JOIN {table} AS c ON c.from_code = w.code AND c.change_date = w.change_date
                AND coalesce(c.from_name = w.name, true)
            WHERE c.kind <> 'transfer' AND c.from_code <> c.to_code
        )
        SELECT first FROM walk WHERE first = code AND coalesce(first_name = name, true)
        """,
        "divisions that become each other in a circle on one day: give the steps their own days",
    ),
)


def _refuse_if_any(connection: duckdb.DuckDBPyConnection, query: str, path: Path, sentence: str) -> None:
    found = connection.execute(f"SELECT count(*), min(f.found) FROM ({query}) AS f (found)").fetchall()[0]
    if found[0]:
        where = f"row {found[1]}" if isinstance(found[1], int) else f"{found[1]}"
        raise UsageError(f"the changes {path} have {sentence}; {found[0]} such, the first is {where}")


def _refuse_broken_lives(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse codes that all changes together let end or begin twice, and successors and names that nobody knows."""
    for query, sentence in (
        (
            """
            SELECT to_code FROM raw.known_change AS k
            WHERE to_code IS NOT NULL AND NOT to_is_new AND from_code <> to_code
                AND (to_name IS NULL OR right(to_code, 6) = '000000')
                AND to_code NOT IN (SELECT code FROM raw.division_register)
                AND NOT EXISTS (
                    FROM raw.known_change AS o
                    WHERE k.to_code = o.to_code AND o.to_is_new OR k.to_code = o.from_code AND o.from_name IS NOT NULL
                )
            """,
            "a successor that does not exist: correct the code, or add the row by which it began",
        ),
        (
            """
            SELECT code FROM (
                SELECT from_code AS code, from_name AS name FROM raw.known_change
                UNION ALL SELECT to_code, to_name FROM raw.known_change
            )
            WHERE code IS NOT NULL AND code NOT IN (SELECT code FROM raw.division_register)
            GROUP BY code HAVING count(name) = 0
            """,
            "a code that no register has, without a name: write from_name or to_name",
        ),
        (
            _LIVES + "SELECT code FROM life WHERE ends AND NOT begins AND was_there = false AND NOT is_told_again",
            "a code that ends although it had ended before, or before it began",
        ),
        (
            _LIVES + "SELECT code FROM life WHERE begins AND NOT ends AND was_there AND NOT is_told_again",
            "a code that begins although it was there already: say by which change it had ended",
        ),
    ):
        _refuse_if_any(connection, query, path, sentence)


# What the changes say of a code day by day, those known to the year only where no other says the day. A comparison of
# two registers tells again, with a later day, what a history knows.
_LIVES = """
    WITH told AS (
        SELECT from_code AS code, change_date AS day, true AS ends, from_code = to_code AS begins, from_code, to_code
        FROM raw.known_change WHERE from_code IS NOT NULL AND kind NOT IN ('transfer', 'new')
        UNION ALL
        SELECT to_code, change_date, false, true, from_code, to_code FROM raw.known_change WHERE to_is_new
    ),
    day AS (
        SELECT code, day, bool_or(ends) AS ends, bool_or(begins) AS begins, bool_and(
            EXISTS (FROM told AS e WHERE e.from_code = t.from_code AND e.to_code = t.to_code AND e.day < t.day)
        ) AS is_told_again
        FROM told AS t GROUP BY ALL
    ),
    life AS (
        SELECT *, lag(begins) OVER (PARTITION BY code ORDER BY day) AS was_there FROM day AS d
        WHERE NOT (day = make_date(year(day), 12, 31) AND EXISTS (
            FROM day AS o WHERE o.code = d.code AND o.day < d.day AND year(o.day) = year(d.day)
                AND o.ends = d.ends AND o.begins = d.begins
        ))
    )
"""


def _refuse_lost_places(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a history that loses a code, or in which a change leads to a division that is not there on its day."""
    for query, sentence in (
        (
            """
            SELECT code FROM raw.division_register
            UNION SELECT from_code FROM raw.known_change WHERE from_code IS NOT NULL
            UNION SELECT to_code FROM raw.known_change WHERE to_code IS NOT NULL
            EXCEPT SELECT code FROM raw.division
            """,
            "a division that lies in none that is known in its time: add the changes of the division around it",
        ),
        (
            """
            SELECT c.to_code FROM raw.division_change AS c
            WHERE NOT EXISTS (
                FROM raw.division AS d
                WHERE d.code = c.to_code AND d.valid_from <= c.change_date
                    AND (d.valid_to IS NULL OR c.change_date < d.valid_to)
            )
            """,
            "a successor that was not there on the day of the change",
        ),
    ):
        _refuse_if_any(connection, query, path, sentence)
