"""How long two registers take to be compared, and the history of county codes to be brought in.

Needs real registers: give the older, the newer, and, if it is there, the history of county codes.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import duckdb

from ingest.division_changes import import_changes
from ingest.division_diff import compare_registers
from ingest.register import SHIPPED_AS_OF, register_query

RAW_SCHEMA = Path(__file__).parents[1] / "warehouse" / "raw.sql"
WANTED_SECONDS = 60.0
MEBIBYTE_IN_KIBIBYTES = 1024


def main() -> None:
    """Measure and print."""
    old, new, *history = (Path(argument) for argument in sys.argv[1:])
    begun, begun_cpu = time.perf_counter(), time.process_time()
    with duckdb.connect() as connection:
        counts = compare_registers(connection, old, new, SHIPPED_AS_OF)
    took, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE_IN_KIBIBYTES
    print(
        f"diff       {took:6.1f} s, {cpu:6.1f} s of cores, {peak:,.0f} MiB, {sum(c.divisions for c in counts):,} rows"
    )
    for path in history:
        begun, begun_cpu = time.perf_counter(), time.process_time()
        with duckdb.connect() as connection:
            connection.execute(RAW_SCHEMA.read_text(encoding="utf-8"))
            connection.execute(f"INSERT INTO raw.division BY NAME {register_query()}")
            summary = import_changes(connection, path)
        seconds = time.perf_counter() - begun
        print(f"import     {seconds:6.1f} s, {time.process_time() - begun_cpu:6.1f} s of cores, {summary}")
    assert took <= WANTED_SECONDS, "the comparison is slower than wanted"


if __name__ == "__main__":
    main()
