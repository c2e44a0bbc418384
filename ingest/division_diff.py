"""What became of the divisions between two registers: proposals, each with a score and the evidence, for a person.

A register says which codes there are and how they are called, never what became of which. Codes with the same name are
the same place. The others are followed from the province down: a division that is gone is looked for where its villages
went, and a village by its name in what its township became. What cannot be told is said to be gone, or new.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ingest import division_matches as matches
from ingest.division_names import name_base, name_kind, plain_name
from ingest.register import LEVELS, loose_query
from ingest.sql_text import sql_text

# What is counted on the screen, in this order. A moved division is one whose code changed because its parent did.
KINDS = (
    "unchanged",
    "respelled",
    "rename",
    "level_change",
    "recode",
    "moved",
    "merge",
    "split",
    "transfer",
    "retired",
    "new",
    "unlisted",
)
# What is no change: an unlisted division is one of a place about whose parts the newer register is silent.
_NO_CHANGE = ("unchanged", "respelled", "unlisted")

# By it a spreadsheet knows that a CSV file is in UTF-8.
_MARK = codecs.BOM_UTF8.decode()


@dataclass(frozen=True)
class DiffCount:
    """How many divisions of a level there are of a kind."""

    level: str
    kind: str
    divisions: int


def compare_registers(connection: duckdb.DuckDBPyConnection, old: Path, new: Path, as_of: date) -> list[DiffCount]:
    """Compare two register files and create the table ``proposal``; return the counts by level and kind.

    ``as_of`` is the day of the newer register: what happened between the two is known to have happened by then. Raises
    ``UsageError`` where a file is no register.
    """
    for table, path in (("old", old), ("new", new)):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {_named_select(loose_query(path, as_of))}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE pair AS {matches.SAME}")
    for candidates in matches.STEPS:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS {candidates}")
        connection.execute(f"INSERT INTO pair {matches.TAKEN}")
    connection.execute(f"INSERT INTO pair {matches.TRANSFERS}")
    source = f"{old.stem} / {new.stem}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE proposal AS {_proposal_select(source, as_of)}")
    return [
        DiffCount(*row)
        for row in connection.execute(f"""
            SELECT level, shown, count(DISTINCT coalesce(from_code, to_code)) FROM proposal GROUP BY level, shown
            ORDER BY list_position({list(LEVELS)}, level), list_position({list(KINDS)}, shown)
        """).fetchall()
    ]


def write_proposals(connection: duckdb.DuckDBPyConnection, into: Path) -> int:
    """Write the proposals that are changes as a table that ``popflow divisions import-changes`` reads; return how many.

    The column ``decision`` is empty: only the rows that a person confirms are read.
    """
    rows = f"FROM proposal WHERE shown NOT IN {_NO_CHANGE}"
    connection.execute(f"""
        COPY (
            SELECT
                from_code AS "{_MARK}from_code", from_name, to_code, to_name, change_date, kind, weight, weight_basis,
                to_is_new, source, score, evidence, NULL AS decision
            {rows}
            ORDER BY list_position({list(LEVELS)}, level), coalesce(from_code, to_code), to_code
        ) TO {sql_text(into)} (FORMAT csv, HEADER)
    """)
    count: int = connection.execute(f"SELECT count(*) {rows}").fetchall()[0][0]
    return count


def _named_select(register: str) -> str:
    """Return the real divisions of a register with the base and the kind of their names."""
    return f"""
        SELECT
            code, level, name, parent_code, province_code, city_code, coalesce(county_code, city_code) AS seat_code,
            township_code, coalesce(nullif({name_base("plain", "level")}, ''), name) AS base,
            {name_kind("plain", "level")} AS kind
        FROM (SELECT *, {plain_name("name")} AS plain FROM ({register}))
        WHERE NOT is_virtual
    """


def _proposal_select(source: str, as_of: date) -> str:
    """Return all pairs as rows of a table of changes, and what is gone or new without anybody knowing."""
    day = f"DATE '{as_of.isoformat()}'"
    return f"""
        SELECT
            level, shown, from_code, from_name, to_code, to_name, {day} AS change_date,
            CASE shown WHEN 'moved' THEN 'recode' ELSE shown END AS kind,
            CASE WHEN shown IN ('split', 'transfer') THEN round(share, 4) END AS weight,
            CASE WHEN shown IN ('split', 'transfer') THEN 'share of its villages' END AS weight_basis,
            CASE WHEN shown <> 'transfer' AND to_code NOT IN (SELECT to_code FROM pair WHERE from_code = to_code)
                THEN 'yes' ELSE 'no' END AS to_is_new,
            {sql_text(source)} AS source, round(score, 2) AS score, evidence
        FROM pair
        UNION ALL
        SELECT level, CASE WHEN is_listed THEN 'retired' ELSE 'unlisted' END, code, name, NULL, NULL, {day}, 'retired',
            NULL, NULL, 'no', {sql_text(source)}, 0.5, 'not found again'
        FROM ({matches.GONE})
        UNION ALL
        SELECT level, 'new', NULL, NULL, code, name, {day}, 'new', NULL, NULL, 'yes', {sql_text(source)}, 0.5,
            'not found before'
        FROM new WHERE code NOT IN (SELECT to_code FROM pair WHERE shown <> 'transfer')
    """
