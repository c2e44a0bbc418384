"""Invented worlds delivered bit by bit: schema raw of one warehouse file, filled from that of another.

What a delivery brings is what a night would load: files, their rows, what slips replace, and the links of the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
from histories import RAW_SCHEMA

_BY_FILE = ("file", "person_row", "person_value", "returned_row", "returned_match")

Cells = list[tuple[object, ...]]
# Keys, and whose they are.
Links = list[tuple[str, str]]


class Deliveries:
    """A new warehouse file that takes files of the warehouse file ``source``."""

    def __init__(self, path: Path, source: Path) -> None:
        self.path = path
        self._source = source
        with self._beside_source() as connection:
            connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
            for table in self._tables_of_the_site(connection):
                connection.execute(f"INSERT INTO raw.{table} BY NAME FROM source.raw.{table}")

    @staticmethod
    def _tables_of_the_site(connection: duckdb.DuckDBPyConnection) -> list[str]:
        tables = ("site", "division", "code", "code_map", "form")
        found = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'source'").fetchall()
        return [name for (name,) in found if name in tables]

    def take(self, files: Sequence[str]) -> None:
        """Load files; one that went back before is judged again."""
        with self._beside_source() as connection:
            connection.execute("CREATE TEMP TABLE taken AS SELECT unnest($files) AS file_id", {"files": files})
            connection.execute("DELETE FROM raw.file WHERE file_id IN (FROM taken)")
            for table in _BY_FILE:
                connection.execute(
                    f"INSERT INTO raw.{table} BY NAME FROM source.raw.{table} SEMI JOIN taken USING (file_id)"
                )
            connection.execute("""
                INSERT INTO raw.correction BY NAME
                SELECT correction.* FROM source.raw.correction AS correction
                SEMI JOIN taken ON correction.by_file_id = taken.file_id
            """)

    def refuse(self, files: Sequence[str]) -> None:
        """Note files that went back as a whole: nothing else of them is kept."""
        with self._beside_source() as connection:
            connection.execute(
                "INSERT INTO raw.file BY NAME SELECT * REPLACE ('returned' AS status) FROM source.raw.file "
                "WHERE file_id IN (SELECT unnest($files))",
                {"files": files},
            )

    def link(self, links: Links) -> None:
        """Write the links of the day in the place of those before."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("DELETE FROM raw.person_link")
            connection.execute(
                "INSERT INTO raw.person_link (person_key, linked_key, rule_id) "
                "SELECT unnest($keys), unnest($linked), 'link_number'",
                {"keys": [key for key, _ in links], "linked": [linked for _, linked in links]},
            )

    def run_on(self, day: date) -> None:
        """Set the day of the night."""
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("UPDATE raw.site SET run_date = $day", {"day": day})

    def read(self, query: str) -> Cells:
        """Return what a query finds in the file."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def _beside_source(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.path))
        connection.execute(f"ATTACH '{self._source}' AS source (READ_ONLY)")
        return connection
