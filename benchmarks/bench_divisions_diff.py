"""How long two registers take to be compared, and how many times a plain join of the two by code that is.

Without arguments the register that ships is compared with one made of it: a share of its villages renamed, gone, or
under another code. Real registers may be given instead, the older one, the newer one and, to measure its import as
well, a history of county codes. Usage: bench_divisions_diff.py [OLD NEW [HISTORY]]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from ingest.division_changes import import_changes
from ingest.division_diff import compare_registers
from ingest.register import SHIPPED_AS_OF, SHIPPED_REGISTER, register_query
from ingest.sql_text import sql_text

RAW_SCHEMA = Path(__file__).parents[1] / "warehouse" / "raw.sql"
WANTED_SECONDS = 60
MEBIBYTE_IN_KIBIBYTES = 1024
# Of a hundred villages: how many are renamed, how many are gone, how many have another code.
RENAMED, GONE, RECODED = 5, 3, 10


def main(old: Path | None = None, new: Path | None = None, history: Path | None = None) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder, duckdb.connect() as connection:
        if old is None or new is None:
            old, new = _invented(connection, Path(folder))
        joined = _seconds(lambda: _join(connection, old, new))
        compared = _seconds(lambda: _compare(old, new))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE_IN_KIBIBYTES
    print(f"  a join by code (peer) {joined:6.2f} s")
    print(f"  diff                  {compared:6.2f} s, {compared / joined:6.1f} times the join, {peak:,.0f} MiB")
    print(f"  wanted of a diff to the village level: <= {WANTED_SECONDS} s")
    if history is not None:
        imported = _seconds(lambda: _import(history))
        print(f"  import of changes     {imported:6.2f} s, {imported / joined:6.1f} times the join")


def _invented(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[Path, Path]:
    """Write the register that ships, and one as it might be some years later."""
    old, new = folder / "old.parquet", folder / "new.parquet"
    connection.execute(f"""
        CREATE TABLE shipped AS
        SELECT lpad(code::VARCHAR, 12, '0') AS code, name, right(code::VARCHAR, 3) <> '000' AS is_village,
            hash(code) % 100 AS draw
        FROM read_parquet({sql_text(SHIPPED_REGISTER)})
    """)
    connection.execute(f"COPY (SELECT code, name FROM shipped) TO {sql_text(old)} (FORMAT parquet)")
    connection.execute(f"""
        COPY (
            SELECT
                CASE WHEN is_village AND draw >= {100 - RECODED}
                    THEN left(code, 9) || (800 + row_number() OVER (PARTITION BY left(code, 9) ORDER BY code) % 200)
                    ELSE code END AS code,
                CASE WHEN is_village AND draw < {RENAMED} THEN '新' || name ELSE name END AS name
            FROM shipped WHERE NOT is_village OR draw NOT BETWEEN {RENAMED} AND {RENAMED + GONE - 1}
            QUALIFY row_number() OVER (PARTITION BY code ORDER BY name) = 1
        ) TO {sql_text(new)} (FORMAT parquet)
    """)
    return old, new


def _join(connection: duckdb.DuckDBPyConnection, old: Path, new: Path) -> None:
    connection.execute(f"""
        SELECT count(*), count(*) FILTER (o.name <> n.name)
        FROM read_parquet({sql_text(old)}) AS o FULL JOIN read_parquet({sql_text(new)}) AS n USING (code)
    """).fetchall()


def _compare(old: Path, new: Path) -> None:
    with duckdb.connect() as connection:
        compare_registers(connection, old, new, SHIPPED_AS_OF)


def _import(history: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
        connection.execute(f"INSERT INTO raw.division BY NAME {register_query()}")
        import_changes(connection, history)


def _seconds(measured: Callable[[], None]) -> float:
    begun = time.perf_counter()
    measured()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
