"""The division register: what a list of codes and names says about five levels of divisions, and since when.

A register is a list of 12-digit codes and names; level, parent, ancestors and full name follow from the codes by the
rules written here once, for the register that ships with popflow as for any other vintage.

A vintage is the register as of a day. What it says is dated half-open: a division that changed its name or parent, or
vanished, ends on that day, and what is new begins. A parent below which a vintage lists nothing (a register to the
township, a page that was empty) says nothing about its children; they go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingest.errors import UsageError
from ingest.sql_text import sql_text

SHIPPED_REGISTER = Path(__file__).parent / "data" / "division_register.parquet"

# The date of the shipped register.
SHIPPED_AS_OF = date(2023, 6, 30)

# Since when a division has its name and place is not in a register, and stays reach back for decades. Divisions of the
# first register are therefore taken as valid from the beginning of the republic; former names are known apart from it.
OPEN_START = date(1949, 10, 1)

LEVELS = ("province", "city", "county", "township", "village")

COLUMNS = (
    "code",
    "level",
    "name",
    "full_name",
    "parent_code",
    "province_code",
    "city_code",
    "county_code",
    "township_code",
    "village_code",
    "urban_rural_code",
    "is_virtual",
    "is_city_district",
    "valid_from",
    "valid_to",
)

_URBAN_RURAL_COLUMNS = ("urban_rural_code", "ur_code")

# Some registers begin with a row for the nation.
_NATION_CODE = "100000000000"

_CODE = "[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}"

# A change in one of these makes a new row. A vintage without urban_rural_code takes over the last one known.
_COMPARED = tuple(column for column in COLUMNS if column not in ("code", "valid_from", "valid_to"))

# Rows that only hold a place in the code: 市辖区 and 县 of municipalities, 省直辖县级行政区划, 市辖区 of a city.
VIRTUAL_NAME = "^(市辖区|市辖县|县|市|(省|自治区)直辖.*)$"

# County codes ending in 71 to 80 are development zones, not divisions by law.
_ZONE_DIGITS = "substr(d.code, 5, 2) BETWEEN '70' AND '80'"


def register_query(path: Path = SHIPPED_REGISTER) -> str:
    """Return the SELECT with the columns of raw.division over a compact register (code as number, name)."""
    return division_query(
        f"SELECT code::VARCHAR AS code, name, NULL::VARCHAR AS urban_rural_code FROM read_parquet({sql_text(path)})",
        OPEN_START,
    )


@dataclass(frozen=True)
class MergeSummary:
    """What a vintage changed: rows that ended, rows that began, rows that went on."""

    ended: int
    begun: int
    unchanged: int


def read_vintage(path: Path, as_of: date) -> str:
    """Check a register file and return the SELECT with the columns of raw.division over it, valid from ``as_of``.

    The file is CSV in UTF-8 or Parquet with the columns ``code`` (2, 4, 6, 9 or 12 digits) and ``name``, optionally
    ``parent_code`` (checked against the codes), ``level`` (implied by the codes, not read) and ``urban_rural_code`` or
    ``ur_code``. Raises ``UsageError`` where the file cannot be a register.
    """
    with duckdb.connect() as connection:
        columns = _columns_of(connection, path)
        source = file_relation(path)
        written = _written_select(source, columns)
        connection.execute(f"CREATE TABLE written AS {written}")
        _check_written(connection, path)
        if "parent_code" in columns:
            _check_given_parents(connection, path, source)
        query = division_query(f"SELECT DISTINCT * FROM ({written}) WHERE code <> '{_NATION_CODE}'", as_of)
        connection.execute(f"CREATE TABLE division AS {query}")
        _check_divisions(connection, path)
    return query


def loose_query(path: Path, as_of: date) -> str:
    """Return the SELECT with the columns of raw.division over a register file that is only compared, not brought in.

    Rows that cannot be a division (a bad code, no name, a second row of a code, no parent) are left out.
    """
    with duckdb.connect() as connection:
        written = _written_select(file_relation(path), _columns_of(connection, path))
    listed = (
        f"SELECT code, min(name) AS name, min(urban_rural_code) AS urban_rural_code FROM ({written}) "
        f"WHERE code <> '{_NATION_CODE}' AND regexp_full_match(code, '{_CODE}') AND name <> '' GROUP BY code"
    )
    return f"SELECT * FROM ({division_query(listed, as_of)}) WHERE parent_code IS NOT NULL OR level = 'province'"


def merge_vintage(
    connection: duckdb.DuckDBPyConnection, table: str, vintage_relation: str, as_of: date
) -> MergeSummary:
    """Bring a vintage (a relation or SELECT with the columns of raw.division) into ``table``, dated ``as_of``.

    Raises ``UsageError`` for a vintage older than the newest one in the table: registers are brought in in the order of
    their dates. Bringing in the same one again changes nothing.
    """
    _check_order(connection, table, as_of)
    relation = vintage_relation if " " not in vintage_relation.strip() else f"({vintage_relation})"
    day = f"DATE '{as_of.isoformat()}'"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE vintage AS SELECT {', '.join(COLUMNS)} FROM {relation}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE known AS SELECT * FROM {table} WHERE valid_to IS NULL")
    connection.execute(
        "UPDATE vintage SET urban_rural_code = known.urban_rural_code FROM known "
        "WHERE vintage.urban_rural_code IS NULL AND known.code = vintage.code AND known.name = vintage.name"
    )
    for level in LEVELS:
        _carry_on(connection, level)
    same = " AND ".join(f"known.{column} IS NOT DISTINCT FROM vintage.{column}" for column in _COMPARED)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unchanged AS SELECT code FROM known JOIN vintage USING (code) WHERE {same}"
    )
    gone = "code NOT IN (SELECT code FROM unchanged)"
    connection.execute(f"DELETE FROM {table} WHERE valid_to IS NULL AND valid_from = {day} AND {gone}")
    connection.execute(f"UPDATE {table} SET valid_to = {day} WHERE valid_to IS NULL AND {gone}")
    begun = f"SELECT * REPLACE ({day} AS valid_from, NULL::DATE AS valid_to) FROM vintage WHERE {gone}"
    connection.execute(f"INSERT INTO {table} ({', '.join(COLUMNS)}) {begun}")
    summary = MergeSummary(
        ended=_count(connection, f"known WHERE {gone}"),
        begun=_count(connection, f"vintage WHERE {gone}"),
        unchanged=_count(connection, "unchanged"),
    )
    for temporary in ("vintage", "known", "unchanged"):
        connection.execute(f"DROP TABLE temp.{temporary}")
    return summary


def division_query(listed: str, valid_from: date) -> str:
    """Return the SELECT with the columns of raw.division over a SELECT of (code, name, urban_rural_code).

    Codes have 12 digits and are unique. A county row that repeats a city without counties (嘉峪关) is left out.
    """
    return f"""
        WITH listed AS ({listed}),
        placed AS MATERIALIZED (
            SELECT
                code, name, urban_rural_code, {level_of("code")} AS level,
                left(code, 2) || '0000000000' AS province_key,
                left(code, 4) || '00000000' AS city_key,
                left(code, 6) || '000000' AS county_key
            FROM listed WHERE right(code, 3) = '000'
        ),
        province AS (SELECT code, name FROM placed WHERE level = 'province'),
        city AS (
            SELECT code, name, regexp_matches(name, '{VIRTUAL_NAME}') AS is_virtual FROM placed WHERE level = 'city'
        ),
        county AS (
            SELECT c.code, c.name, regexp_matches(c.name, '{VIRTUAL_NAME}') AS is_virtual
            FROM placed AS c LEFT JOIN city AS p ON p.code = c.city_key
            WHERE c.level = 'county' AND c.name IS DISTINCT FROM p.name
        ),
        with_counties AS (SELECT DISTINCT left(code, 4) || '00000000' AS code FROM county WHERE NOT is_virtual),
        named AS (
            SELECT
                d.code, d.level, d.name, d.urban_rural_code,
                p.code AS province_code, p.name AS province_name,
                c.code AS city_code, c.name AS city_name, coalesce(c.is_virtual, false) AS city_is_virtual,
                x.code AS county_code, x.name AS county_name, coalesce(x.is_virtual, false) AS county_is_virtual,
                CASE WHEN d.level = 'township' THEN d.code END AS township_code,
                CASE WHEN d.level = 'township' THEN d.name END AS township_name,
                c.code IS NOT NULL AND NOT c.is_virtual AND w.code IS NULL AS city_without_counties
            FROM placed AS d
            LEFT JOIN province AS p ON p.code = d.province_key
            LEFT JOIN city AS c ON c.code = d.city_key AND d.level <> 'province'
            LEFT JOIN county AS x
                ON x.code = d.county_key
                AND (d.code = x.code OR d.level = 'township' AND NOT x.is_virtual)
            LEFT JOIN with_counties AS w ON w.code = c.code
            WHERE d.level <> 'county' OR x.code IS NOT NULL
        ),
        upper AS MATERIALIZED (
            SELECT
                d.code,
                d.level,
                d.name,
                concat(
                    d.province_name,
                    CASE WHEN NOT d.city_is_virtual THEN d.city_name END,
                    CASE WHEN NOT d.county_is_virtual THEN d.county_name END,
                    d.township_name
                ) AS full_name,
                CASE d.level
                    WHEN 'city' THEN d.province_code
                    WHEN 'county' THEN d.city_code
                    WHEN 'township' THEN coalesce(d.county_code, d.city_code)
                END AS parent_code,
                d.province_code,
                d.city_code,
                d.county_code,
                d.township_code,
                NULL::VARCHAR AS village_code,
                d.urban_rural_code,
                CASE
                    WHEN d.level = 'city' THEN d.city_is_virtual
                    WHEN d.level = 'county' THEN d.county_is_virtual
                    ELSE false
                END AS is_virtual,
                {IS_CITY_DISTRICT} AS is_city_district,
                DATE '{valid_from.isoformat()}' AS valid_from,
                NULL::DATE AS valid_to
            FROM named AS d
        )
        FROM upper
        UNION ALL
        -- nearly all rows are villages: they take everything from their township
        SELECT
            v.code, 'village', v.name, concat(t.full_name, v.name), t.code, t.province_code, t.city_code,
            t.county_code, t.township_code, v.code, v.urban_rural_code, false, t.is_city_district,
            DATE '{valid_from.isoformat()}', NULL
        FROM listed AS v
        LEFT JOIN upper AS t ON t.code = left(v.code, 9) || '000' AND t.level = 'township'
        WHERE right(v.code, 3) <> '000'
    """


def level_of(code: str) -> str:
    """Return the SQL expression of the level that a 12-digit code is padded from."""
    return (
        f"CASE WHEN right({code}, 3) <> '000' THEN 'village' WHEN substr({code}, 7, 3) <> '000' THEN 'township' "
        f"WHEN substr({code}, 5, 2) <> '00' THEN 'county' WHEN substr({code}, 3, 2) <> '00' THEN 'city' "
        "ELSE 'province' END"
    )


def own_digits(code: str) -> str:
    """Return the SQL expression of the digits of a 12-digit code down to its own level."""
    return (
        f"left({code}, CASE WHEN right({code}, 3) <> '000' THEN 12 WHEN substr({code}, 7, 3) <> '000' THEN 9 "
        f"WHEN substr({code}, 5, 2) <> '00' THEN 6 WHEN substr({code}, 3, 2) <> '00' THEN 4 ELSE 2 END)"
    )


# 市辖区 belong to a municipality or a city, never to a prefecture or directly to a province. 特区 (六枝) and the
# islands of 三沙 are neither; a city without counties is one district all over; a development zone may lie in several.
IS_CITY_DISTRICT = f"""CASE
                WHEN d.city_without_counties THEN true
                WHEN d.county_code IS NULL OR d.county_is_virtual OR {_ZONE_DIGITS} THEN NULL
                WHEN d.county_name LIKE '%群岛%' THEN NULL
                WHEN substr(d.code, 3, 2) = '90' THEN false
                WHEN d.county_name NOT LIKE '%区' OR d.county_name LIKE '%特区' THEN false
                ELSE d.city_is_virtual OR d.city_name LIKE '%市'
            END"""


def _columns_of(connection: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    """Return the columns of the file, in lower case; refuse what cannot be read or lacks code or name."""
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(f"the register {path} is neither .csv nor .parquet")
    if not path.is_file():
        raise UsageError(f"there is no register file {path}")
    unreadable = f"the register {path} cannot be read: save it as CSV in UTF-8 or as Parquet"
    columns = frozenset(name.lower() for name in columns_in(connection, path, unreadable))
    absent = [column for column in ("code", "name") if column not in columns]
    if absent:
        raise UsageError(f"the register {path} has no column {' and no column '.join(absent)}: name its columns so")
    return columns


def columns_in(connection: duckdb.DuckDBPyConnection, path: Path, unreadable: str) -> list[str]:
    """Return the columns of a CSV or Parquet file; raise ``UsageError`` with the sentence where it cannot be read."""
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {file_relation(path)}").fetchall()
        connection.execute(f"SELECT count(*) FROM (SELECT * FROM {file_relation(path)})").fetchall()
    except duckdb.Error as error:
        raise UsageError(unreadable) from error
    return [row[0] for row in described]


def file_relation(path: Path) -> str:
    """Return the relation over a Parquet file, or a CSV file in UTF-8 with everything as text."""
    if path.suffix.lower() == ".parquet":
        return f"read_parquet({sql_text(path)})"
    return f"read_csv({sql_text(path)}, all_varchar = true, header = true, delim = ',', quote = '\"')"


def _written_select(source: str, columns: frozenset[str]) -> str:
    """Return the SELECT of padded code, name and urban_rural_code, without spaces around them."""
    urban_rural = next((column for column in _URBAN_RURAL_COLUMNS if column in columns), None)
    return (
        f"SELECT CASE WHEN regexp_full_match(trim(code::VARCHAR), '{_CODE}') THEN rpad(trim(code::VARCHAR), 12, '0') "
        "ELSE trim(code::VARCHAR) END AS code, trim(name) AS name, "
        f"nullif(trim({urban_rural or 'NULL'}::VARCHAR), '') AS urban_rural_code FROM {source}"
    )


def _check_written(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse an empty file, codes that are none, empty names and codes that stand for two things."""
    if _count(connection, "written") == 0:
        raise UsageError(f"the register {path} has no rows")
    _refuse_if_any(
        connection,
        f"SELECT coalesce(code, '') FROM written WHERE NOT coalesce(regexp_full_match(code, '{_CODE}'), false)",
        f"the register {path} has {{count}} codes that are not 2, 4, 6, 9 or 12 digits, the first is '{{first}}'",
    )
    _refuse_if_any(
        connection,
        "SELECT code FROM written WHERE coalesce(name, '') = ''",
        f"the register {path} has {{count}} codes without a name, the first is {{first}}",
    )
    _refuse_if_any(
        connection,
        "SELECT code FROM (SELECT DISTINCT * FROM written) GROUP BY code HAVING count(*) > 1",
        f"the register {path} has {{count}} codes with two different rows, the first is {{first}}: keep one of them",
    )


def _check_given_parents(connection: duckdb.DuckDBPyConnection, path: Path, source: str) -> None:
    """Refuse a parent that the code contradicts: the parent's own digits must begin the code."""
    parent = "trim(parent_code::VARCHAR)"
    own_digits = f"regexp_replace(rpad({parent}, 12, '0'), '^(..)(.*?)(00|000)*$', '\\1\\2')"
    _refuse_if_any(
        connection,
        f"SELECT code FROM {source} WHERE {parent} <> '' AND rpad({parent}, 12, '0') <> '{_NATION_CODE}' "
        f"AND {parent} <> '0' AND NOT starts_with(rpad(trim(code::VARCHAR), 12, '0'), {own_digits})",
        f"the register {path} gives {{count}} codes a parent they do not lie in, the first is {{first}}",
    )


def _check_divisions(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a register in which a division's parent is not listed."""
    _refuse_if_any(
        connection,
        """
        SELECT code FROM division
        WHERE parent_code IS NULL AND level <> 'province'
            OR level IN ('township', 'village') AND substr(code, 5, 2) <> '00' AND county_code IS NULL
                AND left(code, 6) || '000000' NOT IN (SELECT code FROM written)
                AND city_code IN (SELECT city_code FROM division WHERE level = 'county' AND NOT is_virtual)
        """,
        f"the register {path} lacks the parent of {{count}} codes, the first is {{first}}: add the missing rows",
    )


def _refuse_if_any(connection: duckdb.DuckDBPyConnection, query: str, sentence: str) -> None:
    found = connection.execute(f"SELECT count(*), min(f.code) FROM ({query}) AS f (code)").fetchall()[0]
    if found[0]:
        raise UsageError(sentence.format(count=found[0], first=found[1]))


def _check_order(connection: duckdb.DuckDBPyConnection, table: str, as_of: date) -> None:
    """Refuse a vintage older than the newest change in the table; rows of the open start date from the shipped one."""
    newest = connection.execute(
        f"SELECT max(greatest(CASE WHEN valid_from = ? THEN ? ELSE valid_from END, coalesce(valid_to, valid_from))) "
        f"FROM {table}",
        [OPEN_START, SHIPPED_AS_OF],
    ).fetchall()[0][0]
    if newest is not None and as_of < newest:
        raise UsageError(
            f"the register of {as_of} is older than the one of {newest} that is already there: "
            "bring registers in in the order of their dates"
        )


def _carry_on(connection: duckdb.DuckDBPyConnection, level: str) -> None:
    """Add to the vintage the known divisions of a level on which it is silent, below their parent as it is now."""
    index = LEVELS.index(level)
    ancestors = ", ".join(
        "known.code" if position == index else f"parent.{ancestor}_code" if position < index else "NULL"
        for position, ancestor in enumerate(LEVELS)
    )
    if level == "province":
        query = "SELECT known.* FROM known WHERE level = 'province' AND code NOT IN (SELECT code FROM vintage)"
    else:
        query = f"""
            SELECT
                known.code, known.level, known.name,
                CASE WHEN known.is_virtual THEN parent.full_name ELSE parent.full_name || known.name END,
                known.parent_code, {ancestors}, known.urban_rural_code, known.is_virtual,
                CASE WHEN known.level IN ('township', 'village') THEN parent.is_city_district
                    ELSE known.is_city_district END,
                known.valid_from, known.valid_to
            FROM known JOIN vintage AS parent ON parent.code = known.parent_code
            WHERE known.level = '{level}'
                AND known.parent_code NOT IN (SELECT parent_code FROM vintage WHERE parent_code IS NOT NULL)
                AND known.code NOT IN (SELECT code FROM vintage)
        """
    connection.execute(f"INSERT INTO vintage {query}")


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    count: int = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
    return count
