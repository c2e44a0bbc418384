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
from ingest.place_text import CODE_TEXT, normalised
from ingest.register import own_digits
from ingest.sql_text import sql_text
from quality.ended_places import (
    CHANGES,
    REGISTER,
    has_ended_places,
    make_code_phases,
    make_former_phases,
    make_text_phases,
    open_ended,
)


class Resolver(Protocol):
    """What the gate needs of ``ingest.places.PlaceResolver``."""

    def same_reading(self, text: str) -> str:
        """Return the SQL expression of a text that is resolved as ``text`` is, and stands for many of its kind."""

    def resolve(self, texts: str, into: str) -> None:
        """Resolve the relation ``texts`` (text, context_code) into the table ``into`` (+ code, level, match)."""


_CHANGES_OF_FILE = "SELECT from_code, to_code, change_date FROM register_file.raw.division_change"

ResolverFactory = Callable[[duckdb.DuckDBPyConnection, str], Resolver]


def open_register(connection: duckdb.DuckDBPyConnection, register: Path | str) -> None:
    """Make the relation ``register_division`` with the columns of raw.division, while the connection is open.

    ``register`` is a Parquet file with those columns, a DuckDB file with the table raw.division, or a SELECT. What
    became of divisions, which only the DuckDB file knows, is in ``register_change``.
    """
    changes = "SELECT NULL::VARCHAR AS from_code, NULL::VARCHAR AS to_code, NULL::DATE AS change_date WHERE false"
    # A file is read where it lies, column by column; what a query says is worked out once.
    kind = "VIEW"
    if isinstance(register, str):
        query, kind = register, "TABLE"
    elif register.suffix == ".parquet":
        query = f"SELECT * FROM read_parquet({sql_text(register)})"
    elif register.suffix == ".duckdb":
        connection.execute(f"ATTACH {sql_text(register)} AS register_file (READ_ONLY)")
        query = "SELECT * FROM register_file.raw.division"
        if _has_changes(connection):
            changes = f"{_CHANGES_OF_FILE} WHERE kind <> 'transfer'"
    else:
        raise UsageError(f"the register {register} is neither a .parquet nor a .duckdb file")
    connection.execute(f"CREATE TEMP {kind} {REGISTER} AS {query}")
    connection.execute(f"CREATE TEMP TABLE {CHANGES} AS {changes}")


def _has_changes(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether the attached file knows of changes: one that an earlier version wrote does not."""
    return bool(
        connection.execute(
            "SELECT count(*) FROM duckdb_tables() "
            "WHERE database_name = 'register_file' AND table_name = 'division_change'"
        ).fetchall()[0][0]
    )


def fits_unit(code: str, unit: str) -> str:
    """Return whether a place can be in the unit: it lies inside, or is known only to a division around it."""
    return f"({inside_unit(code, unit)} OR {inside_unit(unit, code)})"


def inside_unit(code: str, unit: str) -> str:
    """Return whether a place lies inside the unit or is the unit itself."""
    return f"starts_with({code}, {own_digits(unit)})"


class PlaceReader:
    """Reads the places of the judged rows.

    Its tables are (text, context_code, from_day, to_day, code, level, match, is_several, ended_on, fits): ``text`` is
    as it was landed, ``context_code`` the unit from which it is read, ``fits`` whether what is found can be in that
    unit. A row is for the lists reported from ``from_day`` on and before ``to_day`` (null: all of them). ``ended_on``
    is the day from which the register has a place no more, where the list is later than that.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, make_resolver: ResolverFactory) -> None:
        self._connection = connection
        self._make_resolver = make_resolver
        self._resolver = make_resolver(connection, REGISTER)
        self._resolver_of_ended: Resolver | None = None

    def same_reading(self, text: str) -> str:
        """Return the SQL expression of the text that a row's text is looked up by where only such texts were read."""
        return self._resolver.same_reading(text)

    def read(self, into: str, texts: str, *, only_inside: bool) -> None:
        """Create the table ``into`` for the texts of a SELECT (text, context_code); nothing is read of no texts.

        With ``only_inside`` a place outside its context counts as not found.
        """
        self._connection.execute(f"CREATE TEMP TABLE {into}_text AS {texts}")
        if self._count(f"{into}_text"):
            self._resolver.resolve(f"{into}_text", f"{into}_found")
        else:
            self._connection.execute(f"""
                CREATE TABLE {into}_found AS
                SELECT *, NULL::VARCHAR AS code, NULL::VARCHAR AS level, NULL::VARCHAR AS match,
                    false AS is_several
                FROM {into}_text
            """)
        self._read_phases(into)
        inside = f"coalesce({inside_unit('now_code', 'context_code')}, false)" if only_inside else "true"
        self._connection.execute(f"""
            CREATE TEMP TABLE {into} AS
            SELECT
                text, context_code, from_day, to_day,
                CASE WHEN {inside} THEN code END AS code,
                CASE WHEN {inside} THEN level END AS level,
                CASE WHEN {inside} THEN match ELSE 'none' END AS match,
                is_several, ended_on,
                CASE WHEN {inside} THEN {fits_unit("now_code", "context_code")} END AS fits
            FROM (
                SELECT *, false AS is_several FROM {into}_phase
                UNION ALL BY NAME
                SELECT *, NULL::DATE AS from_day, NULL::DATE AS to_day, NULL::DATE AS ended_on, code AS now_code
                FROM {into}_found AS f
                WHERE NOT EXISTS (
                    FROM {into}_phase AS p WHERE p.text = f.text AND p.context_code IS NOT DISTINCT FROM f.context_code
                )
            )
        """)
        for table in ("text", "found", "phase"):
            self._connection.execute(f"DROP TABLE {into}_{table}")

    def _read_phases(self, into: str) -> None:
        """Create ``<into>_phase``: what is taken in another way by the day of the list, because its place ended."""
        self._connection.execute(_NO_PHASES.format(into=into))
        if not self._count(f"{into}_found") or not has_ended_places(self._connection):
            return
        resolver = self._of_ended()
        written = f"regexp_full_match({normalised('text')}, '{CODE_TEXT}')"
        make_code_phases(
            self._connection,
            f"{into}_coded",
            f"SELECT text, context_code, rpad({normalised('text')}, 12, '0') AS code FROM {into}_found WHERE {written}",
        )
        self._connection.execute(f"""
            CREATE TABLE {into}_unread AS SELECT text, context_code FROM {into}_found
            WHERE match IN ('none', 'partial') AND NOT {written}
        """)
        if self._count(f"{into}_unread"):
            resolver.resolve(f"{into}_unread", f"{into}_once")
            make_text_phases(self._connection, f"{into}_named", f"{into}_found", f"{into}_once")
            self._connection.execute(f"INSERT INTO {into}_phase BY NAME FROM {into}_named")
            self._connection.execute(f"DROP TABLE {into}_once; DROP TABLE temp.{into}_named")
        self._connection.execute(f"CREATE TABLE {into}_renamed AS FROM {into}_found WHERE NOT {written}")
        make_former_phases(self._connection, f"{into}_former", f"{into}_renamed")
        for phases in ("coded", "former"):
            self._connection.execute(f"INSERT INTO {into}_phase BY NAME FROM {into}_{phases}")
            self._connection.execute(f"DROP TABLE temp.{into}_{phases}")
        self._connection.execute(f"DROP TABLE {into}_unread; DROP TABLE {into}_renamed")

    def _of_ended(self) -> Resolver:
        if self._resolver_of_ended is None:
            open_ended(self._connection)
            self._resolver_of_ended = self._make_resolver(self._connection, "register_once")
        return self._resolver_of_ended

    def _count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


_NO_PHASES = """
    CREATE TABLE {into}_phase (
        text VARCHAR, context_code VARCHAR, from_day DATE, to_day DATE, code VARCHAR, level VARCHAR, match VARCHAR,
        ended_on DATE, now_code VARCHAR
    )
"""


def reported_in(alias: str, reported_on: str) -> str:
    """Return whether a row of such a table is for a list of the day."""
    return (
        f"({alias}.from_day IS NULL OR {alias}.from_day <= {reported_on}) "
        f"AND ({alias}.to_day IS NULL OR {reported_on} < {alias}.to_day)"
    )
