"""The bridge by which Great Expectations runs inside DuckDB.

Great Expectations speaks to databases through SQLAlchemy, and duckdb-engine alone fails it in three places: results are
gone once the connection is given back, reflection asks for a PostgreSQL catalogue that DuckDB does not have, and regex
expectations do not know the dialect. This dialect, reached as ``duckdb+popflow:///file``, mends those three and nothing
else. It leans on inner parts of duckdb-engine 0.17.0 and great-expectations 1.24.1, which are pinned for that reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import duckdb_engine
from duckdb_engine.datatypes import ISCHEMA_NAMES
from sqlalchemy import text, types
from sqlalchemy.dialects import registry
from sqlalchemy.exc import NoSuchTableError

DRIVER = "popflow"

_COLUMNS = """
SELECT column_name, data_type, is_nullable, column_default
FROM duckdb_columns()
WHERE table_name = :table_name AND schema_name = coalesce(:schema_name, 'main')
ORDER BY column_index
"""


class BufferedCursor(duckdb_engine.CursorWrapper):
    """A cursor that keeps its rows: they outlive the rollback that ends a connection's turn in the pool."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, wrapper: duckdb_engine.ConnectionWrapper) -> None:
        super().__init__(connection, wrapper)
        self._connection = connection
        self._description: Any = None
        self._rows: list[Any] = []
        self._next = 0

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        """Run the statement and fetch all of its rows."""
        super().execute(statement, parameters, context)
        self._description = self._connection.description
        self._rows = self._connection.fetchall() if self._description else []
        self._next = 0

    @property
    def description(self) -> Any:
        """The columns of the result, as the DB-API wants them."""
        return self._description

    @property
    def rowcount(self) -> int:
        """The number of rows fetched."""
        return len(self._rows)

    def fetchone(self) -> Any:
        """Return the next row, or None after the last."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next ``size`` rows (one by default)."""
        rows = self._rows[self._next : self._next + (size or 1)]
        self._next += len(rows)
        return rows

    def fetchall(self) -> list[Any]:
        """Return all rows not yet fetched."""
        return self.fetchmany(len(self._rows) - self._next or 1)


class BufferedConnection(duckdb_engine.ConnectionWrapper):
    """A connection that hands out buffered cursors."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self._connection = connection

    def cursor(self) -> BufferedCursor:
        """Return a cursor on the same DuckDB connection."""
        return BufferedCursor(self._connection, self)


class GateDialect(duckdb_engine.Dialect):
    """duckdb-engine's dialect with the three mends."""

    supports_statement_cache = False
    # Great Expectations looks for this very name to decide that a regex is written REGEXP_MATCHES(column, pattern).
    DremioDialect = True

    def connect(self, *arguments: Any, **parameters: Any) -> Any:
        """Open the file and buffer what is read from it."""
        wrapper: Any = super().connect(*arguments, **parameters)
        return BufferedConnection(wrapper._ConnectionWrapper__c)

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """Return name and type of a table's columns, from DuckDB's own catalogue."""
        rows = connection.execute(text(_COLUMNS), {"table_name": table_name, "schema_name": schema}).fetchall()
        if not rows:
            raise NoSuchTableError(table_name)
        return [
            {"name": name, "type": _sql_type(type_name), "nullable": nullable, "default": default, "comment": None}
            for name, type_name, nullable, default in rows
        ]


def connection_string(database: Path) -> str:
    """Register the dialect and return the address under which Great Expectations opens ``database``."""
    registry.register(f"duckdb.{DRIVER}", __name__, GateDialect.__name__)
    return f"duckdb+{DRIVER}:///{database}"


def _sql_type(type_name: str) -> types.TypeEngine[Any]:
    base = type_name.split("(")[0].lower()
    named = {"varchar": types.VARCHAR, "bigint": types.BIGINT, "date": types.DATE, "boolean": types.BOOLEAN}
    found: type[types.TypeEngine[Any]] = named.get(base) or ISCHEMA_NAMES.get(base) or types.NullType
    return found()
