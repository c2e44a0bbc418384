"""Texts and paths as SQL texts, for the statements of DuckDB that take no parameter; rows of texts as one statement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb


def sql_text(text: Path | str) -> str:
    """Return a path or text in quotes, those inside it written twice."""
    return "'" + str(text).replace("'", "''") + "'"


def insert_texts(connection: duckdb.DuckDBPyConnection, target: str, rows: Sequence[Sequence[str | None]]) -> None:
    """Insert rows of texts into ``target`` in one statement; one statement a row costs more than a small night's build.

    The table casts the texts to its own types.
    """
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    marks = ", ".join("unnest(?::VARCHAR[])" for _ in columns)
    connection.execute(f"INSERT INTO {target} SELECT {marks}", columns)
