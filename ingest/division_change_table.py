"""A table of changes of divisions as a person keeps it or as yescallop/areacodes publishes it: read and checked.

Every row says that a division became another one on a day. A row that cannot be meant is refused with its number in
the file; what rows say of codes that other tables know as well is looked at by ``ingest.division_changes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.county_history import is_county_history, make_changes
from ingest.errors import FileRefusedError, UsageError
from ingest.reading.delivery import Limits
from ingest.reading.document import read_document
from ingest.reading.sheet import Sheet
from ingest.register import columns_in, file_relation

KINDS = ("rename", "recode", "merge", "split", "transfer", "level_change")
# What is known of one side only; of these no change is published, only since when or until when the division was there.
ONE_SIDED = ("new", "retired")

NEEDED = ("from_code", "to_code", "change_date", "kind", "source")
OPTIONAL = ("from_name", "to_name", "weight", "weight_basis", "to_is_new", "decision")
# What a proposal says besides: read by people only.
REMARKS = ("score", "evidence")

_YES = "'yes', 'y', 'true', '1', '是', '确认', '同意'"
_NO = "'no', 'n', 'false', '0', '否', '不', '不同意'"

# What DuckDB reads as it stands; every other file is read as a sender's list is, whatever program saved it.
_PLAIN = (".gz", ".parquet")

_CODE = "[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}"

# A weight is a share of people; the shares of one division may miss one by what rounding to percent takes.
ROUNDING = 0.01

# As many rows, or codes, are named where many are wrong.
MOST_NAMED = 5


def read_changes(connection: duckdb.DuckDBPyConnection, path: Path, into: str) -> None:
    """Read and check a table of changes into the temporary table ``into``.

    It has the columns of raw.known_change and ``line``, the row of the file, which is null for a history of codes.
    """
    source, columns = _opened(connection, path)
    if is_county_history(columns):
        make_changes(connection, source, path, into)
        connection.execute(f"ALTER TABLE {into} ADD COLUMN line BIGINT")
        return
    _refuse_columns(columns, path)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE written_change AS {_written_select(source, columns)}")
    _refuse_undecided(connection, path, "decision" in columns)
    for condition, sentence in _FAULTS:
        _refuse_if_any(connection, f"SELECT line FROM written_change WHERE {condition}", path, sentence)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {into} AS {_READ}")
    for query, sentence in _SHARED_FAULTS:
        _refuse_if_any(connection, query.format(table=into), path, sentence)
    connection.execute("DROP TABLE temp.written_change")


def _opened(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[str, frozenset[str]]:
    """Return the relation over the rows of a file, and its columns."""
    if not path.is_file():
        raise UsageError(f"there is no file of changes {path}")
    if path.suffix.lower() not in _PLAIN:
        return _sheet_relation(connection, path, _sheet_of(path))
    unreadable = f"the changes {path} cannot be read: save them as a workbook (.xlsx), CSV or Parquet"
    return file_relation(path), frozenset(name.lower() for name in columns_in(connection, path, unreadable))


def _sheet_of(path: Path) -> Sheet:
    """Return the sheet of a workbook that has the changes, or the first one where none has."""
    try:
        sheets = read_document(path.read_bytes(), Limits()).sheets
    except FileRefusedError as error:
        raise UsageError(f"the changes {path} cannot be read: {error}") from error
    if not sheets:
        raise UsageError(f"the changes {path} have no rows")
    found = [sheet for sheet in sheets if {*NEEDED} <= {*_headings(sheet)}]
    if len(found) > 1:
        names = ", ".join(sheet.name for sheet in found)
        raise UsageError(f"the changes {path} stand in several sheets ({names}): put them into one")
    return (found or sheets)[0]


def _headings(sheet: Sheet) -> list[str]:
    return [heading.strip().lower() for heading in sheet.row(0)]


def _sheet_relation(connection: duckdb.DuckDBPyConnection, path: Path, sheet: Sheet) -> tuple[str, frozenset[str]]:
    """Return the relation over the rows of a sheet below its headings, and its columns: those that have a heading."""
    headings = _headings(sheet)
    columns = {heading: index for index, heading in enumerate(headings) if heading}
    if twice := sorted(heading for heading in columns if headings.count(heading) > 1):
        raise UsageError(f"the changes {path} have two columns '{twice[0]}': keep one of them")
    nameless = [index for index, heading in enumerate(headings) if not heading]
    if {*NEEDED} <= {*headings} and any(sheet.column(each, 1).null_count < sheet.height - 1 for each in nameless):
        raise UsageError(f"the changes {path} have cells beside the columns with a name: name them or take them out")
    rows = pa.table({heading: sheet.column(index, 1) for heading, index in columns.items()})
    connection.register("sheet_rows", rows)
    connection.execute("CREATE OR REPLACE TEMP TABLE written_sheet AS FROM sheet_rows")
    connection.unregister("sheet_rows")
    return "temp.written_sheet", frozenset(columns)


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
    """Leave only the rows in which something stands and, where the table asks for decisions, that are confirmed."""
    connection.execute(
        "DELETE FROM written_change WHERE coalesce(from_code, to_code, from_name, to_name, kind, source) IS NULL"
    )
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
        source, line
    FROM (SELECT * EXCLUDE (line), min(line) AS line FROM written_change GROUP BY ALL)
    WINDOW successor AS (PARTITION BY to_code, change_date)
"""

# Asked of all rows together: (query of the rows concerned, sentence).
_SHARED_FAULTS = (
    (
        "SELECT line FROM {table} QUALIFY count(*) OVER (PARTITION BY from_code, to_code, change_date) > 1",
        "one change twice with different words: keep one of the rows",
    ),
    (
        f"""
        SELECT line FROM {{table}} WHERE weight IS NOT NULL
        QUALIFY sum(weight) OVER (PARTITION BY from_code, change_date) > 1 + {ROUNDING}
        """,
        "weights of one division that sum to more than 1",
    ),
    (
        """
        WITH RECURSIVE walk AS (
            SELECT line, from_code AS first, from_name AS first_name, to_code AS code, to_name AS name, change_date
            FROM {table} WHERE kind <> 'transfer' AND from_code <> to_code
            UNION
            SELECT w.line, w.first, w.first_name, c.to_code, c.to_name, w.change_date FROM walk AS w
            JOIN {table} AS c ON c.from_code = w.code AND c.change_date = w.change_date
                AND coalesce(c.from_name = w.name, true)
            WHERE c.kind <> 'transfer' AND c.from_code <> c.to_code
        )
        SELECT DISTINCT line FROM walk WHERE first = code AND coalesce(first_name = name, true)
        """,
        "divisions that become each other in a circle on one day: give the steps their own days",
    ),
    (
        """
        SELECT DISTINCT a.line FROM {table} AS a
        JOIN {table} AS b ON b.from_code = a.to_code AND b.from_name = a.to_name AND b.change_date = a.change_date
        WHERE a.kind <> 'transfer' AND b.kind <> 'transfer' AND a.from_code <> a.to_code AND b.from_code <> b.to_code
        """,
        "a successor that ends on the same day: write what it became instead, or give the steps their own days",
    ),
)


def _refuse_if_any(connection: duckdb.DuckDBPyConnection, query: str, path: Path, sentence: str) -> None:
    lines = [
        line for (line,) in connection.execute(f"SELECT f.line FROM ({query}) AS f (line) ORDER BY ALL").fetchall()
    ]
    if lines:
        raise UsageError(f"the changes {path} have in {named_rows(lines)} {sentence}")


def named_rows(lines: Sequence[int]) -> str:
    """Return which rows of a file these are, in words; of many the first ones."""
    rest = f" and {len(lines) - MOST_NAMED} more" if len(lines) > MOST_NAMED else ""
    return f"row{'s' if len(lines) > 1 else ''} {', '.join(str(line) for line in lines[:MOST_NAMED])}{rest}"
