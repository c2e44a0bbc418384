"""What a bridge costs: seconds for one pair of definitions on one day, beside one stock_on in the same run.

A small county is built once as every warehouse is, and its stays are then copied until there are as many as asked for:
what a bridge costs depends on how many stays there are, and not on who they are. Processor seconds of one thread are
told, the least of several runs. Usage: bench_bridge.py [STAYS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
from evidence_load import make_warehouse

from warehouse import dbt_runner

PEOPLE = 5_000
STAYS = 300_000
RUNS = 3
DAY = "DATE '2024-10-31'"
PAIRS = (
    ("NBS_LDRK", "MPS_ZZRK"),
    ("NBS_RHFL", "NBS_2000"),
    ("CMDS_2015", "NBS_WCNMG"),
    ("NBS_JCNMG", "MPS_JZZ"),
)


def main(stays: int = STAYS) -> None:
    """Build the county and print what bridges take."""
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        path = Path(folder) / "popflow.duckdb"
        make_warehouse(path, PEOPLE, 2)
        _settle(path)
        dbt_runner.build(path, path.parent, exclude=["resource_type:test"])
        with duckdb.connect(str(path)) as connection:
            connection.execute("SET threads = 1")
            _multiply(connection, stays)
            _report(connection)


def _settle(path: Path) -> None:
    """Make the county with the most people the home."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            UPDATE raw.site SET home_level = 'county', home_code = (
                SELECT left(origin_code, 6) || '000000' AS county FROM raw.person_row GROUP BY ALL
                ORDER BY count(*) DESC, county LIMIT 1
            )
            """
        )


def _multiply(connection: duckdb.DuckDBPyConnection, wanted: int) -> None:
    rows, highest = connection.execute(
        "SELECT count(*), max(part_number) + 1 FROM intermediate.int_counting_stay"
    ).fetchall()[0]
    connection.execute(f"CREATE TEMP TABLE copy AS SELECT unnest(range(1, {-(-wanted // rows)})) AS number")
    for table in ("intermediate.int_counting_stay", "intermediate.int_known_interval"):
        connection.execute(
            f"INSERT INTO {table} SELECT given.* REPLACE (given.part_number + copy.number * {highest} AS part_number)"
            f" FROM {table} AS given CROSS JOIN copy"
        )


def _report(connection: duckdb.DuckDBPyConnection) -> None:
    stays = connection.execute("SELECT count(*) FROM intermediate.int_counting_stay").fetchall()[0][0]
    for level in ("county", "village"):
        stock = _least(connection, f"FROM stock_on('NBS_LDRK', {DAY}, '{level}')")
        print(f"{stays:,} stays, by {level}: stock_on takes {stock:.3f} s")
        for begin, end in PAIRS:
            query = f"FROM bridge_on('{begin}', '{end}', {DAY}, 'out', '{level}')"
            axes = connection.execute(
                f"SELECT count(DISTINCT step) {query} WHERE persons_lowest IS NOT NULL"
            ).fetchall()
            seconds = _least(connection, query)
            print(f"  {begin} -> {end} ({axes[0][0]} axes): {seconds:.3f} s, {seconds / stock:.1f} times stock_on")


def _least(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Return the processor seconds of the fastest of several runs."""
    taken = []
    for _ in range(RUNS):
        begun = time.process_time()
        connection.execute(query).fetchall()
        taken.append(time.process_time() - begun)
    return min(taken)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
