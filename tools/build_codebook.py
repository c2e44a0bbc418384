"""Writes the part of the codebook (docs/definitions.md) that tells of each definition.

The texts come from an empty warehouse built in a temporary folder: they are those of `ref.definition` and cannot differ
from what is counted.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from popflow.definitions_shown import Shown, read_shown, section
from warehouse import dbt_runner
from warehouse.declared import load_declared
from warehouse.working_copy import SCHEMA_FILE

PAGE = Path(__file__).resolve().parents[1] / "docs" / "definitions.md"
BEGIN = "<!-- The sections below are made by tools/build_codebook.py from the rows; edit those. -->\n"
END = "<!-- End of what is made from the rows. -->\n"


def with_definitions(page: str, definitions: list[Shown]) -> str:
    """Return the page with the sections of these definitions between the two marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n" + "\n".join(section(each) for each in definitions) + "\n" + END + after


def shipped_definitions() -> list[Shown]:
    """Return the definitions that ship, as a warehouse publishes them."""
    with tempfile.TemporaryDirectory() as scratch:
        database = Path(scratch) / "popflow.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute(SCHEMA_FILE.read_text(encoding="utf-8"))
            load_declared(connection)
        dbt_runner.build(database, Path(scratch) / "dbt", select=["+ref_definition"])
        with duckdb.connect(str(database), read_only=True) as connection:
            return read_shown(connection)


if __name__ == "__main__":
    PAGE.write_text(with_definitions(PAGE.read_text(encoding="utf-8"), shipped_definitions()), encoding="utf-8")
    print(PAGE)
