"""What 44 years of changes of divisions cost: following them, places and stays by them, and stocks re-expressed.

Evidence is written straight into schema raw and everything is built once with the register that ships. The models of
places are then made again, first so and then with the history of all counties, by one thread; processor seconds are
told, so that what else runs on the machine matters little. Usage: bench_boundaries.py [PEOPLE]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
from evidence_load import make_warehouse

from ingest.division_changes import import_changes
from warehouse import dbt_runner

COUNTY_HISTORY = Path(__file__).parents[2] / "shared/reference/county_code_history/yescallop_result.csv.gz"
PEOPLE = 60_000
YEARS = 2
HISTORY = (
    *("division_change", "int_division_key"),
    *("int_division_event", "int_division_span", "int_division_link"),
    *("int_division_descent", "int_division_lineage", "int_division_path"),
)
PLACES = ("int_counting_place", "int_counting_home", "int_counting_stay", "int_counting_interval")
QUERIES = {
    "stock_on": "FROM stock_on('NBS_LDRK', DATE '2024-10-31', 'county')",
    "stock_on_boundaries, the same day": (
        "FROM stock_on_boundaries('NBS_LDRK', DATE '2024-10-31', 'county', DATE '2024-10-31')"
    ),
    "stock_on_boundaries of 1990": (
        "FROM stock_on_boundaries('NBS_LDRK', DATE '2024-10-31', 'county', DATE '1990-12-31')"
    ),
    "division_crosswalk 1990 to 2024": "FROM division_crosswalk(DATE '1990-12-31', DATE '2024-10-31')",
}
ROUNDS = 3


def main(people: int = PEOPLE) -> None:
    """Build a site, and print what its places and stocks cost without and with a history of divisions."""
    if not COUNTY_HISTORY.exists():
        print(f"{COUNTY_HISTORY} is not here: nothing to measure")
        return
    with tempfile.TemporaryDirectory(prefix="popflow-bench-") as folder:
        path = Path(folder) / "popflow.duckdb"
        make_warehouse(path, people, YEARS)
        with duckdb.connect(str(path)) as connection:
            connection.execute("UPDATE raw.site SET home_level = 'province', home_code = '340000000000'")
        dbt_runner.build(path, path.parent, exclude=["resource_type:test"])
        models = _models()
        with duckdb.connect(str(path)) as connection:
            connection.execute("SET threads = 1; SET preserve_insertion_order = false")
            _report(connection, models, "with the register alone")
            begun = time.process_time()
            summary = import_changes(connection, COUNTY_HISTORY)
            print(f"importing {summary.changes:,} changes {time.process_time() - begun:.1f} s")
            _report(connection, models, "with the history of all counties")


def _models() -> dict[str, tuple[str, str]]:
    nodes = [node.to_dict() for node in dbt_runner.read_project().nodes.values()]
    return {node["name"]: (node["relation_name"], node["compiled_code"]) for node in nodes if node["name"] in _NAMES}


_NAMES = frozenset((*HISTORY, *PLACES))


def _report(connection: duckdb.DuckDBPyConnection, models: dict[str, tuple[str, str]], what: str) -> None:
    print(f"{what}: processor seconds")
    for name in (*HISTORY, *PLACES):
        relation, query = models[name]
        begun = time.process_time()
        connection.execute(f"CREATE OR REPLACE TABLE {relation} AS {query}")
        seconds = time.process_time() - begun
        rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
        print(f"  {name:<36} {seconds:7.2f} s {rows:>12,} rows")
    for name, query in QUERIES.items():
        print(f"  {name:<36} {min(_seconds(connection, query) for _ in range(ROUNDS)):7.2f} s")


def _seconds(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    begun = time.process_time()
    connection.execute(f"SELECT count(*) FROM ({query})").fetchall()
    return time.process_time() - begun


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
