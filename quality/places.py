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
from ingest.sql_text import sql_text

REGISTER = "register_division"


class Resolver(Protocol):
    """What the gate needs of ``ingest.places.PlaceResolver``."""

    def same_reading(self, text: str) -> str:
        """Return the SQL expression of a text that is resolved as ``text`` is, and stands for many of its kind."""

    def resolve(self, texts: str, into: str) -> None:
        """Resolve the relation ``texts`` (text, context_code) into the table ``into`` (+ code, level, match)."""


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
    """Reads the places of the judged rows; its tables are (text, context_code, code, level, match, is_several, fits).

    ``text`` is as it was landed, ``context_code`` the unit from which it is read, ``fits`` whether what is found can be
    in that unit.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, resolver: Resolver) -> None:
        self._connection = connection
        self._resolver = resolver

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
        self._connection.execute(f"""
            CREATE TEMP TABLE {into} AS
            SELECT *, {fits_unit("code", "context_code")} AS fits
            FROM (
                SELECT
                    text, context_code,
                    CASE WHEN {inside} THEN code END AS code,
                    CASE WHEN {inside} THEN level END AS level,
                    CASE WHEN {inside} THEN match ELSE 'none' END AS match,
                    is_several
                FROM {into}_found
            )
        """)
        self._connection.execute(f"DROP TABLE {into}_text")
        self._connection.execute(f"DROP TABLE {into}_found")


def _own_digits(code: str) -> str:
    """Return the digits of a padded code down to its own level."""
    return (
        f"left({code}, CASE WHEN right({code}, 3) <> '000' THEN 12 WHEN substr({code}, 7, 3) <> '000' THEN 9 "
        f"WHEN substr({code}, 5, 2) <> '00' THEN 6 WHEN substr({code}, 3, 2) <> '00' THEN 4 ELSE 2 END)"
    )
