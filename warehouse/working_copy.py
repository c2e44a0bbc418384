"""The working copy of a night: yesterday's published file, copied aside to be built on.

Readers keep yesterday's file; the copy becomes the next snapshot or is thrown away. New files are written in a storage
version that the DuckDB clients of the last years open.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from ingest.sql_text import sql_text

STORAGE_VERSION = "v1.5.0"
SCHEMA_FILE = Path(__file__).with_name("raw.sql")


def make_working_copy(database: Path, base: Path | None) -> None:
    """Put a copy of ``base`` (or, on the first night, a new file) at ``database``, with schema raw in it.

    Started again after a crash, it begins from ``base`` anew.
    """
    _remove_database(database)
    if base is None:
        _create_database(database)
    else:
        shutil.copyfile(base, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))


def _create_database(database: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {sql_text(database)} AS fresh (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("DETACH fresh")


def raw_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the names of the columns of a table of schema raw, in their order."""
    rows = connection.execute(f"SELECT column_name FROM (DESCRIBE raw.{table})").fetchall()
    return [name for (name,) in rows]


def _remove_database(database: Path) -> None:
    for path in (database, write_ahead_log(database)):
        path.unlink(missing_ok=True)


def write_ahead_log(database: Path) -> Path:
    """Return where DuckDB keeps what is not yet in the file itself."""
    return database.with_name(f"{database.name}.wal")
