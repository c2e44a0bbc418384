"""What a decision about two keys would change: the links of the published warehouse, resolved anew with it.

Nothing is written: the published file is read beside a DuckDB in memory, which has the links as the next night would
make them if nothing but the decision were new.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.sql_text import sql_text
from warehouse.decisions import Decision, fill_decisions
from warehouse.vault.people import compare_links, resolve_people

_READ = ("person_pair", "person_link", "person_row", "correction", "file")


@dataclass(frozen=True)
class Change:
    """Rows of ``person_key`` will count as ``linked_key``'s (``merge``), or no longer (``split``)."""

    kind: str
    person_key: str
    linked_key: str


@contextmanager
def beside_published(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open memory beside a published warehouse, whose tables are ``published.<schema>.<table>``."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {sql_text(database)} AS published (READ_ONLY)")
        connection.execute("CREATE SCHEMA raw")
        for table in _READ:
            connection.execute(f"CREATE VIEW raw.{table} AS FROM published.raw.{table}")
        connection.execute("CREATE TABLE raw.person_decision AS FROM published.raw.person_decision LIMIT 0")
        yield connection


def foresee(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> list[Change]:
    """Return how the links would change under these decisions; leaves the relations ``link`` and ``held``."""
    fill_decisions(connection, decisions)
    if not resolve_people(connection):
        return []
    compare_links(connection, "", dt.datetime.now(dt.UTC).replace(tzinfo=None))
    rows = connection.execute(
        "SELECT kind, person_key, linked_key FROM link_change ORDER BY person_key, kind DESC"
    ).fetchall()
    return [Change(*row) for row in rows]
