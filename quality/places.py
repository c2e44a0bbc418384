"""How the gate has places read: every distinct text once, in the context of the unit that wrote it.

The resolver itself is ``ingest.places``; here stands which texts it gets, and whether what it finds can lie where the
sender says. Codes of 12 digits nest by prefix from the county down, which is all that a sender's unit needs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import duckdb

from ingest.errors import UsageError
from ingest.register import level_of
from ingest.sql_text import sql_text

REGISTER = "register_division"


class Resolver(Protocol):
    """What the gate needs of ``ingest.places.PlaceResolver``."""

    def same_reading(self, text: str) -> str:
        """Return the SQL expression of a text that is resolved as ``text`` is, and stands for many of its kind."""

    def resolve(self, texts: str, into: str) -> None:
        """Resolve the relation ``texts`` (text, context_code) into the table ``into`` (+ code, level, match)."""


# Every division as it was when it ended, and those that go on.
_ONCE = f"""
    CREATE OR REPLACE TEMP TABLE register_once AS
    SELECT * REPLACE (NULL::DATE AS valid_to) FROM {REGISTER}
    QUALIFY row_number() OVER (PARTITION BY code ORDER BY valid_to DESC NULLS LAST) = 1
"""

ResolverFactory = Callable[[duckdb.DuckDBPyConnection, str], Resolver]


def open_register(connection: duckdb.DuckDBPyConnection, register: Path | str) -> None:
    """Make the relation ``register_division`` with the columns of raw.division, while the connection is open.

    ``register`` is a Parquet file with those columns, a DuckDB file with the table raw.division, or a SELECT.
    """
    # A file is read where it lies, column by column; what a query says is worked out once.
    kind = "VIEW"
    if isinstance(register, str):
        query, kind = register, "TABLE"
    elif register.suffix == ".parquet":
        query = f"SELECT * FROM read_parquet({sql_text(register)})"
    elif register.suffix == ".duckdb":
        connection.execute(f"ATTACH {sql_text(register)} AS register_file (READ_ONLY)")
        query = "SELECT * FROM register_file.raw.division"
    else:
        raise UsageError(f"the register {register} is neither a .parquet nor a .duckdb file")
    connection.execute(f"CREATE TEMP {kind} {REGISTER} AS {query}")


def fits_unit(code: str, unit: str) -> str:
    """Return whether a place can be in the unit: it lies inside, or is known only to a division around it."""
    return f"({inside_unit(code, unit)} OR {inside_unit(unit, code)})"


def inside_unit(code: str, unit: str) -> str:
    """Return whether a place lies inside the unit or is the unit itself."""
    return f"starts_with({code}, {_own_digits(unit)})"


class PlaceReader:
    """Reads the places of the judged rows.

    Its tables are (text, context_code, code, level, match, is_several, ended_on, fits): ``text`` is as it was landed,
    ``context_code`` the unit from which it is read, ``fits`` whether what is found can be in that unit. ``ended_on`` is
    the day from which the register has a place no more; what it lay in is taken.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, make_resolver: ResolverFactory) -> None:
        self._connection = connection
        self._make_resolver = make_resolver
        self._resolver = make_resolver(connection, REGISTER)

    def same_reading(self, text: str) -> str:
        """Return the SQL expression of the text that a row's text is looked up by where only such texts were read."""
        return self._resolver.same_reading(text)

    def read(self, into: str, texts: str, *, only_inside: bool) -> None:
        """Create the table ``into`` for the texts of a SELECT (text, context_code); nothing is read of no texts.

        With ``only_inside`` a place outside its context counts as not found.
        """
        self._connection.execute(f"CREATE TEMP TABLE {into}_text AS {texts}")
        if self._connection.execute(f"SELECT count(*) FROM {into}_text").fetchall()[0][0]:
            self._resolver.resolve(f"{into}_text", f"{into}_found")
        else:
            self._connection.execute(f"""
                CREATE TABLE {into}_found AS
                SELECT *, NULL::VARCHAR AS code, NULL::VARCHAR AS level, NULL::VARCHAR AS match,
                    false AS is_several
                FROM {into}_text
            """)
        inside = f"coalesce({inside_unit('code', 'context_code')}, false)" if only_inside else "true"
        self._read_ended(into)
        self._connection.execute(f"""
            CREATE TEMP TABLE {into} AS
            SELECT *, {fits_unit("code", "context_code")} AS fits
            FROM (
                SELECT
                    text, context_code,
                    CASE WHEN {inside} THEN code END AS code,
                    CASE WHEN {inside} THEN level END AS level,
                    CASE WHEN {inside} THEN match ELSE 'none' END AS match,
                    is_several, ended_on
                FROM (
                    SELECT
                        f.text, f.context_code, coalesce(e.code, f.code) AS code,
                        CASE WHEN e.code IS NULL THEN f.level ELSE {level_of("e.code")} END AS level,
                        CASE WHEN e.code IS NULL THEN f.match ELSE 'partial' END AS match,
                        f.is_several AND e.code IS NULL AS is_several, e.ended_on
                    FROM {into}_found AS f LEFT JOIN {into}_ended AS e USING (text, context_code)
                )
            )
        """)
        for table in ("text", "found", "ended"):
            self._connection.execute(f"DROP TABLE {into}_{table}")

    def _read_ended(self, into: str) -> None:
        """Create ``<into>_ended`` (text, context_code, code, ended_on): texts that only an earlier register explains.

        ``code`` is the innermost division around the place that there still is.
        """
        self._connection.execute(f"""
            CREATE TABLE {into}_unread AS
            SELECT text, context_code, code FROM {into}_found
            WHERE match IN ('none', 'partial') AND EXISTS (FROM {REGISTER} WHERE valid_to IS NOT NULL)
        """)
        if self._connection.execute(f"SELECT count(*) FROM {into}_unread").fetchall()[0][0]:
            self._connection.execute(_ONCE)
            self._make_resolver(self._connection, "register_once").resolve(f"{into}_unread", f"{into}_once")
            self._connection.execute(f"CREATE TABLE {into}_ended AS {_ended_select(into)}")
            self._connection.execute(f"DROP TABLE {into}_once")
        else:
            self._connection.execute(
                f"CREATE TABLE {into}_ended AS SELECT *, NULL::DATE AS ended_on FROM {into}_unread"
            )
        self._connection.execute(f"DROP TABLE {into}_unread")


def _ended_select(into: str) -> str:
    """Return the texts whose place ended: it lies deeper than what the register of today makes of them."""
    return f"""
        SELECT text, context_code, max(open.code) AS code, any_value(once.valid_to) AS ended_on
        FROM {into}_once AS read
        JOIN {into}_unread AS unread USING (text, context_code)
        JOIN (FROM {REGISTER} WHERE valid_to IS NOT NULL) AS once
            ON once.code = read.code
        JOIN {REGISTER} AS open
            ON open.valid_to IS NULL AND open.code IN (
                once.province_code, once.city_code, once.county_code, once.township_code, once.code
            )
        WHERE read.match <> 'none' AND read.code > coalesce(unread.code, '')
            AND ({inside_unit("read.code", "unread.code")} OR unread.code IS NULL)
        GROUP BY ALL
    """


def _own_digits(code: str) -> str:
    """Return the digits of a padded code down to its own level."""
    return (
        f"left({code}, CASE WHEN right({code}, 3) <> '000' THEN 12 WHEN substr({code}, 7, 3) <> '000' THEN 9 "
        f"WHEN substr({code}, 5, 2) <> '00' THEN 6 WHEN substr({code}, 3, 2) <> '00' THEN 4 ELSE 2 END)"
    )
