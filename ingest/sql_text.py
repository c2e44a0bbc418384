"""Texts and paths as SQL texts, for the statements of DuckDB that take no parameter."""

from __future__ import annotations

from pathlib import Path


def sql_text(text: Path | str) -> str:
    """Return a path or text in quotes, those inside it written twice."""
    return "'" + str(text).replace("'", "''") + "'"
