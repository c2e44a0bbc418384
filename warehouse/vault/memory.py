"""The memory in which identities are worked on: a DuckDB that has no file of its own and never spills to disk.

The working copy of the warehouse is attached to it, so that pseudonymous rows go there by SQL. A table without a schema
in its name is in memory; a table of schema raw is the warehouse's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ingest.sql_text import sql_text

WAREHOUSE = "warehouse"


@contextmanager
def open_in_memory(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open memory for identities beside the working copy ``database``.

    DuckDB encrypts what it spills only with a library that it loads from the network, so it may not spill at all: a
    night whose identities do not fit into memory fails.
    """
    with duckdb.connect(config={"temp_directory": ""}) as connection:
        connection.execute(f"ATTACH {sql_text(database)} AS {WAREHOUSE}")
        connection.execute(f"SET search_path = 'memory.main,{WAREHOUSE}.raw'")
        yield connection
